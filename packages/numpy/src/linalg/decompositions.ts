// Factors of matrices, in NumPy's order of results.

import { ArgumentError, moveAxis, type Tensor, type TensorLike } from "@gradus/core";
import * as ops from "@gradus/ops";
import { floating } from "../operand.js";

export interface CholeskyOptions extends ops.CholeskyOptions {
  /** The upper triangular factor u with uᵀ·u = x instead. */
  readonly upper?: boolean;
}

/**
 * The lower triangular l with l·lᵀ = x, for positive definite matrices; all NaN where x is not positive definite.
 * @throws ShapeError unless square
 * @example cholesky(array([[4, 2], [2, 2]])) // [[2, 0], [1, 1]]
 */
export function cholesky(x: TensorLike, { upper = false, symmetrizeInput = true }: CholeskyOptions = {}): Tensor {
  const l = ops.cholesky(floating(x, "cholesky"), { symmetrizeInput });
  return upper ? moveAxis(l, l.ndim - 1, l.ndim - 2) : l;
}

/**
 * Orthogonal q and upper triangular r with x = q·r. Modes: `"reduced"` unless given, where q has the shape of x if that is tall;
 * `"complete"`, where q is square; `"r"`, r alone. @throws ShapeError for less than two axes @throws ArgumentError for another mode
 * @example qr(array([[3], [4]])) // [[[-0.6], [-0.8]], [[-5]]]
 */
export function qr(x: TensorLike, mode: "r"): Tensor;
export function qr(x: TensorLike, mode?: "reduced" | "complete"): [q: Tensor, r: Tensor];
export function qr(x: TensorLike, mode: "reduced" | "complete" | "r" = "reduced"): Tensor | [q: Tensor, r: Tensor] {
  if (mode !== "reduced" && mode !== "complete" && mode !== "r") throw new ArgumentError(`qr: the mode ${JSON.stringify(mode)} is none of "reduced", "complete" and "r".`);
  const [q, r] = ops.qr(floating(x, "qr"), { fullMatrices: mode === "complete" });
  return mode === "r" ? r : [q, r];
}

export interface SymmetricOptions {
  /** Whether (x + xᵀ)/2 is decomposed: yes unless given. Otherwise one triangle says what x is. */
  readonly symmetrizeInput?: boolean;
}

function triangle(uplo: "L" | "U", what: string): boolean {
  if (uplo !== "L" && uplo !== "U") throw new ArgumentError(`${what}: the triangle ${JSON.stringify(uplo)} is neither "L" nor "U".`);
  return uplo === "L";
}

/**
 * Eigenvalues and eigenvectors of symmetric matrices, in this order: w ascending, and the orthonormal columns of v. The `eigh` of
 * the operations gives [v, w]. `uplo`, the triangle that is read, counts only with `symmetrizeInput: false`. Where eigenvalues are equal
 * the derivative of v is not finite, that of w is.
 * @throws ShapeError unless square @throws ArgumentError for another triangle
 * @example eigh(array([[2, 0], [0, 1]])) // [[1, 2], [[0, 1], [1, 0]]] up to signs
 */
export function eigh(x: TensorLike, uplo: "L" | "U" = "L", { symmetrizeInput = true }: SymmetricOptions = {}): [w: Tensor, v: Tensor] {
  const [v, w] = ops.eigh(floating(x, "eigh"), { lower: triangle(uplo, "eigh"), symmetrizeInput });
  return [w, v];
}

/** The eigenvalues of symmetric matrices, ascending; `uplo` as that of {@link eigh}. @throws ShapeError unless square @throws ArgumentError for another triangle */
export function eigvalsh(x: TensorLike, uplo: "L" | "U" = "L", { symmetrizeInput = true }: SymmetricOptions = {}): Tensor {
  return ops.eigh(floating(x, "eigvalsh"), { lower: triangle(uplo, "eigvalsh"), symmetrizeInput })[1];
}

/**
 * The singular value decomposition x = u·diag(s)·vt, s descending; u and vt are square unless `fullMatrices` is false, and left out
 * if `computeUv` is. @throws ShapeError for less than two axes @throws MissingRuleError for the derivative of u and vt with
 * `fullMatrices`, unless x is square
 * @example svd(array([[0, 2], [1, 0]]), { computeUv: false }) // [2, 1]
 */
export function svd(x: TensorLike, options: ops.SvdOptions & { readonly computeUv: false }): Tensor;
export function svd(x: TensorLike, options?: ops.SvdOptions & { readonly computeUv?: true }): [u: Tensor, s: Tensor, vt: Tensor];
export function svd(x: TensorLike, options?: ops.SvdOptions): Tensor | [u: Tensor, s: Tensor, vt: Tensor];
export function svd(x: TensorLike, options: ops.SvdOptions = {}): Tensor | [u: Tensor, s: Tensor, vt: Tensor] {
  return ops.svd(floating(x, "svd"), options);
}

/** The singular values, descending. @throws ShapeError for less than two axes */
export const svdvals = (x: TensorLike): Tensor => ops.svd(floating(x, "svdvals"), { computeUv: false });
