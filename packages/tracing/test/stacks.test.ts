// Opaque stacks: what is pushed comes back in reverse order, eagerly and in programs, and nothing else is done with them.

import { add, array, avalOf, bind, broadcastTo, DTypeError, neg, reshape, reshapeP, stackAval, type Tensor, useBackend } from "@gradus/core";
import { beforeEach, describe, expect, test } from "vitest";
import { evalProgram, jit, makeProgram, stackEmpty, stackPop, stackPush } from "../src/index.js";
import { storage } from "./support.js";

beforeEach(() => useBackend(storage));

const f32 = avalOf([], "float32");
const of = (...values: number[]): Tensor => values.reduce<Tensor>((s, v) => stackPush(s, array(v)), stackEmpty(f32));
const drain = (s: Tensor, n: number): number[] => {
  const out: number[] = [];
  for (let rest = s; out.length < n; ) {
    const [below, top] = stackPop(rest);
    out.push(top.item());
    rest = below;
  }
  return out;
};

describe("a stack", () => {
  test("gives back what was pushed, last first", () => {
    expect(drain(of(1, 2, 3), 3)).toEqual([3, 2, 1]);
  });
  test("is a value: pushing gives a new one and leaves the old", () => {
    const s = of(1);
    const [a, b] = [stackPush(s, array(2)), stackPush(s, array(3))];
    expect([drain(s, 1), drain(a, 2), drain(b, 2)]).toEqual([[1], [2, 1], [3, 1]]);
  });
  test("has an opaque aval that names its elements", () => {
    expect(of(1).aval).toBe(stackAval(f32));
    expect([String(of(1)), String(stackEmpty(avalOf([3], "int32")).aval)]).toEqual(["Tensor<stack<f32[]>>", "stack<i32[3]>"]);
  });
  test("grows by a hundred thousand elements without recursion", () => {
    const n = 100_000;
    let s = stackEmpty(f32);
    for (let i = 0; i < n; i++) s = stackPush(s, array(i));
    const out = drain(s, n);
    expect([out[0], out.at(-1)]).toEqual([n - 1, 0]);
  });
  test("goes through jit, as argument, result and constant", () => {
    const push = jit((s: Tensor, x: Tensor) => stackPush(s, x));
    expect(drain(push(push(of(1), array(2)), array(3)), 3)).toEqual([3, 2, 1]);
    const [a, b] = [of(1), of(2)];
    expect(jit(() => [stackPop(a)[1], stackPop(b)[1], stackPop(a)[1]])().map((x) => x.item())).toEqual([1, 2, 1]);
    const program = makeProgram((x: Tensor, y: Tensor) => stackPop(stackPush(stackPush(stackEmpty(x.aval), x), y))[1])(f32, f32);
    expect(evalProgram(program, [array(5), array(7)])[0]!.item()).toBe(7);
  });
});

describe("refused", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["popping an empty stack", () => stackPop(stackEmpty(f32)), /stack_pop: the stack is empty/],
    ["pushing another shape", () => stackPush(of(1), array([1])), /stack_push: f32\[1\] does not go on stack<f32\[\]>/],
    ["pushing another dtype", () => stackPush(of(1), array(1, { dtype: "int32" })), /i32\[\] does not go on stack<f32\[\]>/],
    ["pushing on an array", () => stackPush(array(1), array(1)), /stack_push: f32\[\] is no stack/],
    ["popping an array", () => stackPop(array(1)), /stack_pop: f32\[\] is no stack/],
    ["pushing another shape in a program", () => makeProgram((s: Tensor) => stackPush(s, array([1])))(stackAval(f32)), /does not go on/],
    ["reshaping", () => reshape(of(1), [1]), /reshape: /],
    ["reshaping directly", () => bind(reshapeP, [of(1)], { shape: [1] }), /reshape: /],
    ["broadcasting", () => broadcastTo(of(1), [3]), /broadcast: /],
    ["adding", () => add(of(1), of(2)), /add: /],
    ["negating", () => neg(of(1)), /neg: /],
  ])("%s", (_name, run, message) => {
    expect(run).toThrow(DTypeError);
    expect(run).toThrow(message);
  });
});
