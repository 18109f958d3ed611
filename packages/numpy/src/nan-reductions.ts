// Reductions that pass NaN by: each is the reduction of what else there is. The derivative at NaN is 0.

import { cast, select, type Tensor, type TensorLike } from "@gradus/core";
import { cumprod, cumsum, div, isNan, less, not, square, sqrt, sub } from "@gradus/ops";
import { floating } from "./operand.js";
import { all, argmax, argmin, countNonzero, max, min, prod, sum, type VarianceOptions } from "./reductions.js";
import type { Axis, ReductionOptions } from "./reduction.js";

const without = (x: Tensor, value: number): Tensor => select(isNan(x), value, x);
const count = (x: Tensor, axis: Axis | undefined, options: ReductionOptions): Tensor => cast(countNonzero(not(isNan(x)), axis, options), x.dtype);

/** The sum without NaN. @throws ShapeError for axes out of range */
export const nansum = (x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor => sum(without(floating(x, "nansum"), 0), axis, options);

/** The product without NaN. @throws ShapeError for axes out of range */
export const nanprod = (x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor => prod(without(floating(x, "nanprod"), 1), axis, options);

/** The mean without NaN; NaN where nothing else is. @throws ShapeError for axes out of range */
export function nanmean(x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor {
  const t = floating(x, "nanmean");
  return div(nansum(t, axis, options), count(t, axis, options));
}

/** The mean of squared distances to the mean, without NaN; NaN where too few elements are left. @throws ShapeError for axes out of range */
export function nanvar(x: TensorLike, axis?: Axis, { ddof = 0, ...options }: Omit<VarianceOptions, "where"> = {}): Tensor {
  const t = floating(x, "nanvar");
  const away = without(sub(t, nanmean(t, axis, { keepdims: true })), 0);
  const freedom = sub(count(t, axis, options), ddof);
  return select(less(freedom, 1e-9), NaN, div(sum(square(away), axis, options), freedom));
}

/** The square root of {@link nanvar}. Its derivative where that is 0 is NaN. @throws ShapeError for axes out of range */
export const nanstd = (x: TensorLike, axis?: Axis, options: Omit<VarianceOptions, "where"> = {}): Tensor => sqrt(nanvar(x, axis, options));

/** The greatest element without NaN; NaN where nothing else is. @throws ShapeError for axes out of range, or of nothing */
export function nanmax(x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor {
  const t = floating(x, "nanmax");
  return select(all(isNan(t), axis, options), NaN, max(without(t, -Infinity), axis, options));
}

/** The least element without NaN; NaN where nothing else is. @throws ShapeError for axes out of range, or of nothing */
export function nanmin(x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor {
  const t = floating(x, "nanmin");
  return select(all(isNan(t), axis, options), NaN, min(without(t, Infinity), axis, options));
}

/** The index of the greatest element that is not NaN, int32; −1 where there is none. @throws ShapeError for an axis out of range or empty */
export function nanargmax(x: TensorLike, axis?: number | null, options: ReductionOptions = {}): Tensor {
  const t = floating(x, "nanargmax");
  return select(all(isNan(t), axis, options), -1, argmax(without(t, -Infinity), axis, options));
}

/** The index of the least element that is not NaN, int32; −1 where there is none. @throws ShapeError for an axis out of range or empty */
export function nanargmin(x: TensorLike, axis?: number | null, options: ReductionOptions = {}): Tensor {
  const t = floating(x, "nanargmin");
  return select(all(isNan(t), axis, options), -1, argmin(without(t, Infinity), axis, options));
}

/** The sums so far, NaN as 0. @throws ShapeError for an axis out of range */
export const nancumsum = (x: TensorLike, axis?: number | null): Tensor => cumsum(without(floating(x, "nancumsum"), 0), axis);

/** The products so far, NaN as 1. @throws ShapeError for an axis out of range */
export const nancumprod = (x: TensorLike, axis?: number | null): Tensor => cumprod(without(floating(x, "nancumprod"), 1), axis);
