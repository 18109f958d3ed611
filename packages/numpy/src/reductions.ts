// Sums, means and extrema over axes: `(x, axis?, { keepdims?, where?, initial? })`; sorting; sums and products so far.

import { add, ArgumentError, cast, mul, normalizeAxis, reduceSum, reshape, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { counted, floating, truth } from "./operand.js";
import { type Axis, type FoldOptions, masked, type MaskedOptions, nonEmpty, reduce, type ReductionOptions, sizeOf } from "./reduction.js";

export { cumprod, cumsum } from "@gradus/ops";
export type { Axis, FoldOptions, MaskedOptions, ReductionOptions } from "./reduction.js";

/** The sum; booleans are counted. @throws ShapeError for axes out of range, or a mask that does not fit */
export function sum(x: TensorLike, axis?: Axis, { where, initial, ...options }: FoldOptions = {}): Tensor {
  const total = reduce(x, axis, options, "sum", (t, axes) => reduceSum(masked(counted(t), where, 0, "sum"), axes));
  return initial === undefined ? total : add(total, initial);
}

/** The product; its derivative is exact where elements are 0. @throws ShapeError for axes out of range, or a mask that does not fit */
export function prod(x: TensorLike, axis?: Axis, { where, initial, ...options }: FoldOptions = {}): Tensor {
  const product = reduce(x, axis, options, "prod", (t, axes) => ops.reduceProd(masked(counted(t), where, 1, "prod"), axes));
  return initial === undefined ? product : mul(product, initial);
}

// How many elements count, as a number or as an array.
const countOf = (t: Tensor, axes: readonly number[], where: TensorLike | undefined, what: string): TensorLike =>
  where === undefined ? sizeOf(t, axes) : cast(reduceSum(cast(masked(ops.equal(t, t), where, false, what), "int32"), axes), t.dtype);

/** The mean, as a float; NaN of nothing. @throws ShapeError for axes out of range, or a mask that does not fit */
export function mean(x: TensorLike, axis?: Axis, { where, ...options }: MaskedOptions = {}): Tensor {
  return reduce(x, axis, options, "mean", (given, axes) => {
    const t = floating(given, "mean");
    return ops.div(reduceSum(masked(t, where, 0, "mean"), axes), countOf(t, axes, where, "mean"));
  });
}

export interface VarianceOptions extends MaskedOptions {
  /** What the number of elements is lessened by: 0 unless given. */
  readonly ddof?: number;
}

/** The mean of squared distances to the mean. @throws ShapeError for axes out of range, or a mask that does not fit */
function variance(x: TensorLike, axis?: Axis, { ddof = 0, where, ...options }: VarianceOptions = {}): Tensor {
  return reduce(x, axis, options, "var", (given, axes) => {
    const t = floating(given, "var");
    const away = ops.sub(t, mean(t, axes, where === undefined ? { keepdims: true } : { keepdims: true, where }));
    return ops.div(reduceSum(masked(ops.square(away), where, 0, "var"), axes), ops.sub(countOf(t, axes, where, "var"), ddof));
  });
}
export { variance as var };

/** The square root of the variance. Its derivative where that is 0 is NaN. @throws ShapeError for axes out of range */
export function std(x: TensorLike, axis?: Axis, options: VarianceOptions = {}): Tensor {
  return ops.sqrt(variance(x, axis, options));
}

// The extremum of nothing is the initial value, without which a mask may leave none.
function extremum(x: TensorLike, axis: Axis | undefined, { where, initial, ...options }: FoldOptions, what: "max" | "min"): Tensor {
  if (where !== undefined && initial === undefined) throw new ArgumentError(`${what}: a mask may leave nothing: give the option initial, what the ${what} starts from.`);
  const [over, join] = what === "max" ? [ops.reduceMax, ops.max] : [ops.reduceMin, ops.min];
  const out = reduce(x, axis, options, what, (t, axes) => over(initial === undefined ? nonEmpty(t, axes, what) : masked(t, where, initial, what), axes));
  return initial === undefined ? out : join(out, initial);
}

/** The greatest element; the derivative is shared by equal ones. @throws ShapeError for axes out of range, or of nothing @throws ArgumentError for a mask without an initial value */
export function max(x: TensorLike, axis?: Axis, options: FoldOptions = {}): Tensor {
  return extremum(x, axis, options, "max");
}
export { max as amax };

/** The least element; the derivative is shared by equal ones. @throws ShapeError for axes out of range, or of nothing @throws ArgumentError for a mask without an initial value */
export function min(x: TensorLike, axis?: Axis, options: FoldOptions = {}): Tensor {
  return extremum(x, axis, options, "min");
}
export { min as amin };

/** The greatest less the least element. @throws ShapeError for axes out of range, or of nothing */
export const ptp = (x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor => ops.sub(max(x, axis, options), min(x, axis, options));

/** The index of the greatest element, int32, the first of equals. @throws ShapeError for an axis out of range or empty */
export function argmax(x: TensorLike, axis?: number | null, options: ReductionOptions = {}): Tensor {
  return reduce(x, axis, options, "argmax", (t) => ops.argmax(t, axis));
}

/** The index of the least element, int32, the first of equals. @throws ShapeError for an axis out of range or empty */
export function argmin(x: TensorLike, axis?: number | null, options: ReductionOptions = {}): Tensor {
  return reduce(x, axis, options, "argmin", (t) => ops.argmin(t, axis));
}

/** Whether any element is true, or not 0. @throws ShapeError for axes out of range */
export function any(x: TensorLike, axis?: Axis, { where, ...options }: MaskedOptions = {}): Tensor {
  return reduce(x, axis, options, "any", (t, axes) => ops.reduceOr(masked(truth(t, "any"), where, false, "any"), axes));
}

/** Whether all elements are true, or not 0. @throws ShapeError for axes out of range */
export function all(x: TensorLike, axis?: Axis, { where, ...options }: MaskedOptions = {}): Tensor {
  return reduce(x, axis, options, "all", (t, axes) => ops.reduceAnd(masked(truth(t, "all"), where, true, "all"), axes));
}

/** How many elements are true, or not 0, int32. @throws ShapeError for axes out of range */
export function countNonzero(x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor {
  return reduce(x, axis, options, "countNonzero", (t, axes) => reduceSum(cast(truth(t, "countNonzero"), "int32"), axes));
}

// The axis in place, or all elements on one.
const onAxis = (x: TensorLike, axis: number | null, what: string): [Tensor, number] => {
  const t = toTensor(x, what);
  return axis === null ? [reshape(t, [t.size]), 0] : [t, axis];
};

/** The elements in ascending order along an axis, the last unless given; of the flattened array for null. NaN comes last. @throws ShapeError */
export function sort(x: TensorLike, axis: number | null = -1, options: ops.SortOptions = {}): Tensor {
  const [t, at] = onAxis(x, axis, "sort");
  return ops.sort(t, at, 1, options);
}

/** The int32 indices that sort. @throws ShapeError */
export function argsort(x: TensorLike, axis: number | null = -1, options: ops.SortOptions = {}): Tensor {
  const [t, at] = onAxis(x, axis, "argsort");
  return ops.argsort(t, at, options);
}

/**
 * The elements with the one of rank k at place k, those before it no greater, those after it no less: sorted. @throws ShapeError
 * @throws ArgumentError for a rank that the axis has not
 */
export function partition(x: TensorLike, k: number, axis: number | null = -1): Tensor {
  return sort(...ranked(x, k, axis, "partition"));
}

/** The int32 indices that {@link partition}. @throws ShapeError @throws ArgumentError for a rank that the axis has not */
export function argpartition(x: TensorLike, k: number, axis: number | null = -1): Tensor {
  return argsort(...ranked(x, k, axis, "argpartition"));
}

function ranked(x: TensorLike, k: number, axis: number | null, what: string): [Tensor, number] {
  const [t, at] = onAxis(x, axis, what);
  const n = t.shape[normalizeAxis(at, t.ndim, what)] as number;
  if (!Number.isInteger(k) || k < -n || k >= n) throw new ArgumentError(`${what}: there is no rank ${String(k)} among ${n} elements.`);
  return [t, at];
}

/** The int32 indices that sort by the last of the keys, equals by the one before, and so on. @throws ShapeError unless keys have one shape @throws ArgumentError for none */
export function lexsort(keys: readonly TensorLike[], axis = -1): Tensor {
  if (!Array.isArray(keys) || keys.length === 0) throw new ArgumentError("lexsort: there is no key to sort by; give at least one, the last of which counts most.");
  const all = keys.map((k) => toTensor(k, "lexsort")).reverse();
  const { shape, ndim } = all[0] as Tensor;
  if (ndim === 0) throw new ShapeError("lexsort: a 0-d key has no axis to sort along.");
  const places = ops.iota(shape, "int32", normalizeAxis(axis, ndim, "lexsort"));
  return ops.sort([...all, places], axis, keys.length).at(-1) as Tensor;
}

/** The sums so far along the only axis, or the one named; with `includeInitial` a 0 before them. @throws ShapeError for several axes and none named @throws DTypeError for booleans */
export function cumulativeSum(x: TensorLike, { axis, includeInitial = false }: CumulativeOptions = {}): Tensor {
  const [t, at] = only(x, axis, "cumulativeSum");
  const sums = ops.cumsum(t, at);
  return includeInitial ? ops.pad(sums, 0, t.shape.map((_, i): [number, number] => [i === at ? 1 : 0, 0])) : sums;
}

/** The products so far along the only axis, or the one named; with `includeInitial` a 1 before them. @throws ShapeError for several axes and none named @throws DTypeError for booleans */
export function cumulativeProd(x: TensorLike, { axis, includeInitial = false }: CumulativeOptions = {}): Tensor {
  const [t, at] = only(x, axis, "cumulativeProd");
  const products = ops.cumprod(t, at);
  return includeInitial ? ops.pad(products, 1, t.shape.map((_, i): [number, number] => [i === at ? 1 : 0, 0])) : products;
}

export interface CumulativeOptions {
  readonly axis?: number;
  /** Whether the result starts with that of no element. No unless given. */
  readonly includeInitial?: boolean;
}

function only(x: TensorLike, axis: number | undefined, what: string): [Tensor, number] {
  const t = toTensor(x, what);
  if (axis === undefined && t.ndim !== 1) throw new ShapeError(`${what}: ${t.aval.toString()} has ${t.ndim} axes: name one with the option axis.`);
  return [t, normalizeAxis(axis ?? 0, t.ndim, what)];
}
