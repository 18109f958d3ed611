// linearCall: a linear function whose transpose is given, such as a solver or an operator that has a fast adjoint. Both are programs,
// so that transposing swaps them, and transposing twice gives the first one back.

import {
  assertFunction, at, bind, definePrimitive, DTypeError, flattenArgs, type Frame, isFloat, isLinear, isZeroValue, type MapTree, materialize, moveAxis, NonlinearError, type Primitive, ShapeError, type Tensor, type TensorLike, treeFlatten, treeUnflatten, type TreeDef,
  TreeMismatchError, Zero,
} from "@gradus/core";
import { avalsOf, axisFirst, batchedProgram, effectOf, evalProgram, Program, traceTree, Var } from "@gradus/tracing";

interface LinearFunctionParams {
  readonly name: string;
  /** From residuals and arguments to values. */
  readonly forward: Program;
  /** From residuals and cotangents of the values to those of the arguments. */
  readonly backward: Program;
  /** How many leading operands are residuals. */
  readonly residuals: number;
}

const apply = (args: readonly Tensor[], { forward }: LinearFunctionParams): Tensor[] => evalProgram(forward, args);

/** The operands are residuals, then the arguments in which it is linear. */
export const linearFunctionP: Primitive<LinearFunctionParams, "many"> = /* @__PURE__ */ definePrimitive<LinearFunctionParams, "many">("linear_function", {
  multipleResults: true,
  abstractEval: (_avals, { forward }) => [...forward.outAvals],
  decompose: apply,
  effect: ({ forward }) => effectOf(forward),
  higherOrder: { open: (args, params, frame) => at(frame as Frame, () => apply(args, params)) },
  rules: {
    // d(A x) = A dx
    jvp(primals, tangents, params, run) {
      const { residuals, name } = params;
      if (tangents.slice(0, residuals).some((t) => !(t instanceof Zero))) {
        throw new NonlinearError(`linearCall(${name}): a residual is differentiated, and the function is linear in its other argument alone. Stop it with stopGradient, or write the derivative by it as a customJvp.`);
      }
      const outs = bind(linearFunctionP, primals, params);
      const dxs = tangents.slice(residuals);
      if (dxs.every((t) => t instanceof Zero)) return [outs, outs.map((o) => new Zero(o.aval))];
      return [outs, bind(linearFunctionP, [...primals.slice(0, residuals), ...dxs.map(run.instantiate)], params)];
    },
    // (A x)ᵀ ct = Aᵀ ct
    transpose(cts: (Tensor | Zero)[], args, params) {
      const { residuals, forward, backward, name } = params;
      const fixed = args.slice(0, residuals);
      const affine = args.slice(residuals).some((a) => !isLinear(a) && !isZeroValue(a as Tensor));
      if (fixed.some(isLinear) || affine) throw new NonlinearError(`linearCall(${name}): it is transposed in a part of its arguments, and the others are not zero.`);
      const results = bind(linearFunctionP, [...(fixed as Tensor[]), ...materialize(cts)], { ...params, forward: backward, backward: forward });
      return [...fixed.map(() => null), ...results.map((r, i) => (isLinear(args[residuals + i]) ? r : null))];
    },
    batch(args, axes, params, axisSize, run) {
      const { residuals, forward, backward } = params;
      const moved = args.map((x, i) => (i >= residuals ? axisFirst(x, axes[i] as number | null, axisSize) : axes[i] === null ? x : moveAxis(x, axes[i] as number, 0)));
      const fixed = moved.slice(0, residuals);
      const all = (program: Program, xs: readonly Tensor["aval"][]): Program =>
        batchedProgram(program, [...avalsOf(fixed), ...xs], [...axes.slice(0, residuals).map((a) => (a === null ? null : 0)), ...xs.map(() => 0)], axisSize, run, program.outputs.map(() => true)).program;
      const there = all(forward, avalsOf(moved.slice(residuals)));
      const outs = bind(linearFunctionP, moved, { ...params, forward: there, backward: all(backward, there.outAvals) });
      return [outs, outs.map(() => 0)];
    },
  },
});

/**
 * `f(residuals, x)`, a function linear in `x`, with its transpose `transpose(residuals, ct)`: from cotangents of the result to those of x.
 * Both are traced. No derivative by the residuals is defined.
 * @example linearCall((n, x) => div(x, n), (n, ct) => div(ct, n), 2, x)
 * @throws TreeMismatchError @throws ShapeError @throws DTypeError if what the transpose gives is not like x, or x is no float
 * @throws NonlinearError where a residual is differentiated
 */
export function linearCall<N, X, R>(f: (residuals: N, x: X) => R, transpose: (residuals: N, ct: any) => unknown, residuals: N, x: X): MapTree<R, TensorLike, Tensor> {
  assertFunction(f, "linearCall");
  assertFunction(transpose, "linearCall: transpose", "");
  const name = f.name || "anonymous";
  const [fixed, fixedTree] = flattenArgs(residuals, "linearCall: residuals");
  const [xs, xTree] = flattenArgs(x, "linearCall");
  for (const { aval } of xs) if (!isFloat(aval.dtype)) throw new DTypeError(`linearCall(${name}): it is linear in an argument ${aval}, which is no float: make it a residual, or cast it.`);
  const inTree = (last: TreeDef): TreeDef => treeFlatten([treeUnflatten(fixedTree, fixed), treeUnflatten(last, Array.from({ length: last.size }, () => 0))])[1];
  const there = traceTree(f, avalsOf([...fixed, ...xs]), inTree(xTree), `linearCall(${name})`);
  const outTree = there.program.outTree as TreeDef;
  const back = traceTree(transpose, [...avalsOf(fixed), ...there.program.outAvals], inTree(outTree), `linearCall(${name}): transpose`);
  checkTranspose(name, back.program, xs, xTree);
  // What both captured are residuals, too.
  const captured = [...new Set([...there.hoisted, ...back.hoisted])];
  const widened = ({ program, hoisted }: typeof there): Program => {
    const leading = captured.map((h) => program.inputs[hoisted.indexOf(h)] ?? new Var(h.aval));
    return new Program({ constants: program.constants, inputs: [...leading, ...program.inputs.slice(hoisted.length)], equations: program.equations, outputs: program.outputs });
  };
  const outs = bind(linearFunctionP, [...captured, ...fixed, ...xs], { name, forward: widened(there), backward: widened(back), residuals: captured.length + fixed.length });
  return treeUnflatten(outTree, outs) as MapTree<R, TensorLike, Tensor>;
}

function checkTranspose(name: string, { outAvals, outTree }: Program, xs: readonly Tensor[], xTree: TreeDef): void {
  const what = `linearCall(${name}): the transpose gives`;
  if (!xTree.equals(outTree as TreeDef)) throw new TreeMismatchError(`${what} the structure ${outTree}, and the argument is ${xTree}: they must be equal (* is a leaf).`);
  xs.forEach(({ aval }, i) => {
    const got = outAvals[i] as Tensor["aval"];
    if (got.shape !== aval.shape) throw new ShapeError(`${what} ${got} for an argument ${aval}: the shapes must be equal.`);
    if (got.dtype !== aval.dtype) throw new DTypeError(`${what} ${got} for an argument ${aval}: use cast.`);
  });
}
