// Norms of vectors and matrices, and condition numbers, which are products of norms.

import { ArgumentError, cast, mul, normalizeAxes, reshape, select, ShapeError, type Tensor, type TensorLike } from "@gradus/core";
import { abs, and, div, equal, exp, isNan, log, not, notEqual, reduceOr, sliceAlong, square, sqrt, svd } from "@gradus/ops";
import { floating } from "../operand.js";
import { max, min, type ReductionOptions, sum } from "../reductions.js";
import { moveaxis } from "../shape.js";
import { inv } from "./systems.js";

/** The order of a matrix norm. */
export type MatrixOrder = number | "fro" | "nuc";

/**
 * The norm of vectors along one axis, or of matrices on two; without an axis, √Σx² of all elements unless an order is given.
 * Orders of vectors: 2 unless given, any p (the p-th root of Σ|x|ᵖ), 0 (how many are not 0), ±∞; of matrices: `"fro"` unless
 * given, ±1, ±∞ (sums of columns and of rows), ±2 (the greatest and the least singular value), `"nuc"` (the sum of them). The
 * gradient of the norms p > 1, fro, nuc and that of order 2 at the origin is 0; the 1-norm has that of |x|.
 * @throws ArgumentError for another order @throws ShapeError for axes out of range, more than two, or an order without an axis for more than two axes
 * @example norm(array([3, 4])) // 5
 */
export function norm(x: TensorLike, ord?: MatrixOrder | null, axis?: number | readonly number[] | null, options: ReductionOptions = {}): Tensor {
  const t = floating(x, "norm");
  const axes = normalizeAxes(axis, t.ndim, "norm");
  if (ord === undefined || ord === null) return rootOf(sum(square(t), axes, options));
  if (axes.length === 1) return vectors(t, ord, axes, options);
  if (axes.length !== 2) throw new ShapeError(`norm: ${t.aval.toString()} over the axes [${axes}] is neither vectors nor matrices: name one axis or two.`);
  return matrices(t, ord, axes as [number, number], options);
}

export interface VectorNormOptions extends ReductionOptions {
  /** The axes whose elements are one vector: all unless given. */
  readonly axis?: number | readonly number[] | null;
  /** 2 unless given; any number, ±∞ among them. */
  readonly ord?: number;
}

/** The norm of the elements along axes, as one vector. @throws ArgumentError for another order @throws ShapeError for axes out of range */
export function vectorNorm(x: TensorLike, { axis, ord = 2, ...options }: VectorNormOptions = {}): Tensor {
  const t = floating(x, "vectorNorm");
  return vectors(t, ord, normalizeAxes(axis, t.ndim, "vectorNorm"), options);
}

export interface MatrixNormOptions extends ReductionOptions {
  /** `"fro"` unless given; `"nuc"`, ±1, ±2 or ±∞. */
  readonly ord?: MatrixOrder;
}

/** The norm of matrices on the last two axes: `[…,m,n]` to `[…]`. @throws ArgumentError for another order @throws ShapeError for less than two axes */
export function matrixNorm(x: TensorLike, { ord = "fro", ...options }: MatrixNormOptions = {}): Tensor {
  const t = floating(x, "matrixNorm");
  if (t.ndim < 2) throw new ShapeError(`matrixNorm: ${t.aval.toString()} is no matrix: it takes at least two axes.`);
  return matrices(t, ord, [t.ndim - 2, t.ndim - 1], options);
}

const isEmpty = (t: Tensor, axes: readonly number[]): boolean => axes.some((a) => t.shape[a] === 0);

function vectors(t: Tensor, ord: MatrixOrder, axes: readonly number[], options: ReductionOptions): Tensor {
  if (ord === 2) return rootOf(sum(square(t), axes, options));
  if (ord === 1) return sum(abs(t), axes, options);
  if (ord === 0) return sum(cast(notEqual(t, 0), t.dtype), axes, options);
  if (ord === Infinity) return isEmpty(t, axes) ? sum(t, axes, options) : max(abs(t), axes, options);
  if (ord === -Infinity) return min(abs(t), axes, options);
  if (typeof ord !== "number" || Number.isNaN(ord)) throw new ArgumentError(`norm: the order ${String(ord)} is none of vectors: expected a number.`);
  return power(sum(power(abs(t), ord), axes, options), 1 / ord);
}

