// Optimisers against steps computed by hand from the published formulas.

import { ArgumentError, array, type Tensor, TreeMismatchError, useBackend } from "@gradus/core";
import { reduceSum, square, sub } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { optim } from "../src/index.js";

useBackend(cpu());

type Params = { w: Tensor; b: Tensor };
const f64 = (data: number | number[]): Tensor => array(data, { dtype: "float64" });
const numbers = (x: Tensor): number[] => [...x.dataSync()] as number[];
const flat = (p: unknown): number[] => [...numbers((p as Params).w), ...numbers((p as Params).b)];
const start = (): Params => ({ w: f64([1, -2]), b: f64(0.5) });
const gradients: number[][] = [[0.1, -3, 2], [0.5, 1, -1], [-0.2, 0, 4]];
const asTree = ([a, b, c]: number[]): Params => ({ w: f64([a as number, b as number]), b: f64(c as number) });

/** The parameters after three steps, element by element, by a rule of one number. */
function byHand(rule: () => (g: number, p: number, t: number) => number): number[] {
  return [1, -2, 0.5].map((p, i) => {
    const step = rule();
    gradients.forEach((g, t) => (p = p + step(g[i] as number, p, t)));
    return p;
  });
}

function run(opt: optim.GradientTransformation<any>, isJitted = false): number[] {
  let params: Params = start();
  let state = opt.init(params);
  const step = (g: Params, s: unknown, p: Params): [Params, unknown] => {
    const [u, next] = opt.update(g, s, p);
    return [optim.applyUpdates(p, u) as Params, next];
  };
  const f = isJitted ? (jit(step) as typeof step) : step;
  for (const g of gradients) [params, state] = f(asTree(g), state, params);
  return flat(params);
}

const momentumRule = (nesterov: boolean) => () => {
  let m = 0;
  return (g: number): number => {
    m = 0.9 * m + g;
    return -0.1 * (nesterov ? g + 0.9 * m : m);
  };
};
// Kingma & Ba 2015, algorithm 1; decay as in Loshchilov & Hutter 2019, algorithm 2.
const adamRule = (decay: number, b1 = 0.9, b2 = 0.999) => () => {
  let [m, v] = [0, 0];
  return (g: number, p: number, t: number): number => {
    m = b1 * m + (1 - b1) * g;
    v = b2 * v + (1 - b2) * g * g;
    const [mHat, vHat] = [m / (1 - b1 ** (t + 1)), v / (1 - b2 ** (t + 1))];
    return -0.1 * (mHat / (Math.sqrt(vHat) + 1e-8) + decay * p);
  };
};
const rmsRule = () => {
  let v = 0;
  return (g: number): number => {
    v = 0.9 * v + 0.1 * g * g;
    return (-0.1 * g) / Math.sqrt(v + 1e-8);
  };
};

const cases: [string, optim.GradientTransformation<any>, () => (g: number, p: number, t: number) => number][] = [
  ["sgd", optim.sgd(0.1), () => (g) => -0.1 * g],
  ["sgd with a schedule", optim.sgd(optim.linear(1, 0, 2)), () => (g, _p, t) => -[1, 0.5, 0][t]! * g],
  ["sgd with a tensor as rate", optim.sgd(f64(0.1)), () => (g) => -0.1 * g],
  ["momentum", optim.momentum(0.1), momentumRule(false)],
  ["Nesterov's momentum", optim.momentum(0.1, 0.9, { nesterov: true }), momentumRule(true)],
  ["adam", optim.adam(0.1), adamRule(0)],
  ["adam without memory", optim.adam(0.1, { b1: 0, b2: 0 }), adamRule(0, 0, 0)],
  ["adamw", optim.adamw(0.1, { weightDecay: 0.01 }), adamRule(0.01)],
  ["rmsprop", optim.rmsprop(0.1), rmsRule],
  ["a chain with scale", optim.chain(optim.scale(2), optim.sgd(0.05)), () => (g) => -0.1 * g],
];

describe.each(cases)("%s", (_name, opt, rule) => {
  test("makes the steps of its formula", () => {
    const expected = byHand(rule);
    run(opt).forEach((v, i) => expect(v).toBeCloseTo(expected[i] as number, 6));
    run(opt, true).forEach((v, i) => expect(v).toBeCloseTo(expected[i] as number, 6));
  });

  test("keeps shapes and dtypes, and does not touch its arguments", () => {
    const params = { w: array([1, 2]), b: f64(1) };
    const state = opt.init(params);
    const before = JSON.stringify(state);
    const [u] = opt.update({ w: array([1, 1]), b: f64(1) }, state, params);
    const next = optim.applyUpdates(params, u);
    expect([next.w.dtype, next.b.dtype, next.w.shape]).toEqual(["float32", "float64", [2]]);
    expect(JSON.stringify(state)).toBe(before);
  });
});

test("the first step of adam is rate·sign of the gradient", () => {
  const opt = optim.adam(0.01);
  const [u] = opt.update([f64([3, -7e-3])], opt.init([f64([0, 0])]));
  expect(numbers(u[0] as Tensor)[0]).toBeCloseTo(-0.01, 8);
  expect(numbers(u[0] as Tensor)[1]).toBeCloseTo(0.01, 7);
});

