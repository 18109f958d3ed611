// Derivatives of NumPy's functions: by convention at edges (as jax.numpy has them), by differences elsewhere; sizes that are
// not known; the same under jit and vmap.

import { array, ConcretizationError, reduceSum, type Tensor, useBackend } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { checkGrads } from "@gradus/conformance";
import { jvp } from "@gradus/jvp";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import * as np from "../src/index.js";
import { expectNear, host } from "./reference.js";

useBackend(cpu());

const { index, inf, nan } = np;
const f64 = (data: Parameters<typeof array>[0]): Tensor => array(data, { dtype: "float64" });
const i32 = (data: Parameters<typeof array>[0]): Tensor => array(data, { dtype: "int32" });
type F = (x: Tensor) => Tensor;

const edges: [string, F, Tensor, number[]][] = [
  ["hypot: ½ at the origin", (x) => np.hypot(x, 0), f64([0]), [0.5]],
  ["hypot: x/r elsewhere", (x) => np.hypot(x, 4), f64([3]), [0.6]],
  ["frexp: 2^−n", (x) => np.frexp(x)[0], f64([3, 0.1]), [0.25, 8]],
  ["ldexp: 2^n", (x) => np.ldexp(x, 3), f64([1]), [8]],
  ["round: 0", (x) => np.round(x, 2), f64([1.234]), [0]],
  ["fmax: the other at a tie", (x) => np.fmax(x, 1), f64([1, 2, 0, nan]), [0, 1, 0, 0]],
  ["fmax: by y at a tie", (y) => np.fmax(1, y), f64([1, 2]), [1, 1]],
  ["logaddexp2: ½ at equality", (x) => np.logaddexp2(x, 1), f64([1]), [0.5]],
  ["i0: 0 at 0", (x) => np.i0(x), f64([0]), [0]],
  ["unwrap: 1", (x) => np.unwrap(x), f64([0, 4, 8]), [1, 1, 1]],
  ["power(x, 2): 2x, 0 at 0", (x) => np.power(x, 2), f64([0, -3]), [0, -6]],
  ["nanprod: 0 at NaN", (x) => np.nanprod(x), f64([nan, 2, 3]), [0, 3, 2]],
  ["nanvar: 0 at NaN", (x) => np.nanvar(x), f64([nan, 2, 3]), [0, -0.5, 0.5]],
  ["nanstd: NaN of a constant", (x) => np.nanstd(x), f64([2, 2]), [nan, nan]],
  ["nanmedian: ½ of the two in the middle", (x) => np.nanmedian(x), f64([nan, 2, 3, 9, 0]), [0, 0.5, 0.5, 0, 0]],
  ["quantile: what it mixes", (x) => np.quantile(x, 0.3), f64([3, 1, 2]), [0, 0.4, 0.6]],
  ["quantile by its level", (q) => np.quantile(f64([3, 1, 4]), q), f64(0.3), [4]],
  ["interp: the segment before a sample that is met", (x) => np.interp(x, f64([0, 1, 2]), f64([0, 1, 0])), f64([0.5, 1, 3]), [1, -1, 0]],
  ["prod: exact with a zero that is masked in", (x) => np.prod(x, null, { where: array([true, true, false]) }), f64([2, 0, 3]), [0, 2, 0]],
  ["vander: 1 and 2x at 0", (x) => np.vander(x, 3), f64([0, 2]), [1, 5]],
  ["polyval by coefficients", (p) => np.polyval(p, 3), f64([1, 1, 1]), [9, 3, 1]],
  ["at.get clips, and the gradient lands there", (x) => np.at(x, i32([5, -9])).get(), f64([1, 2, 3]), [1, 0, 1]],
  ["at.set: 0 where it writes", (x) => np.at(x, index([0, 2])).set(7), f64([1, 2, 3]), [0, 0, 1]],
  ["at.set by values: the last one alone", (u) => np.at(f64([0, 0]), i32([1, 1])).set(u), f64([5, 6]), [0, 1]],
  ["at.set out of range: 0", (u) => np.at(f64([0, 0]), i32([1, 2])).set(u), f64([5, 6]), [1, 0]],
  ["at.max: ½ at a tie", (x) => np.at(x, 0).max(2), f64([2, 1]), [0.5, 1]],
  ["at.mul by values", (u) => np.at(f64([3, 4]), index([0, 2])).mul(u), f64([1, 1]), [3, 4]],
  ["at.mul by values, said to be unique", (u) => np.at(f64([3, 4]), i32([1, 0])).mul(u, { uniqueIndices: true }), f64([1, 1]), [4, 3]],
  ["at.add by a mask", (u) => np.at(f64([3, 4, 5]), array([true, false, true])).add(u), f64(1), [2]],
  ["select", (x) => np.select([np.greater(x, 1)], [np.square(x)], -1), f64([0, 3]), [0, 6]],
  ["piecewise", (x) => np.piecewise(x, [np.less(x, 0)], [(v) => np.multiply(v, -2), (v) => np.multiply(v, 3)]), f64([-1, 1]), [-2, 3]],
  ["compress", (x) => np.compress([true, false, true], x, {}), f64([1, 2, 3]), [1, 0, 1]],
  ["unique: the first of equals", (x) => np.unique(x), f64([2, 1, 2]), [1, 1, 0]],
  ["clip: ½ at each boundary", (x) => np.clip(x, 0, 1), f64([0, 0.5, 1]), [0.5, 1, 0.5]],
  ["nanargmax: none", (x) => np.multiply(np.astype(np.nanargmax(x), "float64"), np.sum(x)), f64([1, 3]), [1, 1]],
];
test.each(edges)("convention: %s", (_name, f, x, expected) => {
  const got = grad((y: Tensor) => reduceSum(f(y)))(x);
  expectNear([host(got)].flat(9), expected);
  const forward = expected.map((_, i) => reduceSum(jvp(f, [x], [x.ndim === 0 ? f64(1) : f64(expected.map((__, k) => (k === i ? 1 : 0)))])[1] as Tensor).item());
  expectNear(forward, expected);
});

