// Random numbers: JAX's bits for the same key, as its documentation prints them, and the moments of the distributions.

import { ArgumentError, array, DTypeError, ShapeError, type Tensor, useBackend } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
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
    expect(numbers(jit(draw)(random.key(3)))).toEqual(x);
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

test("bad input is refused", () => {
  for (const seed of [-1, 0.5, NaN, 2 ** 53]) expect(() => random.key(seed)).toThrow(ArgumentError);
  expect(() => random.split(random.key(0), -1)).toThrow(ArgumentError);
  expect(() => random.foldIn(random.key(0), -1)).toThrow(ArgumentError);
  expect(() => random.uniform(array([1, 2]), [2])).toThrow(DTypeError);
  expect(() => random.uniform(array([1], { dtype: "uint32" }), [2])).toThrow(ShapeError);
  expect(() => random.categorical(random.key(0), array([1, 2]), 1)).toThrow(ShapeError);
  expect(() => random.bernoulli(random.key(0), array([0.1, 0.2]), [3])).toThrow(ShapeError);
});
