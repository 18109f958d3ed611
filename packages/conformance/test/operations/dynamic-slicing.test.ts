// dynamicSlice and dynamicUpdateSlice: clamped starts, gradients that land where the slice was taken, batches, errors.

import { array, DTypeError, ShapeError, type Tensor, withBackend } from "@gradus/core";
import { dynamicSlice, dynamicUpdateSlice, reduceSum, sin } from "@gradus/ops";
import { eagerCpu, indexing, shaping } from "@gradus/ops-cpu";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { checkBatching, checkDerivatives, f64, i32, values } from "./support.js";

const x = f64([1, 2, 3, 4]);

describe("conventions", () => {
  test("starts are clamped, and the gradient lands where the slice was taken", () => {
    expect(dynamicSlice(x, [9], [2]).js()).toEqual([3, 4]);
    expect(dynamicSlice(x, [-9], [2]).js()).toEqual([1, 2]);
    expect(dynamicSlice(x, i32([1]), [2]).js()).toEqual([2, 3]);
    expect(dynamicUpdateSlice(x, f64([8, 9]), [i32(9)]).js()).toEqual([1, 2, 8, 9]);
    expect(grad((v: Tensor) => reduceSum(dynamicSlice(v, [9], [2])))(x).js()).toEqual([0, 0, 1, 1]);
    expect(grad((v: Tensor) => reduceSum(dynamicUpdateSlice(v, f64([8, 9]), [9])))(x).js()).toEqual([1, 1, 0, 0]);
  });
  test("errors", () => {
    expect(() => dynamicSlice(x, [0], [5])).toThrow(ShapeError);
    expect(() => dynamicSlice(x, [0, 0], [1])).toThrow(ShapeError);
    expect(() => dynamicSlice(x, [0], [1, 1])).toThrow(ShapeError);
    expect(() => dynamicSlice(x, f64([0]), [1])).toThrow(DTypeError);
    expect(() => dynamicUpdateSlice(x, f64([[1]]), [0])).toThrow(ShapeError);
  });
});

test("derivatives of both orders in both modes", () => {
  checkDerivatives((v) => dynamicSlice(sin(v!), [1, 7], [2, 2]), [values([3, 4])]);
  checkDerivatives((v, u) => dynamicUpdateSlice(sin(v!), sin(u!), [1, 7]), [values([3, 4]), values([2, 2], 2)]);
});

test("vmap agrees with a loop, with any operands batched", () => {
  const starts = i32([[0, 1], [2, 0], [9, -1]]);
  checkBatching((v) => dynamicSlice(v!, [1, 1], [2, 2]), [values([3, 4, 5])], [1]);
  checkBatching((i) => dynamicSlice(values([3, 4]), i!, [2, 2]), [starts], [0]);
  checkBatching((v, i) => dynamicSlice(v!, i!, [2, 2]), [values([3, 4, 3]), starts], [2, 0]);
  checkBatching((v) => dynamicUpdateSlice(v!, values([2, 2]), [1, 1]), [values([3, 4, 5])], [1]);
  checkBatching((u) => dynamicUpdateSlice(values([3, 4]), u!, [1, 1]), [values([2, 2, 3])], [2]);
  checkBatching((v, u, i) => dynamicUpdateSlice(v!, u!, i!), [values([3, 4, 3]), values([3, 2, 2], 2), starts], [2, 0, 0]);
  checkBatching((i) => dynamicUpdateSlice(values([3, 4]), values([2, 2], 2), i!), [starts], [0]);
});

test("a slice of a view is one of its elements", () => {
  const run = (): unknown => dynamicSlice(array([[1, 2, 3], [4, 5, 6]]), [1, 1], [1, 2]).js();
  expect(run()).toEqual([[5, 6]]);
  expect(withBackend(eagerCpu({ kernels: [indexing, shaping] }), run)).toEqual([[5, 6]]);
});
