// The calls whose values jax/functions.json holds, by the same names. First half: numbers, reductions, statistics.

import { array, type Tensor } from "@gradus/core";
import * as np from "../src/index.js";
import type { Result } from "./reference.js";

const { inf, nan } = np;
export const f64 = (data: unknown): Tensor => array(data as number[], { dtype: "float64" });
export const i32 = (...data: number[]): Tensor => array(data, { dtype: "int32" });
export const bool = (...data: (number | boolean)[]): Tensor => array(data, { dtype: "bool" });

export const x = f64([[0.3, -1.2, 2.5, 0.7], [1.4, 0.5, -0.6, 2.0], [-2.2, 0.9, 1.1, -0.4]]);
export const v = f64([3.0, 1.0, 2.0, 2.0, -1.5]);
export const n = f64([[1.0, nan, 3.0], [nan, nan, nan], [4.0, -2.0, 0.5]]);
export const w = f64([0.2, 0.5, 0.1, 0.2, 1.0]);
const hard = f64([0.0, -0.0, 1.0, -3.5, 5e-324, 1e-310, 1.7976931348623157e308, 0.5, 0.125, inf, -inf, nan]);
export const grid = np.reshape(np.arange(0, 24, 1, "float64"), [2, 3, 4]);
const counts = i32(2, 0, 2, 5, 0, 0);
const [xs, ys] = [f64([0.0, 1, 3, 3.5]), f64([1.0, -1, 2, 0])];
const at = f64([-1, 0, 0.25, 1, 2, 3.2, 3.5, 9, nan]);
const rows = (t: Tensor, ...which: number[]): Tensor => np.take(t, which, 0);
const bins = [0, 1, 2.5, 6.4];
const short = f64([1, -2, 0.5, 3]);

