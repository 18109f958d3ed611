// Random numbers: JAX's bits for the same key, as its documentation prints them, and the moments of the distributions.

import { ArgumentError, array, DTypeError, MissingRuleError, ShapeError, type Tensor, useBackend } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { checkGrads } from "@gradus/conformance";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import * as np from "../src/index.js";

useBackend(cpu());

const { random } = np;
const numbers = (x: Tensor): number[] => [...x.dataSync()] as number[];

// https://docs.jax.dev/en/latest/random-numbers.html
test("keys and numbers are those that JAX documents", () => {
  const key = random.key(42);
  expect(numbers(key)).toEqual([0, 42]);
  expect(random.normal(key).item()).toBeCloseTo(-0.028304616, 7);
  expect(random.split(key).js()).toEqual([[1832780943, 270669613], [64467757, 2916123636]]);
});

const n = 20000;
const draws: [string, (k: Tensor) => Tensor, number, number][] = [
  ["uniform", (k) => random.uniform(k, [n]), 0.5, 1 / 12],
  ["uniform of a range", (k) => random.uniform(k, [n], -2, 4), 1, 3],
  ["normal", (k) => random.normal(k, [n]), 0, 1],
  ["bernoulli", (k) => np.astype(random.bernoulli(k, 0.3, [n]), "float32"), 0.3, 0.21],
  ["exponential", (k) => random.exponential(k, [n]), 1, 1],
  ["gumbel", (k) => random.gumbel(k, [n]), 0.5772156649, Math.PI ** 2 / 6],
  ["categorical", (k) => np.astype(random.categorical(k, np.broadcastTo(array([Math.log(1), Math.log(3)]), [n, 2])), "float32"), 0.75, 0.1875],
];
describe.each(draws)("%s", (_name, draw, mean, variance) => {
  test("has its mean and its variance", () => {
    const x = draw(random.key(7));
    const error = 4 * Math.sqrt(variance / n);
    expect(Math.abs(np.mean(x).item() - mean)).toBeLessThan(error);
    expect(Math.abs(np.var(x).item() / variance - 1)).toBeLessThan(0.1);
  });
  test("is the same for the same key, eagerly and under jit, and another for another", () => {
    const x = numbers(draw(random.key(3)));
    // What is compiled may round less often.
    numbers(jit(draw)(random.key(3))).forEach((v, i) => expect(Math.abs(v - x[i]!)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(v))));
    expect(numbers(vmap(draw)(random.split(random.key(3))))).toEqual([...numbers(draw(np.take(random.split(random.key(3)), 0, 0))), ...numbers(draw(np.take(random.split(random.key(3)), 1, 0)))]);
    expect(numbers(draw(random.foldIn(random.key(3), 1)))).not.toEqual(x);
  });
});

test("uniform numbers stay inside their bounds", () => {
  const x = numbers(random.uniform(random.key(1), [n], -1, 1));
  expect(Math.min(...x)).toBeGreaterThanOrEqual(-1);
  expect(Math.max(...x)).toBeLessThan(1);
  expect(random.uniform(random.key(1), [0]).shape).toEqual([0]);
});

test("a permutation has every element once, in an order that the key decides", () => {
  const order = numbers(random.permutation(random.key(5), 100));
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(order).not.toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(numbers(jit((k: Tensor) => random.permutation(k, 100))(random.key(5)))).toEqual(order);
  const rows = array([[0, 1], [2, 3], [4, 5]]);
  expect(random.permutation(random.key(5), rows).js()).toEqual(numbers(random.permutation(random.key(5), 3)).map((i) => [2 * i, 2 * i + 1]));
  expect(random.permutation(random.key(5), 0).shape).toEqual([0]);
  expect(() => random.permutation(random.key(5), 1.5)).toThrow(ArgumentError);
  expect(() => random.permutation(random.key(5), array(1))).toThrow(ShapeError);
});

const more: [string, (k: Tensor) => Tensor, number, number][] = [
  ["randint", (k) => np.astype(random.randint(k, [n], 0, 10), "float32"), 4.5, 8.25],
  ["choice", (k) => np.astype(random.choice(k, 3, [n], { p: array([1, 2, 1]) }), "float32"), 1, 0.5],
  ["laplace", (k) => random.laplace(k, [n]), 0, 2],
  ["logistic", (k) => random.logistic(k, [n]), 0, Math.PI ** 2 / 3],
  ["rayleigh", (k) => random.rayleigh(k, 2, [n]), Math.sqrt(2 * Math.PI), 8 - 2 * Math.PI],
  ["maxwell", (k) => random.maxwell(k, [n]), Math.sqrt(8 / Math.PI), 3 - 8 / Math.PI],
  ["triangular", (k) => random.triangular(k, 0, 1, 4, [n]), 5 / 3, 13 / 18],
  ["wald", (k) => random.wald(k, 0.5, [n]), 0.5, 0.125],
  ["geometric", (k) => np.astype(random.geometric(k, 0.25, [n]), "float32"), 4, 12],
  ["normal, float64", (k) => random.normal(k, [n], "float64"), 0, 1],
];
test.each(more)("%s has its mean and its variance", (_name, draw, mean, variance) => {
  const x = draw(random.key(11));
  expect(Math.abs(np.mean(x).item() - mean)).toBeLessThan(4 * Math.sqrt(variance / n));
  expect(Math.abs(np.var(x).item() / variance - 1)).toBeLessThan(0.1);
});

