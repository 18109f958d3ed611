// Determinants, and ranks.

import { ArgumentError, cast, mul, reduceSum, type Tensor, type TensorLike } from "@gradus/core";
import * as ops from "@gradus/ops";
import { floating } from "../operand.js";
import { finfo } from "../constants.js";

/**
 * The determinant. Its gradient is the matrix of cofactors, of singular matrices too. @throws ShapeError unless square
 * @example det(array([[1, 2], [3, 4]])) // -2
 */
export const det = (x: TensorLike): Tensor => ops.det(floating(x, "det"));

/** The sign of the determinant and the logarithm of its absolute value: 0 and −∞ of singular matrices. @throws ShapeError unless square */
export const slogdet = (x: TensorLike): [sign: Tensor, logabsdet: Tensor] => ops.slogdet(floating(x, "slogdet"));

/**
 * How many singular values are greater than `tol`, as int32: the greatest one times max(m, n)·ε unless given. Of a vector, 1 unless
 * all is 0. @throws ArgumentError for a negative tol
 * @example matrixRank(array([[1, 2], [2, 4]])) // 1
 */
export function matrixRank(x: TensorLike, tol?: number | null): Tensor {
  const t = floating(x, "matrixRank");
  if (typeof tol === "number" && !(tol >= 0)) throw new ArgumentError(`matrixRank: tol is ${tol}, and has to be at least 0.`);
  if (t.ndim < 2) return cast(ops.reduceOr(ops.notEqual(t, 0)), "int32");
  const s = ops.svd(t, { computeUv: false });
  const [m, n] = t.shape.slice(-2) as [number, number];
  const limit = tol ?? mul(ops.sliceAlong(s, s.ndim - 1, 0, Math.min(1, m, n)), Math.max(m, n) * finfo(t.dtype).eps);
  return reduceSum(cast(ops.greater(s, limit), "int32"), -1);
}
