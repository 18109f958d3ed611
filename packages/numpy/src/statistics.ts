// Weighted means, covariances, and counts of values by interval.

import { asList, add, ArgumentError, array, broadcastTo, cast, full, isInteger, mul, normalizeAxes, reshape, select, ShapeError, type Tensor, type TensorLike, toTensor, transpose } from "@gradus/core";
import { and, clamp, concatenate, div, equal, expandDims, max, min, onesLike, scatterAdd, sqrt, sub, take } from "@gradus/ops";
import { known } from "./concrete.js";
import { linspace } from "./creation.js";
import { diagonal } from "./diagonal.js";
import { diff } from "./differences.js";
import { floating, floats } from "./operand.js";
import { matmul } from "./products.js";
import { max as maxOf, mean, min as minOf, sum } from "./reductions.js";
import type { Axis, ReductionOptions } from "./reduction.js";
import { searchsorted } from "./searching.js";

export interface AverageOptions extends ReductionOptions {
  /** Of the shape of x, or one per entry of the one axis. */
  readonly weights?: TensorLike;
}

/** The mean with weights, Σ wx/Σ w; NaN where the weights sum to 0. @throws ShapeError for axes out of range, or weights that do not fit */
export function average(x: TensorLike, axis?: Axis, { weights, ...options }: AverageOptions = {}): Tensor {
  if (weights === undefined) return mean(x, axis, options);
  const [t, given] = floats([x, weights], "average") as [Tensor, Tensor];
  const axes = normalizeAxes(axis, t.ndim, "average");
  const fits = given.ndim === t.ndim && given.shape.every((d, i) => d === t.shape[i]);
  if (!fits && !(given.ndim === 1 && axes.length === 1 && given.size === t.shape[axes[0] as number])) {
    throw new ShapeError(`average: the weights ${given.aval.toString()} have neither the shape of ${t.aval.toString()} nor one entry for each of one axis.`);
  }
  const w = fits ? given : broadcastTo(reshape(given, t.shape.map((_, i) => (i === axes[0] ? given.size : 1))), t.shape);
  return div(sum(mul(t, w), axes, options), sum(w, axes, options));
}

export interface CovOptions {
  /** Whether rows are variables and columns observations. Yes unless given. */
  readonly rowvar?: boolean;
  /** What the number of observations is lessened by: 1 unless given. */
  readonly ddof?: number;
  /** How often each observation counts. */
  readonly fweights?: TensorLike;
  /** How much each observation counts. */
  readonly aweights?: TensorLike;
}

// Variables as rows.
function variables(x: TensorLike, y: TensorLike | undefined, rowvar: boolean, what: string): Tensor {
  const rows = floats(y === undefined ? [x] : [x, y], what).map((t) => {
    if (t.ndim > 2) throw new ShapeError(`${what}: ${t.aval.toString()} has more than two axes: variables and observations.`);
    const m = t.ndim === 2 ? t : reshape(t, [1, t.size]);
    return rowvar || t.ndim < 2 ? m : transpose(m);
  });
  return rows.length === 1 ? (rows[0] as Tensor) : concatenate(rows);
}

/** The covariances of variables, rows unless told otherwise, those of y below those of x: a matrix, or one number for one variable. @throws ShapeError for more than two axes, or weights that are not one per observation */
export function cov(x: TensorLike, y?: TensorLike, { rowvar = true, ddof = 1, fweights, aweights }: CovOptions = {}): Tensor {
  const m = variables(x, y, rowvar, "cov");
  const n = m.shape[1] as number;
  const checked = (w: TensorLike | undefined): Tensor[] => {
    if (w === undefined) return [];
    const t = cast(w, m.dtype);
    if (t.ndim !== 1 || t.size !== n) throw new ShapeError(`cov: the weights ${t.aval.toString()} are not one for each of ${n} observations.`);
    return [t];
  };
  const [f, a] = [checked(fweights), checked(aweights)];
  const w = [...f, ...a].reduce((p, q) => mul(p, q), full([n], 1, m.dtype));
  const total = sum(w);
  const centred = sub(m, expandDims(div(sum(mul(m, w), 1), total), 1));
  const lost = a.length === 0 ? ddof : mul(div(sum(mul(w, a[0] as Tensor)), total), ddof);
  const out = div(matmul(mul(centred, w), transpose(centred)), sub(total, lost));
  return out.size === 1 ? reshape(out, []) : out;
}

