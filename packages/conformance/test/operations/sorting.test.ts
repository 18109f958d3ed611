// sort, argsort and topK: stability, NaN, gradients that follow the permutation, batches, errors.

import { ArgumentError, array, ShapeError, type Tensor } from "@gradus/core";
import { argsort, mul, reduceSum, sin, sort, topK } from "@gradus/ops";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { checkBatching, checkDerivatives, f64, i32, values } from "./support.js";

describe("order", () => {
  test("equal keys keep their order, in both directions", () => {
    const [keys, tags] = [i32([1, 0, 1, 0]), i32([10, 11, 12, 13])];
    expect(sort([keys, tags]).map((t) => t.js())).toEqual([[0, 0, 1, 1], [11, 13, 10, 12]]);
    expect(sort([keys, tags], 0, 1, { descending: true }).map((t) => t.js())).toEqual([[1, 1, 0, 0], [10, 12, 11, 13]]);
    expect(sort([keys, i32([3, 2, 1, 0])], 0, 2).map((t) => t.js())).toEqual([[0, 0, 1, 1], [0, 2, 1, 3]]);
  });
  test("NaN is last, and first from above; zeros are equal", () => {
    expect(sort(f64([NaN, 2, -Infinity, Infinity])).js()).toEqual([-Infinity, 2, Infinity, NaN]);
    expect(sort(f64([0, 1, -0])).js()).toEqual([0, -0, 1]);
    expect(sort(f64([-0, 0, NaN, -1])).js()).toEqual([-1, -0, 0, NaN]);
    expect(topK(f64([1, NaN, 3]), 2).map((t) => t.js())).toEqual([[NaN, 3], [1, 2]]);
    expect(argsort(f64([0, -0, NaN, -1])).js()).toEqual([3, 0, 1, 2]);
  });
  test("large arrays", () => {
    const x = Float64Array.from({ length: 5000 }, (_, i) => (i * 7919) % 1009);
    const order = Array.from(x.keys()).sort((a, b) => x[a]! - x[b]!);
    expect(argsort(array(x)).js()).toEqual(order);
    expect(sort(array(x)).js()).toEqual(order.map((i) => x[i]));
  });
  test("errors", () => {
    expect(() => sort([])).toThrow(ArgumentError);
    expect(() => sort([f64([1]), f64([1])], 0, 3)).toThrow(ArgumentError);
    expect(() => sort([f64([1]), f64([1, 2])])).toThrow(ShapeError);
    expect(() => sort(1)).toThrow(ShapeError);
    expect(() => topK(f64(1), 0)).toThrow(ShapeError);
    expect(() => topK(f64([1, 2]), 3)).toThrow(ShapeError);
    expect(() => topK(f64([1, 2]), 0.5)).toThrow(ShapeError);
  });
});

describe("derivatives", () => {
  test("follow the permutation; ties are not shared", () => {
    const w = f64([1, 10, 100]);
    expect(grad((x: Tensor) => reduceSum(mul(sort(x), w)))(f64([3, 1, 2])).js()).toEqual([100, 1, 10]);
    expect(grad((x: Tensor) => reduceSum(mul(sort(x), w)))(f64([1, 1, 1])).js()).toEqual([1, 10, 100]);
    expect(grad((x: Tensor) => reduceSum(topK(x, 2)[0]))(f64([3, 1, 3])).js()).toEqual([1, 0, 1]);
    // The median: the middle element alone.
    expect(grad((x: Tensor) => reduceSum(mul(sort(x), f64([0, 1, 0]))))(f64([3, 1, 2])).js()).toEqual([0, 0, 1]);
  });
  test("of both orders, in both modes", () => {
    checkDerivatives((x) => sort(sin(x!), 0), [values([4, 3])]);
    checkDerivatives((x) => sort(sin(x!), 1, 1, { descending: true }), [values([2, 5])]);
    checkDerivatives((x, y) => sort([x!, sin(y!)], 0)[1]!, [values([5]), values([5], 2)]);
    checkDerivatives((x) => topK(sin(x!), 2)[0], [values([2, 5])]);
  });
});

test("vmap agrees with a loop", () => {
  for (const axis of [0, 1, 2]) {
    checkBatching((x) => sort(x!, 0), [values([3, 4, 2])], [axis]);
    checkBatching((x) => argsort(x!, 1), [values([3, 4, 2])], [axis]);
    checkBatching((x) => topK(x!, 2)[1], [values([3, 4, 2])], [axis]);
  }
  checkBatching((x, y) => sort([x!, y!])[1]!, [values([3, 4]), values([4], 2)], [0, null]);
  checkBatching((x, y) => sort([x!, y!])[1]!, [values([4]), values([4, 3], 2)], [null, 1]);
  checkBatching((x) => grad((y: Tensor) => reduceSum(mul(sort(y), f64([1, 2, 3, 4]))))(x!), [values([3, 4])], [0]);
});

test("topK of few and of many of a line is the start of the sorted line", () => {
  const line = Array.from({ length: 200 }, (_, i) => [NaN, -Infinity, 0, -0, Infinity][i % 17] ?? Math.round(Math.sin(i * 1.7) * 20));
  const x = f64([line, [...line].reverse()]);
  const [values, order] = [sort(x, 1, 1, { descending: true }), argsort(x, 1, { descending: true })];
  for (const k of [0, 1, 2, 7, 24, 26, 199, 200]) {
    const [greatest, indices] = topK(x, k);
    expect(greatest.js()).toEqual((values.js() as number[][]).map((row) => row.slice(0, k)));
    expect(indices.js()).toEqual((order.js() as number[][]).map((row) => row.slice(0, k)));
  }
});
