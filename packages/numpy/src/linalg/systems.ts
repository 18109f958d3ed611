// Systems of linear equations, by square matrices, by factors and by least squares.

import { asList, ArgumentError, cast, mul, normalizeAxis, reduceSum, reshape, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { eye } from "../creation.js";
import { floating, floats } from "../operand.js";
import { matmul } from "../products.js";
import { moveaxis } from "../shape.js";
import { finfo } from "../constants.js";

const last = (t: Tensor): number => t.shape[t.ndim - 1] as number;

/**
 * The x of a·x = b for square a `[…,n,n]` and b `[…,n,m]` or a vector `[n]`; batch axes broadcast. Its derivatives solve with the
 * same factors. A singular a gives ±∞ or NaN. @throws ShapeError unless a is square and b fits it
 * @example solve(array([[2, 0], [0, 4]]), array([2, 4])) // [1, 1]
 */
export function solve(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = floats([a, b], "solve") as [Tensor, Tensor];
  return ops.solve(x, y);
}

/** The inverse of square matrices; of singular ones ±∞ or NaN. @throws ShapeError unless square */
export function inv(x: TensorLike): Tensor {
  const t = floating(x, "inv");
  if (t.ndim < 2 || last(t) !== t.shape[t.ndim - 2]) throw new ShapeError(`inv: ${t.aval.toString()} is not square: it takes […,n,n].`);
  return ops.solve(t, eye(last(t), last(t), 0, t.dtype));
}

/**
 * The pseudo-inverse of Moore and Penrose. Singular values up to `rtol` times the greatest count as 0: 10·max(m, n)·ε unless given.
 * @throws ShapeError for less than two axes @throws ArgumentError for a negative rtol
 * @example pinv(array([[2], [0]])) // [[0.5, 0]]
 */
export const pinv = (x: TensorLike, rtol?: number | null): Tensor => ops.pinv(floating(x, "pinv"), rtol);

/**
 * The shortest x that makes |a·x − b|² least, for a `[m,n]` and b `[m]` or `[m,k]`: [x, that sum of squares for each column of b,
 * the rank of a as int32, the singular values of a]. Singular values up to `rcond` times the greatest count as 0: max(m, n)·ε
 * unless given. Derivatives are those at constant rank. @throws ShapeError for other ranks, or unequal first axes
 */
export function lstsq(a: TensorLike, b: TensorLike, rcond?: number | null): [x: Tensor, residuals: Tensor, rank: Tensor, s: Tensor] {
  const [t, right] = floats([a, b], "lstsq") as [Tensor, Tensor];
  if (t.ndim !== 2 || (right.ndim !== 1 && right.ndim !== 2) || t.shape[0] !== right.shape[0]) {
    throw new ShapeError(`lstsq: ${t.aval.toString()} and ${right.aval.toString()}: it takes [m,n] with [m] or [m,k].`);
  }
  const [m, n] = t.shape as [number, number];
  const rtol = typeof rcond === "number" && rcond >= 0 ? rcond : typeof rcond === "number" ? finfo(t.dtype).eps : Math.max(m, n) * finfo(t.dtype).eps;
  const columns = right.ndim === 1 ? reshape(right, [m, 1]) : right;
  const x = matmul(ops.pinv(t, rtol), columns);
  const s = ops.svd(t, { computeUv: false });
  const rank = reduceSum(cast(ops.greater(s, mul(ops.sliceAlong(s, 0, 0, Math.min(1, m, n)), rtol)), "int32"));
  const residuals = reduceSum(ops.square(ops.sub(columns, matmul(t, x))), 0);
  return [right.ndim === 1 ? reshape(x, [n]) : x, residuals, rank, s];
}

export interface SolveTriangularOptions {
  /** Which triangle of a is read: the upper one unless given. */
  readonly lower?: boolean;
  /** aᵀ in the place of a, by 1 or `"T"`. */
  readonly trans?: 0 | 1 | "N" | "T";
  /** Ones in the place of the diagonal of a. */
  readonly unitDiagonal?: boolean;
}

/** The x of a·x = b for triangular a `[…,n,n]` and b `[…,n,m]` or a vector `[n]`. @throws ShapeError unless a is square and b fits it @throws ArgumentError for another trans */
export function solveTriangular(a: TensorLike, b: TensorLike, { lower = false, trans = 0, unitDiagonal = false }: SolveTriangularOptions = {}): Tensor {
  if (![0, 1, "N", "T"].includes(trans)) throw new ArgumentError(`solveTriangular: trans is ${JSON.stringify(trans)}, and has to be 0, 1, "N" or "T".`);
  const [x, y] = floats([a, b], "solveTriangular") as [Tensor, Tensor];
  const right = y.ndim === 1 ? reshape(y, [...y.shape, 1]) : y;
  if (x.ndim < 2) throw new ShapeError(`solveTriangular: ${x.aval.toString()} is no matrix.`);
  // A right side of one axis less would be vectors there: here it is matrices that broadcast.
  const wide = right.ndim === x.ndim - 1 ? reshape(right, [1, ...right.shape]) : right;
  const out = ops.triangularSolve(x, wide, { leftSide: true, lower, unitDiagonal, transposeA: trans === 1 || trans === "T" });
  return y.ndim === 1 ? reshape(out, out.shape.slice(0, -1)) : out;
}

/** A factor of a positive definite matrix, and whether it is the lower one. */
export type CholeskyFactor = readonly [c: TensorLike, lower: boolean];

/** The Cholesky factor that {@link choSolve} takes, the upper one unless `lower`. @throws ShapeError unless square */
export function choFactor(x: TensorLike, { lower = false }: { readonly lower?: boolean } = {}): [c: Tensor, lower: boolean] {
  const l = ops.cholesky(floating(x, "choFactor"));
  return [lower ? l : moveaxis(l, -1, -2), lower];
}

/**
 * The x of a·x = b by the Cholesky factor of a. @throws ShapeError unless it is square and b fits it
 * @example choSolve(choFactor(array([[4, 0], [0, 1]])), array([4, 1])) // [1, 1]
 */
export function choSolve(factor: CholeskyFactor, b: TensorLike): Tensor {
  const [c, lower] = asList<unknown>(factor, "choSolve: the factor of choFactor") as CholeskyFactor;
  const first = solveTriangular(c, b, { lower, trans: lower ? 0 : 1 });
  return solveTriangular(c, first, { lower, trans: lower ? 1 : 0 });
}

const product = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

/**
 * The inverse with respect to tensordot: x `[…a, …b]`, where a is the first `ind` axes and b has as many elements, gives `[…b, …a]`.
 * @throws ArgumentError unless ind is a whole number of at least 1 @throws ShapeError where the sizes differ
 */
export function tensorinv(x: TensorLike, ind = 2): Tensor {
  const t = toTensor(x, "tensorinv");
  if (!Number.isInteger(ind) || ind < 1) throw new ArgumentError(`tensorinv: ind is ${ind}, and has to be a whole number of at least 1.`);
  const [a, b] = [t.shape.slice(0, ind), t.shape.slice(ind)];
  if (product(a) !== product(b)) throw new ShapeError(`tensorinv: ${t.aval.toString()}: the first ${ind} axes have ${product(a)} elements, the others ${product(b)}; these must be equal.`);
  return reshape(inv(reshape(t, [product(a), product(b)])), [...b, ...a]);
}

/**
 * The x with tensordot(a, x, x.ndim) = b, for a `[…shape of b, …shape of x]`; `axes` of a are moved to its end first.
 * @throws ShapeError where the shapes do not fit
 */
export function tensorsolve(a: TensorLike, b: TensorLike, axes?: readonly number[] | null): Tensor {
  const [given, right] = floats([a, b], "tensorsolve") as [Tensor, Tensor];
  const t = asList(axes ?? [], "tensorsolve: the axes").map((axis) => normalizeAxis(axis, given.ndim, "tensorsolve"));
  const moved = t.length === 0 ? given : moveaxis(given, t, t.map((_, i) => given.ndim - t.length + i));
  const shape = moved.shape.slice(right.ndim);
  if (moved.shape.slice(0, right.ndim).join() !== right.shape.join() || product(shape) !== right.size) {
    throw new ShapeError(`tensorsolve: ${moved.aval.toString()} and ${right.aval.toString()}: a must begin with the axes of b, and have as many elements on the others.`);
  }
  return reshape(ops.solve(reshape(moved, [right.size, right.size]), reshape(right, [right.size])), shape);
}