/** The correlations of variables: {@link cov} divided by the standard deviations, within −1 … 1. @throws ShapeError */
export function corrcoef(x: TensorLike, y?: TensorLike, { rowvar = true }: Pick<CovOptions, "rowvar"> = {}): Tensor {
  const c = cov(x, y, { rowvar });
  if (c.ndim === 0) return div(c, c);
  const deviation = sqrt(diagonal(c));
  const out = div(div(c, expandDims(deviation, 1)), deviation);
  return min(max(out, -1), 1);
}

export interface BincountOptions {
  /** What each value counts: 1 unless given. */
  readonly weights?: TensorLike;
  /** The least number of entries. */
  readonly minlength?: number;
  /** The number of entries: one more than the greatest value unless given, for which that must be known. Values beyond are not counted. */
  readonly length?: number;
}

/**
 * How often each of 0, 1, 2, … occurs in a vector of whole numbers, or the sum of their weights; negative ones count as 0.
 * @throws ConcretizationError where the greatest value is not known and `length` is not given @throws ShapeError unless x is a
 * vector, and the weights fit @throws ArgumentError unless integers
 * @example bincount(array([0, 2, 2], { dtype: "int32" })) // [1, 0, 2]
 */
export function bincount(x: TensorLike, { weights, minlength = 0, length }: BincountOptions = {}): Tensor {
  const t = toTensor(x, "bincount");
  if (!isInteger(t.dtype) || t.ndim !== 1) throw new (t.ndim === 1 ? ArgumentError : ShapeError)(`bincount: ${t.aval.toString()} is no vector of integers: cast(x, "int32").`);
  const w = weights === undefined ? onesLike(cast(t, "int32")) : toTensor(weights, "bincount");
  if (w.ndim !== 1 || w.size !== t.size) throw new ShapeError(`bincount: the weights ${w.aval.toString()} are not one for each of ${t.aval.toString()}.`);
  const n = length ?? Math.max(minlength, t.size === 0 ? 0 : 1 + (known(maxOf(max(cast(t, "int32"), 0)), "bincount", "length")[0] as number));
  if (!Number.isInteger(n) || n < 0) throw new ArgumentError(`bincount: the length is ${String(n)}, and has to be a whole number.`);
  return scatterAdd(full([n], 0, w.dtype), expandDims(max(cast(t, "int32"), 0), 1), w);
}

export interface HistogramOptions {
  /** The ends of the intervals: those of x unless given. */
  readonly range?: readonly [low: TensorLike, high: TensorLike];
  /** What each value counts: 1 unless given. */
  readonly weights?: TensorLike;
  /** Whether the result is a density, whose integral is 1. No unless given. */
  readonly density?: boolean;
}

type Bins = number | Tensor | readonly number[];

