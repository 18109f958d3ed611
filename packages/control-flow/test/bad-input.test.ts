// What is refused, by which error and with what advice, and what is at the edge and is not refused.

import { add, ArgumentError, array, cast, DTypeError, mul, reduceSum, ShapeError, type Tensor, TreeMismatchError } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { greater, less } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { cond, foriLoop, map, scan, switchCase, whileLoop } from "../src/index.js";
import { flat } from "./agree.js";

type Case = [name: string, run: () => unknown, error: new (...args: never[]) => Error, message: RegExp];

const x = array([1, 2]);
const i32 = (v: number | number[]): Tensor => array(v as number, { dtype: "int32" });
const u32 = (v: number): Tensor => array(v, { dtype: "uint32" });
const step = (c: Tensor, v: Tensor): [Tensor, Tensor] => [add(c, v), v];
const same = (c: Tensor): Tensor => c;
const any = (v: unknown): never => v as never;

const refused: Record<string, Case[]> = {
  cond: [
    ["a predicate that is an array", () => cond(greater(x, 0), same, same, x), ShapeError, /predicate is bool\[2\], and must be a scalar.*use select/],
    ["a predicate that is a string", () => cond(any("yes"), same, same, x), ArgumentError, /predicate must be a boolean scalar, got the string "yes"/],
    ["no predicate", () => cond(any(undefined), same, same, x), ArgumentError, /got undefined/],
    ["a branch that is no function", () => cond(true, any(null), same, x), ArgumentError, /cond: onTrue needs a function/],
    ["an operand that is no tensor", () => cond(true, same, same, any("x")), ArgumentError, /string/],
    ["branches of two structures", () => cond(true, (v: Tensor) => ({ a: v }), any((v: Tensor) => [v]), x), TreeMismatchError, /onFalse returns \[\*\], and onTrue \{"?a"?: ?\*\}/],
    ["branches of two shapes", () => cond(true, same, (v: Tensor) => reduceSum(v), x), ShapeError, /result 0 of onFalse is f32\[\], of onTrue f32\[2\]/],
    ["branches of two dtypes", () => cond(true, same, (v: Tensor) => greater(v, 0), x), DTypeError, /use cast/],
    ["a branch that returns a promise", () => cond(true, any(async (v: Tensor) => v), same, x), ArgumentError, /synchronous/],
    ["a branch that returns nothing", () => cond(true, any(() => undefined), same, x), ArgumentError, /undefined/],
  ],
  switchCase: [
    ["no branches", () => switchCase(0, []), ArgumentError, /at least one function/],
    ["what is no list of branches", () => switchCase(0, any(same)), ArgumentError, /list of at least one function/],
    ["a branch that is no function", () => switchCase(0, [same, any(3)], x), ArgumentError, /switchCase: branch 1 needs a function/],
    ["a fractional index", () => switchCase(0.5, [() => 1]), DTypeError, /must be an integer/],
    ["a float index", () => switchCase(array(1), [() => 1]), DTypeError, /f32\[\], and must be an integer: cast\(index, "int32"\)/],
    ["an index that is NaN", () => switchCase(NaN, [() => 1]), DTypeError, /must be an integer/],
    ["a boolean index", () => switchCase(array(true), [() => 1]), DTypeError, /bool\[\], and must be an integer/],
    ["an index that is an array", () => switchCase(i32([0]), [() => 1]), ShapeError, /i32\[1\], and must be a scalar/],
    ["an index that is no tensor", () => switchCase(any("0"), [() => 1]), ArgumentError, /index/],
    ["branches of two structures", () => switchCase(0, [() => 1, any(() => [1])]), TreeMismatchError, /branch 0 returns \*, and branch 1 \[\*\]/],
  ],
  whileLoop: [
    ["a condition that is no function", () => whileLoop(any(true), same, 1), ArgumentError, /condition must be a function.*boolean/],
    ["a body that is no function", () => whileLoop(() => false, any(undefined), 1), ArgumentError, /body must be a function/],
    ["a condition that is a number", () => whileLoop((c: Tensor) => c, same, 1), DTypeError, /boolean scalar, for example less\(i, n\)/],
    ["a condition per element", () => whileLoop((c: Tensor) => less(c, 1), same, x), DTypeError, /returns bool\[2\], and must return a boolean scalar/],
    ["a condition that returns a tree", () => whileLoop(any((c: Tensor) => [less(c, 1)]), same, 1), DTypeError, /returns the structure \[\*\]/],
    ["a condition that returns nothing", () => whileLoop(any(() => undefined), same, 1), ArgumentError, /undefined/],
    ["a carry that changes in some leaves", () => whileLoop(() => false, (c: Tensor[]) => [add(c[0] as Tensor, x), c[1], cast(c[2] as Tensor, "int32")], [array(1), array(2), array(3)]), ShapeError, /leaf 0: f32\[\] in, f32\[2\] out; leaf 2: f32\[\] in, i32\[\] out/],
    ["a carry that changes its dtype", () => whileLoop(() => false, (c: Tensor) => greater(c, 0), array(1)), DTypeError, /leaf 0: f32\[\] in, bool\[\] out/],
    ["an integer carry that becomes a fraction", () => whileLoop(() => false, () => 1.5, i32(1)), DTypeError, /leaf 0: i32\[\] in, f32\[\] out/],
    ["an array that becomes a number", () => whileLoop(() => false, () => 1, x), ShapeError, /leaf 0: f32\[2\] in, f32\[\] out/],
    ["a number that becomes a boolean", () => whileLoop(() => false, () => true, 1), DTypeError, /leaf 0: ~f32\[\] in, bool\[\] out/],
    ["a fraction that becomes an integer", () => whileLoop(() => false, (c: Tensor) => cast(c, "int32"), 0.5), DTypeError, /leaf 0: ~f32\[\] in, i32\[\] out/],
    ["a carry that changes its structure", () => whileLoop(() => false, (c: Tensor) => [c, c], array(1)), TreeMismatchError, /goes in as \* and comes out as \[\*, \*\]/],
    ["a carry that is no tensor", () => whileLoop(() => false, same, any("carry")), ArgumentError, /string/],
    ["a body that returns nothing for a leaf", () => whileLoop(() => false, () => [undefined, 1], [1, 2]), ArgumentError, /undefined/],
    ["a body that returns nothing", () => whileLoop(() => false, () => undefined, 1), ArgumentError, /undefined/],
    ["a body that returns a promise", () => whileLoop(() => false, async (c: Tensor) => c, 1), ArgumentError, /synchronous/],
    ["a fractional number of steps to save after", () => whileLoop(() => false, same, 1, { checkpointEvery: 1.5 }), ArgumentError, /checkpointEvery is 1.5/],
  ],
  foriLoop: [
    ["a body that is no function", () => foriLoop(0, 3, any(null), 1), ArgumentError, /body must be a function.*null/],
    ["a fractional bound", () => foriLoop(0, 1.5, (_i, c: Tensor) => c, 1), ArgumentError, /high is 1.5, and must be an integer/],
    ["a bound that is NaN", () => foriLoop(NaN, 1, (_i, c: Tensor) => c, 1), ArgumentError, /low is NaN/],
    ["an infinite bound", () => foriLoop(0, Infinity, (_i, c: Tensor) => c, 1), ArgumentError, /high is Infinity/],
    ["a bound beyond int32", () => foriLoop(0, 2 ** 31, (_i, c: Tensor) => c, 1), ArgumentError, /high is 2147483648.*int32/],
    ["a bound that is no number", () => foriLoop(0, any("3"), (_i, c: Tensor) => c, 1), ArgumentError, /high is/],
    ["a float bound", () => foriLoop(0, array(2), (_i, c: Tensor) => c, 1), DTypeError, /high is f32\[\], and must be an integer: cast/],
    ["a boolean bound", () => foriLoop(array(false), 2, (_i, c: Tensor) => c, 1), DTypeError, /low is bool\[\], and must be an integer/],
    ["bounds of two dtypes", () => foriLoop(i32(0), u32(2), (_i, c: Tensor) => c, 1), DTypeError, /low is i32\[\] and high u32\[\]: .* one dtype/],
    ["a bound that is an array", () => foriLoop(i32([0]), 2, (_i, c: Tensor) => c, 1), ShapeError, /low is i32\[1\], and must be a scalar/],
    ["a carry that changes", () => foriLoop(0, 3, (_i, c: Tensor) => add(c, x), array(1)), ShapeError, /leaf 0: f32\[\] in, f32\[2\] out/],
    ["unrolling between traced bounds", () => jit((n: Tensor) => foriLoop(0, n, (_i, c: Tensor) => c, 1, { unroll: 2 }))(i32(3)), ArgumentError, /unroll needs bounds that are known/],
    ["a negative unroll", () => foriLoop(0, 3, (_i, c: Tensor) => c, 1, { unroll: -1 }), ArgumentError, /unroll is -1/],
  ],
  scan: [
    ["a body that is no function", () => scan(any(3), 0, x), ArgumentError, /scan needs a function/],
    ["inputs of two lengths", () => scan(step, 0, any([x, array([1, 2, 3])])), ShapeError, /lengths 2, 3 along axis 0/],
    ["an input without an axis", () => scan(step, 0, array(1)), ShapeError, /input 0 is f32\[\], and has no axis/],
    ["no input and no length", () => scan(step, 0, any(null)), ShapeError, /give the option length/],
    ["a length that is not that of the input", () => scan(step, 0, x, { length: 3 }), ShapeError, /lengths 2 along axis 0, and the option length is 3/],
    ["a negative length", () => scan(step, 0, any(null), { length: -1 }), ShapeError, /-1 is not a number of steps/],
    ["a fractional length", () => scan(step, 0, any(null), { length: 1.5 }), ShapeError, /1.5 is not a number of steps/],
    ["a length that is no number", () => scan(step, 0, any(null), { length: any("3") }), ShapeError, /3 is not a number of steps/],
    ["a negative unroll", () => scan(step, 0, x, { unroll: -1 }), ArgumentError, /unroll is -1, and must be a positive integer or a boolean/],
    ["unrolling no step", () => scan(step, 0, x, { unroll: 0 }), ArgumentError, /unroll is 0/],
    ["a fractional unroll", () => scan(step, 0, x, { unroll: 1.5 }), ArgumentError, /unroll is 1.5/],
    ["a reverse that is no boolean", () => scan(step, 0, x, { reverse: any(1) }), ArgumentError, /reverse is 1/],
    ["no steps to save after", () => scan(step, 0, x, { checkpointEvery: 0 }), ArgumentError, /checkpointEvery is 0/],
    ["a body that returns no pair", () => scan(any((c: Tensor) => c), 0, x), ArgumentError, /must return \[carry, y\]/],
    ["a body that returns three", () => scan(any((c: Tensor) => [c, c, c]), 0, x), ArgumentError, /must return \[carry, y\]/],
    ["a body that returns a promise", () => scan(any(async (c: Tensor) => [c, c]), 0, x), ArgumentError, /synchronous/],
    ["a result that is no tensor", () => scan(any((c: Tensor) => [c, "y"]), 0, x), ArgumentError, /string/],
    ["a result that is undefined", () => scan(any((c: Tensor) => [c, undefined]), 0, x), ArgumentError, /undefined/],
    ["an input that is no tensor", () => scan(step, 0, any("xs")), ArgumentError, /string/],
    ["a carry that changes its structure", () => scan((c: Tensor) => [[c, c], null] as never, 0, x), TreeMismatchError, /goes in as \* and comes out as \[\*, \*\]/],
    ["an integer carry that becomes a float", () => scan((c: Tensor, v: Tensor) => [mul(c, v), null], i32(1), x), DTypeError, /leaf 0: i32\[\] in, f32\[\] out/],
    ["too short a batch of inputs, under vmap", () => vmap((v: Tensor, u: Tensor) => scan(step, 0, any([v, u])), [0, null])(array([[1], [2]]), x), ShapeError, /lengths 1, 2/],
  ],
  map: [
    ["a body that is no function", () => map(any(null), x), ArgumentError, /map needs a function/],
    ["nothing to map over", () => map(same, any([])), ShapeError, /nothing to map over/],
    ["a scalar", () => map(same, array(1)), ShapeError, /no axis to slice along/],
    ["inputs of two lengths", () => map(([a]: Tensor[]) => a, [x, array([1])]), ShapeError, /lengths 2, 1/],
  ],
};

