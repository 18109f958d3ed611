import { add, array, broadcastTo, cast, full, mul, neg, reduceSum, reshape, select, transpose, useBackend } from "@gradus/core";
import { beforeAll, expect, test } from "vitest";
import { eagerCpu } from "../src/eager.js";

beforeAll(() => useBackend(eagerCpu()));

test("smoke", () => {
  const x = array([[1, 2, 3], [4, 5, 6]]);
  expect(add(x, x).js()).toEqual([[2, 4, 6], [8, 10, 12]]);
  expect(add(x, array([10, 20, 30])).js()).toEqual([[11, 22, 33], [14, 25, 36]]);
  expect(mul(transpose(x), 2).js()).toEqual([[2, 8], [4, 10], [6, 12]]);
  expect(reduceSum(x).item()).toBe(21);
  expect(reduceSum(x, 0).js()).toEqual([5, 7, 9]);
  expect(reduceSum(transpose(x), 0).js()).toEqual([6, 15]);
  expect(neg(full([2], 3)).js()).toEqual([-3, -3]);
  expect(reshape(transpose(x), [6]).js()).toEqual([1, 4, 2, 5, 3, 6]);
  expect(select(array([true, false]), array([1, 2]), 7).js()).toEqual([1, 7]);
  expect(cast(array([1.7, -1.7]), "int32").js()).toEqual([1, -1]);
  expect(broadcastTo(array([1, 2]), [2, 2]).js()).toEqual([[1, 2], [1, 2]]);
  expect(add(2, 3).item()).toBe(5);
});
