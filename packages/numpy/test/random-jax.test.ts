// The random numbers of JAX for the same keys: `jax/random.py` made the reference, with the partitionable Threefry that is
// JAX's default since 0.5.

import { readFileSync } from "node:fs";
import { array, type Tensor, useBackend } from "@gradus/core";
import { cpu } from "@gradus/ops-cpu";
import { describe, expect, test } from "vitest";
import { random } from "../src/index.js";
import { expectNear, host, type Value } from "./reference.js";

type FloatType = random.FloatType;

useBackend(cpu());

interface Row {
  readonly seed: number;
  readonly [what: string]: unknown;
}
const { rows, rows64 } = JSON.parse(readFileSync(new URL("jax/random.json", import.meta.url), "utf8")) as { rows: Row[]; rows64: Row[] };

const i32 = (...data: number[]): Tensor => array(data, { dtype: "int32" });
const table = array([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]);
const p = array([0.1, 0.2, 0.3, 0.4]);
const logits = array([[0.1, 1.5, -0.7], [0.0, 0.2, 0.1]]);

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
  randint: (k) => random.randint(k, [6], -5, 17),
  "randint of a wide range": (k) => random.randint(k, [4], -(2 ** 31), 2 ** 31 - 1),
  "randint, unsigned": (k) => random.randint(k, [4], 3, 4000000000, "uint32"),
  "randint of nothing": (k) => random.randint(k, [2], 7, 7),
  "randint of bounds": (k) => random.randint(k, [3], i32(0, 10, 100), i32(5, 20, 1000)),
  rademacher: (k) => random.rademacher(k, [8]),
  "permutation of an array": (k) => random.permutation(k, table, { axis: 1 }),
  "permutation, independent": (k) => random.permutation(k, table, { axis: 1, independent: true }),
  choice: (k) => random.choice(k, 10, [5]),
  "choice of an array": (k) => random.choice(k, table, [2, 2], { axis: 1 }),
  "choice without putting back": (k) => random.choice(k, 10, [2, 3], { replace: false }),
  "choice of an array without putting back": (k) => random.choice(k, table, [2], { replace: false, axis: 1 }),
  "choice by probabilities": (k) => random.choice(k, 4, [7], { p }),
  "choice by probabilities without putting back": (k) => random.choice(k, 4, [3], { replace: false, p }),
  categorical: (k) => random.categorical(k, array([0.1, 1.5, -0.7, 0.0]), -1, [8]),
  "categorical of a shape": (k) => random.categorical(k, logits, 1, [3, 2]),
  "categorical on axis 0": (k) => random.categorical(k, logits, 0),
  poisson: (k) => random.poisson(k, 3.5, [9]),
  "poisson of greater means": (k) => random.poisson(k, array([0, 2, 12, 400]), [3, 4]),
  geometric: (k) => random.geometric(k, 0.3, [6]),
};
/** What takes its signs from float32 numbers here, and in JAX from float64 ones if those are enabled. */
const signed: Record<string, (key: Tensor) => Tensor> = {
  doubleSidedMaxwell: (k) => random.doubleSidedMaxwell(k, 1, 2, [5]),
  generalizedNormal: (k) => random.generalizedNormal(k, 1.5, [5]),
  ball: (k) => random.ball(k, 3, 2, [4]),
};
/** What goes through functions that may round in another way; a product and a sum, which XLA fuses, among them. */
const near = (dtype: FloatType): Record<string, (key: Tensor) => Tensor> => {
  const floats = (...data: number[]): Tensor => array(data, { dtype });
  return {
    uniformRange: (k) => random.uniform(k, [4], -2, 3, dtype),
    normal: (k) => random.normal(k, [6], dtype),
    exponential: (k) => random.exponential(k, [4], dtype),
    gumbel: (k) => random.gumbel(k, [4], dtype),
    "uniform of bounds": (k) => random.uniform(k, [3], dtype, floats(0, 1, 2), floats(1, 5, 9)),
    laplace: (k) => random.laplace(k, [5], dtype),
    logistic: (k) => random.logistic(k, [5], dtype),
    cauchy: (k) => random.cauchy(k, [5], dtype),
    pareto: (k) => random.pareto(k, 2.5, [5], dtype),
    lognormal: (k) => random.lognormal(k, 0.7, [5], dtype),
    rayleigh: (k) => random.rayleigh(k, 2, [5], dtype),
    weibullMin: (k) => random.weibullMin(k, 2, 1.5, [5], dtype),
    triangular: (k) => random.triangular(k, -1, 0.5, 3, [6], dtype),
    wald: (k) => random.wald(k, 1.5, [6], dtype),
    maxwell: (k) => random.maxwell(k, [5], dtype),
    gamma: (k) => random.gamma(k, floats(0.1, 0.9, 1, 2.5, 30), [8, 5], dtype),
    loggamma: (k) => random.loggamma(k, 0.01, [6], dtype),
    beta: (k) => random.beta(k, 0.5, 2, [6], dtype),
    dirichlet: (k) => random.dirichlet(k, floats(0.3, 1, 4), [3], dtype),
    chisquare: (k) => random.chisquare(k, 3, [6], dtype),
    f: (k) => random.f(k, 3, 5, [6], dtype),
    t: (k) => random.t(k, 4, [6], dtype),
    ...(dtype === "float32" ? signed : {}),
    truncatedNormal: (k) => random.truncatedNormal(k, -1, 2, [6], dtype),
    "truncatedNormal of the tail": (k) => random.truncatedNormal(k, floats(1, 2), 3, [2], dtype),
    multivariateNormal: (k) => random.multivariateNormal(k, floats(1, -2), array([[2, 0.5], [0.5, 1]], { dtype }), [3], dtype),
    orthogonal: (k) => random.orthogonal(k, 3, [], { dtype }),
    "orthogonal, wide": (k) => random.orthogonal(k, 2, [2], { m: 3, dtype }),
  };
};

describe.each(rows)("key($seed)", (row) => {
  const key = random.key(row.seed);
  const all = near("float32");
  test("every number of the reference is here", () => expect(["seed", ...Object.keys(exact), ...Object.keys(all)].sort()).toEqual(Object.keys(row).sort()));
  test.each(Object.keys(exact))("%s", (what) => expect((exact[what] as (k: Tensor) => Tensor)(key).js()).toEqual(row[what]));
  test.each(Object.keys(all))("%s", (what) => expectNear(host((all[what] as (k: Tensor) => Tensor)(key)), row[what] as Value, 4e-6));
});

describe.each(rows64)("key($seed), float64", (row) => {
  const key = random.key(row.seed);
  const all = near("float64");
  test("every number of the reference is here", () => expect(["seed", "uniform", ...Object.keys(all)].sort()).toEqual(Object.keys(row).sort()));
  test("uniform", () => expect(random.uniform(key, [5], "float64").js()).toEqual(row.uniform));
  test.each(Object.keys(all))("%s", (what) => expectNear(host((all[what] as (k: Tensor) => Tensor)(key)), row[what] as Value, 1e-11));
});
