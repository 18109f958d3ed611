// Passes over programs: they drop what is unused and merge what is equal, and nothing else. And the checker that finds what
// is not well formed.

import { add, addP, ArgumentError, array, type Aval, avalOf, bind, definePrimitive, type Effect, full, mul, mulP, opaqueAval, opaqueTensor, reduceSum, Tensor, useBackend } from "@gradus/core";
import { cos, div, sin } from "@gradus/ops";
import { beforeEach, describe, expect, test } from "vitest";
import {
  type Atom, checkProgram, eliminateCommonSubexpressions, eliminateDeadCode, type Equation, jit, Literal, makeProgram, partition, Program, traceFlat, Var,
} from "../src/index.js";
import { storage } from "./support.js";

beforeEach(() => useBackend(storage));

const f32 = avalOf([], "float32");
const vector = avalOf([3], "float32");

const raw = (f: (...xs: Tensor[]) => Tensor[], ...avals: Aval[]): Program => traceFlat((xs) => f(...xs), avals).program;
const names = (p: Program): string[] => p.equations.map((eq) => eq.primitive.name);

const tapP = definePrimitive<{ effect: Effect | undefined }>("@test/tap", { abstractEval: ([x]) => x as Aval, effect: ({ effect }) => effect });
const tap = (x: Tensor, effect: Effect | undefined): Tensor => bind(tapP, [x], { effect });
const printP = definePrimitive<void, "many">("@test/print", { multipleResults: true, abstractEval: () => [], effect: "ordered" });

describe("dead code", () => {
  test("goes, with what only it used, constants too", () => {
    const c = array([1, 2, 3]);
    const p = raw((x) => (mul(sin(x), c), [cos(x)]), vector);
    expect([names(p), p.constants.size]).toEqual([["sin", "mul", "cos"], 1]);
    const kept = eliminateDeadCode(p);
    expect([names(kept), kept.constants.size, kept.inAvals]).toEqual([["cos"], 0, p.inAvals]);
  });
  test("stays where any of several outputs is used", () => {
    const both = definePrimitive<void, "many">("@test/both", { multipleResults: true, abstractEval: ([x]) => [x!, x!] });
    expect(names(eliminateDeadCode(raw((x) => [bind(both, [x])[1]!], f32)))).toEqual(["@test/both"]);
    expect(names(eliminateDeadCode(raw((x) => (bind(both, [x]), [x]), f32)))).toEqual([]);
  });
  test("with an effect stays, with what it uses, in order", () => {
    const p = raw((x) => (tap(sin(x), "unordered"), tap(x, undefined), tap(cos(x), "ordered"), bind(printP, [x]), [x]), f32);
    expect(names(eliminateDeadCode(p))).toEqual(["sin", "@test/tap", "cos", "@test/tap", "@test/print"]);
  });
  test("an effect inside a jitted function keeps the call", () => {
    const f = jit((x: Tensor) => tap(x, "unordered"));
    const g = jit((x: Tensor) => tap(x, undefined));
    const p = makeProgram((x: Tensor) => (f(x), g(x), x))(f32);
    expect(p.equations.map((eq) => eq.effect)).toEqual(["unordered"]);
    const nested = makeProgram((x: Tensor) => (jit((y: Tensor) => (tap(y, "ordered"), f(y)))(x), x))(f32);
    expect(nested.equations.map((eq) => eq.effect)).toEqual(["ordered"]);
  });
});