test("gamma, beta, poisson and the like have their means", () => {
  const k = random.key(6);
  const m = 3000;
  const mean = (x: Tensor): number => np.mean(np.astype(x, "float64")).item();
  expect(mean(random.gamma(k, 2.5, [m]))).toBeCloseTo(2.5, 0);
  expect(Math.abs(mean(random.gamma(k, 0.3, [m], "float64")) - 0.3)).toBeLessThan(4 * Math.sqrt(0.3 / m));
  expect(Math.abs(mean(random.beta(k, 2, 3, [m])) - 0.4)).toBeLessThan(0.02);
  expect(Math.abs(mean(random.poisson(k, 4, [m])) - 4)).toBeLessThan(4 * Math.sqrt(4 / m));
  expect(Math.abs(mean(random.poisson(k, 50, [m])) - 50)).toBeLessThan(4 * Math.sqrt(50 / m));
  expect(mean(random.poisson(k, 0, [5]))).toBe(0);
  expect(np.all(np.less(np.linalg.norm(random.ball(k, 2, 2, [200]), null, -1), 1)).item()).toBe(true);
  expect(np.allclose(np.sum(random.dirichlet(k, array([0.1, 5])), -1), 1).item()).toBe(true);
});

test("rejection is the same under vmap and jit, and has no derivative by the gamma parameter", () => {
  const keys = random.split(random.key(4), 2);
  const row = (i: number): Tensor => np.take(keys, i, 0);
  for (const draw of [(k: Tensor) => random.gamma(k, 0.7, [5], "float64"), (k: Tensor) => random.poisson(k, 20, [5])]) {
    const rows = [0, 1].map((i) => draw(row(i)));
    expect(np.allclose(vmap(draw)(keys), np.stack(rows), { rtol: 1e-12 }).item()).toBe(true);
    expect(np.allclose(jit(draw)(row(1)), rows[1]!, { rtol: 1e-12 }).item()).toBe(true);
  }
  expect(vmap((a: Tensor) => random.gamma(row(0), a, [3]))(array([0.5, 2])).shape).toEqual([2, 3]);
  expect(() => grad((a: Tensor) => random.gamma(row(0), a))(array(2))).toThrow(MissingRuleError);
  expect(() => grad((a: Tensor) => random.t(row(0), a))(array(2))).toThrow(MissingRuleError);
  expect(grad((a: Tensor) => np.multiply(a, np.astype(random.poisson(row(0), a), "float32")))(array(3)).item()).toBe(random.poisson(row(0), 3).item());
});

test("parameters have derivatives", () => {
  const k = random.key(2);
  const f = (s: Tensor): Tensor => np.sum(random.lognormal(k, s, [4], "float64"));
  checkGrads(f, [array(0.7, { dtype: "float64" })], { order: 2, atol: 1e-6, rtol: 1e-6 });
  checkGrads((b: Tensor) => random.truncatedNormal(k, b, 2, [3], "float64"), [array([-1, -0.5, 0.3], { dtype: "float64" })], { order: 1, atol: 1e-6, rtol: 1e-6 });
  checkGrads((m: Tensor) => random.multivariateNormal(k, m, np.outer(m, m), [], "float64"), [array([2], { dtype: "float64" })], { order: 1, atol: 1e-6, rtol: 1e-6 });
});

test("numbers are the same under vmap and jit", () => {
  const keys = random.split(random.key(4), 3);
  for (const draw of [(k: Tensor) => random.randint(k, [4], 0, 9), (k: Tensor) => random.choice(k, 9, [4], { replace: false }), (k: Tensor) => random.permutation(k, np.arange(6), {})]) {
    const rows = [0, 1, 2].map((i) => draw(np.take(keys, i, 0)).js());
    expect(vmap(draw)(keys).js()).toEqual(rows);
    expect(jit(draw)(np.take(keys, 1, 0)).js()).toEqual(rows[1]);
  }
});

test("matrices are orthogonal, and draws without putting back differ", () => {
  const q = random.orthogonal(random.key(3), 4, [2], { m: 3, dtype: "float64" });
  expect(np.allclose(np.matmul(np.matrixTranspose(q), q), np.eye(3), { atol: 1e-12 }).item()).toBe(true);
  expect(new Set(numbers(random.choice(random.key(3), 20, [20], { replace: false, p: np.ones([20]) }))).size).toBe(20);
  const x = numbers(random.truncatedNormal(random.key(3), -0.5, 0.25, [n]));
  expect(x.every((v) => v > -0.5 && v < 0.25)).toBe(true);
});

