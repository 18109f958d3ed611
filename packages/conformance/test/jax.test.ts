// Values and derivatives beside JAX's, at ordinary and singular points, in float64: `jax/reference.py` made the reference. Where
// Gradus differs on purpose, the reason is here.

import { readFileSync } from "node:fs";
import { array, type Tensor, useBackend } from "@gradus/core";
import * as ops from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { grad } from "@gradus/vjp";
import { expect, it } from "vitest";

useBackend(cpu());

type Plain = number | string;
type Row = [value: Plain, grads: Plain[], second: Plain];
type Op = (...xs: any[]) => Tensor;
interface Reference {
  readonly unary: Record<string, [Plain, ...Row][]>;
  readonly binary: Record<string, [Plain, Plain, ...Row][]>;
  readonly integerPow: [number, Plain, ...Row][];
  readonly clamp: [Plain, ...Row][];
  readonly reduce: Record<string, [Plain[], Plain, Plain[], Plain[]][]>;
  readonly argmax: [Plain[], number, number][];
}
const reference = JSON.parse(readFileSync(new URL("jax/reference.json", import.meta.url), "utf8")) as Reference;

/** Rows that are meant to differ: what is compared, its arguments, and why. */
const different: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^a(sin|cos|tanh)\(-?1\) second/, "1 − x² is (1 − x)(1 + x), exact near the ends; at the ends themselves its derivative is ∞ − ∞"],
  [/^atanh\(-?(1\.5|2\.[57]|1000|Infinity)\)/, "outside of the domain, where the value is NaN, so is the derivative"],
];

const number = (x: Plain): number => (x === "nan" ? NaN : x === "inf" ? Infinity : x === "-inf" ? -Infinity : Number(x));
const f64 = (x: number | number[]): Tensor => array(x, { dtype: "float64" });

function near(got: number, want: number): boolean {
  if (Number.isNaN(want)) return Number.isNaN(got);
  // Another implementation of sin(1000) may round its argument in another way.
  return Object.is(got, want) || Math.abs(got - want) <= 1e-12 * Math.max(1, Math.abs(want)) || got === want;
}

/** Compares rows and names all that differ. */
function compare(rows: readonly { readonly name: string; readonly got: () => number[]; readonly want: readonly Plain[] }[]): void {
  const wrong: string[] = [];
  for (const { name, got, want } of rows) {
    if (different.some(([pattern]) => pattern.test(name))) continue;
    const values = got();
    const expected = want.map(number);
    if (values.length !== expected.length || values.some((v, i) => !near(v, expected[i] as number))) wrong.push(`${name}: ${values} where JAX has ${expected}`);
  }
  expect(rows.length).toBeGreaterThan(5);
  expect(wrong).toEqual([]);
}

function scalarRow(name: string, f: Op, xs: number[], [value, grads, second]: Row) {
  const args = xs.map(f64);
  return [
    { name: `${name}(${xs}) value`, got: () => [f(...args).item()], want: [value] },
    { name: `${name}(${xs}) gradient`, got: () => (grad(f, { argnums: xs.map((_, i) => i) })(...args) as Tensor[]).map((t) => t.item()), want: grads },
    { name: `${name}(${xs}) second derivative`, got: () => [grad(grad(f))(...args).item()], want: [second] },
  ];
}

const op = (name: string): Op => (ops as unknown as Record<string, Op>)[name] as Op;

for (const [name, rows] of Object.entries(reference.unary)) {
  it(`${name} is JAX's`, () => compare(rows.flatMap(([x, ...row]) => scalarRow(name, op(name), [number(x)], row))));
}
for (const [name, rows] of Object.entries(reference.binary)) {
  it(`${name} is JAX's`, () => compare(rows.flatMap(([x, y, ...row]) => scalarRow(name, op(name), [number(x), number(y)], row))));
}
it("integerPow is JAX's", () => compare(reference.integerPow.flatMap(([n, x, ...row]) => scalarRow(`integerPow ${n}`, (v: Tensor) => ops.integerPow(v, n), [number(x)], row))));
it("clamp is JAX's", () => compare(reference.clamp.flatMap(([x, ...row]) => scalarRow("clamp", op("clamp"), [-1, number(x), 1], row))));

for (const [name, rows] of Object.entries(reference.reduce)) {
  it(`${name} is JAX's`, () =>
    compare(rows.flatMap(([xs, value, first, second]) => {
      const v = f64(xs.map(number));
      const w = f64(xs.map((_, i) => i + 1));
      const f = (x: Tensor): Tensor => op(name)(x);
      return [
        { name: `${name}(${xs}) value`, got: () => [f(v).item()], want: [value] },
        { name: `${name}(${xs}) gradient`, got: () => Array.from(grad(f)(v).dataSync()), want: first },
        { name: `${name}(${xs}) second`, got: () => Array.from(grad((x: Tensor) => ops.reduceSum(ops.mul(grad(f)(x), w)))(v).dataSync()), want: second },
      ];
    })));
}
it("argmax and argmin are JAX's", () => compare(reference.argmax.map(([xs, max, min]) => ({ name: `argmax(${xs})`, got: () => [ops.argmax(f64(xs.map(number))).item(), ops.argmin(f64(xs.map(number))).item()], want: [max, min] }))));