describe.each(Object.entries(refused))("%s refuses", (_name, cases) => {
  test.each(cases)("%s", (_case, run, error, message) => {
    expect(run).toThrow(error);
    expect(run).toThrow(message);
    // What is refused eagerly is refused while tracing.
    expect(() => jit(() => run() as Tensor)()).toThrow(message);
  });
});

describe("at the edge", () => {
  test("loops without steps keep the carry and give no results", () => {
    const [c, ys] = scan((k: Tensor, v: Tensor) => [add(k, v), { a: v, b: greater(k, v) }], array(7), array(new Float32Array(0)));
    const { a, b } = ys as unknown as { a: Tensor; b: Tensor };
    expect([(c as unknown as Tensor).item(), String(a.aval), String(b.aval)]).toEqual([7, "f32[0]", "bool[0]"]);
    expect((map((v: Tensor) => reduceSum(v), array([], { shape: [0, 3] })) as Tensor).shape).toEqual([0]);
    expect((foriLoop(3, 3, (_i, k: Tensor) => mul(k, 2), array(7)) as Tensor).item()).toBe(7);
    expect((foriLoop(3, -3, (_i, k: Tensor) => mul(k, 2), array(7)) as Tensor).item()).toBe(7);
    expect((whileLoop(() => false, (k: Tensor) => mul(k, 2), array(7)) as Tensor).item()).toBe(7);
  });
  test("their gradients are those of the identity", () => {
    const loops: ((v: Tensor) => unknown)[] = [
      (v) => scan((k: Tensor, u: Tensor) => [mul(k, u), null], v, array(new Float32Array(0)))[0],
      (v) => foriLoop(3, 3, (_i, k: Tensor) => mul(k, k), v),
      (v) => whileLoop(() => false, (k: Tensor) => mul(k, k), v),
      (v) => jit((u: Tensor) => whileLoop((k: Tensor) => less(k, 0), (k: Tensor) => mul(k, k), u) as Tensor)(v),
    ];
    for (const f of loops) expect([grad(f as (v: Tensor) => Tensor)(3).item(), jit(grad(f as (v: Tensor) => Tensor))(3).item()]).toEqual([1, 1]);
  });
  test("a batch without examples runs no step", () => {
    const none = array([], { shape: [0] });
    const f = (v: Tensor): Tensor => whileLoop((k: Tensor) => less(k, 9), (k: Tensor) => mul(k, 2), v) as Tensor;
    expect([vmap(f)(none).shape, vmap(grad(f))(none).shape, vmap(grad((v: Tensor) => cond(greater(v, 0), f, same, v) as Tensor))(none).shape]).toEqual([[0], [0], [0]]);
  });
  test("NaN as a condition's operand ends the loop, and as a predicate it counts as true", () => {
    expect((whileLoop((k: Tensor) => less(k, 9), (k: Tensor) => mul(k, 2), NaN) as Tensor).item()).toBeNaN();
    expect((cond(NaN, () => 1, () => 2) as unknown as Tensor).item()).toBe(1);
  });
  test("indices are clamped, whatever their dtype", () => {
    const pick = (i: Tensor | number): number => (switchCase(i, [() => 1, () => 2, () => 3]) as unknown as Tensor).item();
    expect([-7, 0, 2, 9, i32(-7), i32(9), u32(2 ** 32 - 1), u32(0)].map(pick)).toEqual([1, 1, 3, 3, 1, 3, 3, 1]);
  });
  test("unsigned bounds count, and the index is an int32", () => {
    const f = (n: Tensor): Tensor => foriLoop(0, n, (i, c: Tensor) => add(c, i), i32(0)) as Tensor;
    expect([f(u32(4)), jit(f)(u32(4)), jit(f)(i32(4))].map((v) => [v.item(), v.dtype])).toEqual(Array(3).fill([6, "int32"]));
  });
  test("JS numbers and booleans in a carry take its dtype", () => {
    const once = (value: unknown, init: unknown): string => String((foriLoop(0, 1, () => value, init) as Tensor).aval);
    expect([once(5, i32(1)), once(5, array(1, { dtype: "float64" })), once(5, array(1)), once(0.5, 1), once(true, array(false)), once(i32(3), 1)]).toEqual(["i32[]", "f64[]", "f32[]", "~f32[]", "bool[]", "i32[]"]);
  });
  test("unroll changes no result", () => {
    const f = (unroll: number | boolean): number[] => flat(scan((c: Tensor, v: Tensor) => [add(c, v), mul(c, v)], 0, array([1, 2, 3, 4, 5]), { unroll })[1] as unknown as Tensor);
    for (const unroll of [1, 2, 7, true, false]) expect(f(unroll)).toEqual([0, 2, 9, 24, 50]);
  });
});
