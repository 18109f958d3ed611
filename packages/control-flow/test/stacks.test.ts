// Opaque stacks: elements at places and zeros elsewhere, eagerly, in programs and under transformations, and nothing else is
// done with them.

import { add, array, avalOf, bind, broadcastTo, DTypeError, mul, neg, opaqueTensor, reshape, reshapeP, tangentAval, type Tensor } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { jvp } from "@gradus/jvp";
import { sin } from "@gradus/ops";
import { checkProgram, evalProgram, jit, makeProgram } from "@gradus/tracing";
import { grad, vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { choose, stackAval } from "../src/scan-primitive.js";
import { stackAt, stackLength, stackOf, stackOfP } from "../src/stacks.js";
import { flat } from "./agree.js";

const f32 = avalOf([], "float32");
const stack = stackAval(f32);
const of = (...values: (number | Tensor)[]): Tensor => stackOf(values.map((v) => (typeof v === "number" ? array(v) : v)), stack);
const list = (s: Tensor): number[][] => Array.from({ length: stackLength(s).item() }, (_, i) => flat(stackAt(s, i)));
const sum = (s: Tensor): Tensor => stack.kind?.plus(s, s) as Tensor;

describe("a stack", () => {
  test("has an element at each place, and zeros beyond its end", () => {
    expect(list(of(1, 2, 3))).toEqual([[1], [2], [3]]);
    expect(stackAt(of(1), 5).item()).toBe(0);
    expect(list(of())).toEqual([]);
  });
  test("has an opaque aval that names its elements, and is interned", () => {
    expect(of(1).aval).toBe(stackAval(avalOf([], "float32")));
    expect([of(1), stackAval(avalOf([3], "int32")), stackAval(stackAval(f32))].map(String)).toEqual(["Tensor<stack<f32[]>>", "stack<i32[3]>", "stack<stack<f32[]>>"]);
    expect([stack, stackAval(avalOf([3], "int32")), stackAval(stack)].map((a) => tangentAval(a).toString())).toEqual(["stack<f32[]>", "float0[]", "stack<stack<f32[]>>"]);
  });
  test("goes through jit, as argument, result and constant", () => {
    expect(list(jit((s: Tensor, x: Tensor) => of(stackAt(s, 1), x))(of(1, 2), array(3)))).toEqual([[2], [3]]);
    const s = of(1, 2);
    expect(jit(() => [stackAt(s, 1), stackAt(opaqueTensor(stack), 0)])().map((x) => x.item())).toEqual([2, 0]);
    const program = makeProgram((x: Tensor, y: Tensor) => [stackAt(of(x, y), 1), stackLength(of(x, y))])(f32, f32);
    checkProgram(program);
    expect(evalProgram(program, [array(5), array(7)]).map((x) => x.item())).toEqual([7, 2]);
  });
  test("adds to another place by place, the shorter one going on with zeros", () => {
    expect(list(stack.kind?.plus(of(1, 2), of(10)) as Tensor)).toEqual([[11], [2]]);
    expect(list(jit(sum)(of(1, 2)))).toEqual([[2], [4]]);
  });
  test("has stacks as tangents and cotangents", () => {
    const f = (x: Tensor): Tensor => {
      const s = of(sin(x), mul(x, x));
      return add(mul(stackAt(s, 0), 3), stackAt(sum(s), 1));
    };
    const expected = 3 * Math.cos(0.5) + 4 * 0.5;
    expect(jvp(f, [0.5], [1])[1].item()).toBeCloseTo(expected, 5);
    expect(grad(f)(0.5).item()).toBeCloseTo(expected, 5);
    expect(jit(grad(f))(0.5).item()).toBeCloseTo(expected, 5);
    expect(grad(jit(f))(0.5).item()).toBeCloseTo(expected, 5);
    expect(grad(grad(f))(0.5).item()).toBeCloseTo(-3 * Math.sin(0.5) + 4, 5);
    const [, pullback] = vjp((s: Tensor) => stackAt(s, 1), [of(1, 2, 3)]);
    expect(list((pullback(5) as Tensor[])[0] as Tensor)).toEqual([[0], [5]]);
  });
  test("holds a batch along axis 0 of its elements", () => {
    const s = vmap((x: Tensor) => of(x, 7))(array([1, 2, 3]));
    expect([String(s.aval), list(s)]).toEqual(["stack<f32[3]>", [[1, 2, 3], [7, 7, 7]]]);
    expect(flat(vmap((t: Tensor) => stackAt(t, 0))(s))).toEqual([1, 2, 3]);
    expect(flat(vmap((t: Tensor) => mul(stackLength(t), 1), 0, { outAxes: 0 })(s))).toEqual([2, 2, 2]);
    expect(list(vmap(() => of(1, 2), null, { axisSize: 2 })())).toEqual([[1, 1], [2, 2]]);
    expect(list(vmap((t: Tensor, u: Tensor) => stack.kind?.plus(t, u) as Tensor, [0, null])(s, of(1)))).toEqual([[2, 3, 4], [7, 7, 7]]);
  });
  test("is chosen per example, whatever the lengths", () => {
    const pick = vmap((p: Tensor, x: Tensor) => choose(p, of(x), of(10, 20)), [0, 0]);
    expect(list(pick(array([true, false]), array([1, 2])))).toEqual([[1, 10], [0, 20]]);
  });
});

describe("refused", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["an element of another shape", () => stackOf([array([1])], stack), /stack_of: f32\[1\] does not go on stack<f32\[\]>/],
    ["an element of another dtype", () => stackOf([array(1, { dtype: "int32" })], stack), /i32\[\] does not go on stack<f32\[\]>/],
    ["a stack of an array's aval", () => bind(stackOfP, [array(1)], { aval: f32 }), /stack_of: f32\[\] is no stack/],
    ["the element of an array", () => stackAt(array(1), 0), /stack_at: f32\[\] is no stack/],
    ["the length of an array", () => stackLength(array(1)), /stack_length: f32\[\] is no stack/],
    ["another shape in a program", () => makeProgram((x: Tensor) => stackOf([x], stack))(avalOf([1], "float32")), /does not go on/],
    ["reshaping", () => reshape(of(1), [1]), /reshape: /],
    ["reshaping directly", () => bind(reshapeP, [of(1)], { shape: [1] }), /reshape: /],
    ["broadcasting", () => broadcastTo(of(1), [3]), /broadcast: /],
    ["adding", () => add(of(1), of(2)), /add: /],
    ["negating", () => neg(of(1)), /neg: /],
  ])("%s", (_name, run, message) => {
    expect(run).toThrow(DTypeError);
    expect(run).toThrow(message);
  });

  test("mapping over another axis than the first of its elements", () => {
    expect(() => vmap((s: Tensor) => stackAt(s, 0), 1)(stackOf([array([[1, 2]])], stackAval(avalOf([1, 2], "float32"))))).toThrow(/only axis 0 of what it holds/);
  });
});
