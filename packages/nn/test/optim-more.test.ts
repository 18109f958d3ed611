// Adagrad, Lion, Nesterov's momentum, clipping and schedules against their formulas, step by step in JS.

import { ArgumentError, array, reduceSum, type Tensor, useBackend } from "@gradus/core";
import { square } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { optim } from "../src/index.js";

useBackend(cpu());

const f64 = (data: Parameters<typeof array>[0]): Tensor => array(data, { dtype: "float64" });
const numbers = (x: Tensor): number[] => [...x.dataSync()] as number[];
const close = (got: readonly number[], want: readonly number[], tol = 1e-12): void => {
  expect(got.length).toBe(want.length);
  got.forEach((v, i) => expect(Math.abs(v - want[i]!), `element ${i}: ${v}, expected ${want[i]}`).toBeLessThanOrEqual(tol));
};

const gradients = [[1, -2, 0], [0.5, 0, 0], [-3, 4, 0]];
const start = [1, 2, 3];
/** The parameters after each step. */
function run(opt: optim.GradientTransformation<any>): number[][] {
  let params: Tensor = f64(start);
  let state = opt.init(params);
  return gradients.map((g) => {
    const [updates, next] = opt.update(f64(g), state, params);
    state = next;
    params = optim.applyUpdates(params, updates) as Tensor;
    return numbers(params);
  });
}
/** The same by a rule for one entry, which gets the gradient, the parameter and a memory of its own. */
function expected(rule: (g: number, p: number, memory: { a: number; b: number }) => number, memory = { a: 0, b: 0 }): number[][] {
  const [p, memories] = [[...start], start.map(() => ({ ...memory }))];
  return gradients.map((g) => {
    g.forEach((v, i) => (p[i] = p[i]! + rule(v, p[i]!, memories[i]!)));
    return [...p];
  });
}

const { sqrt, sign } = Math;
const rules: [string, optim.GradientTransformation<any>, number[][]][] = [
  ["adagrad", optim.adagrad(0.1), expected((g, _p, m) => ((m.a += g * g), (-0.1 * g) / sqrt(m.a + 1e-7)), { a: 0.1, b: 0 })],
  ["adagrad from 0", optim.adagrad(0.1, { initial: 0 }), expected((g, _p, m) => ((m.a += g * g), m.a > 0 ? (-0.1 * g) / sqrt(m.a + 1e-7) : 0))],
  [
    "lion",
    optim.lion(0.1, { b1: 0.8, b2: 0.9, weightDecay: 0.01 }),
    expected((g, p, m) => {
      const step = sign(0.8 * m.a + (1 - 0.8) * g);
      m.a = 0.9 * m.a + (1 - 0.9) * g;
      return -0.1 * (step + 0.01 * p);
    }),
  ],
  ["nesterov", optim.nesterov(0.1, 0.9), expected((g, _p, m) => ((m.a = 0.9 * m.a + g), -0.1 * (g + 0.9 * m.a)))],
  ["momentum", optim.momentum(0.1, 0.9), expected((g, _p, m) => ((m.a = 0.9 * m.a + g), -0.1 * m.a))],
  ["rmsprop", optim.rmsprop(0.1, { decay: 0.8, eps: 1e-3 }), expected((g, _p, m) => ((m.a = 0.8 * m.a + (1 - 0.8) * g * g), (-0.1 * g) / sqrt(m.a + 1e-3)))],
  ["clip", optim.chain(optim.clip(1.5), optim.sgd(0.1)), expected((g) => -0.1 * Math.min(Math.max(g, -1.5), 1.5))],
  ["addDecayedWeights", optim.chain(optim.addDecayedWeights(0.1), optim.sgd(0.1)), expected((g, p) => -0.1 * (g + 0.1 * p))],
];
describe.each(rules)("%s", (_name, opt, wanted) => {
  test("steps as its formula says", () => run(opt).forEach((p, i) => close(p, wanted[i]!)));
  test("goes through jit, and downhill", () => {
    const loss = (p: Tensor): Tensor => reduceSum(square(p));
    const step = (p: Tensor, s: unknown): [Tensor, unknown] => {
      const [updates, next] = opt.update(grad(loss)(p), s, p);
      return [optim.applyUpdates(p, updates) as Tensor, next];
    };
    const train = (f: typeof step): Tensor => Array.from({ length: 30 }).reduce(([p, s]: [Tensor, unknown]) => f(p, s), [f64(start), opt.init(f64(start))])[0];
    const eager = train(step);
    expect(loss(eager).item()).toBeLessThan(loss(f64(start)).item() * 0.9);
    close(numbers(train(jit(step) as typeof step)), numbers(eager), 1e-9);
  });
});

