// The random numbers of JAX for the same keys: `jax/random.py` made the reference, with the partitionable Threefry that is
// JAX's default since 0.5.

import { readFileSync } from "node:fs";
import { type Tensor, useBackend } from "@gradus/core";
import { cpu } from "@gradus/ops-cpu";
import { describe, expect, test } from "vitest";
import { random } from "../src/index.js";

useBackend(cpu());

interface Row {
  readonly seed: number;
  readonly [what: string]: unknown;
}
const { rows } = JSON.parse(readFileSync(new URL("jax/random.json", import.meta.url), "utf8")) as { rows: Row[] };

/** What has to be equal bit for bit. */
const exact: Record<string, (key: Tensor) => Tensor> = {
  key: (k) => k,
  split: (k) => random.split(k, 3),
  foldIn: (k) => random.foldIn(k, 7),
  bits: (k) => random.bits(k, [7]),
  bits2d: (k) => random.bits(k, [2, 3]),
  uniform: (k) => random.uniform(k, [5]),
  scalar: (k) => random.uniform(k),
  bernoulli: (k) => random.bernoulli(k, 0.3, [9]),
  permutation: (k) => random.permutation(k, 12),
};
/** What goes through functions that may round in another way; a product and a sum, which XLA fuses, among them. */
const near: Record<string, (key: Tensor) => Tensor> = {
  uniformRange: (k) => random.uniform(k, [4], -2, 3),
  normal: (k) => random.normal(k, [6]),
  exponential: (k) => random.exponential(k, [4]),
  gumbel: (k) => random.gumbel(k, [4]),
};

describe.each(rows)("key($seed)", (row) => {
  const key = random.key(row.seed);
  test.each(Object.keys(exact))("%s", (what) => expect((exact[what] as (k: Tensor) => Tensor)(key).js()).toEqual(row[what]));
  test.each(Object.keys(near))("%s", (what) => {
    const got = (near[what] as (k: Tensor) => Tensor)(key).js() as number[];
    const want = row[what] as number[];
    expect(got.length).toBe(want.length);
    got.forEach((v, i) => expect(Math.abs(v - (want[i] as number))).toBeLessThanOrEqual(4e-6 * Math.max(1, Math.abs(want[i] as number))));
  });
});
