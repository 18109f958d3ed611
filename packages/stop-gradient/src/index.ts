// @gradus/stop-gradient: "use this value, but treat it as a constant". Also the worked example of a plugin: one primitive
// with a trait, and every transformation knows what to do.

import { assertFunction, assertSync, bind, definePrimitive, describe, ArgumentError, isFloat, isTensor, type MapTree, type Primitive, type Tensor, type TensorLike, toTensor, treeMap } from "@gradus/core";
import type { Expr } from "@gradus/core/scalar";

/** The identity, whose tangents and cotangents are zero in every derivative of every order. */
export const stopGradientP: Primitive = /* @__PURE__ */ definePrimitive("stop_gradient", {
  elementwise: { accepts: "any", body: (x: Expr) => x },
  zeroGradient: "stopped",
});

const stop = (x: Tensor): Tensor => (isFloat(x.dtype) ? bind(stopGradientP, [x]) : x);

/**
 * The same values as constants: no gradient flows through them. Integer and boolean leaves, which carry none, pass through.
 * @example grad((x) => mul(sin(x), stopGradient(cos(x))))(Math.PI / 4) // cos² = 0.5, not 0
 * @throws ArgumentError for a leaf that is no tensor, number or boolean
 */
export function stopGradient<T>(x: T): MapTree<T, TensorLike, Tensor> {
  return treeMap((leaf: unknown) => {
    if (!isTensor(leaf) && typeof leaf !== "number" && typeof leaf !== "boolean") {
      throw new ArgumentError(`stopGradient: expected tensors, got ${describe(leaf)}.`);
    }
    return stop(toTensor(leaf, "stopGradient"));
  }, x) as MapTree<T, TensorLike, Tensor>;
}

/**
 * What a function computes, stopped at its exits: nothing inside contributes to a gradient.
 * @example const target = withoutGrad(() => model(targetParams, x));
 * @throws ArgumentError for an async function, or for what is none
 */
export function withoutGrad<T>(f: () => T): T {
  assertFunction(f, "withoutGrad");
  return treeMap((leaf: unknown) => (isTensor(leaf) ? stop(leaf) : leaf), assertSync(f(), "withoutGrad")) as T;
}