describe("common subexpressions", () => {
  const merged = (f: (...xs: Tensor[]) => Tensor[], ...avals: Aval[]): string[] => {
    const p = eliminateCommonSubexpressions(raw(f, ...avals));
    checkProgram(p);
    return names(p);
  };
  test("merge where primitive, operands and params are equal, through each other", () => {
    expect(merged((x) => [add(mul(sin(x), 2), mul(sin(x), 2))], f32)).toEqual(["sin", "mul", "add"]);
    const p = eliminateCommonSubexpressions(raw((x) => [sin(x), sin(x)], f32));
    expect(p.outputs[0]).toBe(p.outputs[1]);
  });
  test("stay apart where operands are swapped, other, or of another dtype", () => {
    expect(merged((x, y) => [add(x, y), add(y, x)], f32, f32)).toEqual(["add", "add"]);
    expect(merged((x, y) => [sin(x), sin(y)], f32, f32)).toEqual(["sin", "sin"]);
    expect(merged((x) => [mul(x, 2), mul(x, 3), mul(x, array(2))], f32)).toEqual(["mul", "mul"]);
    expect(merged((x) => [reduceSum(x, 0), reduceSum(x, 1), reduceSum(x)], avalOf([2, 2], "float32"))).toEqual(["reduce_sum", "reduce_sum", "reduce_sum"]);
  });
  test("never merge 0 with −0, as an operand or as a param", () => {
    expect(merged((x) => [div(x, 0), div(x, -0), div(x, 0), div(x, -0)], f32)).toEqual(["div", "div"]);
    expect(merged(() => [full([2], 0), full([2], -0), full([2], 0)])).toEqual(["full", "full"]);
  });
  test("merge NaN with NaN, which is one value here", () => {
    expect(merged((x) => [add(x, NaN), add(x, NaN)], f32)).toEqual(["add"]);
    expect(merged((x) => [add(x, Infinity), add(x, -Infinity)], f32)).toEqual(["add", "add"]);
  });
  test("never merge literals of different dtypes or weakness", () => {
    const p = definePrimitive<void, "many">("@test/any", { multipleResults: true, abstractEval: ([x]) => [x!] });
    const lit = (v: Tensor): Tensor => bind(p, [v])[0]!;
    expect(merged(() => [lit(array(1)), lit(array(1, { dtype: "int32" })), lit(array(1, { dtype: "float64" })), lit(array(true)), lit(array(1))])).toHaveLength(4);
    expect(merged(() => [lit(full([2], 0, "float0")), lit(full([3], 0, "float0")), lit(full([2], 0, "float0"))])).toHaveLength(2);
  });
  test("never merge two opaque values, which are no literals unless they are zero", () => {
    const aval = opaqueAval({ name: "box", plus: (x) => x, repeat: (x) => x }, f32);
    const [a, b] = [1, 2].map((v) => new Tensor(aval, [array(v)], null, null)) as [Tensor, Tensor];
    const zero = opaqueTensor(aval);
    const open = definePrimitive("@test/open", { abstractEval: ([x]) => x!.element! });
    const p = raw(() => [a, b, a, zero].map((x) => bind(open, [x])));
    expect(p.constants.size).toBe(2);
    expect(names(eliminateCommonSubexpressions(p))).toEqual(["@test/open", "@test/open", "@test/open"]);
  });
  test("never merge equations with an effect, or with functions or programs in their params", () => {
    expect(merged((x) => [tap(x, "unordered"), tap(x, "unordered")], f32)).toHaveLength(2);
    const f = jit((x: Tensor) => sin(x));
    expect(merged((x) => [f(x), f(x)], f32)).toEqual(["jit_call", "jit_call"]);
    const p = definePrimitive<{ f: () => void }>("@test/f", { abstractEval: ([x]) => x! });
    const same = (): void => {};
    expect(merged((x) => [bind(p, [x], { f: same }), bind(p, [x], { f: same })], f32)).toHaveLength(2);
  });
  test("tell params apart that print alike", () => {
    const p = definePrimitive<{ v: unknown }>("@test/v", { abstractEval: ([x]) => x! });
    const values: unknown[] = [0, -0, "0", null, undefined, "", "null", true, "true", [], [0], ["0"], {}, { a: 1 }, { b: 1 }, [null], [undefined], "undefined", { v: [1, [2]] }, { v: [[1], 2] }];
    expect(merged((x) => [...values, ...values].map((v) => bind(p, [x], { v })), f32)).toHaveLength(values.length);
  });
});

