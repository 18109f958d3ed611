// What tracing accepts, bakes in, hoists and refuses, without computing anything.

import {
  add, ArgumentError, array, avalOf, ConcretizationError, currentHandlers, EscapedTracerError, type Handler, mul, performBelow, reduceSum, type Tensor, tree, useBackend, withHandler, stack,
} from "@gradus/core";
import { greater, iota, sin } from "@gradus/ops";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { evalShape, jit, makeProgram, traceFlat } from "../src/index.js";
import { storage } from "./support.js";

beforeEach(() => useBackend(storage));
afterEach(() => {
  stack.backend = null;
});

const f32 = avalOf([], "float32");
const vector = avalOf([3], "float32");
type Refusal = [string, () => unknown, new (m: string) => Error, RegExp];

describe("makeProgram", () => {
  test("takes tensors, JS numbers and avals, in any tree", () => {
    const f = (p: { a: Tensor; b: Tensor[] }, c: Tensor): Tensor => add(mul(p.a, p.b[0]!), c);
    const program = makeProgram(f)({ a: array([1, 2, 3]), b: [2] }, f32);
    expect([program.inAvals.map(String), program.outAvals.map(String)]).toEqual([["f32[3]", "~f32[]", "f32[]"], ["f32[3]"]]);
    expect(makeProgram(f)({ a: vector, b: [avalOf([], "float64")] }, 1).outAvals.map(String)).toEqual(["f64[3]"]);
    expect([String(program.inTree), String(program.outTree)]).toEqual(["[{a: *, b: [*]}, *]", "*"]);
  });

  test("computes nothing and needs no backend", () => {
    stack.backend = null;
    expect(makeProgram((x: Tensor) => reduceSum(mul(sin(x), iota(3, "float32"))))(vector).outAvals).toEqual([f32]);
  });

  test("names equations by their primitives, and leaves no handler behind", () => {
    expect(makeProgram((x: Tensor) => sin(mul(x, x)))(f32).equations.map((eq) => eq.primitive.name)).toEqual(["mul", "sin"]);
    expect(() =>
      makeProgram(() => {
        throw new RangeError("mine");
      })(),
    ).toThrow("mine");
    expect(currentHandlers()).toEqual([]);
  });

  test("reads what depends on constants alone, as often as asked and however long its chain", () => {
    // Each step doubles the paths to the first value: computed once for each, this would never end.
    const program = makeProgram((x: Tensor) => {
      let c = array(1);
      for (let i = 0; i < 200; i++) c = mul(c, 1);
      return mul(x, c.item());
    });
    expect(() => program(f32)).toThrow(/computes nothing/); // the storage is asked for a product: the value is on its way
    expect(makeProgram((x: Tensor) => mul(x, array([4, 5]).js() as never))).toBeTypeOf("function");
  });

  test.each<Refusal>([
    ["an async function", () => makeProgram(async (x: Tensor) => x)(f32), ArgumentError, /makeProgram needs a synchronous function/],
    ["no function", () => makeProgram(1 as never), ArgumentError, /makeProgram needs a function/],
    ["text as argument", () => makeProgram((x: Tensor) => x)("a" as never), ArgumentError, /makeProgram: an argument.*the string "a"/],
    ["a function without result", () => makeProgram(() => undefined)(), ArgumentError, /a result of the function.*undefined/],
    ["reading a traced value", () => makeProgram((x: Tensor) => mul(x, x.item()))(f32), ConcretizationError, /under trace.*use select\(pred, a, b\) or cond.*static argument \(staticArgnums\)/],
    ["branching on one", () => makeProgram((x: Tensor) => (greater(x, 0).item<boolean>() ? x : add(x, 1)))(f32), ConcretizationError, /bool\[\]/],
  ])("refuses %s", (_name, run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });

  test("refuses a tracer that outlived its trace", () => {
    let kept = array(0);
    makeProgram((x: Tensor) => (kept = sin(x)))(f32);
    expect(() => sin(kept)).toThrow(EscapedTracerError);
    expect(() => makeProgram((x: Tensor) => mul(x, kept))(f32)).toThrow(/belongs to trace, which has ended/);
    expect(() => makeProgram(() => kept)()).toThrow(EscapedTracerError);
  });

  test("does not close over values of an enclosing transformation", () => {
    const run = (): unknown => makeProgram((x: Tensor) => makeProgram((y: Tensor) => mul(x, y))(f32).outAvals.length === 1 && x)(f32);
    expect(run).toThrow(ArgumentError);
    expect(run).toThrow(/captured values of an enclosing transformation \(Tracer<f32\[\], trace>\)\. Pass them as arguments/);
  });

  test("sees what handlers inside it make of an operation, and not what handlers outside do", () => {
    const rewrite: Handler = { name: "rewrite", perform: (p, args, params) => (p.name === "sin" ? [mul(args[0]!, 3)] : performBelow(p, args, params)) };
    const f = (x: Tensor): Tensor => sin(x);
    expect(makeProgram((x: Tensor) => withHandler(rewrite, () => f(x)))(f32).equations.map((eq) => eq.primitive.name)).toEqual(["mul"]);
    expect(withHandler(rewrite, () => makeProgram(f)(f32)).equations.map((eq) => eq.primitive.name)).toEqual(["sin"]);
  });
});

