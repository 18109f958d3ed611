// Pooling: values of flax 0.12, by hand in part; gradients; errors.

import { array, DTypeError, reduceSum, ShapeError, type Tensor, useBackend } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { checkGrads } from "@gradus/conformance";
import { cpu } from "@gradus/ops-cpu";
import { grad } from "@gradus/vjp";
import { expect, test } from "vitest";
import { avgPool, maxPool, minPool } from "../src/index.js";

useBackend(cpu());

const x = array(Float64Array.from({ length: 12 }, (_, i) => i + 1), { shape: [1, 3, 4, 1] });
const flat = (t: Tensor): number[] => Array.from(t.dataSync());

test("values", () => {
  expect(flat(maxPool(x, [2, 2]))).toEqual([6, 7, 8, 10, 11, 12]);
  expect(flat(maxPool(x, [2, 2], { strides: [2, 2], padding: "SAME" }))).toEqual([6, 8, 10, 12]);
  expect(flat(avgPool(x, [2, 2], { strides: 2, padding: "SAME" }))).toEqual([3.5, 5.5, 4.75, 5.75]);
  expect(flat(avgPool(x, [2, 2], { strides: 2, padding: "SAME", countIncludePad: false }))).toEqual([3.5, 5.5, 9.5, 11.5]);
  expect(flat(minPool(x, [2, 3]))).toEqual([1, 2, 5, 6]);
  expect(flat(maxPool(x, [1, 2], { strides: [1, 4], padding: [[0, 0], [1, 0]] }))).toEqual([1, 5, 9]);
  expect(maxPool(array([[1], [5], [2]]), [2]).js()).toEqual([[5], [5]]); // no batch axis
  expect(avgPool(array([[1], [2]], { dtype: "int32" }), [2]).js()).toEqual([[1.5]]);
});

test("derivatives", () => {
  expect(flat(grad((v: Tensor) => reduceSum(maxPool(v, [2, 2], { strides: 2 })))(array(Array.from({ length: 8 }, () => 1), { shape: [1, 2, 4, 1] })))).toEqual([1, 0, 1, 0, 0, 0, 0, 0]);
  for (const f of [maxPool, minPool, avgPool]) checkGrads((v: Tensor) => f(v, [2, 2], { strides: 2, padding: "SAME" }), [x], { order: 2 });
  checkGrads((v: Tensor) => avgPool(v, [2, 2], { padding: "SAME", countIncludePad: false }), [x], { order: 2 });
  const twice = array([...flat(x), ...flat(x).reverse()], { shape: [2, 1, 3, 4, 1] });
  expect(flat(vmap((v: Tensor) => maxPool(v, [3, 2]))(twice))).toEqual(flat(maxPool(twice, [3, 2])));
});

test("errors", () => {
  expect(() => maxPool(x, [])).toThrow(ShapeError);
  expect(() => maxPool(x, [1, 1, 1, 1])).toThrow(ShapeError);
  expect(() => maxPool(x, [0, 1])).toThrow(ShapeError);
  expect(() => avgPool(x, [2, 2], { strides: [1] })).toThrow(ShapeError);
  expect(() => avgPool(x, [2, 2], { strides: [1] })).toThrow(/strides has 1 entries, and needs one for each of 2 spatial axes/);
  expect(() => avgPool(x, [2, 2], { padding: 1 as never })).toThrow(ShapeError);
  expect(() => minPool(x, [2, 2], { padding: [[0, 0]] })).toThrow(ShapeError);
  expect(() => maxPool(array([[true]]), [1])).toThrow(DTypeError);
});