test("a shape is a list of whole numbers", () => {
  const k = random.key(0);
  for (const shape of [3, null, [0.5], [-1], "x"] as never[]) {
    const draws = [random.uniform, random.normal, random.exponential, random.gumbel, random.laplace, random.logistic, random.cauchy, random.maxwell, random.rademacher] as ((k: Tensor, shape: never) => Tensor)[];
    for (const draw of draws) expect(() => draw(k, shape), `${draw.name} of ${String(shape)}`).toThrow(ShapeError);
    const withParameter = [random.pareto, random.lognormal, random.rayleigh, random.wald, random.gamma, random.loggamma, random.chisquare, random.t, random.generalizedNormal, random.poisson, random.geometric] as ((k: Tensor, p: number, shape: never) => Tensor)[];
    for (const draw of withParameter) expect(() => draw(k, 0.5, shape), `${draw.name} of ${String(shape)}`).toThrow(ShapeError);
    const withTwo = [random.beta, random.f, random.weibullMin, random.truncatedNormal, random.doubleSidedMaxwell] as ((k: Tensor, p: number, q: number, shape: never) => Tensor)[];
    for (const draw of withTwo) expect(() => draw(k, 1, 2, shape), `${draw.name} of ${String(shape)}`).toThrow(ShapeError);
    expect(() => random.randint(k, shape, 0, 3)).toThrow(ShapeError);
    expect(() => random.choice(k, 3, shape)).toThrow(ShapeError);
    expect(() => random.triangular(k, 0, 1, 2, shape)).toThrow(ShapeError);
    expect(() => random.categorical(k, array([1, 2]), -1, shape)).toThrow(ShapeError);
    expect(() => random.dirichlet(k, array([1, 2]), shape)).toThrow(ShapeError);
    expect(() => random.ball(k, 2, 2, shape)).toThrow(ShapeError);
    expect(() => random.orthogonal(k, 2, shape)).toThrow(ShapeError);
    expect(() => random.multivariateNormal(k, array([1]), array([[1]]), shape)).toThrow(ShapeError);
  }
});

test("bad input is refused", () => {
  expect(() => random.uniform(random.key(0), [2], "int32" as never)).toThrow(DTypeError);
  expect(() => random.normal(random.key(0), [2], "bool" as never)).toThrow(DTypeError);
  expect(() => random.randint(random.key(0), [2], 0.5, 3)).toThrow(ArgumentError);
  expect(() => random.randint(random.key(0), [2], array([0.5, 1]), 3)).toThrow(DTypeError);
  expect(() => random.randint(random.key(0), [2], 0, 3, "float32" as never)).toThrow(DTypeError);
  expect(() => random.choice(random.key(0), 0)).toThrow(ArgumentError);
  expect(() => random.choice(random.key(0), 3, [4], { replace: false })).toThrow(ShapeError);
  expect(() => random.choice(random.key(0), 3, [1], { p: array([1, 2]) })).toThrow(ShapeError);
  expect(() => random.choice(random.key(0), array([[1]]), [1], { axis: 2 })).toThrow(ShapeError);
  expect(() => random.categorical(random.key(0), array([[1, 2]]), 1, [2])).toThrow(ShapeError);
  expect(() => random.pareto(random.key(0), array([1, 2]), [3])).toThrow(ShapeError);
  expect(() => random.multivariateNormal(random.key(0), array([1, 2]), array([[1]]))).toThrow(ShapeError);
  expect(() => random.orthogonal(random.key(0), 1.5)).toThrow(ArgumentError);
  expect(() => random.gamma(random.key(0), array([1, 2]), [3])).toThrow(ShapeError);
  expect(() => random.gamma(random.key(0), 1, [3], "int32" as never)).toThrow(DTypeError);
  expect(() => random.beta(random.key(0), array([1, 2]), array([1, 2, 3]))).toThrow(ShapeError);
  expect(() => random.dirichlet(random.key(0), 1)).toThrow(ShapeError);
  expect(() => random.poisson(random.key(0), array([1, 2]), [3])).toThrow(ShapeError);
  expect(() => random.poisson(array([0, 1]), 1)).toThrow(DTypeError);
  for (const seed of [-1, 0.5, NaN, 2 ** 53]) expect(() => random.key(seed)).toThrow(ArgumentError);
  expect(() => random.split(random.key(0), -1)).toThrow(ArgumentError);
  expect(() => random.foldIn(random.key(0), -1)).toThrow(ArgumentError);
  expect(() => random.uniform(array([1, 2]), [2])).toThrow(DTypeError);
  expect(() => random.uniform(array([1], { dtype: "uint32" }), [2])).toThrow(ShapeError);
  expect(() => random.categorical(random.key(0), array([1, 2]), 1)).toThrow(ShapeError);
  expect(() => random.bernoulli(random.key(0), array([0.1, 0.2]), [3])).toThrow(ShapeError);
});