export const numbers: Record<string, () => Result> = {
  "round 1": () => np.round(f64([0.25, 0.35, -0.25, 1.26, 12.5]), 1),
  "round -1": () => np.round(f64([25.0, 35.0, -14.0]), -1),
  "round integers": () => np.around(i32(25, 34, 15), -1),
  rint: () => np.rint(f64([0.5, 1.5, -2.5, 2.6])),
  fix: () => np.fix(f64([1.7, -1.7])),
  frexp: () => np.frexp(hard),
  ldexp: () => np.ldexp(f64([0.75, -0.5, 0.9, 1.0, 5e-324]), i32(3, 1, 1024, -1074, 1074)),
  spacing: () => np.spacing(f64([1.0, 0.3, 1000.0, -1.0])),
  deg2rad: () => np.deg2rad(f64([180.0, 45.0])),
  rad2deg: () => np.rad2deg(f64([1.0, np.pi])),
  hypot: () => np.hypot(f64([3, 1e200, 0, inf, nan, 5e-324, nan]), f64([4, 1e200, 0, nan, inf, 0, 1])),
  unwrap: () => np.unwrap(f64([0.0, 3.0, 6.5, 0.2, 4.0, -2.0])),
  "unwrap of degrees": () => np.unwrap(f64([[0.0, 190, 20, 350], [0, 180, 0, -180]]), -1, { period: 360 }),
  "unwrap with discont": () => np.unwrap(f64([0.0, 3.5, 8.0]), 0, { discont: 4 }),
  gcd: () => np.gcd(i32(12, -18, 0, 7, 2147483647, 1836311903), i32(18, 12, 0, 0, 2, 1134903170)),
  lcm: () => np.lcm(i32(4, -3, 0), i32(6, 5, 7)),
  bitwiseCount: () => np.bitwiseCount(array([0, 5, 255], { dtype: "uint32" })),
  packbits: () => np.packbits(i32(1, 0, 1, 1, 0, 0, 0, 0, 1, 1)),
  "packbits little": () => np.packbits(f64([[1, 0], [1, 1], [0, 1]]), 0, "little"),
  unpackbits: () => np.unpackbits(array([[129, 7]], { dtype: "int32" }), 1),
  "unpackbits little": () => np.unpackbits(i32(6), null, 5, "little"),
  fmax: () => np.fmax(f64([1, nan, 2, nan]), f64([nan, 3, 1, nan])),
  fmin: () => np.fmin(f64([1, nan, 2, nan]), f64([nan, 3, 1, nan])),
  logaddexp2: () => np.logaddexp2(f64([0.0, 2000, -inf, 1]), f64([0.0, 2001, -inf, -inf])),
  floatPower: () => np.floatPower(i32(2, 3), i32(-1, 2)),
  isposinf: () => np.isposinf(hard),
  isneginf: () => np.isneginf(hard),

  "sum where": () => np.sum(x, 1, { where: np.greater(x, 0), initial: 10 }),
  "prod where": () => np.prod(x, 0, { where: np.greater(x, 0) }),
  "mean where": () => np.mean(x, 1, { where: np.greater(x, 0) }),
  "var where": () => np.var(x, 0, { where: np.greater(x, -1), ddof: 1 }),
  "max where": () => np.max(x, 1, { where: np.less(x, 1), initial: -9 }),
  "min initial": () => np.min(x, null, { initial: -9 }),
  "any where": () => np.any(np.greater(x, 2), 1, { where: bool(1, 0, 1, 1) }),
  "all where": () => np.all(np.greater(x, 0), 1, { where: np.notEqual(x, -1.2) }),
  cumulativeSum: () => np.cumulativeSum(x, { axis: 1, includeInitial: true }),
  cumulativeProd: () => np.cumulativeProd(v, { includeInitial: true }),
  nanprod: () => np.nanprod(n, 1),
  nanvar: () => np.nanvar(rows(n, 0, 2), 1),
  nanstd: () => np.nanstd(n, null, { ddof: 1 }),
  nancumsum: () => np.nancumsum(n, 1),
  nancumprod: () => np.nancumprod(n),
  nanargmax: () => np.nanargmax(rows(n, 0, 2), 1),
  nanargmin: () => np.nanargmin(n),
  lexsort: () => np.lexsort([i32(1, 0, 1, 0), i32(2, 2, 1, 1)]),
  ediff1d: () => np.ediff1d(v, { toBegin: -9, toEnd: f64([7, 8]) }),
  "diff 2": () => np.diff(v, 2),
  "diff with ends": () => np.diff(x, 1, 1, { prepend: 0, append: np.at(x, [":", [0, 2]]).get() }),
  "diff of booleans": () => np.diff(bool(true, false, false)),
  "quantile of all": () => np.quantile(x, 0.4, null, { keepdims: true }),
  "quantile of axes": () => np.quantile(grid, 0.3, [0, 2]),
  "quantile of infinities": () => np.quantile(f64([1.0, 2, inf]), [0, 1]),
  "quantile of NaN": () => np.quantile(n, 0.5, 1),
  percentile: () => np.percentile(v, [25, 60]),
  nanquantile: () => np.nanquantile(n, [0.25, 0.5], 1),
  nanpercentile: () => np.nanpercentile(n, 30),
  nanmedian: () => np.nanmedian(n, 0),
  gradient: () => np.gradient(v),
  "gradient of axes": () => np.gradient(x, [0.5, 2.0]),
  "gradient at coordinates": () => np.gradient(x, f64([0, 1, 1.5, 4]), 1),
  trapezoid: () => np.trapezoid(x, { dx: 0.5, axis: 0 }),
  "trapezoid at coordinates": () => np.trapezoid(x, { x: f64([0, 1, 1.5, 4]) }),
  interp: () => np.interp(at, xs, ys),
  "interp with ends": () => np.interp(at, xs, ys, { left: -7, right: 8 }),
  "interp with period": () => np.interp(np.at(at, [[null, -1]]).get(), xs, ys, { period: 4 }),

  average: () => np.average(x, 1, { weights: f64([1, 2, 0, 1]) }),
  "average of all": () => np.average(x, null, { weights: np.abs(x) }),
  cov: () => np.cov(x),
  "cov of columns": () => np.cov(x, undefined, { rowvar: false, ddof: 0 }),
  "cov of two": () => np.cov(v, w),
  "cov weighted": () => np.cov(x, undefined, { fweights: i32(1, 2, 1, 3), aweights: f64([0.5, 1, 2, 1]) }),
  "cov of one": () => np.cov(v),
  corrcoef: () => np.corrcoef(x),
  "corrcoef of two": () => np.corrcoef(v, w),
  bincount: () => np.bincount(counts),
  "bincount weighted": () => np.bincount(counts, { weights: f64([1, 2, 3, 4, 5, 0.5]), minlength: 8 }),
  histogram: () => np.histogram(x, 4),
  "histogram of a range": () => np.histogram(x, 3, { range: [-1, 1] }),
  "histogram of bounds": () => np.histogram(v, [-2, 1, 2, 3]),
  "histogram, a density": () => np.histogram(v, 3, { weights: w, density: true }),
  "histogram of a constant": () => np.histogram(f64([2.0, 2.0]), 2),
  histogram2d: () => np.histogram2d(v, w, [2, 3]),
  digitize: () => np.digitize(f64([0.2, 1, 6.4, -3, 9]), f64(bins)),
  "digitize right": () => np.digitize(f64([0.2, 1, 6.4, -3, 9]), f64(bins), { right: true }),
  "digitize descending": () => np.digitize(f64([0.2, 1, 6.4, -3, 9]), f64([...bins].reverse())),
  "digitize descending right": () => np.digitize(f64([0.2, 1, 6.4, -3, 9]), f64([...bins].reverse()), { right: true }),
  searchsorted: () => np.searchsorted(f64([1, 2, 2, 3, nan]), f64([[0, 2, 2.5], [3, 9, nan]])),
  "searchsorted right": () => np.searchsorted(f64([1, 2, 2, 3, nan]), f64([[0, 2, 2.5], [3, 9, nan]]), "right"),
  "searchsorted with a sorter": () => np.searchsorted(f64([3, 1, 2]), 2, "left", { sorter: i32(1, 2, 0) }),
  hanning: () => np.hanning(6),
  hamming: () => np.hamming(6),
  blackman: () => np.blackman(6),
  bartlett: () => np.bartlett(6),
  i0: () => np.i0(f64([0, 0.5, -3, 20, 600, -709])),
  kaiser: () => np.kaiser(6, 8.6),
  polydiv: () => np.polydiv(f64([1, 5, 2, -1]), f64([2, 1])),
  "polydiv by a longer one": () => np.polydiv(f64([1, 5]), f64([2, 1, 3])),
  polyfit: () => np.polyfit(f64([0, 1, 2, 3, 5]), v, 2),
  "polyfit weighted": () => np.polyfit(f64([0, 1, 2, 3, 5]), v, 1, { weights: w }),
  uniqueCounts: () => np.uniqueCounts(v),
  uniqueInverse: () => np.uniqueInverse(v),
  fillDiagonal: () => np.fillDiagonal(x, f64([7, 8, 9])),
  diagIndicesFrom: () => np.diagIndicesFrom(np.zeros([2, 2, 2])),
  polyval: () => np.polyval(f64([2, 0, -1]), x),
  polyadd: () => np.polyadd(f64([1, 2]), f64([3, 4, 5])),
  polysub: () => np.polysub(f64([1, 2]), f64([3, 4, 5])),
  polymul: () => np.polymul(f64([1, 2]), f64([3, 4, 5])),
  polyder: () => np.polyder(f64([3, 1, 4, 1]), 2),
  polyint: () => np.polyint(f64([3, 1, 4]), 2, f64([7, 8])),
  poly: () => np.poly(f64([1, -2, 3])),
  ...Object.fromEntries((["linear", "lower", "higher", "midpoint", "nearest"] as const).map((method) => [`quantile ${method}`, () => np.quantile(x, [0, 0.15, 0.5, 0.61, 1], 1, { method })])),
  ...Object.fromEntries(
    (["full", "same", "valid"] as const).flatMap((mode) => [
      [`convolve ${mode}`, () => np.convolve(v, short, mode)],
      [`convolve ${mode}, short first`, () => np.convolve(f64([1, -2]), v, mode)],
      [`correlate ${mode}`, () => np.correlate(v, short, mode)],
      [`correlate ${mode}, short first`, () => np.correlate(f64([1, -2]), v, mode)],
    ]),
  ),
};