function matrices(t: Tensor, ord: MatrixOrder, axes: readonly [number, number], { keepdims = false }: ReductionOptions): Tensor {
  const [row, column] = axes;
  if (ord === "fro") return rootOf(sum(square(t), axes, { keepdims }));
  const kind = typeof ord === "number" ? Math.abs(ord) : ord;
  if (kind !== "nuc" && kind !== 1 && kind !== 2 && kind !== Infinity) throw new ArgumentError(`norm: the order ${String(ord)} is none of matrices: expected "fro", "nuc", ±1, ±2 or ±∞.`);
  // What is greatest, or a sum, is 0 of nothing; there is no least.
  if (isEmpty(t, axes) && !(typeof ord === "number" && ord < 0)) return sum(t, axes, { keepdims });
  const finish = (out: Tensor): Tensor => reshape(out, t.shape.flatMap((d, i) => (i !== row && i !== column ? [d] : keepdims ? [1] : [])));
  if (kind === 2 || kind === "nuc") {
    const s = svd(moveaxis(t, axes, [-2, -1]), { computeUv: false });
    return finish(ord === -2 ? min(s, -1) : besidesZero(ord === 2 ? max(s, -1) : sum(s, -1), (y) => y));
  }
  const [summed, chosen] = kind === 1 ? [row, column] : [column, row];
  const totals = sum(abs(t), summed, { keepdims: true });
  return finish((ord as number) > 0 ? max(totals, chosen) : min(totals, chosen));
}

/**
 * The condition number of matrices: by p of {@link norm}, the norm times that of the inverse; the greatest singular value
 * over the least unless p is given. Of a singular matrix ∞, or NaN of zeros without p.
 * @throws ShapeError for less than two axes, of nothing, or where p is given, other than ±2, unless square @throws ArgumentError for another order
 * @example cond(array([[2, 0], [0, 1]])) // 2
 */
export function cond(x: TensorLike, p?: MatrixOrder | null): Tensor {
  const t = floating(x, "cond");
  if (t.ndim < 2 || isEmpty(t, [t.ndim - 2, t.ndim - 1])) throw new ShapeError(`cond: ${t.aval.toString()} is no matrix with elements.`);
  const isSpectral = p === undefined || p === null || p === 2;
  if (isSpectral || p === -2) {
    const s = svd(t, { computeUv: false });
    const end = (i: number): Tensor => reshape(sliceAlong(s, s.ndim - 1, i, i + 1), s.shape.slice(0, -1));
    const [most, least] = [end(0), end((s.shape[s.ndim - 1] as number) - 1)];
    return isSpectral ? div(most, least) : infiniteUnlessNan(div(least, most), t);
  }
  return infiniteUnlessNan(mul(matrixNorm(t, { ord: p }), matrixNorm(inv(t), { ord: p })), t);
}

// NaN that does not come from an operand is that of a singular matrix.
const infiniteUnlessNan = (out: Tensor, x: Tensor): Tensor => select(and(isNan(out), not(reduceOr(isNan(x), [-2, -1]))), Infinity, out);

// Of what is not negative: √x, and x^p by e^(p ln x), with derivatives 0 at 0, whatever the order, unless p is negative. NaN passes.
const rootOf = (x: Tensor): Tensor => besidesZero(x, sqrt);
const power = (x: Tensor, p: number): Tensor => (p < 0 ? raised(x, p) : besidesZero(x, (y) => raised(y, p)));
const raised = (x: Tensor, p: number): Tensor => exp(mul(log(x), p));

function besidesZero(x: Tensor, f: (x: Tensor) => Tensor): Tensor {
  const isZero = equal(x, 0);
  return select(isZero, 0, f(select(isZero, 1, x)));
}
