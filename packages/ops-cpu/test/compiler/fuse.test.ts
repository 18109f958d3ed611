// Which loops programs become.

import { add, mul, neg, reduceSum, reshape, transpose, useBackend } from "@gradus/core";
import { div, exp, reduceMax, sin, slice, sub, zeta } from "@gradus/ops";
import { beforeEach, expect, test } from "vitest";
import { compiled, eager, loops, text, values } from "./support.js";

beforeEach(() => useBackend(eager));

test("a chain of elementwise operations is one nest, and what is shared is computed once", () => {
  expect(loops((x) => { const s = sin(x); return add(mul(s, 2), neg(s)); }, values([3]))).toBe(text`
    in b0:f32[3]
    for i < 3
      t0 = sin(b0[i])
      b1[i] = add(mul(t0, 2), neg(t0))
    out b1:f32[3]
  `);
});

test("broadcasts and views are places that are read", () => {
  expect(loops((x, y) => add(transpose(x), y), values([2, 3]), values([2]))).toBe(text`
    in b0:f32[2,3], b1:f32[2]
    for i < 3, j < 2
      b2[2·i + j] = add(b0[i + 3·j], b1[j])
    out b2:f32[3,2]
  `);
  expect(loops((x) => neg(slice(x, [1, 0], [2, 3])), values([2, 3]))).toBe(text`
    in b0:f32[2,3]
    for i < 3
      b1[i] = neg(b0[i + 3])
    out b1:f32[1,3]
  `);
});

test("a reshape of elements that are not in order copies them first, and says so", () => {
  const { remarks } = compiled((x) => exp(reshape(transpose(x), [6])), [values([2, 3])]);
  expect(remarks).toEqual([{ name: "reshape", reason: "its elements have to move first: copied in row-major order" }]);
});

test("a reduction ends in the nest of its operand; elements side by side are summed side by side", () => {
  expect(loops((x) => reduceSum(exp(x), 1), values([2, 3]))).toBe(text`
    in b0:f32[2,3]
    for i < 2, j < 3 (joined)
      b1[i] = add of exp(b0[3·i + j]), from 0
    out b1:f32[2]
  `);
  expect(loops((x) => reduceSum(exp(x), 0), values([2, 3]))).toBe(text`
    in b0:f32[2,3]
    for i < 2 (joined), j < 3
      b1[j] = add of exp(b0[3·i + j]), from 0
    out b1:f32[3]
  `);
});

test("softmax takes three passes", () => {
  const softmax = (x: Parameters<typeof exp>[0] & { shape: readonly number[] }) => {
    const e = exp(sub(x, reshape(reduceMax(x, 1), [2, 1])));
    return div(e, reshape(reduceSum(e, 1), [2, 1]));
  };
  expect(loops(softmax as never, values([2, 3]))).toBe(text`
    in b0:f32[2,3]
    for i < 2, j < 3 (joined)
      b1[i] = max of b0[3·i + j], from -Infinity
    for i < 2, j < 3 (joined)
      t0 = exp(sub(b0[3·i + j], b1[i]))
      b2[i] = add of t0, from 0
      b3[3·i + j] = t0
    for i < 2, j < 3
      b4[3·i + j] = div(b3[3·i + j], b2[i])
    out b4:f32[2,3]
  `);
});

test("what has no kernel is a call of the host", () => {
  const { remarks } = compiled((x) => zeta(exp(x), x), [values([3])]);
  expect(remarks).toEqual([{ name: "zeta", reason: "there is no kernel in WebAssembly: the eager kernel runs it" }]);
});

test("results that are arguments are passed through, and never computed", () => {
  expect(loops((x) => [x, 3 as never], values([2]))).toBe(text`
    in unused
    out argument 0, 3
  `.replace("unused", "b0:f32[2]"));
});

test("weak scalars are the doubles that JS numbers are", () => {
  const { loops: program } = compiled((x) => mul(x, 0.1), [3]);
  expect(program.buffers.map((b) => b.type)).toEqual(["float64", "float64"]);
});
