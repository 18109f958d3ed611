// From handlers to transformations of functions: arguments and results as trees, and which arguments are meant.

import { beforeEach, describe, expect, test } from "vitest";
import {
  add, ArgumentError, array, assertSync, defineTransform, flattenArgs, flattenOutput, type Handler, lift, neg, payloadOf, performBelow, selectArgs, splitAux, type Tensor, tree, useBackend,
} from "../src/index.js";
import { ToyBackend } from "./toy-backend.js";

beforeEach(() => useBackend(new ToyBackend()));

const observer = (name: string): Handler => ({ name, perform: performBelow });

/** Counts the operations that a value went through. */
const counter = (name: string): Handler => {
  const handler: Handler = {
    name,
    sees: "own",
    perform(p, args, params) {
      const depths = args.map((a) => payloadOf<{ x: Tensor; depth: number }>(handler, a) ?? { x: a, depth: 0 });
      const [out] = performBelow(p, depths.map((d) => d.x), params);
      return lift(handler, { x: out, depth: 1 + Math.max(...depths.map((d) => d.depth)) }, out!.aval);
    },
  };
  return handler;
};
const depthOf = (handler: Handler, x: Tensor): number | undefined => payloadOf<{ depth: number }>(handler, x)?.depth;

describe("defineTransform", () => {
  const counted = defineTransform({
    name: "counted",
    handler: () => counter("counted"),
    lift: (x, handler, index) => lift(handler, { x, depth: index * 10 }, x.aval),
    strip: (x, handler) => ({ depth: depthOf(handler, x), value: payloadOf<{ x: Tensor }>(handler, x)?.x.item() ?? x.item() }),
  });

  test("lifts the leaves of the arguments and strips those of the result, in their structures", () => {
    const f = counted((p: { a: Tensor; b: Tensor[] }, c: Tensor) => ({ sum: add(p.a, p.b[0]!), constant: array(5), c: [c, null] }));
    expect(f({ a: 1, b: [array(2)] }, 3)).toEqual({ sum: { depth: 11, value: 3 }, constant: { depth: undefined, value: 5 }, c: [{ depth: 20, value: 3 }, null] });
  });

  test("makes a new handler for each call", () => {
    const handlers = new Set<Handler>();
    const f = defineTransform({ name: "t", handler: () => observer("t"), lift: (x, handler) => (handlers.add(handler), x) })((x: Tensor) => neg(x));
    expect([f(1).item(), f(2).item(), handlers.size]).toEqual([-1, -2, 2]);
  });

  test("refuses what is no function, async ones, and results that are no tensors", () => {
    expect(() => counted(3 as never)).toThrow(/counted needs a function as first argument, got number/);
    expect(() => counted(async (x: Tensor) => x)(1)).toThrow(ArgumentError);
    expect(() => counted((_x: Tensor) => undefined)(1)).toThrow(/counted: a result of the function/);
    expect(() => counted((x: Tensor) => x)("a" as never)).toThrow(/counted: an argument/);
  });

  test("leaves arguments as they are without lift, and results without strip", () => {
    const f = defineTransform({ name: "plain", handler: () => observer("plain") })((xs: Tensor[]) => tree.map((x: Tensor) => neg(x), xs) as Tensor[]);
    expect(f([1, array([2])]).map((x) => x.js())).toEqual([-1, [-2]]);
  });
});

describe("selectArgs", () => {
  const args = ["a", "b", "c"];
  test("picks one argument bare and several as a tuple, negative from the end, and puts others in their places", () => {
    expect(selectArgs(args, 1, "t").selected).toBe("b");
    expect(selectArgs(args, 1, "t").replace("B")).toEqual(["a", "B", "c"]);
    expect(selectArgs(args, [-1, 0], "t").selected).toEqual(["c", "a"]);
    expect(selectArgs(args, [-1, 0], "t").replace(["C", "A"])).toEqual(["A", "b", "C"]);
    expect(selectArgs(args, [], "t").replace([])).toEqual(args);
    expect(args).toEqual(["a", "b", "c"]);
  });
  test.each<[unknown, RegExp]>([
    [3, /t: argnums 3 names an argument that was not given: the call has 3 argument/],
    [-4, /argnums -4/],
    [0.5, /argnums 0\.5/],
    [NaN, /argnums NaN/],
    [[0, 3], /argnums 3/],
    [[0, 0], /argnums \[0,0\] name one argument twice/],
    [[1, -2], /argnums \[1,-2\] name one argument twice/],
    ["0", /argnums must be an argument's index, or an array of them/],
    [["0"], /argnums 0/],
    [null, /argnums must be/],
    [{}, /argnums must be/],
  ])("refuses %j", (argnums, message) => {
    expect(() => selectArgs(args, argnums as never, "t")).toThrow(ArgumentError);
    expect(() => selectArgs(args, argnums as never, "t")).toThrow(message);
  });
});

describe("flattening arguments and results", () => {
  test("makes tensors of JS numbers and booleans, and keeps tensors as they are", () => {
    const x = array(1);
    const [leaves, def] = flattenArgs({ x, n: 2, list: [true, null] }, "t");
    expect([leaves.map((t) => t.aval.toString()), leaves.includes(x), String(def)]).toEqual([["bool[]", "~f32[]", "f32[]"], true, "{list: [*, null], n: *, x: *}"]);
  });
  test("says whether an argument or a result is no tensor", () => {
    expect(() => flattenArgs(["a"], "t")).toThrow(/t: an argument: expected a tensor or a JS number, got the string "a"/);
    expect(() => flattenOutput({ y: undefined }, "t")).toThrow(/t: a result of the function: expected a tensor.*undefined/);
    expect(() => flattenOutput(Promise.resolve(1), "t")).toThrow(/t needs a synchronous function/);
  });
  test("splits aux off a pair, and nothing else", () => {
    expect(splitAux([1, { a: 2 }], "t")).toEqual([1, { a: 2 }]);
    for (const wrong of [1, [1], [1, 2, 3], { 0: 1, 1: 2 }, null, undefined]) expect(() => splitAux(wrong, "t")).toThrow(/t with hasAux needs a function that returns \[out, aux\]/);
    expect(() => splitAux(Promise.resolve([1, 2]), "t")).toThrow(/synchronous/);
  });
  test("passes everything synchronous through assertSync, functions and objects included", () => {
    const values = [1, null, undefined, "a", {}, [], neg, { next: 1 }, { value: neg }];
    expect(values.every((v) => assertSync(v, "t") === v)).toBe(true);
  });
});
