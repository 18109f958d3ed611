// A tangent rule must be linear. What is linear passes, also where a zero is added or selected; what is not is one error, which
// names the rule, in every mode that has to transpose it.

import { vmap } from "@gradus/batching";
import { add, array, full, mul, NonlinearError, reduceSum, select, type Tensor, useBackend } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { concatenate, div, exp, greater, pad, sin, slice, sub, where } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad, linearTranspose, vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { customJvp } from "../src/index.js";

useBackend(cpu());

type F = (x: Tensor) => Tensor;
type Rule = (t: Tensor, x: Tensor) => Tensor | number;

const withTangent = (rule: Rule): F =>
  customJvp(function curve(x: Tensor) {
    return sin(x);
  }).defjvp(([x], [t]) => [sin(x), rule(t, x)]);
const total = (f: F): F =>
  function total(x) {
    return reduceSum(f(x));
  };
const point = (): Tensor => array(2);
const vector = (): Tensor => array([1, 2, 3]);
const matrix = (): Tensor => array([[1, 2, 3], [4, 5, 6]]);

const modes: [string, (f: F) => F, () => Tensor][] = [
  ["grad", (f) => grad(total(f)) as F, point],
  ["grad of an array", (f) => grad(total(f)) as F, vector],
  ["grad∘jit", (f) => grad(jit(total(f))) as F, point],
  ["grad∘jit of an array", (f) => grad(jit(total(f))) as F, vector],
  ["jit∘grad", (f) => jit(grad(total(f))) as F, vector],
  ["vmap∘grad", (f) => vmap(grad(total(f))) as F, matrix],
  ["vmap∘grad∘jit", (f) => vmap(grad(jit(total(f)))) as F, matrix],
  ["grad∘vmap", (f) => grad(total(vmap(f))) as F, matrix],
  ["grad∘jit∘vmap", (f) => grad(jit(total(vmap(f)))) as F, vector],
  ["a pullback", (f) => (x) => vjp(f, [x])[1](full(x.shape, 1))[0], vector],
  ["grad∘jit∘grad∘jit", (f) => grad((x: Tensor) => reduceSum(jit(grad(jit(total((y: Tensor) => mul(f(y), x)))))(x))) as F, vector],
];
const flat = (x: Tensor): number[] => [...x.dataSync()];

describe("rules that are linear, and give t for x > 1.5, or t", () => {
  const everywhere = (): number => 1;
  const masked = (x: number): number => (x > 1.5 ? 1 : 0);
  const rules: [string, Rule, (x: number) => number][] = [
    ["add(t, 0)", (t) => add(t, 0), everywhere],
    ["add(0, t)", (t) => add(0, t), everywhere],
    ["sub(t, 0)", (t) => sub(t, 0), everywhere],
    ["add(t, zeros)", (t, x) => add(t, full(x.shape, 0)), everywhere],
    ["div(t, 1)", (t) => div(t, 1), everywhere],
    ["add(t, −0)", (t) => add(t, -0), everywhere],
    ["where(x > 1.5, t, 0)", (t, x) => where(greater(x, 1.5), t, 0), masked],
    ["select with zeros", (t, x) => select(greater(x, 1.5), t, full(x.shape, 0)), masked],
    ["where(x ≤ 1.5, 0, t)", (t, x) => where(greater(1.5, x), 0, t), masked],
    ["mul(t, mask)", (t, x) => mul(t, where(greater(x, 1.5), 1, 0)), masked],
    ["the constant 0", () => 0, () => 0],
    ["zeros", (_t, x) => full(x.shape, 0), () => 0],
    ["mul(0, t)", (t) => mul(0, t), () => 0],
    ["t − t", (t) => sub(t, t), () => 0],
  ];
  describe.each(rules)("%s", (name, rule, slope) => {
    const fitting = modes.filter(([mode]) => !(name === "the constant 0" && !/^(grad|grad∘jit)$/.test(mode)) && mode !== "grad∘jit∘grad∘jit");
    test.each(fitting)("%s", (_mode, use, x) => {
      expect(flat(use(withTangent(rule))(x()))).toEqual(flat(x()).map((v) => slope(v)));
    });
  });

  test("padding and joining with zeros is linear", () => {
    const shifted: Rule = (t) => add(pad(slice(t, [0], [2]), 0, [[1, 0, 0]]), concatenate([array([0, 0]), slice(t, [0], [1])]));
    for (const d of [grad(total(withTangent(shifted))), grad(jit(total(withTangent(shifted))))]) expect(d(vector()).js()).toEqual([2, 1, 0]);
  });
});

describe("rules that are not", () => {
  const rules: [string, Rule][] = [
    ["t·t", (t) => mul(t, t)],
    ["sin t", (t) => sin(t)],
    ["exp t", (t) => exp(t)],
    ["x/t", (t, x) => div(x, t)],
    ["t + 1", (t) => add(t, 1)],
    ["t + x", (t, x) => add(t, x)],
    ["t·x + 1e-30", (t, x) => add(mul(t, x), 1e-30)],
    ["where(x > 1.5, t, 1)", (t, x) => where(greater(x, 1.5), t, 1)],
    ["where(t > 0, t, 0)", (t) => where(greater(t, 0), t, 0)],
    ["the constant x", (_t, x) => x],
    ["ones", (_t, x) => full(x.shape, 1)],
  ];
  describe.each(rules)("%s", (_name, rule) => {
    test.each(modes)("%s", (mode, use, x) => {
      const run = (): unknown => use(withTangent(rule))(x());
      expect(run).toThrow(NonlinearError);
      expect(run).toThrow(TypeError);
      // Where jit comes first, the program no longer knows which rule an operation came from.
      expect(run).toThrow(/grad∘jit/.test(mode) ? /curve|rule of total|total.*without jit/ : /curve/);
    });

    test("has its plain value in forward mode, which asks for nothing", () => {
      const t = array(0.5);
      const expected = rule(t, point());
      expect(jvp(withTangent(rule), [point()], [t])[1].item()).toBeCloseTo(typeof expected === "number" ? expected : expected.item(), 6);
    });
  });
});

describe("linearTranspose", () => {
  test("takes what is linear", () => {
    expect(linearTranspose((t: Tensor) => add(mul(t, 3), where(array([true, false]), t, 0)), [array([0, 0])])(array([1, 1]))[0].js()).toEqual([4, 3]);
  });
  test.each([
    ["products", (t: Tensor) => mul(t, t)],
    ["functions", (t: Tensor) => sin(t)],
    ["sums with constants", (t: Tensor) => add(t, 1)],
    ["constants", () => array([1, 2])],
  ])("refuses %s", (_name, f) => {
    expect(() => linearTranspose(f, [array([1, 2])])(array([1, 1]))).toThrow(NonlinearError);
  });
});
