// Handlers of one's own and higher-order primitives: compiled calls are opened, custom rules are kept, overlays come first,
// and what cannot be right is refused.

import { vmap } from "@gradus/batching";
import { array, type Aval, bind, definePrimitive, type Handler, lift, MissingRuleError, mul, payloadOf, performBelow, type Primitive, type Tensor, useBackend, withHandler } from "@gradus/core";
import { sin } from "@gradus/ops";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { jit, jitCallP, makeProgram } from "@gradus/tracing";
import { grad, vjp } from "@gradus/vjp";
import { beforeEach, describe, expect, test } from "vitest";
import { customJvp, customVjp, ruleCallP, straightThrough } from "../src/index.js";

useBackend(eagerCpu());

const log: string[] = [];
beforeEach(() => {
  log.length = 0;
});
const logger = (more: Partial<Handler> = {}): Handler => ({
  name: "logger",
  perform: (p, args, params) => (log.push(p.name), performBelow(p, args, params)),
  ...more,
});
const seen = (run: () => unknown): string[] => {
  log.length = 0;
  run();
  return [...log];
};

/** Doubles of values go along with values: a handler with tracers of its own. */
const shadow = (more: Partial<Handler> = {}): Handler => {
  const handler: Handler = {
    name: "shadow",
    sees: "own",
    perform(p, args, params) {
      log.push(p.name);
      const pairs = args.map((a) => payloadOf<{ value: Tensor; count: number }>(handler, a) ?? { value: a, count: 0 });
      return performBelow(p, pairs.map((q) => q.value), params).map((value) => lift(handler, { value, count: 1 + Math.max(...pairs.map((q) => q.count)) }, value.aval));
    },
    ...more,
  };
  return handler;
};
const shadowed = (handler: Handler, f: (x: Tensor) => Tensor, x = array(2)): { value: Tensor; count: number } =>
  withHandler(handler, () => payloadOf<{ value: Tensor; count: number }>(handler, f(lift(handler, { value: x, count: 0 }, x.aval)))!);

const curve: (x: Tensor) => Tensor = customJvp((x: Tensor): Tensor => sin(sin(x))).defjvp(([x], [t]) => [curve(x), mul(t, mul(10, x))]);
const steep: (x: Tensor) => Tensor = customVjp((x: Tensor): Tensor => sin(sin(x))).defvjp((x) => [steep(x), x], (x, ct) => [mul(ct, mul(10, x))]);

describe("a handler that sees everything", () => {
  test("sees the body of a custom function, and inside derivatives its rule", () => {
    expect(seen(() => withHandler(logger(), () => curve(array(2))))).toEqual(["sin", "sin"]);
    expect(seen(() => withHandler(logger(), () => grad(curve)(2)))).toEqual(["sin", "sin", "mul", "mul"]);
    expect(seen(() => withHandler(logger(), () => grad(steep)(2)))).toEqual(["sin", "sin", "mul", "mul"]);
  });
  test("inside of a derivative sees the body where it evaluates, and the rule survives", () => {
    const f = (x: Tensor): Tensor => withHandler(logger(), () => curve(x));
    expect(grad(f)(2).item()).toBe(20);
    expect(grad(jit(f))(2).item()).toBe(20);
    expect(vmap(grad(f))(array([1, 2])).js()).toEqual([10, 20]);
  });
  test("given rule_call and jit_call whole, forwards them, and the rule survives", () => {
    const whole = logger({ higherOrder: "forward" });
    const f = jit((x: Tensor) => curve(x));
    expect(seen(() => withHandler(whole, () => f(array(2))))).toEqual(["jit_call"]);
    expect(seen(() => withHandler(whole, () => curve(array(2))))).toEqual(["rule_call"]);
    expect(grad((x: Tensor) => withHandler(whole, () => f(x)))(2).item()).toBe(20);
    expect(grad((x: Tensor) => withHandler(whole, () => curve(x)))(2).item()).toBe(20);
  });
  test("is given what it has an overlay for whole, and the rest opened", () => {
    const some = logger({ overlay: new Map([[jitCallP, {}]]) });
    const f = jit((x: Tensor) => curve(x));
    expect(seen(() => withHandler(some, () => f(array(2))))).toEqual(["jit_call"]);
    expect(seen(() => withHandler(some, () => curve(array(2))))).toEqual(["sin", "sin"]);
  });
});

describe("a handler with tracers of its own", () => {
  test("goes into compiled calls", () => {
    const f = jit((x: Tensor) => mul(sin(x), sin(x)));
    const { value, count } = shadowed(shadow(), f);
    expect([value.item(), count, log]).toEqual([expect.closeTo(Math.sin(2) ** 2, 6), 2, ["sin", "mul"]]);
    expect(shadowed(shadow(), jit((x: Tensor) => f(f(x)))).count).toBe(4);
  });
  test("goes into custom functions where only evaluation lies below", () => {
    for (const f of [curve, steep, jit(curve)]) expect(shadowed(shadow(), f).count).toBe(2);
    expect(shadowed(shadow(), straightThrough((x: Tensor) => sin(x))).count).toBe(1);
  });
  test("above a derivative would lose custom rules, and is refused by name with the ways to mend it", () => {
    const h = shadow();
    for (const f of [curve, steep, jit(curve)]) {
      const run = (): unknown => grad((x: Tensor) => shadowed(h, f, x).value)(2);
      expect(run).toThrow(MissingRuleError);
      expect(run).toThrow(/The handler shadow has values of its own and no rule for rule_call.*custom rules of .*overlay entry for ruleCallP, or install it outside/);
    }
    expect(grad((x: Tensor) => shadowed(h, (y) => mul(y, y), x).value)(3).item()).toBe(6);
  });
  test("with an overlay entry for rule_call handles it itself", () => {
    const h = shadow({ overlay: new Map([[ruleCallP, {}]]) });
    expect(grad((x: Tensor) => shadowed(h, curve, x).value)(2).item()).toBe(20);
    expect(shadowed(h, curve).count).toBe(1);
  });
  test("outside of a derivative sees what that comes down to", () => {
    expect(shadowed(shadow(), (x) => grad(curve)(x)).value.item()).toBe(20);
    expect(shadowed(shadow(), (x) => vjp(steep, [x])[1](1)[0]).value.item()).toBe(20);
  });
});

describe("effects in the body of a custom function", () => {
  const noted: string[] = [];
  const noteP: Primitive<{ tag: string }> = definePrimitive<{ tag: string }>("@test/note", {
    abstractEval: ([x]) => x as Aval,
    decompose: ([x], { tag }) => (noted.push(tag), x!),
    effect: "ordered",
    rules: { jvp: ([x], [t], params) => [bind(noteP, [x!], params), t!] },
  });
  const noting = customJvp((x: Tensor): Tensor => bind(noteP, [x], { tag: "body" })).defjvp(([x], [t]) => [x, t]);

  test("keep the call, though its result is not used", () => {
    const program = makeProgram((x: Tensor) => (noting(x), mul(x, 2)))(1);
    expect(program.equations.map((eq) => [eq.primitive.name, eq.effect])).toEqual([["rule_call", "ordered"], ["mul", undefined]]);
    const f = jit((x: Tensor) => (noting(x), mul(x, 2)));
    noted.length = 0;
    f(array(1));
    f(array(2));
    expect(noted).toEqual(["body", "body"]);
  });
});