describe("partition", () => {
  // x is known, t the tangent: sin x · t, a constant, and x itself.
  const program = raw((x, t) => [mul(cos(x), t), sin(x), add(mul(2, t), t)], f32, f32);
  const { known, unknown, outputIsUnknown } = partition(program, [false, true]);
  test("computes what does not depend on the unknown in the first part", () => {
    expect(outputIsUnknown).toEqual([true, false, true]);
    expect(names(known).sort()).toEqual(["cos", "sin"]);
    expect(names(unknown).sort()).toEqual(["add", "mul", "mul"]);
  });
  test("passes residuals on: outputs of the first part after its own, inputs of the second before its own", () => {
    expect([known.inAvals, known.outAvals.length, unknown.inAvals.length, unknown.outAvals.length]).toEqual([[f32], 2, 2, 2]);
    checkProgram(known);
    checkProgram(unknown);
  });
  test("leaves the program as it was", () => {
    expect(names(program)).toEqual(["cos", "mul", "sin", "mul", "add"]);
  });
  test("keeps constants that either part uses, and effects of what is known", () => {
    const c = array([1, 2, 3]);
    const p = partition(raw((x, t) => (tap(sin(x), "ordered"), [mul(c, t), add(x, c)]), vector, vector), [false, true]);
    expect([p.known.constants.size, p.unknown.constants.size, names(p.known)]).toEqual([1, 1, ["sin", "@test/tap", "add"]]);
  });
  test("goes into calls", () => {
    const f = jit((x: Tensor, t: Tensor) => [sin(x), mul(cos(x), t)]);
    const p = partition(raw((x, t) => f(x, t) as Tensor[], f32, f32), [false, true]);
    expect(p.outputIsUnknown).toEqual([false, true]);
    expect([names(p.known), names(p.unknown)]).toEqual([["jit_call"], ["jit_call"]]);
  });
});

describe("checkProgram", () => {
  const parts = (equations: Equation[], inputs: Var[], outputs: Atom[]): Program => new Program({ inputs, constants: new Map(), equations, outputs });
  const [a, b, c] = [new Var(f32), new Var(f32), new Var(f32)];
  const eq = (inputs: Atom[], outputs: Var[], primitive = addP): Equation => ({ primitive, inputs, outputs, params: undefined });

  test("passes what tracing gives, before and after the passes", () => {
    const p = raw((x, y) => [add(mul(x, 2), mul(x, 2)), reduceSum(y)], f32, vector);
    for (const q of [p, eliminateDeadCode(p), eliminateCommonSubexpressions(p)]) expect(() => checkProgram(q)).not.toThrow();
  });
  test.each<[string, Program, RegExp]>([
    ["a variable without definition", parts([eq([a, b], [c])], [a], [c]), /Equation 0 \(add\) uses a variable f32\[\] that is not defined before it/],
    ["one defined later", parts([eq([a, c], [b]), eq([a, a], [c])], [a], [b]), /Equation 0 \(add\) uses a variable/],
    ["a result without definition", parts([], [a], [b]), /The result uses a variable f32\[\]/],
    ["a variable assigned twice", parts([eq([a, a], [b]), eq([a, a], [b], mulP)], [a], [b]), /Equation 1 \(mul\) assigns a variable twice/],
    ["an input assigned", parts([eq([a, a], [a])], [a], [a]), /assigns a variable twice/],
    ["an output of another aval", parts([eq([a, a], [new Var(vector)])], [a], [a]), /Equation 0 \(add\) has outputs f32\[3\], and its primitive infers f32\[\]/],
    ["another number of outputs", parts([eq([a, a], [b, c])], [a], [b]), /has outputs f32\[\],f32\[\], and its primitive infers f32\[\]/],
    ["operands that do not fit", parts([eq([a, new Literal(array(1, { dtype: "int32" }))], [b])], [a], [b]), /must have equal dtypes/],
  ])("finds %s", (_name, program, message) => {
    expect(() => checkProgram(program)).toThrow(message);
    if (!/equal dtypes/.test(message.source)) expect(() => checkProgram(program)).toThrow(ArgumentError);
  });
});