test("clipping by the root mean square of each leaf", () => {
  const opt = optim.clipByBlockRms(1);
  const [{ a, b }] = opt.update({ a: f64([3, 4]), b: f64([0.1, 0]) }, opt.init({})) as unknown as [{ a: Tensor; b: Tensor }];
  close(numbers(a), [3 / sqrt(12.5), 4 / sqrt(12.5)]);
  close(numbers(b), [0.1, 0]);
  close(numbers(opt.update(f64([0, 0]), null)[0] as unknown as Tensor), [0, 0]);
});

const at = [0, 1, 5, 10, 15, 20, 40];
const schedules: [string, optim.Schedule, number[]][] = [
  ["polynomial", optim.polynomial(1, 0.2, 2, 10), [1, 0.8 * 0.81 + 0.2, 0.4, 0.2, 0.2, 0.2, 0.2]],
  ["polynomial that begins later", optim.polynomial(1, 0, 1, 10, 5), [1, 1, 1, 0.5, 0, 0, 0]],
  ["piecewiseConstant", optim.piecewiseConstant(1, { 5: 0.5, 20: 0.1 }), [1, 1, 0.5, 0.5, 0.5, 0.05, 0.05]],
  ["joinSchedules", optim.joinSchedules([optim.constant(1), optim.linear(0, 1, 10), optim.constant(7)], [5, 20]), [1, 1, 0, 0.5, 1, 7, 7]],
  ["warmupCosineDecay", optim.warmupCosineDecay(0, 1, 10, 20, 0.5), [0, 0.1, 0.5, 1, 0.75, 0.5, 0.5]],
  ["exponentialDecay", optim.exponentialDecay(1, 5, 0.5), at.map((n) => 0.5 ** (n / 5))],
  ["cosineDecay", optim.cosineDecay(2, 20, 0.1), at.map((n) => 2 * (0.9 * 0.5 * (1 + Math.cos((Math.PI * Math.min(n, 20)) / 20)) + 0.1))],
];
test.each(schedules)("%s", (_name, schedule, wanted) => {
  close(at.map((n) => schedule(array(n, { dtype: "int32" })).item()), wanted, 1e-6);
  close(at.map((n) => jit(schedule as (n: Tensor) => Tensor)(array(n, { dtype: "int32" })).item()), wanted, 1e-6);
});

test("bad input is refused", () => {
  for (const bad of [0, -1, NaN, "1" as never]) {
    expect(() => optim.clip(bad)).toThrow(ArgumentError);
    expect(() => optim.clipByBlockRms(bad)).toThrow(ArgumentError);
  }
  expect(() => optim.adagrad(0.1, { initial: -1 })).toThrow(ArgumentError);
  expect(() => optim.lion(0.1, { b1: 1 })).toThrow(ArgumentError);
  expect(() => optim.lion(0.1).update(f64([1]), optim.lion(0.1).init(f64([1])))).toThrow(ArgumentError);
  expect(() => optim.polynomial(1, 0, 0, 10)).toThrow(ArgumentError);
  expect(() => optim.polynomial(1, 0, 1, 0)).toThrow(ArgumentError);
  expect(() => optim.piecewiseConstant(1, { 0: 0.5 })).toThrow(ArgumentError);
  expect(() => optim.joinSchedules([optim.constant(1)], [1])).toThrow(ArgumentError);
  expect(() => optim.joinSchedules([optim.constant(1), optim.constant(1), optim.constant(1)], [5, 5])).toThrow(ArgumentError);
  expect(() => optim.joinSchedules(undefined as never, [1])).toThrow(ArgumentError);
  expect(() => optim.piecewiseConstant(1, null as never)).toThrow(ArgumentError);
  expect(() => optim.warmupCosineDecay(0, 1, 10, 10)).toThrow(ArgumentError);
});
