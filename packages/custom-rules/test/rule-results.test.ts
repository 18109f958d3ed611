// What rules may return, and the error of everything else: never a value of another kind, silently.

import {
  ArgumentError, array, broadcastTo, cast, DTypeError, EscapedTracerError, full, MissingRuleError, NonlinearError, reduceSum, registerTreeNode, ShapeError, type Tensor, tree, TreeMismatchError, useBackend,
} from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { mul, round, sin, sinP } from "@gradus/ops";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { customGradient, customJvp, customVjp, defineRule, straightThrough, withRules, zeroGradient } from "../src/index.js";

useBackend(eagerCpu());

type Fn = (...args: any[]) => any;
type Kind = new (message: string) => Error;
const f32 = (): Tensor => array(0.7);
const vector = (): Tensor => array([1, 2, 3]);
const scalar = (f: Fn): Fn => (x) => reduceSum(tree.leaves(f(x))[0] as Tensor);

const uses: [string, (f: Fn, x: Tensor) => unknown][] = [
  ["forward mode", (f, x) => jvp(f, [x], [x])],
  ["reverse mode", (f, x) => grad(scalar(f))(x)],
  ["reverse mode through jit", (f, x) => grad(jit(scalar(f)))(x)],
  ["jit of reverse mode", (f, x) => jit(grad(scalar(f)))(x)],
];

const withJvp = (rule: Fn) => (): Fn => customJvp(function body(x) {
  return sin(x);
}).defjvp(rule as never);
const withVjp = (fwd: Fn, bwd: Fn) => (): Fn => customVjp(function body(x) {
  return sin(x);
}).defvjp(fwd as never, bwd as never);
const fwd: Fn = (x) => [sin(x), null];
const bwd: Fn = (_res, ct) => [ct];

const cases: [string, () => Fn, Kind, RegExp, Tensor?][] = [
  ["a jvp rule that returns nothing", withJvp(() => undefined), ArgumentError, /The jvp rule of body must return \[out, tangentOut\].*undefined/],
  ["a jvp rule that returns a bare tensor", withJvp(([x]) => sin(x)), ArgumentError, /must return \[out, tangentOut\].*it returned a tensor/],
  ["a jvp rule that returns one entry", withJvp(([x]) => [sin(x)]), ArgumentError, /an array of 1/],
  ["a jvp rule that returns three", withJvp(([x], [t]) => [sin(x), t, t]), ArgumentError, /an array of 3/],
  ["a jvp rule without tangent", withJvp(([x]) => [sin(x), undefined]), ArgumentError, /tangent 0: expected .*got undefined/],
  ["a jvp rule with null", withJvp(([x]) => [sin(x), null]), TreeMismatchError, /tangent has the structure null, and the value \*/],
  ["a tangent of another structure", withJvp(([x], [t]) => [sin(x), [t]]), TreeMismatchError, /structure \[\*\], and the value \*/],
  ["a tangent that is text", withJvp(([x]) => [sin(x), "t"]), ArgumentError, /got the string "t"/],
  ["a tangent of another shape", withJvp(([x], [t]) => [sin(x), reduceSum(t)]), ShapeError, /tangent 0 is f32\[\], expected f32\[3\]/, vector()],
  ["a number for a tangent with axes", withJvp(([x]) => [sin(x), 0]), ShapeError, /expected f32\[3\]/, vector()],
  ["a tangent of another width", withJvp(([x], [t]) => [sin(x), cast(t, "float64")]), DTypeError, /tangent 0 is f64\[\], expected f32\[\]: use cast/],
  ["an integer tangent", withJvp(([x]) => [sin(x), array(0, { dtype: "int32" })]), DTypeError, /is i32\[\], expected f32\[\]/],
  ["an async jvp rule", withJvp(async ([x], [t]) => [sin(x), t]), ArgumentError, /jvp rule of body needs a synchronous function/],
  ["a fwd rule that returns a bare tensor", withVjp((x) => sin(x), bwd), ArgumentError, /The fwd rule of body must return \[out, residuals\].*a tensor/],
  ["a fwd rule that returns three", withVjp((x) => [sin(x), 1, 2], bwd), ArgumentError, /an array of 3/],
  ["an async fwd rule", withVjp(async (x) => [sin(x), null], bwd), ArgumentError, /fwd rule of body needs a synchronous function/],
  ["a bwd rule that returns a bare tensor", withVjp(fwd, (_res, ct) => ct), ArgumentError, /The bwd rule of body must return an array of 1 cotangent.*it returned a tensor/],
  ["a bwd rule that returns nothing", withVjp(fwd, () => undefined), ArgumentError, /it returned undefined/],
  ["a bwd rule that returns too few", withVjp(fwd, () => []), ArgumentError, /an array of 0/],
  ["a bwd rule that returns too many", withVjp(fwd, (_res, ct) => [ct, ct]), ArgumentError, /an array of 2/],
  ["an async bwd rule", withVjp(fwd, async (_res, ct) => [ct]), ArgumentError, /bwd rule of body needs a synchronous function/],
  ["a cotangent of another shape", withVjp(fwd, (_res, ct) => [reduceSum(ct)]), ShapeError, /cotangent of argument 0 is f32\[\], expected f32\[3\]/, vector()],
  ["an integer cotangent", withVjp(fwd, () => [array(1, { dtype: "int32" })]), DTypeError, /cotangent of argument 0 is i32\[\]/],
  ["a cotangent of another structure", withVjp(fwd, (_res, ct) => [[ct]]), ArgumentError, /cotangent of argument 0: expected f32\[\], got a JS array/],
];

