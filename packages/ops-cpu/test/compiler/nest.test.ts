// Loops of nests: order, merging, vectors and what is left over of them.

import { add, mul, neg, reduceSum, reshape, type Tensor, type TensorLike, transpose, useBackend } from "@gradus/core";
import type { Nest } from "@gradus/loops";
import { concatenate, exp, reverse, slice } from "@gradus/ops";
import { beforeEach, describe, expect, test } from "vitest";
import { scalarOnly } from "../../src/wasm/features.js";
import { compiled, eager, loops, text, values } from "./support.js";

beforeEach(() => useBackend(eager));

const nests = (f: (...xs: Tensor[]) => unknown, ...args: TensorLike[]): Nest[] => compiled(f, args).loops.steps.filter((s): s is Nest => s.kind === "nest");
const modes = (f: (...xs: Tensor[]) => unknown, ...args: TensorLike[]): string[] => [...compiled(f, args).modes.values()].map((m) => `${m.lanes} ${m.rest}`);

describe("loops", () => {
  test("along which all arrays step evenly are one", () => {
    expect(nests((x, y) => add(x, y), values([2, 3, 4]), values([2, 3, 4])).map((n) => n.dims)).toEqual([[24]]);
    expect(nests((x, y) => add(x, y), values([2, 3, 4]), values([3, 4])).map((n) => n.dims)).toEqual([[2, 12]]);
    expect(nests((x, y) => add(x, y), values([2, 3, 4]), values([2, 1, 1])).map((n) => n.dims)).toEqual([[2, 12]]);
  });
  test("over axes of length 1 are none", () => {
    expect(nests((x) => neg(transpose(x)), values([1, 5, 1])).map((n) => n.dims)).toEqual([[5]]);
  });
  test("that join elements are inside of those that keep them apart, but for neighbours", () => {
    expect(nests((x) => reduceSum(x, [0, 2]), values([2, 3, 4])).map((n) => [n.dims, n.reduced])).toEqual([[[3, 2, 4], [false, true, true]]]);
    expect(nests((x) => reduceSum(x, [0, 1]), values([2, 3, 4])).map((n) => [n.dims, n.reduced])).toEqual([[[6, 4], [true, false]]]);
  });
});

test("arrays are read in the order of the largest of them", () => {
  // Σⱼ x[i,j]·a[i]·b[i]: more arrays are read in order along i, more elements along j.
  const f = (x: Tensor, a: Tensor, b: Tensor): Tensor => reduceSum(mul(mul(x, reshape(a, [30, 1])), reshape(b, [30, 1])), 1);
  expect(nests(f, values([30, 40]), values([30]), values([30])).map((n) => [n.dims, n.reduced])).toEqual([[[30, 40], [false, true]]]);
});

describe("vectors", () => {
  test("that do not fill go beyond the end where nothing is lost", () => {
    expect(modes((x) => neg(x), values([8]))).toEqual(["4 none"]);
    expect(modes((x) => neg(x), values([7]))).toEqual(["4 beyond"]);
    expect(modes((x, y) => add(x, y), values([5, 3]), values([3]))).toEqual(["4 beyond"]);
  });
  test("have a loop of single elements behind them in sums, parts of arrays and arrays that run backwards", () => {
    expect(modes((x) => reduceSum(x), values([7]))).toEqual(["4 scalar"]);
    expect(modes((x) => neg(reverse(x)), values([7]))).toEqual(["4 scalar"]);
    expect(modes((x, y) => concatenate([mul(x, 2), mul(y, 3)]), values([5]), values([6]))).toEqual(["4 scalar", "4 scalar"]);
  });
  test("are none where results are apart, and in engines without", () => {
    expect(modes((x) => concatenate([exp(x), exp(x)], 1), values([5, 1]))).toEqual(["1 none"]);
    const { modes: scalar } = compiled((x) => neg(x), [values([8])], scalarOnly);
    expect([...scalar.values()]).toEqual([{ lanes: 1, rest: "none" }]);
  });
});

test("joined arrays are filled part by part, by the nests that compute the parts", () => {
  expect(loops((x, y) => concatenate([exp(x), slice(y, [1], [3])]), values([3]), values([4]))).toBe(text`
    in b0:f32[3], b1:f32[4]
    for i < 3
      b2[i] = exp(b0[i])
    for i < 2
      b2[i + 3] = b1[i + 1]
    out b2:f32[5]
  `);
});