/** The bounds of intervals of equal width, or those given. @throws ArgumentError unless their number is positive @throws ShapeError unless bounds are a vector */
export function histogramBinEdges(x: TensorLike, bins: Bins = 10, { range }: Pick<HistogramOptions, "range"> = {}): Tensor {
  if (typeof bins !== "number") {
    const edges = Array.isArray(bins) ? array(bins as number[], { dtype: floating(x, "histogram").dtype }) : toTensor(bins, "histogram: the bounds");
    if (edges.ndim !== 1 || edges.size < 2) throw new ShapeError(`histogram: the bounds ${edges.aval.toString()} are no vector of two at least.`);
    return edges;
  }
  if (!Number.isInteger(bins) || bins < 1) throw new ArgumentError(`histogram: the number of intervals is ${String(bins)}, and has to be a positive whole number.`);
  const t = floating(x, "histogram");
  const ends = range?.map((v) => cast(v, t.dtype)) ?? (t.size === 0 ? [0, 1].map((v) => cast(v, t.dtype)) : [minOf(t), maxOf(t)]);
  const [low, high] = ends as [Tensor, Tensor];
  const isPoint = equal(low, high);
  return linspace(select(isPoint, sub(low, 0.5), low), select(isPoint, add(high, 0.5), high), bins + 1, { dtype: t.dtype });
}

// The interval of each value; one that no interval has is beyond the last. The last interval has both of its ends.
function intervalOf(x: Tensor, edges: Tensor): Tensor {
  const n = edges.size;
  const place = sub(searchsorted(edges, x, "right"), 1);
  const last = take(edges, n - 1, 0);
  return select(equal(x, last), n - 2, select(and(equal(place, clamp(0, place, n - 2)), equal(x, x)), place, n));
}

/** [how many values lie in each interval, the bounds of the intervals]; a float if weights are, and of floats. Values outside do not count. @throws ArgumentError @throws ShapeError */
export function histogram(x: TensorLike, bins: Bins = 10, { range, weights, density = false }: HistogramOptions = {}): [counts: Tensor, edges: Tensor] {
  const given = toTensor(x, "histogram");
  const t = reshape(floating(given, "histogram"), [given.size]);
  const edges = cast(histogramBinEdges(t, bins, range === undefined ? {} : { range }), t.dtype);
  const w = weights === undefined ? onesLike(t) : reshape(toTensor(weights, "histogram"), [toTensor(weights, "histogram").size]);
  if (w.size !== t.size) throw new ShapeError(`histogram: ${w.size} weights for ${t.size} values.`);
  const counts = scatterAdd(full([edges.size - 1], 0, w.dtype), expandDims(intervalOf(t, edges), 1), w);
  return [density ? div(div(counts, diff(edges)), sum(counts)) : counts, edges];
}

export interface Histogram2dOptions extends Omit<HistogramOptions, "range"> {
  readonly range?: readonly [x: readonly [TensorLike, TensorLike], y: readonly [TensorLike, TensorLike]];
}

/** [how many points (x, y) lie in each cell, the bounds along x, those along y]. @throws ArgumentError @throws ShapeError unless there is a y for each x */
export function histogram2d(x: TensorLike, y: TensorLike, bins: number | readonly [Bins, Bins] = 10, { range, weights, density = false }: Histogram2dOptions = {}): [counts: Tensor, xEdges: Tensor, yEdges: Tensor] {
  const points = floats([x, y], "histogram2d").map((t) => reshape(t, [t.size])) as [Tensor, Tensor];
  if (points[0].size !== points[1].size) throw new ShapeError(`histogram2d: ${points[0].size} x for ${points[1].size} y.`);
  const edges = points.map((t, i) => cast(histogramBinEdges(t, typeof bins === "number" ? bins : (asList<Bins>(bins, "histogram2d: the intervals")[i] as Bins), range === undefined ? {} : { range: range[i] as readonly [TensorLike, TensorLike] }), t.dtype)) as [Tensor, Tensor];
  const w = weights === undefined ? onesLike(points[0]) : reshape(toTensor(weights, "histogram2d"), [points[0].size]);
  const cells = points.map((t, i) => expandDims(intervalOf(t, edges[i] as Tensor), 1));
  const counts = scatterAdd(full(edges.map((e) => e.size - 1), 0, w.dtype), concatenate(cells, 1), w);
  const areas = mul(expandDims(diff(edges[0]), 1), diff(edges[1]));
  return [density ? div(div(counts, areas), sum(counts)) : counts, ...edges];
}