describe.each(cases)("%s is refused", (_name, make, kind, message, x = f32()) => {
  test.each(uses)("in %s", (_use, use) => {
    expect(() => use(make(), x)).toThrow(kind);
    expect(() => use(make(), x)).toThrow(message);
  });
});

describe("a rule whose value is of another type than the function's is refused once the function was traced", () => {
  const through: [string, (f: Fn) => unknown][] = [
    ["grad∘jit", (f) => grad(jit(scalar(f)))(f32())],
    ["jvp∘jit", (f) => jvp(jit(f), [f32()], [f32()])],
  ];
  const values: [string, (y: Tensor) => unknown, Kind, RegExp][] = [
    ["another shape", (y) => broadcastTo(y, [2]), ShapeError, /gave a value f32\[2\].*the function f32\[\]/],
    ["another dtype", (y) => cast(y, "float64"), DTypeError, /gave a value f64\[\].*the function f32\[\]/],
    ["another structure", (y) => [y], TreeMismatchError, /structure \[\*\].*\*/],
    ["more leaves", (y) => [y, y], TreeMismatchError, /structure \[\*, \*\].*\*/],
  ];
  describe.each(values)("%s", (_name, other, kind, message) => {
    test.each(through)("%s", (_use, use) => {
      const jvpRule = withJvp(([x], [t]) => [other(sin(x)), other(t)]);
      expect(() => use(jvpRule())).toThrow(kind);
      expect(() => use(jvpRule())).toThrow(message);
      const vjpRule = withVjp((x) => [other(sin(x)), null], () => [null]);
      expect(() => use(vjpRule())).toThrow(kind);
      expect(() => use(vjpRule())).toThrow(message);
    });
  });
});

describe("a tracer that a rule captured and only returns", () => {
  test.each([
    ["as value", (y: Tensor) => withJvp((_x, [t]) => [y, t])],
    ["as tangent", (y: Tensor) => withJvp(([x]) => [sin(x), y])],
    ["as residual", (y: Tensor) => withVjp((x) => [sin(x), y], (res, ct) => [mul(ct, res)])],
    ["as cotangent", (y: Tensor) => withVjp(fwd, () => [y])],
  ])("%s is an escape, not a result", (_name, make) => {
    const f = (x: Tensor, y: Tensor): Tensor => make(y)()(x);
    const both = grad(f, { argnums: [0, 1] });
    expect(() => both(0.7, 2)).toThrow(EscapedTracerError);
    expect(() => jit(both)(0.7, 2)).toThrow(EscapedTracerError);
    expect(() => jvp(f, [f32(), f32()], [f32(), f32()])).toThrow(EscapedTracerError);
  });
});

