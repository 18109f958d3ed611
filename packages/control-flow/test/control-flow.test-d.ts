// What the types of control flow promise, and refuse.

import type { Tensor, TensorLike } from "@gradus/core";
import { add, greater, less, mul } from "@gradus/ops";
import { describe, expectTypeOf, test } from "vitest";
import { cond, foriLoop, map, scan, switchCase, whileLoop } from "../src/index.js";

interface State {
  h: Tensor;
  readonly parts: readonly TensorLike[];
}
declare const x: Tensor;
declare const state: State;

describe("cond and switchCase", () => {
  test("have the structure of their functions' result, whose leaves are tensors", () => {
    expectTypeOf(cond(greater(x, 0), (s: State) => ({ y: s.h, n: 1 }), (s: State) => ({ y: s.h, n: 2 }), state)).toEqualTypeOf<{ y: Tensor; n: Tensor }>();
    expectTypeOf(switchCase(x, [(a: Tensor) => a, (a: Tensor) => mul(a, 2)], x)).toEqualTypeOf<Tensor>();
    expectTypeOf(cond(true, () => 1, () => 2)).toEqualTypeOf<Tensor>();
  });

  test("take JS numbers for tensors, and lambdas without annotations", () => {
    expectTypeOf(cond(1, (a: Tensor, s: State) => mul(a, s.h), (a: Tensor) => a, 2, { h: 3, parts: [1, x] })).toEqualTypeOf<Tensor>();
    expectTypeOf(switchCase(0, [(a: Tensor) => a], 2)).toEqualTypeOf<Tensor>();
    expectTypeOf(cond(true, (s) => s.h, (s) => s.h, state)).toEqualTypeOf<Tensor>();
  });

  test("refuse functions and operands that do not fit", () => {
    // @ts-expect-error results of two structures
    cond(true, (a: Tensor) => a, (a: Tensor) => [a], x);
    // @ts-expect-error an operand is missing
    cond(true, (a: Tensor, b: Tensor) => mul(a, b), (a: Tensor) => a, x);
    // @ts-expect-error an operand of another structure
    cond(true, (s: State) => s.h, (s: State) => s.h, { h: x });
    // @ts-expect-error text is no predicate
    cond("true", (a: Tensor) => a, (a: Tensor) => a, x);
    // @ts-expect-error branches are an array
    switchCase(0, (a: Tensor) => a, x);
  });
});

describe("scan and map", () => {
  test("give the carry and the stacked results in their structures", () => {
    const [last, ys] = scan((c: State, a: Tensor) => [{ h: add(c.h, a), parts: c.parts }, { out: a, n: 1 }], { h: 1, parts: [x, 2] }, x);
    expectTypeOf(last).toEqualTypeOf<{ h: Tensor; parts: readonly Tensor[] }>();
    expectTypeOf(ys).toEqualTypeOf<{ out: Tensor; n: Tensor }>();
    expectTypeOf(scan((c, a) => [add(c, a), c], 0, x, { reverse: true })).toEqualTypeOf<[Tensor, any]>();
    expectTypeOf(map((s: { a: Tensor }) => [s.a], { a: x })).toEqualTypeOf<Tensor[]>();
  });

  test("refuse carries, inputs and results that do not fit", () => {
    // @ts-expect-error the carry has another structure
    scan((c: State, a: Tensor) => [c, a], { h: x }, x);
    // @ts-expect-error so has the input
    scan((c: Tensor, a: { u: Tensor }) => [c, a.u], x, x);
    // @ts-expect-error a step gives a pair
    scan((c: Tensor, a: Tensor) => mul(c, a), x, x);
    // @ts-expect-error a length is a number
    scan((c: Tensor, _a: null) => [c, null], x, null, { length: "3" });
    scan((c: Tensor, _a: null) => [c, null], x, null, { length: 3 });
    // @ts-expect-error text is no input
    map((a: Tensor) => a, "x");
  });
});

describe("whileLoop and foriLoop", () => {
  test("give what the body gives", () => {
    expectTypeOf(whileLoop((s: State) => less(s.h, 3), (s: State) => ({ h: add(s.h, 1), parts: s.parts }), { h: 0, parts: [] })).toEqualTypeOf<{ h: Tensor; parts: readonly Tensor[] }>();
    expectTypeOf(whileLoop((a) => less(a, 100), (a) => mul(a, 2), 3)).toEqualTypeOf<Tensor>();
    expectTypeOf(foriLoop(0, x, (i, a: Tensor) => mul(a, i), 1)).toEqualTypeOf<Tensor>();
    foriLoop(0, 3, (i, a: Tensor) => (expectTypeOf(i).toEqualTypeOf<Tensor>(), a), x);
  });

  test("refuse carries and bounds that do not fit", () => {
    // @ts-expect-error the carry has another structure
    whileLoop((s: State) => less(s.h, 3), (s: State) => s, x);
    // @ts-expect-error a condition is a value
    whileLoop((a: Tensor) => [less(a, 3)], (a: Tensor) => a, x);
    // @ts-expect-error so is a bound
    foriLoop("0", 3, (_i, a: Tensor) => a, x);
    // @ts-expect-error the carry is a tensor
    foriLoop(0, 3, (_i, a: Tensor) => a, [x]);
  });
});