const smooth: [string, F][] = [
  ["frexp", (x) => np.frexp(x)[0]],
  ["hypot", (x) => np.hypot(x, np.sin(x))],
  ["logaddexp2", (x) => np.logaddexp2(x, np.square(x))],
  ["mean of what counts", (x) => np.mean(x, 1, { where: array([true, false, true]) })],
  ["var of what counts", (x) => np.var(x, 1, { where: array([true, true, false]) })],
  ["quantile", (x) => np.quantile(x, [0.2, 0.9], 1)],
  ["nanquantile", (x) => np.nanquantile(x, 0.35)],
  ["gradient", (x) => np.add(...(np.gradient(np.sin(x)) as [Tensor, Tensor]))],
  ["gradient at coordinates", (x) => np.gradient(np.square(x), np.array([0, 1, 3], { dtype: "float64" }), 1) as Tensor],
  ["trapezoid", (x) => np.trapezoid(np.sin(x), { x: np.square(x) })],
  ["interp", (x) => np.interp(x, f64([-2, 0, 1, 3]), np.exp(f64([-2, 0, 1, 3])))],
  ["interp by samples", (x) => np.interp(0.4, f64([0, 1, 2]), np.sum(np.sin(x), 0))],
  ["unwrap", (x) => np.unwrap(np.multiply(x, 5))],
  ["average", (x) => np.average(x, 1, { weights: np.exp(x) })],
  ["cov", (x) => np.cov(np.sin(x))],
  ["corrcoef", (x) => np.multiply(np.corrcoef(np.sin(x)), f64([[0, 1], [1, 0]]))],
  ["histogram's weights", (x) => np.histogram(f64([0, 1, 2, 2, 3, 5]), 3, { weights: np.square(x) })[0]],
  ["convolve", (x) => np.convolve(np.ravel(x), np.sin(np.ravel(x)), "same")],
  ["correlate", (x) => np.correlate(np.ravel(x), np.take(np.ravel(x), [0, 3, 1]))],
  ["polyval", (x) => np.polyval(np.ravel(x), np.sin(x))],
  ["polyint", (x) => np.polyval(np.polyint(np.ravel(x), 2), 0.7)],
  ["i0", (x) => np.i0(x)],
  ["polydiv", (x) => np.concatenate(np.polydiv(np.ravel(x), np.exp(np.take(np.ravel(x), [0, 3]))))],
  ["polyfit", (x) => np.polyfit(np.take(x, 0, 0), np.take(x, 1, 0), 1, { weights: np.exp(np.take(x, 0, 0)) })],
  ["fillDiagonal", (x) => np.fillDiagonal(np.sin(x), np.square(np.take(np.take(x, 0, 0), [0, 1], 0)))],
  ["poly", (x) => np.poly(np.ravel(x))],
  ["vander", (x) => np.vander(np.ravel(x), 3)],
  ["geomspace", (x) => np.geomspace(np.exp(x), 3, 4)],
  ["cross", (x) => np.cross(x, np.sin(x))],
  ["matvec", (x) => np.matvec(x, np.take(x, 1, 0))],
  ["einsum with broadcasting", (x) => np.einsum("...i,...i->...", x, np.expandDims(np.sin(np.take(x, 0, 0)), 0))],
  ["at.get", (x) => np.sin(np.at(x, [":", [null, null, -2]]).get())],
  ["at.set", (x) => np.at(np.sin(x), index(0, i32([2, 0]))).set(np.square(np.take(np.take(x, 1, 0), [0, 1], 0)))],
  ["at.mul", (x) => np.at(x, index(":", 1)).mul(np.exp(np.take(x, 0, 1)))],
  ["at.divide", (x) => np.at(x, 0).divide(np.exp(np.take(x, 1, 0)))],
  ["at.min", (x) => np.at(x, 0).min(np.take(x, 1, 0))],
  ["at by a mask", (x) => np.at(x, array([[true, false, true], [false, true, false]])).mul(np.sum(x))],
  ["putAlongAxis", (x) => np.putAlongAxis(np.sin(x), i32([[1], [0]]), np.sum(x), 1)],
  ["sort, partition", (x) => np.partition(np.sin(x), 1, 0)],
  ["applyAlongAxis", (x) => np.applyAlongAxis((r) => np.outer(r, r), 0, x)],
  ["vectorize", (x) => np.vectorize((a: Tensor, b: Tensor) => np.dot(np.sin(a), b), { signature: "(n),(n)->()" })(x, np.take(x, 0, 0))],
  ["nancumprod", (x) => np.nancumprod(x, 1)],
  ["cumulativeSum", (x) => np.cumulativeSum(np.sin(x), { axis: 0, includeInitial: true })],
];
const point = f64([[0.31, -1.22, 2.13], [1.44, 0.52, -0.63]]);
describe.each(smooth)("%s", (_name, f) => {
  test("has right derivatives in both modes", () => checkGrads(f, [point], { order: 2, atol: 1e-4, rtol: 1e-4 }));
  test("is the same under jit and vmap", () => {
    const expected = host(f(point));
    expectNear(host(jit(f)(point)), expected);
    expectNear(host(vmap(f)(np.stack([point, point]))), [expected, expected]);
  });
});

