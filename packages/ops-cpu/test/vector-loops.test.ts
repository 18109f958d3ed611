import { add, array, mul, neg, type Tensor, transpose, useBackend, withBackend } from "@gradus/core";
import { abs, atan2, broadcastTo, ceil, cos, div, exp, floor, log, max, min, pow, round, sign, sin, slice, sqrt, sub, tanh, trunc } from "@gradus/ops";
import { beforeEach, expect, test } from "vitest";
import { cpu, eagerCpu } from "../src/index.js";
import { values as hard } from "./wasm/values.js";

beforeEach(() => useBackend(cpu()));

const numbers = (n: number, dtype: "float32" | "float64" = "float32"): Tensor => array(Array.from({ length: n }, (_, i) => (i % 97) / 12 + 0.01), { dtype });
const values = (x: Tensor): number[] => (x.js() as number[][]).flat();

/** Every value within so many units of the last place of what the host's doubles give. */
function expectWithin(seen: readonly number[], expected: readonly number[], ulps: number): void {
  expect(seen.length).toBe(expected.length);
  seen.forEach((v, i) => {
    const e = expected[i] as number;
    const unit = 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(e)))) - 23);
    if (!(Math.abs(v - e) <= ulps * unit)) expect.fail(`element ${i} is ${v}, not ${e}`);
  });
}

test.each([["exp", exp, Math.exp], ["log", log, Math.log], ["sin", sin, Math.sin], ["cos", cos, Math.cos], ["tanh", tanh, Math.tanh]] as const)("%s of short, long and very long arrays", (_name, op, f) => {
  for (const n of [1, 127, 128, 129, 5000, 8192, 8193, 20000]) {
    const x = numbers(n);
    expectWithin(values(op(x)), values(x).map(f), 2);
  }
});

test("operands of two, one of them a number, and other layouts", () => {
  const x = numbers(1000);
  const v = values(x);
  expectWithin(values(pow(x, 1.5)), v.map((a) => a ** 1.5), 2);
  expectWithin(values(pow(1.5, x)), v.map((a) => 1.5 ** a), 2);
  expectWithin(values(atan2(x, exp(x))), v.map((a) => Math.atan2(a, Math.fround(Math.exp(a)))), 3);
  const matrix = array(Array.from({ length: 200 }, (_, i) => Array.from({ length: 3 }, (_j, j) => (i + j) / 50)), { dtype: "float32" });
  const m = matrix.js() as number[][];
  expectWithin(values(exp(transpose(matrix))), [0, 1, 2].flatMap((j) => m.map((row) => Math.exp(row[j] as number))), 2);
  const rows = transpose(matrix);
  expectWithin(values(sin(slice(rows, [1, 7], [3, 190]))), [1, 2].flatMap((j) => m.slice(7, 190).map((row) => Math.sin(row[j] as number))), 2);
});

test("doubles keep the host's functions", () => {
  const x = numbers(1000, "float64");
  expect(values(exp(x))).toEqual(values(x).map(Math.exp));
});

test.each(Object.entries({ add, sub, mul, div, max, min, neg, abs, sign, floor, ceil, trunc, round, sqrt }))("%s is exact, at whatever size and of whatever numbers", (_name, op) => {
  const f = op as (x: Tensor, y: Tensor | number) => Tensor;
  for (const n of [1, 127, 128, 130, 8193, 20001]) {
    const [x, y] = [hard("float32", n, 40), hard("float32", n, 40)];
    for (const apply of [(a: Tensor, b: Tensor) => f(a, b), (a: Tensor) => f(a, -2.5), (a: Tensor) => f(a, a), (a: Tensor, b: Tensor) => f(broadcastTo(a, [3, n]), b)]) {
      const run = (): number[] => [...apply(array(x), array(y)).dataSync()];
      expect(withBackend(cpu(), run)).toEqual(withBackend(eagerCpu(), run));
    }
  }
});