describe("what rules may leave out", () => {
  test.each([
    ["null", null],
    ["undefined", undefined],
    ["the number 0", 0],
  ])("%s as cotangent is zero", (_name, nothing) => {
    for (const [, use] of uses.slice(1)) expect((use(withVjp(fwd, () => [nothing])(), f32()) as Tensor).item()).toBe(0);
  });

  test("null stands for a subtree too", () => {
    const f = customVjp(({ a, b }: { a: Tensor; b: Tensor[] }) => mul(a, b[0]!)).defvjp(
      ({ a, b }) => [mul(a, b[0]), a],
      (a, ct) => [{ a: null, b: [mul(ct, a), null] }],
    );
    const g = grad(f)({ a: f32(), b: [f32(), vector()] });
    expect(tree.map((x: Tensor) => x.js(), g)).toEqual({ a: 0, b: [Math.fround(0.7), [0, 0, 0]] });
  });

  test("a pullback of customGradient may return a bare cotangent for a single argument", () => {
    expect(grad(customGradient((x) => [sin(x), (ct) => mul(ct, 3)]))(1).item()).toBe(3);
    expect(grad(customGradient((x) => [sin(x), () => 3]))(1).item()).toBe(3);
    expect(grad(customGradient((x) => [sin(x), () => null]))(1).item()).toBe(0);
    expect(() => grad(customGradient((x, y) => [mul(x, y), (ct) => ct]))(1, 2)).toThrow(ArgumentError);
  });

  test("another float width is cast to that of the argument", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const other = dtype === "float32" ? "float64" : "float32";
      const f = withVjp(fwd, (_res, ct) => [cast(ct, other)])();
      for (const [, use] of uses.slice(1)) expect((use(f, array(0.5, { dtype })) as Tensor).aval.toString()).toBe(dtype === "float32" ? "f32[]" : "f64[]");
    }
  });
});

describe("cotangents of trees", () => {
  class Pair {
    readonly a: unknown;
    readonly b: unknown;
    constructor(a: unknown, b: unknown) {
      this.a = a;
      this.b = b;
    }
  }
  registerTreeNode(
    Pair,
    (p) => [[p.a, p.b], null] as const,
    (_aux, [a, b]) => new Pair(a, b),
  );
  const f = (cotangent: (ct: Tensor, p: any) => unknown, product: (p: any) => Tensor): Fn =>
    customVjp(function body(p: any) {
      return product(p);
    }).defvjp((p) => [product(p), p], (p, ct) => [cotangent(ct, p)]);
  const ofObject = (cotangent: (ct: Tensor, p: any) => unknown) => (): any => grad(f(cotangent, (p) => mul(p.a, p.b[0])))({ a: 2, b: [3, 5] });

  test("follow the structure of the argument, a registered class included", () => {
    const g = ofObject((ct, p) => ({ a: mul(ct, p.b[0]), b: [mul(ct, p.a), 0] }))();
    expect(tree.map((x: Tensor) => x.item(), g)).toEqual({ a: 3, b: [2, 0] });
    const h = grad(f((ct, p) => new Pair(mul(ct, p.b), mul(ct, p.a)), (p) => mul(p.a, p.b)))(new Pair(2, 3)) as unknown as { a: Tensor; b: Tensor };
    expect([h.a.item(), h.b.item()]).toEqual([3, 2]);
  });
  test.each<[string, (ct: Tensor) => unknown]>([
    ["a key too few", (ct) => ({ a: ct })],
    ["a key too many", (ct) => ({ a: ct, b: [ct, ct], c: ct })],
    ["an entry too few", (ct) => ({ a: ct, b: [ct] })],
    ["a tensor for an array", (ct) => ({ a: ct, b: ct })],
    ["an array for an object", (ct) => [ct, [ct, ct]]],
    ["a bare tensor", (ct) => ct],
  ])("with %s are refused, printing both structures", (_name, cotangent) => {
    expect(ofObject(cotangent)).toThrow(TreeMismatchError);
    expect(ofObject(cotangent)).toThrow(/bwd rule of body: the cotangent of argument 0 has the structure .*, and the argument .*null is zero/);
  });
});

describe("avals of values and residuals", () => {
  test("a value may be weaker or stronger than the function's, and takes its weakness once that was traced", () => {
    const strong = withJvp(([x], [t]) => [mul(sin(x), array(1)), t]);
    const [y] = jvp(jit(strong()), [0.5], [1]);
    expect(y.aval.toString()).toBe("~f32[]");
  });
  test("a residual may be a float0", () => {
    const f = withVjp((x) => [sin(x), [x, full([], 0, "float0")]], ([x], ct) => [mul(ct, x)]);
    for (const [, use] of uses.slice(1)) expect((use(f(), array(0.5)) as Tensor).item()).toBe(0.5);
    expect(jvp(f(), [array(0.5)], [2])[1].item()).toBe(1);
    expect(jvp(jit(f()), [array(0.5)], [2])[1].item()).toBe(1);
  });
});

