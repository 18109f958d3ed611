// Sums, means and extrema over axes: `(x, axis?, { keepdims? })`.

import { add, cast, isFloat, mul, normalizeAxes, normalizeAxis, reduceSum, reshape, select, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import * as ops from "@gradus/ops";

export { cumprod, cumsum } from "@gradus/ops";

export type Axis = number | readonly number[] | null;

export interface ReductionOptions {
  /** Whether the axes that are reduced stay, with length 1. No unless given. */
  readonly keepdims?: boolean;
}

type Reduction = (x: Tensor, axes: readonly number[]) => Tensor;

function reduce(x: TensorLike, axis: Axis | undefined, { keepdims = false }: ReductionOptions, what: string, f: Reduction): Tensor {
  const t = toTensor(x, what);
  const axes = normalizeAxes(axis, t.ndim, what);
  const out = f(t, axes);
  return keepdims ? reshape(out, t.shape.map((d, i) => (axes.includes(i) ? 1 : d))) : out;
}

const counted = (x: Tensor): Tensor => (x.dtype === "bool" ? cast(x, "int32") : x);
const floating = (x: Tensor): Tensor => (isFloat(x.dtype) ? x : cast(x, "float32"));
const sizeOf = (x: Tensor, axes: readonly number[]): number => axes.reduce((n, a) => n * (x.shape[a] as number), 1);

function nonEmpty(x: Tensor, axes: readonly number[], what: string): Tensor {
  if (sizeOf(x, axes) > 0) return x;
  throw new ShapeError(`${what}: ${x.aval.toString()} has nothing along the axes [${axes}], and so no ${what}.`);
}

/** The sum; booleans are counted. @throws ShapeError for axes out of range */
export function sum(x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor {
  return reduce(x, axis, options, "sum", (t, axes) => reduceSum(counted(t), axes));
}

/** The product; its derivative is exact where elements are 0. @throws ShapeError for axes out of range */
export function prod(x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor {
  return reduce(x, axis, options, "prod", (t, axes) => ops.reduceProd(counted(t), axes));
}

/** The mean, as a float; NaN of nothing. @throws ShapeError for axes out of range */
export function mean(x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor {
  return reduce(x, axis, options, "mean", (t, axes) => ops.div(reduceSum(floating(t), axes), sizeOf(t, axes)));
}

export interface VarianceOptions extends ReductionOptions {
  /** What the number of elements is lessened by: 0 unless given. */
  readonly ddof?: number;
}

/** The mean of squared distances to the mean. @throws ShapeError for axes out of range */
function variance(x: TensorLike, axis?: Axis, { ddof = 0, ...options }: VarianceOptions = {}): Tensor {
  return reduce(x, axis, options, "var", (given, axes) => {
    const t = floating(given);
    const away = ops.sub(t, mean(t, axes, { keepdims: true }));
    return ops.div(reduceSum(ops.square(away), axes), sizeOf(t, axes) - ddof);
  });
}
export { variance as var };

/** The square root of the variance. Its derivative where that is 0 is NaN. @throws ShapeError for axes out of range */
export function std(x: TensorLike, axis?: Axis, options: VarianceOptions = {}): Tensor {
  return ops.sqrt(variance(x, axis, options));
}

/** The greatest element; the derivative is shared by equal ones. @throws ShapeError for axes out of range, or of nothing */
export function max(x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor {
  return reduce(x, axis, options, "max", (t, axes) => ops.reduceMax(nonEmpty(t, axes, "max"), axes));
}

/** The least element; the derivative is shared by equal ones. @throws ShapeError for axes out of range, or of nothing */
export function min(x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor {
  return reduce(x, axis, options, "min", (t, axes) => ops.reduceMin(nonEmpty(t, axes, "min"), axes));
}

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

const truth = (x: Tensor): Tensor => (x.dtype === "bool" ? x : ops.notEqual(x, 0));

/** Whether any element is true, or not 0. @throws ShapeError for axes out of range */
export function any(x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor {
  return reduce(x, axis, options, "any", (t, axes) => ops.reduceOr(truth(t), axes));
}

/** Whether all elements are true, or not 0. @throws ShapeError for axes out of range */
export function all(x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor {
  return reduce(x, axis, options, "all", (t, axes) => ops.reduceAnd(truth(t), axes));
}

/** How many elements are true, or not 0, int32. @throws ShapeError for axes out of range */
export function countNonzero(x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor {
  return reduce(x, axis, options, "countNonzero", (t, axes) => reduceSum(cast(truth(t), "int32"), axes));
}

/** The middle element in order, or the mean of the two middle ones; NaN if any is. @throws ShapeError for axes out of range, or of nothing */
export function median(x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor {
  return reduce(x, axis, options, "median", (given, axes) => {
    const t = nonEmpty(floating(given), axes, "median");
    // The reduced axes as one, in front.
    const kept = t.shape.map((_, i) => i).filter((i) => !axes.includes(i));
    const flat = reshape(ops.transpose(t, [...axes, ...kept]), [sizeOf(t, axes), ...kept.map((i) => t.shape[i] as number)]);
    const sorted = ops.sort(flat, 0);
    const n = flat.shape[0] as number;
    const at = (i: number): Tensor => ops.take(sorted, i, 0);
    const middle = n % 2 === 1 ? at((n - 1) / 2) : mul(add(at(n / 2 - 1), at(n / 2)), 0.5);
    return select(ops.reduceOr(ops.isNan(flat), 0), NaN, middle);
  });
}

// The axis in place, or all elements on one.
const onAxis = (x: TensorLike, axis: number | null, what: string): [Tensor, number] => {
  const t = toTensor(x, what);
  return axis === null ? [reshape(t, [t.size]), 0] : [t, axis];
};

/** The elements in ascending order along an axis, the last unless given; of the flattened array for null. NaN comes last. @throws ShapeError */
export function sort(x: TensorLike, axis: number | null = -1): Tensor {
  const [t, at] = onAxis(x, axis, "sort");
  return ops.sort(t, at);
}

/** The int32 indices that sort. @throws ShapeError */
export function argsort(x: TensorLike, axis: number | null = -1): Tensor {
  const [t, at] = onAxis(x, axis, "argsort");
  return ops.argsort(t, at);
}

const without = (x: Tensor, value: number): Tensor => select(ops.isNan(x), value, x);

/** The sum without NaN. @throws ShapeError for axes out of range */
export function nansum(x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor {
  return sum(without(floating(toTensor(x, "nansum")), 0), axis, options);
}

/** The mean without NaN; NaN where nothing else is. @throws ShapeError for axes out of range */
export function nanmean(x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor {
  const t = floating(toTensor(x, "nanmean"));
  const total = nansum(t, axis, options);
  return ops.div(total, cast(countNonzero(ops.not(ops.isNan(t)), axis, options), t.dtype));
}

/** The greatest element without NaN; NaN where nothing else is. @throws ShapeError for axes out of range, or of nothing */
export function nanmax(x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor {
  const t = floating(toTensor(x, "nanmax"));
  return select(all(ops.isNan(t), axis, options), NaN, max(without(t, -Infinity), axis, options));
}

/** The least element without NaN; NaN where nothing else is. @throws ShapeError for axes out of range, or of nothing */
export function nanmin(x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor {
  const t = floating(toTensor(x, "nanmin"));
  return select(all(ops.isNan(t), axis, options), NaN, min(without(t, Infinity), axis, options));
}

/** The differences of neighbours along an axis, the last unless given. @throws ShapeError for an axis out of range */
export function diff(x: TensorLike, axis = -1): Tensor {
  const t = toTensor(x, "diff");
  const at = normalizeAxis(axis, t.ndim, "diff");
  const n = t.shape[at] as number;
  return ops.sub(ops.sliceAlong(t, at, Math.min(1, n), n), ops.sliceAlong(t, at, 0, Math.max(n - 1, 0)));
}
