// reduceWindow: pooling by hand, ties and NaN, errors.

import { ArgumentError, DTypeError, ShapeError, type Tensor } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { neg, reduceWindow, reverse, sin, transpose } from "@gradus/ops";
import { describe, expect, test } from "vitest";
import { bool, checkBatching, checkDerivatives, f64, pullback, values } from "./support.js";

const x = f64([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]);

describe("values", () => {
  const table: [string, Tensor, unknown][] = [
    ["sums", reduceWindow(x, "sum", [2, 2]), [[14, 18, 22], [30, 34, 38]]],
    ["greatest, with strides", reduceWindow(x, "max", [2, 2], { strides: 2 }), [[6, 8]]],
    ["greatest, padded to the same", reduceWindow(x, "max", [2, 2], { strides: 2, padding: "same" }), [[6, 8], [10, 12]]],
    ["least, padded", reduceWindow(x, "min", [3, 1], { padding: [[1, 1], [0, 0]] }), [[1, 2, 3, 4], [1, 2, 3, 4], [5, 6, 7, 8]]],
    ["dilated", reduceWindow(f64([1, 2, 3, 4, 5]), "sum", [2], { windowDilation: 3 }), [5, 7]],
    ["padding alone", reduceWindow(f64([1]), "max", [1], { padding: [[1, 0]] }), [-Infinity, 1]],
  ];
  test.each(table)("%s", (_name, actual, expected) => expect(actual.js()).toEqual(expected));
});

test("sums and places in the layouts that views have", () => {
  expect(reduceWindow(transpose(x), "sum", [2, 3]).js()).toEqual([[33], [39], [45]]);
  expect(reduceWindow(reverse(x, 1), "min", [3, 2]).js()).toEqual([[3, 2, 1]]);
  expect(pullback((v) => reduceWindow(transpose(v!), "max", [4, 1], { strides: [1, 2] }), [x], f64([[1, 10]]))[0]!.js()).toEqual([[0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 10]]);
});

describe("derivatives", () => {
  // Values, tangents and cotangents by JAX 0.10.2: lax.reduce_window over [3] with padding [[2, 2]], tangent [1, 2, …, 8],
  // cotangent [1, 10, 100, …]. (The cotangents of the
  // windows that end in padding after the last NaN it loses; its tangents are from there.)
  const t = f64([1, 2, 3, 4, 5, 6, 7, 8]);
  const powers = f64([1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]);
  const rows: [string, "max" | "min", number[], number[], number[]][] = [
    ["ties", "max", [1, 1, 3, 3, 2, 3, 0, 0], [1, 1, 3, 3, 3, 4, 6, 6, 7, 8], [11, 0, 11100, 1e5, 0, 1.1e7, 1e8, 1e9]],
    ["NaN", "max", [NaN, 1, 2, NaN, NaN, 5, 3, NaN], [1, 2, 3, 4, 5, 6, 6, 8, 8, 8], [1, 10, 100, 1e3, 1e4, 1.1e6, 0, 1.11e9]],
  ];
  test.each(rows)("%s: the first extremum takes all, in both modes", (_name, kind, x, tangent, cotangent) => {
    const f = (v: Tensor): Tensor => reduceWindow(v, kind, 3, { padding: [[2, 2]] });
    expect(jvp(f, [f64(x)], [t])[1].js()).toEqual(tangent);
    expect(pullback(f as never, [f64(x)], powers)[0]!.js()).toEqual(cotangent);
    expect(jvp((v: Tensor) => reduceWindow(neg(v), "min", 3, { padding: [[2, 2]] }), [f64(x)], [t])[1].js()).toEqual(tangent.map((v) => -v));
  });
  test("a window of −∞ gives to its first element, one of padding to none", () => {
    const f = (v: Tensor): Tensor => reduceWindow(v, "max", 2, { padding: [[3, 0]], strides: 2 });
    const x = f64([-Infinity, -Infinity, 1]);
    expect(jvp(f, [x], [f64([1, 2, 3])])[1].js()).toEqual([0, 1, 3]);
    expect(pullback(f as never, [x], f64([1, 10, 100]))[0]!.js()).toEqual([10, 0, 100]);
  });
  test("of both orders, in both modes, and in batches", () => {
    for (const kind of ["sum", "max", "min"] as const) {
      checkDerivatives((v) => reduceWindow(sin(v!), kind, [2, 3], { strides: [1, 2], padding: "same" }), [values([4, 5])]);
      checkDerivatives((v) => reduceWindow(sin(v!), kind, [2, 2], { strides: [1, 2], baseDilation: [2, 1], windowDilation: [1, 2], padding: [[1, -1], [0, 2]] }), [values([4, 5])]);
      checkBatching((v) => reduceWindow(v!, kind, [2, 2], { windowDilation: 2 }), [values([4, 2, 5])], [1]);
    }
  });
});

test("errors", () => {
  expect(() => reduceWindow(x, "sum", [2])).toThrow(ShapeError);
  expect(() => reduceWindow(x, "sum", [0, 1])).toThrow(ShapeError);
  expect(() => reduceWindow(x, "sum", [1, 1], { strides: [1] })).toThrow(ShapeError);
  expect(() => reduceWindow(x, "sum", [1, 1], { padding: [[1, 0.5], [0, 0]] })).toThrow(ShapeError);
  expect(() => reduceWindow(x, "max", 1, { padding: "SAME", baseDilation: 2 })).toThrow(ArgumentError);
  expect(() => reduceWindow(x, "mean" as never, [1, 1])).toThrow(ArgumentError);
  expect(() => reduceWindow(x, "sum", [1, 1], { padding: "full" as never })).toThrow(ArgumentError);
  expect(() => reduceWindow(bool([true]), "max", [1])).toThrow(DTypeError);
});
