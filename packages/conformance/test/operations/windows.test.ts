// reduceWindow: pooling by hand, shares of ties, errors.

import { ArgumentError, DTypeError, ShapeError, type Tensor } from "@gradus/core";
import { reduceSum, reduceWindow, sin } from "@gradus/ops";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { bool, checkBatching, checkDerivatives, f64, values } from "./support.js";

const x = f64([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]);

describe("values", () => {
  const table: [string, Tensor, unknown][] = [
    ["sums", reduceWindow(x, "sum", [2, 2]), [[14, 18, 22], [30, 34, 38]]],
    ["greatest, with strides", reduceWindow(x, "max", [2, 2], { strides: 2 }), [[6, 8]]],
    ["greatest, padded to the same", reduceWindow(x, "max", [2, 2], { strides: 2, padding: "same" }), [[6, 8], [10, 12]]],
    ["least, padded", reduceWindow(x, "min", [3, 1], { padding: [[1, 1], [0, 0]] }), [[1, 2, 3, 4], [1, 2, 3, 4], [5, 6, 7, 8]]],
    ["dilated", reduceWindow(f64([1, 2, 3, 4, 5]), "sum", [2], { dilation: 3 }), [5, 7]],
    ["padding alone", reduceWindow(f64([1]), "max", [1], { padding: [[1, 0]] }), [-Infinity, 1]],
  ];
  test.each(table)("%s", (_name, actual, expected) => expect(actual.js()).toEqual(expected));
});

describe("derivatives", () => {
  test("ties share", () => {
    const f = (v: Tensor): Tensor => reduceSum(reduceWindow(v, "max", [2, 2], { strides: 2 }));
    expect(grad(f)(f64([[1, 1, 3, 2], [1, 1, 3, 3]])).js()).toEqual([[0.25, 0.25, 1 / 3, 0], [0.25, 0.25, 1 / 3, 1 / 3]]);
  });
  test("of both orders, in both modes, and in batches", () => {
    for (const kind of ["sum", "max"] as const) {
      checkDerivatives((v) => reduceWindow(sin(v!), kind, [2, 3], { strides: [1, 2], padding: "same" }), [values([4, 5])]);
      checkBatching((v) => reduceWindow(v!, kind, [2, 2], { dilation: 2 }), [values([4, 2, 5])], [1]);
    }
  });
});

test("errors", () => {
  expect(() => reduceWindow(x, "sum", [2])).toThrow(ShapeError);
  expect(() => reduceWindow(x, "sum", [0, 1])).toThrow(ShapeError);
  expect(() => reduceWindow(x, "sum", [1, 1], { strides: [1] })).toThrow(ShapeError);
  expect(() => reduceWindow(x, "sum", [1, 1], { padding: [[1, -1], [0, 0]] })).toThrow(ShapeError);
  expect(() => reduceWindow(x, "mean" as never, [1, 1])).toThrow(ArgumentError);
  expect(() => reduceWindow(x, "sum", [1, 1], { padding: "full" as never })).toThrow(ArgumentError);
  expect(() => reduceWindow(bool([true]), "max", [1])).toThrow(DTypeError);
});
