// Quantiles: elements in order, and between them by a rule. Their derivatives are those of the elements that they are made of.

import { add, ArgumentError, array, cast, mul, normalizeAxes, reduceSum, reshape, select, ShapeError, type Tensor, type TensorLike, toTensor, transpose } from "@gradus/core";
import * as ops from "@gradus/ops";
import { takeAlongAxis } from "./indexing.js";
import { floating } from "./operand.js";
import { type Axis, nonEmpty, reduce, type ReductionOptions, sizeOf } from "./reduction.js";

/** What stands between two elements: a mixture, one of them, their mean, or the nearer, of two equally near the even one. */
export type QuantileMethod = "linear" | "lower" | "higher" | "midpoint" | "nearest";

export interface QuantileOptions extends ReductionOptions {
  /** `"linear"` unless given. */
  readonly method?: QuantileMethod;
}

type Levels = TensorLike | readonly number[];

// The elements of the reduced axes in order along a first axis, all others on a second one.
function ordered(t: Tensor, axes: readonly number[]): { lines: Tensor; rest: number[] } {
  const kept = t.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const rest = kept.map((i) => t.shape[i] as number);
  const n = sizeOf(t, axes);
  return { lines: ops.sort(reshape(transpose(t, [...axes, ...kept]), [n, t.size / n]), 0), rest };
}

function between(lines: Tensor, place: Tensor, method: QuantileMethod, what: string): Tensor {
  const read = (i: Tensor): Tensor => takeAlongAxis(lines, cast(i, "int32"), 0);
  const [low, high] = [ops.floor(place), ops.ceil(place)];
  switch (method) {
    case "linear": {
      const weight = ops.sub(place, low);
      const [a, b] = [read(low), read(high)];
      // Of an element that is met exactly nothing is added to it: ∞·0 is NaN.
      return select(ops.equal(weight, 0), a, add(mul(a, ops.sub(1, weight)), mul(b, weight)));
    }
    case "lower":
      return read(low);
    case "higher":
      return read(high);
    case "midpoint":
      return add(mul(read(low), 0.5), mul(read(high), 0.5));
    case "nearest":
      return read(ops.round(place));
    default:
      throw new ArgumentError(`${what}: the method is ${String(method)}, expected "linear", "lower", "higher", "midpoint" or "nearest".`);
  }
}

function quantiles(x: TensorLike, levels: Levels, axis: Axis | undefined, { method = "linear", keepdims = false }: QuantileOptions, skipsNan: boolean, what: string): Tensor {
  const given = floating(x, what);
  const q = Array.isArray(levels) || typeof levels === "number" ? array(levels as number, { dtype: given.dtype }) : toTensor(levels as TensorLike, what);
  if (q.ndim > 1) throw new ShapeError(`${what}: the levels are ${q.aval.toString()}: one, or a vector of them.`);
  checkLevels(levels, what);
  const all = cast(reshape(floating(q, what), [q.size, 1]), given.dtype);
  const axes = normalizeAxes(axis, given.ndim, what);
  // Sorted once, whatever the number of levels.
  const { lines, rest } = ordered(nonEmpty(given, axes, what), axes);
  const isNan = ops.isNan(lines);
  const n = skipsNan ? cast(reduceSum(cast(ops.not(isNan), "int32"), 0), given.dtype) : (lines.shape[0] as number);
  const last = skipsNan ? ops.max(ops.sub(n, 1), 0) : ops.sub(n, 1);
  const one = (level: Tensor): Tensor =>
    reduce(given, axes, { keepdims }, what, () => {
      const place = mul(level, last);
      const spread = add(place, ops.zerosLike(ops.take(lines, [0], 0)));
      const out = reshape(between(lines, spread, method, what), rest);
      return skipsNan ? out : select(reshape(ops.reduceOr(isNan, 0), rest), NaN, out);
    });
  const outs = Array.from({ length: q.size }, (_, i) => one(reshape(ops.sliceAlong(all, 0, i, i + 1), [])));
  if (q.ndim === 0) return outs[0] as Tensor;
  if (outs.length === 0) throw new ShapeError(`${what}: there are no levels: give one at least.`);
  return ops.stack(outs);
}

// Numbers that are known: levels that are traced cannot be checked, and are clipped.
function checkLevels(levels: Levels, what: string): void {
  const list = typeof levels === "number" ? [levels] : Array.isArray(levels) ? (levels as readonly number[]) : [];
  const bad = list.find((v) => !(v >= 0 && v <= 1));
  if (bad !== undefined) throw new ArgumentError(`${what}: the level ${what.endsWith("percentile") ? bad * 100 : bad} is out of range: from 0 to ${what.endsWith("percentile") ? 100 : 1}.`);
}

const hundredth = (q: Levels): Levels => (typeof q === "number" ? q / 100 : Array.isArray(q) ? (q as readonly number[]).map((v) => v / 100) : ops.div(toTensor(q as TensorLike, "percentile"), 100));

/**
 * The element that so much of the others are below, from 0 to 1: for one level, or along a new first axis for a vector of
 * them. Differentiable by the level too, with the method `"linear"`. NaN if any element is. @throws ShapeError for axes out of range,
 * or of nothing @throws ArgumentError for a level out of range, or another method
 * @example quantile(array([1, 2, 4]), 0.75) // 3
 */
export const quantile = (x: TensorLike, q: Levels, axis?: Axis, options: QuantileOptions = {}): Tensor => quantiles(x, q, axis, options, false, "quantile");

/** {@link quantile} by levels from 0 to 100. @throws ShapeError @throws ArgumentError */
export const percentile = (x: TensorLike, q: Levels, axis?: Axis, options: QuantileOptions = {}): Tensor => quantiles(x, hundredth(q), axis, options, false, "percentile");

/** {@link quantile} of the elements that are not NaN; NaN where there are none. @throws ShapeError @throws ArgumentError */
export const nanquantile = (x: TensorLike, q: Levels, axis?: Axis, options: QuantileOptions = {}): Tensor => quantiles(x, q, axis, options, true, "nanquantile");

/** {@link nanquantile} by levels from 0 to 100. @throws ShapeError @throws ArgumentError */
export const nanpercentile = (x: TensorLike, q: Levels, axis?: Axis, options: QuantileOptions = {}): Tensor => quantiles(x, hundredth(q), axis, options, true, "nanpercentile");

/** The middle element in order, or the mean of the two middle ones; NaN if any is. @throws ShapeError for axes out of range, or of nothing */
export const median = (x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor => quantiles(x, 0.5, axis, { ...options, method: "midpoint" }, false, "median");

/** {@link median} of the elements that are not NaN; NaN where there are none. @throws ShapeError for axes out of range, or of nothing */
export const nanmedian = (x: TensorLike, axis?: Axis, options: ReductionOptions = {}): Tensor => quantiles(x, 0.5, axis, { ...options, method: "midpoint" }, true, "nanmedian");