test("sizes: results are cut, and filled", () => {
  const x = f64([0, 3, 0, 4, 5]);
  expect(host(np.nonzero(x, { size: 2 }))).toEqual([[1, 3]]);
  expect(host(np.nonzero(x, { size: 5, fillValue: -1 }))).toEqual([[1, 3, 4, -1, -1]]);
  expect(host(np.argwhere(x, { size: 4 }))).toEqual([[1], [3], [4], [0]]);
  expect(host(np.compress([true, false, true, true], x, { size: 4, fillValue: 9 }))).toEqual([0, 0, 4, 9]);
  expect(host(np.extract(np.greater(x, 9), x, { size: 2 }))).toEqual([0, 0]);
  expect(host(np.extract(np.greater(x, 9), x))).toEqual([]);
  const { values, indices, inverse, counts } = np.uniqueAll(f64([3, 1, 3]), { size: 3 });
  expect(host([values, indices, inverse, counts])).toEqual([[1, 3, 1], [1, 0, 1], [1, 0, 1], [1, 2, 0]]);
  expect(host(np.unique(f64([3, 1, 3]), { size: 1 }))).toEqual([1]);
  expect(host(np.unique(f64([]), { size: 2 }))).toEqual([0, 0]);
  expect(host(np.bincount(i32([0, 7, -2]), { length: 3 }))).toEqual([2, 0, 0]);
  expect(host(np.union1d(x, f64([9]), { size: 7, fillValue: nan }))).toEqual([0, 3, 4, 5, 9, nan, nan]);
});

const unknown: [string, F][] = [
  ["nonzero", (x) => np.nonzero(x)[0] as Tensor],
  ["argwhere", (x) => np.argwhere(x)],
  ["unique", (x) => np.unique(x)],
  ["intersect1d", (x) => np.intersect1d(x, x)],
  ["compress", (x) => np.compress(np.greater(x, 0), x)],
  ["at.get by a mask", (x) => np.at(x, np.greater(x, 0)).get()],
];
test.each(unknown)("%s under jit and vmap asks for its size", (_name, f) => {
  const x = f64([[1, 0], [2, 3]]);
  expect(() => jit(f)(f64([1, 0]))).toThrow(ConcretizationError);
  expect(() => jit(f)(f64([1, 0]))).toThrow(/size/);
  expect(() => vmap(f)(x)).toThrow(ConcretizationError);
  expect(() => grad((y: Tensor) => reduceSum(np.astype(f(y), "float64")))(f64([1, 0]))).not.toThrow();
});
test("sizes that are given go through jit and vmap", () => {
  const x = f64([[1, 0, 5], [0, 2, 0]]);
  expect(host(vmap((y: Tensor) => np.nonzero(y, { size: 2, fillValue: 9 })[0] as Tensor)(x))).toEqual([[0, 2], [1, 9]]);
  expect(host(jit((y: Tensor) => np.unique(y, { size: 3 }))(f64([2, 2, 1])))).toEqual([1, 2, 1]);
  expect(() => jit((y: Tensor) => np.bincount(y))(i32([1]))).toThrow(/length/);
  expect(host(jit((y: Tensor) => np.bincount(y, { length: 2 }))(i32([1])))).toEqual([0, 1]);
  expect(host(vmap((y: Tensor) => np.at(y, np.greater(y, 1)).set(-1))(x))).toEqual([[1, 0, -1], [0, -1, 0]]);
});

test("quantiles of what is not finite", () => {
  expect(np.quantile(f64([1, 2, inf]), 0.5).item()).toBe(2);
  expect(np.nanquantile(f64([nan, nan]), 0.5).item()).toBeNaN();
  expect(np.median(i32([1, 2])).item()).toBe(1.5);
});
