// What the types of custom rules promise: a custom function is called as the function it was made from.

import type { Tensor, TensorLike } from "@gradus/core";
import { mul, round, roundP, sin } from "@gradus/ops";
import { grad } from "@gradus/vjp";
import { expectTypeOf, test } from "vitest";
import { closureConvert, customGradient, customJvp, customVjp, defineRule, linearCall, straightThrough, withRules, zeroGradient } from "../src/index.js";

interface Params {
  w: Tensor;
  b: Tensor[];
}
declare const x: Tensor;
declare const params: Params;
const model = (p: Params, n: number): { y: Tensor; parts: Tensor[] } => ({ y: mul(p.w, n), parts: p.b });

test("custom functions keep parameters and results", () => {
  for (const f of [
    customJvp(model).defjvp((primals) => [model(primals[0], 1), primals[1]]),
    customJvp(model).defjvps(null, null),
    customVjp(model).defvjp((p: Params) => [model(p, 1), p], (p: Params) => [p, null]),
    customVjp(model, { nondiffArgnums: 1, symbolicZeros: true }).defvjp((p) => [p, null], () => [null]),
    defineRule(model, { jvp: ([p], [t]) => [p, t] }),
    customGradient((p: Params, n: number) => [model(p, n), () => [null, null]]),
    straightThrough(model),
    straightThrough(model, model, { clip: [-1, 1] }),
    zeroGradient(model, "for a reason"),
  ]) {
    expectTypeOf(f(params, 2)).toEqualTypeOf<{ y: Tensor; parts: Tensor[] }>();
    // @ts-expect-error an argument is missing
    f(params);
  }
});

test("lambdas need no annotations", () => {
  const f = customJvp((a) => sin(a)).defjvp(([a], [t]) => [sin(a), t]);
  expectTypeOf(f).toBeCallableWith(x);
  expectTypeOf(grad(straightThrough(round))(1)).toEqualTypeOf<Tensor>();
  expectTypeOf(grad((a) => mul(straightThrough(round)(a), a))(1)).toEqualTypeOf<Tensor>();
  expectTypeOf(zeroGradient((a, b) => mul(a, b))(x, x)).toEqualTypeOf<Tensor>();
  customGradient((a) => [a, (ct) => ct])(x);
});

test("rules of other kinds are refused", () => {
  // @ts-expect-error a rule gives a pair
  customJvp((a: Tensor) => a).defjvp(([a]: [Tensor]) => a);
  // @ts-expect-error fwd gives a pair
  customVjp((a: Tensor) => a).defvjp((a: Tensor) => a, (_res, ct) => [ct]);
  // @ts-expect-error bwd gives an array
  customVjp((a: Tensor) => a).defvjp((a) => [a, null], (_res, ct) => ct as Tensor);
  // @ts-expect-error bwd is missing
  customVjp((a: Tensor) => a).defvjp((a) => [a, null]);
  // @ts-expect-error a pullback goes with the value
  customGradient((a: Tensor) => a);
  // @ts-expect-error no such option
  customJvp((a: Tensor) => a, { nondiff: 0 });
  // @ts-expect-error a vjp has two parts
  defineRule((a: Tensor) => a, { vjp: { fwd: (a) => [a, null] } });
  // @ts-expect-error no such rule
  defineRule((a: Tensor) => a, { transpose: (ct: Tensor) => ct });
  // @ts-expect-error an interval has two ends
  straightThrough((a: Tensor) => a, (a: Tensor) => a, { clip: [1] });
});

test("the surrogate must fit the function", () => {
  // @ts-expect-error another result
  straightThrough((a: Tensor): Tensor => round(a), (a: Tensor) => [a]);
  // @ts-expect-error another parameter
  straightThrough((a: Tensor): Tensor => round(a), (_a: string) => x);
  straightThrough((a: TensorLike): Tensor => round(a), (a) => sin(a));
});

test("withRules gives back what its callback returns, and wants pairs", () => {
  expectTypeOf(withRules([[roundP, { jvp: ([a], [t]) => [round(a), t] }]], () => ({ text: "a", y: x }))).toEqualTypeOf<{ text: string; y: Tensor }>();
  // @ts-expect-error the function, not the primitive
  withRules([[round, {}]], () => 1);
  // @ts-expect-error no such rule
  withRules([[roundP, { forward: () => 1 }]], () => 1);
});

test("linearCall has the structure of the function's result, and hands each function its arguments", () => {
  expectTypeOf(linearCall((n: Tensor, v: { w: Tensor }) => ({ y: mul(n, v.w) }), (n, ct) => ({ w: mul(n, ct.y) }), x, { w: x })).toEqualTypeOf<{ y: Tensor }>();
  // @ts-expect-error the transpose is missing
  linearCall((_n: null, v: Tensor) => v, null, x);
  // @ts-expect-error an argument of another structure
  linearCall((_n: null, v: { w: Tensor }) => v.w, (_n: null, ct: Tensor) => ({ w: ct }), null, x);
});

test("closureConvert keeps the result and lists what was hoisted", () => {
  const [converted, hoisted] = closureConvert((a: Tensor) => ({ y: sin(a) }), x);
  expectTypeOf(converted(x, ...hoisted)).toEqualTypeOf<{ y: Tensor }>();
  expectTypeOf(hoisted).toEqualTypeOf<Tensor[]>();
});