describe("what is no rule is refused at once", () => {
  const f = (x: Tensor): Tensor => x;
  const bad: [string, () => unknown, Kind, RegExp][] = [
    ["customJvp of no function", () => customJvp(3 as never), ArgumentError, /customJvp needs a function/],
    ["customVjp of no function", () => customVjp(null as never), ArgumentError, /customVjp needs a function/],
    ["defjvp without rule", () => customJvp(f).defjvp(undefined as never), ArgumentError, /f\.defjvp needs a function/],
    ["defvjp without bwd", () => customVjp(f).defvjp(fwd as never, undefined as never), ArgumentError, /f\.defvjp: bwd needs a function/],
    ["more rules than arguments", () => grad(customJvp(f).defjvps((t) => t, (t) => t))(1), ArgumentError, /given 2 rules.*1 argument/],
    ["defjvps with nondiffArgnums", () => customJvp(f, { nondiffArgnums: 0 }).defjvps(null), ArgumentError, /use defjvp/],
    ["customJvp without rule", () => customJvp(f)(1 as never), MissingRuleError, /f was made by customJvp and has no rule yet/],
    ["customVjp without rule, jitted", () => jit(customVjp(f))(1), MissingRuleError, /f was made by customVjp and has no rule yet/],
    ["defineRule without rules", () => defineRule(f, {}), ArgumentError, /at least one of the rules/],
    ["defineRule of no function", () => defineRule(f, { jvp: 3 as never }), ArgumentError, /jvp needs a function/],
    ["defineRule without bwd", () => defineRule(f, { vjp: { fwd } as never }), ArgumentError, /vjp\.bwd needs a function/],
    ["withRules of no list", () => withRules({} as never, () => 1), ArgumentError, /pairs \[primitive, rules\]/],
    ["withRules of no pairs", () => withRules([sinP] as never, () => 1), ArgumentError, /pairs \[primitive, rules\]/],
    ["withRules of a function", () => withRules([[sin as never, {}]], () => 1), ArgumentError, /the primitive constant, for example roundP/],
    ["withRules without rules", () => withRules([[sinP]] as never, () => 1), ArgumentError, /at least one of the rules/],
    ["withRules of an async function", () => withRules([], async () => 1), ArgumentError, /needs a synchronous function/],
    ["zeroGradient of no function", () => zeroGradient(undefined as never), ArgumentError, /zeroGradient needs a function/],
    ["straightThrough of no function", () => straightThrough("round" as never), ArgumentError, /straightThrough needs a function/],
    ["a surrogate that is none", () => straightThrough(round, 3 as never), ArgumentError, /surrogate needs a function/],
    ["an empty clip interval", () => straightThrough(round, undefined, { clip: [1, -1] }), ArgumentError, /low ≤ high/],
    ["a clip interval with NaN", () => straightThrough(round, undefined, { clip: [NaN, 1] }), ArgumentError, /low ≤ high/],
    ["customGradient without pullback", () => grad(customGradient((x) => [x, 3 as never]))(1), ArgumentError, /the pullback needs a function/],
    ["customGradient of a bare value", () => customGradient((x) => x as never)(1 as never), ArgumentError, /must return \[out, pullback\].*a tensor/],
  ];
  test.each(bad)("%s", (_name, run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });

  test("a bwd that is not linear has no forward mode, and says so", () => {
    const square = withVjp(fwd, (_res, ct) => [mul(ct, ct)])();
    expect(grad(square)(0.5).item()).toBe(1);
    expect(() => jvp(square, [f32()], [f32()])).toThrow(NonlinearError);
    expect(() => jvp(square, [f32()], [f32()])).toThrow(/body has a custom vjp and no custom jvp.*Give a jvp rule as well \(defineRule\)/);
    const reads = withVjp(fwd, (_res, ct) => [mul(ct, ct.item())])();
    expect(grad(reads)(0.5).item()).toBe(1);
    expect(() => jvp(reads, [f32()], [f32()])).toThrow(TypeError);
  });
});
