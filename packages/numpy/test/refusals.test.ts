// Bad input: the class of error that each function throws for it.

import { ArgumentError, array, DTypeError, ShapeError, type Tensor, useBackend } from "@gradus/core";
import { cpu } from "@gradus/ops-cpu";
import { expect, test } from "vitest";
import * as np from "../src/index.js";

useBackend(cpu());

const { index } = np;
const f64 = (data: Parameters<typeof array>[0]): Tensor => array(data, { dtype: "float64" });
const i32 = (data: Parameters<typeof array>[0]): Tensor => array(data, { dtype: "int32" });
const v = f64([3, 1, 2]);
const m = f64([[1, 2, 3], [4, 5, 6]]);
const none = f64([]);

const bad: [string, () => unknown, new (message: string) => Error][] = [
  ["round to a half", () => np.round(v, 0.5), ArgumentError],
  ["ldexp by a half", () => np.ldexp(v, 0.5), ArgumentError],
  ["ldexp by floats", () => np.ldexp(v, v), ArgumentError],
  ["gcd of floats", () => np.gcd(v, v), DTypeError],
  ["lcm of a fraction", () => np.lcm(1.5, i32([1])), DTypeError],
  ["packbits in another order", () => np.packbits(v, null, "middle" as never), ArgumentError],
  ["packbits on an axis", () => np.packbits(v, 1), ShapeError],
  ["unpackbits of floats", () => np.unpackbits(v), DTypeError],
  ["unwrap on an axis", () => np.unwrap(v, 1), ShapeError],
  ["a mask of numbers", () => np.sum(v, 0, { where: v }), ArgumentError],
  ["a mask of a shape", () => np.sum(v, 0, { where: array([true, false]) }), ShapeError],
  ["a mask of a greater shape", () => np.mean(v, 0, { where: array([[true, false, true], [true, true, true]]) }), ShapeError],
  ["max of a mask alone", () => np.max(v, 0, { where: array([true, false, true]) }), ArgumentError],
  ["partition by a rank", () => np.partition(v, 3), ArgumentError],
  ["argpartition on an axis", () => np.argpartition(v, 0, 1), ShapeError],
  ["lexsort by nothing", () => np.lexsort([]), ArgumentError],
  ["lexsort by numbers", () => np.lexsort([1, 2]), ShapeError],
  ["lexsort by keys of two shapes", () => np.lexsort([v, none]), ShapeError],
  ["cumulativeSum of a matrix", () => np.cumulativeSum(m), ShapeError],
  ["nanmax of nothing", () => np.nanmax(none), ShapeError],
  ["nanargmin of nothing", () => np.nanargmin(none), ShapeError],
  ["quantile above 1", () => np.quantile(v, 1.5), ArgumentError],
  ["quantile of NaN", () => np.quantile(v, [0, NaN]), ArgumentError],
  ["percentile below 0", () => np.percentile(v, -1), ArgumentError],
  ["quantile by a matrix", () => np.quantile(v, m), ShapeError],
  ["quantile by no level", () => np.quantile(v, []), ShapeError],
  ["quantile of nothing", () => np.quantile(none, 0.5), ShapeError],
  ["quantile by a method", () => np.quantile(v, 0.5, 0, { method: "hazen" as never }), ArgumentError],
  ["diff of an order", () => np.diff(v, -1), ArgumentError],
  ["diff on an axis", () => np.diff(v, 1, 1), ShapeError],
  ["gradient of one sample", () => np.gradient(f64([1])), ShapeError],
  ["gradient at other coordinates", () => np.gradient(v, f64([1, 2])), ShapeError],
  ["gradient with spacings", () => np.gradient(m, [1]), ShapeError],
  ["trapezoid at other coordinates", () => np.trapezoid(v, { x: f64([1, 2]) }), ShapeError],
  ["interp between two lengths", () => np.interp(1, v, f64([1])), ShapeError],
  ["interp between nothing", () => np.interp(1, none, none), ShapeError],
  ["interp of a period of 0", () => np.interp(1, v, v, { period: 0 }), ArgumentError],
  ["average by weights", () => np.average(m, null, { weights: v }), ShapeError],
  ["cov of three axes", () => np.cov(np.zeros([1, 1, 1])), ShapeError],
  ["cov by weights", () => np.cov(m, undefined, { fweights: i32([1]) }), ShapeError],
  ["bincount of floats", () => np.bincount(v), ArgumentError],
  ["bincount of a matrix", () => np.bincount(i32([[1]])), ShapeError],
  ["bincount by weights", () => np.bincount(i32([1]), { weights: v }), ShapeError],
  ["bincount of a length", () => np.bincount(i32([1]), { length: -1 }), ArgumentError],
  ["histogram of no interval", () => np.histogram(v, 0), ArgumentError],
  ["histogram of one bound", () => np.histogram(v, [1]), ShapeError],
  ["histogram by weights", () => np.histogram(v, 2, { weights: f64([1]) }), ShapeError],
  ["histogram2d of two lengths", () => np.histogram2d(v, f64([1])), ShapeError],
  ["digitize by a matrix", () => np.digitize(v, m), ShapeError],
  ["convolve of nothing", () => np.convolve(v, none), ShapeError],
  ["convolve of a matrix", () => np.convolve(m, v), ShapeError],
  ["convolve by a mode", () => np.convolve(v, v, "all" as never), ArgumentError],
  ["correlate by a mode", () => np.correlate(v, v, "all" as never), ArgumentError],
  ["hanning of a half", () => np.hanning(0.5), ArgumentError],
  ["polyval of a matrix", () => np.polyval(m, 1), ShapeError],
  ["polyadd of a number", () => np.polyadd(1, v), ShapeError],
  ["polyder of an order", () => np.polyder(v, -1), ArgumentError],
  ["polyint by constants", () => np.polyint(v, 2, v), ShapeError],
  ["kaiser of a half", () => np.kaiser(0.5, 1), ArgumentError],
  ["polydiv by nothing", () => np.polydiv(v, none), ShapeError],
  ["polyfit of two lengths", () => np.polyfit(v, f64([1, 2]), 1), ShapeError],
  ["polyfit of weights", () => np.polyfit(v, v, 1, { weights: f64([1]) }), ShapeError],
  ["polyfit of a degree", () => np.polyfit(v, v, 0.5), ArgumentError],
  ["fillDiagonal of a vector", () => np.fillDiagonal(v, 1), ShapeError],
  ["diagIndicesFrom of two lengths", () => np.diagIndicesFrom(m), ShapeError],
  ["resultType of nothing", () => np.resultType(), ArgumentError],
  ["promoteTypes of two signs", () => np.promoteTypes("int32", "uint32"), DTypeError],
  ["geomspace through 0", () => np.geomspace(-1, 1), ArgumentError],
  ["logspace of a half", () => np.logspace(0, 1, 0.5), ArgumentError],
  ["mgrid of no range", () => np.mgrid([1] as never), ArgumentError],
  ["ix of a matrix", () => np.ix(m), ShapeError],
  ["triuIndicesFrom of a vector", () => np.triuIndicesFrom(v), ShapeError],
  ["vander of a matrix", () => np.vander(m), ShapeError],
  ["vander of a number", () => np.vander(v, -1), ArgumentError],
  ["vstack of two lengths", () => np.vstack([v, none]), ShapeError],
  ["hstack of no array", () => np.hstack(v as never), ArgumentError],
  ["dstack of nothing", () => np.dstack([]), ArgumentError],
  ["block of two depths", () => np.block([v, [v]]), ArgumentError],
  ["block of nothing", () => np.block([]), ArgumentError],
  ["delete beyond the end", () => np.delete(v, 3), ShapeError],
  ["insert beyond the end", () => np.insert(v, 4, 1), ShapeError],
  ["arraySplit into nothing", () => np.arraySplit(v, 0), ArgumentError],
  ["fliplr of a vector", () => np.fliplr(v), ShapeError],
  ["rot90 by a half", () => np.rot90(m, 0.5), ArgumentError],
  ["rot90 in one axis", () => np.rot90(m, 1, [0, -2]), ShapeError],
  ["rollaxis beyond", () => np.rollaxis(m, 0, 4), ShapeError],
  ["matrixTranspose of a vector", () => np.matrixTranspose(v), ShapeError],
  ["resize of nothing", () => np.resize(none, 2), ShapeError],
  ["roll of axes", () => np.roll(m, [1, 2, 3], [0, 1]), ArgumentError],
  ["repeat by counts", () => np.repeat(v, [1, 2]), ShapeError],
  ["repeat by halves", () => np.repeat(v, [1, 2, 0.5]), ArgumentError],
  ["cross of four", () => np.cross(f64([1, 2, 3, 4]), v), ShapeError],
  ["vecdot of two lengths", () => np.vecdot(v, f64([1])), ShapeError],
  ["einsum of dots that do not broadcast", () => np.einsum("...,...->...", v, f64([1, 2])), ShapeError],
  ["where without y", () => np.where(np.greater(v, 1), v as never), ArgumentError],
  ["where of shapes", () => np.where(np.greater(v, 1), f64([1, 2]), 0), ShapeError],
  ["select of two lengths", () => np.select([np.greater(v, 1)], []), ArgumentError],
  ["piecewise of functions", () => np.piecewise(v, [np.greater(v, 1)], []), ArgumentError],
  ["choose from nothing", () => np.choose(i32([0]), []), ArgumentError],
  ["choose by a mode", () => np.choose(i32([0]), [v], "raise" as never), ArgumentError],
  ["choose by floats", () => np.choose(v, [v]), DTypeError],
  ["putAlongAxis of shapes", () => np.putAlongAxis(m, i32([[1]]), 1, 1), ShapeError],
  ["nonzero of a number", () => np.nonzero(1), ShapeError],
  ["nonzero of a half", () => np.nonzero(v, { size: 0.5 }), ArgumentError],
  ["compress by too many", () => np.compress([true, true, true, true], v), ShapeError],
  ["compress on an axis", () => np.compress([true], v, { axis: 1 }), ShapeError],
  ["ravelMultiIndex of two axes", () => np.ravelMultiIndex([1], [2, 2]), ShapeError],
  ["at of too many", () => np.at(v, index(0, 0)), ShapeError],
  ["at of a step of 0", () => np.at(v, [[0, 1, 0]]), ArgumentError],
  ["at of two dots", () => np.at(v, ["...", "..."]), ArgumentError],
  ["at of a half", () => np.at(v, index(0.5)), ArgumentError],
  ["at of a word", () => np.at(v, ["::"] as never), ArgumentError],
  ["at of a boolean", () => np.at(v, true), ArgumentError],
  ["at of arrays that do not broadcast", () => np.at(m, index(i32([0, 1]), i32([0, 1, 2]))), ShapeError],
  ["at of a mask", () => np.at(v, array([true, false])), ShapeError],
  ["at of nothing", () => np.at(none, 0).get(), ShapeError],
  ["at.set of values", () => np.at(m, [":", 0]).set(v), ShapeError],
  ["applyAlongAxis of nothing", () => np.applyAlongAxis(1 as never, 0, v), ArgumentError],
  ["applyOverAxes that takes two", () => np.applyOverAxes(() => np.array(1), m, 0), ShapeError],
  ["vectorize by a signature", () => np.vectorize((x: Tensor) => x, { signature: "n->n" })(v), ArgumentError],
  ["vectorize of arguments", () => np.vectorize((x: Tensor) => x, { signature: "(n),(n)->()" })(v), ArgumentError],
  ["vectorize of ranks", () => np.vectorize((x: Tensor) => x, { signature: "(n,m)->()" })(v), ShapeError],
  ["vectorize of lengths", () => np.vectorize((x: Tensor, _y: Tensor) => x, { signature: "(n),(n)->(n)" })(v, f64([1])), ShapeError],
  ["finfo of integers", () => np.finfo("int32"), DTypeError],
  ["iinfo of floats", () => np.iinfo("float32"), DTypeError],
];
test.each(bad)("refuses %s", (_name, f, error) => expect(f).toThrow(error));

