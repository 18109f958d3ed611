// Identities whose derivative is another: gradients clipped, scaled and reversed on their way back.

import { ArgumentError, describe, isFloat, isTensor, type MapTree, mul, type Tensor, type TensorLike, toTensor, treeMap } from "@gradus/core";
import { customVjp, straightThrough } from "@gradus/custom-rules";
import { max, min } from "@gradus/ops";
import { stopGradient } from "@gradus/stop-gradient";

export interface ClipGradientOptions {
  /** −1 unless given. */
  readonly min?: number;
  /** 1 unless given. */
  readonly max?: number;
}

/**
 * The same values; on the way back each element of the gradient is cut to `min` … `max`. Clipping is not linear, so there is
 * no forward mode, and jvp throws; the gradient of a gradient is that of the clipped one. Integer and boolean leaves pass.
 * @throws ArgumentError unless min ≤ max are JS numbers, or for a leaf that is no tensor
 * @throws NonlinearError in forward mode
 * @example grad((x) => square(clipGradient(x)))(3) // 1, not 6
 */
export function clipGradient<T>(x: T, options: ClipGradientOptions = {}): MapTree<T, TensorLike, Tensor> {
  const { min: low = -1, max: high = 1 } = options;
  if (!(typeof low === "number" && typeof high === "number" && low <= high)) {
    throw new ArgumentError(`clipGradient: min is ${String(low)} and max ${String(high)}, and they have to be JS numbers with min ≤ max.`);
  }
  const clip = customVjp((t: Tensor): Tensor => t, { name: "clipGradient" }).defvjp(
    (t: Tensor) => [clip(t), null],
    (_residuals: null, ct: Tensor) => [max(min(ct, high), low)],
  );
  return floatLeaves(clip, x, "clipGradient");
}

/**
 * The same values; the derivative, in both modes and at every order, is `scale` times that of the identity. A scale of 0 is
 * stopGradient. No gradient flows to the scale itself. Integer and boolean leaves pass.
 * @throws ArgumentError for a leaf that is no tensor @throws ShapeError for a scale that does not broadcast to each leaf
 * @example grad((x) => square(scaleGradient(x, 0.5)))(3) // 3, not 6
 */
export function scaleGradient<T>(x: T, scale: TensorLike): MapTree<T, TensorLike, Tensor> {
  const s = toTensor(scale, "scaleGradient");
  const scaled = straightThrough(
    (t: Tensor, _factor: Tensor): Tensor => t,
    (t: Tensor, factor: Tensor): Tensor => mul(t, stopGradient(factor)),
  );
  return floatLeaves((t) => scaled(t, s), x, "scaleGradient");
}

/**
 * The same values; the derivative is −`factor` times that of the identity: what comes after is minimised, what comes before
 * maximises it. Ganin & Lempitsky 2015, "Unsupervised domain adaptation by backpropagation", https://arxiv.org/abs/1409.7495
 * @throws ArgumentError unless the factor is a JS number, or for a leaf that is no tensor
 * @example grad((x) => square(reverseGradient(x)))(3) // −6
 */
export function reverseGradient<T>(x: T, factor = 1): MapTree<T, TensorLike, Tensor> {
  if (typeof factor !== "number") throw new ArgumentError(`reverseGradient: the factor is ${describe(factor)}, and has to be a JS number.`);
  return scaleGradient(x, -factor);
}

function floatLeaves<T>(f: (x: Tensor) => Tensor, x: T, what: string): MapTree<T, TensorLike, Tensor> {
  return treeMap((leaf: unknown) => {
    if (!isTensor(leaf) && typeof leaf !== "number" && typeof leaf !== "boolean") throw new ArgumentError(`${what}: expected tensors, got ${describe(leaf)}.`);
    const t = toTensor(leaf, what);
    return isFloat(t.dtype) ? f(t) : t;
  }, x) as MapTree<T, TensorLike, Tensor>;
}