test("adam finds a minimum", () => {
  const target = array([1, -2, 3]);
  const df = jit(grad((p: Tensor) => reduceSum(square(sub(p, target)))));
  const opt = optim.adam(optim.warmup(0.1, 10, optim.cosineDecay(0.1, 290)));
  let p: Tensor = array([0, 0, 0]);
  let state = opt.init(p);
  for (let i = 0; i < 300; i++) {
    const [u, next] = opt.update(df(p), state);
    [p, state] = [optim.applyUpdates(p, u), next];
  }
  numbers(p).forEach((v, i) => expect(v).toBeCloseTo([1, -2, 3][i] as number, 2));
});

test("a gradient flows through a step to the learning rate", () => {
  const after = (rate: Tensor): Tensor => {
    const [u] = optim.sgd(rate).update(f64(3), null);
    return square(optim.applyUpdates(f64(1), u));
  };
  // d (1 − 3r)²/dr = −6(1 − 3r)
  expect(grad(after)(f64(0.1)).item()).toBeCloseTo(-6 * 0.7, 10);
});

describe("clipByGlobalNorm", () => {
  const clip = (max: number, g: number[]): number[] => flat(optim.clipByGlobalNorm(max).update(asTree(g), null)[0]);
  test("scales down what is longer, and nothing else", () => {
    clip(1, [3, 0, 4]).forEach((v, i) => expect(v).toBeCloseTo([0.6, 0, 0.8][i] as number, 12));
    expect(clip(10, [3, 0, 4])).toEqual([3, 0, 4]);
    expect(clip(1, [0, 0, 0])).toEqual([0, 0, 0]);
    expect(optim.globalNorm(asTree([3, 0, 4])).item()).toBe(5);
    expect(optim.globalNorm({}).item()).toBe(0);
    expect(optim.globalNorm([f64([NaN, 1])]).item()).toBeNaN();
  });
  test("has a gradient of 0 at the origin", () => {
    expect(numbers(grad((x: Tensor) => optim.globalNorm([x]))(f64([0, 0])))).toEqual([0, 0]);
    numbers(grad((x: Tensor) => optim.globalNorm([x]))(f64([3, 4]))).forEach((v, i) => expect(v).toBeCloseTo([0.6, 0.8][i] as number, 12));
  });
  test("goes first in a chain", () => {
    const opt = optim.chain(optim.clipByGlobalNorm(1), optim.sgd(1));
    const [u] = opt.update(asTree([3, 0, 4]), opt.init(start()));
    flat(u).forEach((v, i) => expect(v).toBeCloseTo([-0.6, -0, -0.8][i] as number, 12));
  });
});

test("schedules have the values of their formulas", () => {
  const at = (s: optim.Schedule): number[] => [0, 1, 2, 5, 10, 20].map((n) => s(array(n, { dtype: "int32" })).item());
  const cosine = (n: number): number => 0.1 + 0.9 * 0.5 * (1 + Math.cos((Math.PI * Math.min(n, 10)) / 10));
  const expected: [optim.Schedule, number[]][] = [
    [optim.constant(0.3), [0.3, 0.3, 0.3, 0.3, 0.3, 0.3]],
    [optim.linear(1, 0, 10), [1, 0.9, 0.8, 0.5, 0, 0]],
    [optim.exponentialDecay(2, 5, 0.5), [2, 2 * 0.5 ** 0.2, 2 * 0.5 ** 0.4, 1, 0.5, 0.125]],
    [optim.exponentialDecay(2, 5, 0.5, { staircase: true }), [2, 2, 2, 1, 0.5, 0.125]],
    [optim.cosineDecay(1, 10, 0.1), [0, 1, 2, 5, 10, 20].map(cosine)],
    [optim.warmup(1, 5), [0, 0.2, 0.4, 1, 1, 1]],
    [optim.join(optim.constant(1), 2, optim.linear(1, 0, 8)), [1, 1, 1, 0.625, 0, 0]],
  ];
  for (const [s, values] of expected) at(s).forEach((v, i) => expect(v).toBeCloseTo(values[i] as number, 6));
  expect(optim.linear(1, 0, 10)(5).item()).toBeCloseTo(0.5, 6);
});

test("bad input is refused by name", () => {
  const state = optim.adam(0.1).init(start());
  expect(() => optim.adam(0.1).update({ w: f64(1) }, state)).toThrow(TreeMismatchError);
  expect(() => optim.applyUpdates(start(), [f64(1)])).toThrow(TreeMismatchError);
  expect(() => optim.adamw(0.1).update(start(), optim.adamw(0.1).init(start()))).toThrow(ArgumentError);
  expect(() => optim.adam(0.1, { b1: 1 })).toThrow(ArgumentError);
  expect(() => optim.adam(0.1, { b2: -0.1 })).toThrow(ArgumentError);
  expect(() => optim.momentum(0.1, 1.5)).toThrow(ArgumentError);
  expect(() => optim.rmsprop(0.1, { decay: NaN })).toThrow(ArgumentError);
  expect(() => optim.clipByGlobalNorm(0)).toThrow(ArgumentError);
  expect(() => optim.chain(3 as never)).toThrow(ArgumentError);
  expect(() => optim.sgd(0.1).update({ w: "x" } as never, null)).toThrow(ArgumentError);
  for (const make of [() => optim.linear(0, 1, 0), () => optim.exponentialDecay(1, 1, 0), () => optim.cosineDecay(1, -1), () => optim.warmup(1, NaN)]) expect(make).toThrow(ArgumentError);
});