test("names that stand for the same", () => {
  expect(np.arccos).toBe(np.acos);
  expect(np.concat).toBe(np.concatenate);
  expect(np.permuteDims).toBe(np.transpose);
  expect([np.ndim(m), np.size(m), np.size(m, 1), np.shape(m)]).toEqual([2, 6, 3, [2, 3]]);
  expect([np.promoteTypes("int32", "float64"), np.resultType(1, i32([1])), np.resultType(0.5, i32([1])), np.resultType(v, 2)]).toEqual(["float64", "int32", "float32", "float64"]);
  expect(np.i0(f64([Infinity, -Infinity, NaN])).js()).toEqual([Infinity, Infinity, NaN]);
  expect(np.asarray([1, 2]).js()).toEqual([1, 2]);
  expect(np.asarray(v)).toBe(v);
  expect(np.finfo("float32")).toMatchObject({ eps: 2 ** -23, max: 3.4028234663852886e38 });
  expect(np.where(v, 1, 0).js()).toEqual([1, 1, 1]);
  expect(np.where(np.greater(v, 1))[0]!.js()).toEqual([0, 2]);
  expect(np.where(np.greater(v, 1), { size: 1 })[0]!.js()).toEqual([0]);
  expect(np.arrayEqual(v, v).item()).toBe(true);
  expect(np.arrayEqual(v, m).item()).toBe(false);
  expect(np.arrayEqual(f64([NaN]), f64([NaN]), { equalNan: true }).item()).toBe(true);
  expect(np.arrayEquiv(f64([1, 1]), f64([[1, 1], [1, 1]])).item()).toBe(true);
  expect(np.arrayEquiv(f64([1, 1]), f64([1, 1, 1])).item()).toBe(false);
});

test("a function of numbers is mapped over arrays that broadcast", () => {
  const f = np.vectorize((x: Tensor, y: Tensor) => np.where(np.greater(x, y), np.subtract(x, y), 0));
  expect(f(v, np.reshape(f64([1, 2]), [2, 1])).js()).toEqual([[2, 0, 1], [1, 0, 0]]);
  const g = np.vectorize((x: Tensor, k: number) => np.multiply(x, k), { excluded: [1] });
  expect(g(v, 2).js()).toEqual([6, 2, 4]);
  const [sum, outer] = np.vectorize((a: Tensor, b: Tensor) => [np.dot(a, b), np.outer(a, b)], { signature: "(n),(n)->(),(n,n)" })(m, v) as [Tensor, Tensor];
  expect(sum.js()).toEqual([11, 29]);
  expect(outer.shape).toEqual([2, 3, 3]);
});