describe("what a function captures", () => {
  test("concrete arrays become constants, scalars literals", () => {
    const c = array([1, 2, 3]);
    const program = makeProgram((x: Tensor) => add(mul(x, c), array(2)))(vector);
    expect([program.constants.size, [...program.constants.values()][0] === c, program.inAvals.length]).toEqual([1, true, 1]);
  });

  test("tracers of enclosing traces become leading operands, each once, in order of use", () => {
    const outer = traceFlat(([x, y]) => {
      const inner = traceFlat(([z]) => [mul(mul(y!, z!), mul(x!, y!))], [f32]);
      expect([inner.hoisted.map((t) => t === y || t === x), inner.hoisted.length, inner.program.inAvals.length]).toEqual([[true, true], 2, 3]);
      expect(inner.hoisted[0] === y).toBe(true);
      return inner.run([...inner.hoisted, x!]);
    }, [f32, f32]);
    expect(outer.hoisted).toEqual([]);
    expect(outer.program.equations.map((eq) => eq.primitive.name)).toEqual(["mul", "mul", "mul"]);
  });

  test("so they do through jit inside jit", () => {
    const program = makeProgram((x: Tensor, y: Tensor) => jit((z: Tensor) => mul(z, x))(y))(f32, f32);
    const [call] = program.equations;
    expect(program.equations.length).toBe(1);
    expect(call!.inputs.map((a) => program.inputs.indexOf(a as never))).toEqual([0, 1]);
  });
});

describe("evalShape", () => {
  test("gives avals in the structure of the result, computing nothing", () => {
    stack.backend = null;
    const out = evalShape((x: Tensor, p: { w: Tensor }) => ({ y: mul(x, p.w), n: 3, list: [greater(x, 0), null] }), vector, { w: avalOf([2, 1], "float64") });
    expect(tree.map((a: unknown) => String(a), out)).toEqual({ y: "f64[2,3]", n: "~f32[]", list: ["bool[3]", null] });
    expect([out.y.shape, out.y.dtype]).toEqual([[2, 3], "float64"]);
    expect(JSON.stringify(out)).toBe('{"list":["bool[3]",null],"n":"~f32[]","y":"f64[2,3]"}');
  });
  test("fails where the function would", () => {
    expect(() => evalShape((x: Tensor, y: Tensor) => add(x, y), vector, avalOf([2], "float32"))).toThrow(/do not broadcast/);
    expect(() => evalShape((async (x: Tensor) => x) as never, vector)).toThrow(ArgumentError);
    expect(() => evalShape((x: Tensor) => mul(x, x.item()), f32)).toThrow(ConcretizationError);
  });
});
