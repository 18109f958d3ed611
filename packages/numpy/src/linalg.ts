// np.linalg: so far the norms that need no decomposition.

import { ArgumentError, cast, isFloat, mul, normalizeAxes, reshape, select, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { abs, equal, exp, log, notEqual, square, sqrt } from "@gradus/ops";
import { max, min, type ReductionOptions, sum } from "./reductions.js";

/**
 * The norm of vectors along one axis, or of matrices on two; without an axis, √Σx² of all elements unless an order is given.
 * Orders of vectors: 2 unless given, 1, any p > 0, 0 (how many are not 0), ±∞; of matrices: `"fro"` unless given, ±1, ±∞ (sums
 * of columns and of rows). The gradient of the 2-norm and of p-norms at the origin is 0; the 1-norm has that of |x|.
 * @throws ArgumentError for another order @throws ShapeError for axes out of range, more than two, or an order without an axis for more than two axes
 * @example norm(array([3, 4])) // 5
 */
export function norm(x: TensorLike, ord?: number | "fro" | null, axis?: number | readonly number[] | null, options: ReductionOptions = {}): Tensor {
  const given = toTensor(x, "norm");
  const t = isFloat(given.dtype) ? given : cast(given, "float32");
  const axes = normalizeAxes(axis, t.ndim, "norm");
  if (ord === undefined || ord === null) return rootOf(sum(square(t), axes, options));
  if (axes.length === 1) return vectorNorm(t, ord, axes, options);
  if (axes.length !== 2) throw new ShapeError(`norm: ${t.aval.toString()} over the axes [${axes}] is neither vectors nor matrices: name one axis or two.`);
  return matrixNorm(t, ord, axes as [number, number], options);
}

function vectorNorm(t: Tensor, ord: number | "fro", axes: readonly number[], options: ReductionOptions): Tensor {
  if (ord === 2) return rootOf(sum(square(t), axes, options));
  if (ord === 1) return sum(abs(t), axes, options);
  if (ord === 0) return sum(cast(notEqual(t, 0), t.dtype), axes, options);
  if (ord === Infinity) return max(abs(t), axes, options);
  if (ord === -Infinity) return min(abs(t), axes, options);
  if (typeof ord !== "number" || !(ord > 0)) throw new ArgumentError(`norm: the order ${String(ord)} is none of vectors: expected 0, a positive number, or ±∞.`);
  const size = abs(t);
  return power(sum(power(size, ord), axes, options), 1 / ord);
}

function matrixNorm(t: Tensor, ord: number | "fro", [row, column]: [number, number], { keepdims = false }: ReductionOptions): Tensor {
  if (ord === "fro") return rootOf(sum(square(t), [row, column], { keepdims }));
  if (Math.abs(ord) !== 1 && Math.abs(ord) !== Infinity) throw new ArgumentError(`norm: the order ${String(ord)} is none of matrices here: expected "fro", ±1 or ±∞.`);
  const [summed, chosen] = Math.abs(ord) === 1 ? [row, column] : [column, row];
  const totals = sum(abs(t), summed, { keepdims: true });
  const out = (ord > 0 ? max : min)(totals, chosen, { keepdims: true });
  return keepdims ? out : reshape(out, out.shape.filter((_, i) => i !== row && i !== column));
}

// Of what is not negative: √x, and x^p by e^(p ln x), with derivatives 0 at 0, whatever the order. NaN passes.
const rootOf = (x: Tensor): Tensor => besidesZero(x, sqrt);
const power = (x: Tensor, p: number): Tensor => besidesZero(x, (y) => exp(mul(log(y), p)));

function besidesZero(x: Tensor, f: (x: Tensor) => Tensor): Tensor {
  const isZero = equal(x, 0);
  return select(isZero, 0, f(select(isZero, 1, x)));
}
