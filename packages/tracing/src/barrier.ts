// optimization_barrier: values as they are, past which no pass carries anything. What is computed from a value behind a barrier is
// never merged with what is computed from the value itself, and waits for every operand of the barrier.

import { bind, definePrimitive, flattenArgs, isLinear, type MapTree, type Primitive, type Tensor, type TensorLike, treeUnflatten, Zero } from "@gradus/core";

const behind = (xs: readonly Tensor[]): Tensor[] => (xs.length === 0 ? [] : bind(optimizationBarrierP, xs));

// Behind a barrier those of `xs` for which `flags` holds, all at once, the others as they are.
function where<T>(xs: readonly (Tensor | T)[], flags: readonly boolean[]): (Tensor | T)[] {
  const moved = behind(xs.filter((_, i) => flags[i]) as Tensor[]);
  let next = 0;
  return xs.map((x, i) => (flags[i] ? (moved[next++] as Tensor) : x));
}

/** The operands, behind a barrier. Tangents and cotangents that are not zero go behind one of their own. */
export const optimizationBarrierP: Primitive<void, "many"> = /* @__PURE__ */ definePrimitive<void, "many">("optimization_barrier", {
  multipleResults: true,
  abstractEval: (avals) => avals,
  decompose: (args) => args,
  rules: {
    // d(barrier x) = barrier dx
    jvp: (primals, tangents) => [behind(primals), where(tangents, tangents.map((t) => !(t instanceof Zero)))],
    transpose: (cts: (Tensor | Zero)[], args) => where(cts, cts.map((c, i) => isLinear(args[i]) && !(c instanceof Zero))).map((c, i) => (isLinear(args[i]) ? c : null)),
    batch: (args, axes) => [behind(args), axes],
    "tracing/structure": () => ({ kind: "barrier" }),
    partial(args, linear, params, record) {
      const known = behind(args.filter((_, i) => !linear[i]));
      const recorded = record(optimizationBarrierP, args.filter((_, i) => linear[i]), params);
      let [k, r] = [0, 0];
      return linear.map((isLin) => (isLin ? recorded[r++] : known[k++]) as Tensor);
    },
  },
});

/**
 * The same values, which no pass over a program sees through: equal computations before and behind the barrier stay two, and what is
 * behind it is not begun before all leaves of the tree are there. Derivatives pass barriers of their own.
 * @example jit((x) => add(sin(x), sin(optimizationBarrier(x)))) // computes two sines
 * @throws ArgumentError for a leaf that is no tensor
 */
export function optimizationBarrier<T>(x: T): MapTree<T, TensorLike, Tensor> {
  const [leaves, def] = flattenArgs(x, "optimizationBarrier");
  return treeUnflatten(def, behind(leaves)) as MapTree<T, TensorLike, Tensor>;
}
