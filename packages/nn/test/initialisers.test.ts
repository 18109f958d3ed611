// First weights, and further activations: the numbers of jax.nn, which jax/initialisers.py made.

import { readFileSync } from "node:fs";
import { ArgumentError, array, DTypeError, reduceSum, ShapeError, type Tensor, useBackend } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { checkGrads } from "@gradus/conformance";
import { jvp } from "@gradus/jvp";
import { random } from "@gradus/numpy";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import * as nn from "../src/index.js";

useBackend(cpu());

type Nested = number | Nested[];
const reference = JSON.parse(readFileSync(new URL("jax/initialisers.json", import.meta.url), "utf8")) as { x: number[]; table: number[][]; weights: Record<string, Nested>; values: Record<string, Nested> };
const near = (got: unknown, want: unknown, tolerance = 4e-6): void => {
  const [a, b] = [[got].flat(9) as number[], [want].flat(9) as number[]];
  expect(a.length).toBe(b.length);
  a.forEach((v, i) => expect(Object.is(v, b[i]) || v === b[i] || Math.abs(v - b[i]!) <= tolerance * Math.max(1, Math.abs(b[i]!)), `element ${i}: ${v}, expected ${b[i]}`).toBe(true));
};
const f64 = (data: Parameters<typeof array>[0]): Tensor => array(data, { dtype: "float64" });

const key = random.key(7);
const shape = [3, 2, 4];
const i = nn.initializers;
const makers: Record<string, nn.Initialiser> = {
  uniform: i.uniform(),
  normal: i.normal(0.5),
  truncatedNormal: i.truncatedNormal(0.3, -1, 1.5),
  glorotUniform: i.glorotUniform(),
  glorotNormal: nn.glorotNormal,
  heUniform: nn.kaimingUniform(),
  heNormal: nn.heNormal(),
  lecunUniform: nn.lecunUniform(),
  lecunNormal: nn.lecunNormal,
  "varianceScaling, normal": nn.varianceScaling(2, "fanOut", "normal"),
  "varianceScaling, geometric": nn.varianceScaling(3, "fanGeoAvg", "uniform"),
  "glorotNormal of other axes": nn.xavierNormal({ inAxis: 0, outAxis: 1, batchAxis: 2 }),
  orthogonal: nn.orthogonal(2),
  "orthogonal by rows": nn.orthogonal(1, 0),
  constant: i.constant(3),
  zeros: i.zeros,
  ones: i.ones,
};
describe("first weights", () => {
  test("every case of the reference is here", () => expect(Object.keys(makers).sort()).toEqual(Object.keys(reference.weights).sort()));
  test.each(Object.keys(makers))("%s", (name) => {
    const make = makers[name] as nn.Initialiser;
    const weights = make(key, shape);
    expect(weights.dtype).toBe("float32");
    expect(weights.shape).toEqual(shape);
    near(weights.js(), reference.weights[name]);
    near(jit((k: Tensor) => make(k, shape))(key).js(), reference.weights[name]);
    expect(make(key, shape, "float64").dtype).toBe("float64");
    expect(vmap((k: Tensor) => make(k, shape))(random.split(key, 2)).shape).toEqual([2, ...shape]);
  });
  test("bad input is refused", () => {
    expect(() => nn.glorotUniform(key, [3])).toThrow(ShapeError);
    expect(() => nn.glorotUniform({ inAxis: 3 })(key, [3, 4])).toThrow(ShapeError);
    expect(() => nn.glorotUniform({ inAxis: 0, outAxis: -2 })(key, [3, 4])).toThrow(ShapeError);
    expect(() => nn.glorotUniform(key, undefined as never)).toThrow(ArgumentError);
    expect(() => nn.heNormal(key, [3, 4], "int32" as never)).toThrow(DTypeError);
    expect(() => nn.varianceScaling(0, "fanIn")).toThrow(ArgumentError);
    expect(() => nn.varianceScaling(1, "fan" as never)).toThrow(ArgumentError);
    expect(() => nn.varianceScaling(1, "fanIn", "cauchy" as never)).toThrow(ArgumentError);
    expect(() => nn.orthogonal()(key, [3])).toThrow(ShapeError);
    expect(() => nn.orthogonal(1, 2)(key, [3, 4])).toThrow(ShapeError);
    expect(() => i.normal(-1)).toThrow(ArgumentError);
    expect(() => i.uniform(0)).toThrow(ArgumentError);
    expect(() => nn.truncatedNormal(NaN)).toThrow(ArgumentError);
  });
});

const [x, table] = [array(reference.x), array(reference.table)];
const values: Record<string, () => Tensor> = {
  celu: () => nn.celu(x, 0.7),
  glu: () => nn.glu(table),
  hardSigmoid: () => nn.hardSigmoid(x),
  hardSilu: () => nn.hardSwish(x),
  mish: () => nn.mish(x),
  squareplus: () => nn.squareplus(x, 2),
  sparsePlus: () => nn.sparsePlus(x),
  sparseSigmoid: () => nn.sparseSigmoid(x),
  log1mexp: () => nn.log1mexp(array([1e-6, 0.3, 0.7, 5, 40])),
  logmeanexp: () => nn.logmeanexp(table, 1),
  standardize: () => nn.standardize(table),
  "standardize of all": () => nn.standardize(table, [0, 1], { epsilon: 0.1 }),
};
test("every value of the reference is here", () => expect(Object.keys(values).sort()).toEqual(Object.keys(reference.values).sort()));
test.each(Object.keys(values))("%s", (name) => near((values[name] as () => Tensor)().js(), reference.values[name], 2e-6));

type F = (x: Tensor) => Tensor;
const corners: [string, F, number[], number[]][] = [
  ["celu: 1 at 0", (v) => nn.celu(v, 2), [0], [1]],
  ["hardSigmoid: 0 at its corners", (v) => nn.hardSigmoid(v), [-3, 0, 3], [0, 1 / 6, 0]],
  ["hardSilu at its corners", (v) => nn.hardSilu(v), [-3, 3], [0, 1]],
  ["sparsePlus: smooth at its corners", (v) => nn.sparsePlus(v), [-1, 0, 1], [0, 0.5, 1]],
  ["sparseSigmoid: half at its corners", (v) => nn.sparseSigmoid(v), [-1, 0, 1], [0.25, 0.5, 0.25]],
  ["softplus at ±1000", (v) => nn.softplus(v), [-1000, 0, 1000], [0, 0.5, 1]],
  ["sigmoid at −1000", (v) => nn.sigmoid(v), [-1000, 0, 1000], [0, 0.25, 0]],
  ["squareplus: ½ at 0", (v) => nn.squareplus(v), [0], [0.5]],
  ["mish far out", (v) => nn.mish(v), [-1000, 1000], [0, 1]],
  ["log1mexp: 1/(e^x − 1)", (v) => nn.log1mexp(v), [0.1, 5, 800], [1 / Math.expm1(0.1), 1 / Math.expm1(5), 0]],
  ["logmeanexp: softmax", (v) => nn.logmeanexp(v), [-Infinity, 0, 0], [0, 0.5, 0.5]],
];
test.each(corners)("convention: %s", (_name, f, at, expected) => {
  near(grad((v: Tensor) => reduceSum(f(v)))(f64(at)).js(), expected, 1e-12);
  at.forEach((_, k) => near(reduceSum(jvp(f, [f64(at)], [f64(at.map((__, j) => (j === k ? 1 : 0)))])[1] as Tensor).item(), expected[k], 1e-12));
});
test("values far out", () => {
  near(nn.softplus(f64([-1000, 1000])).js(), [0, 1000]);
  near(nn.sigmoid(f64([-1000])).js(), [0]);
  near(nn.logsumexp(f64([-Infinity, -Infinity])).item(), -Infinity);
  near(nn.logmeanexp(f64([1000, 1000])).item(), 1000);
  near(nn.mish(f64([-1000, 1000])).js(), [0, 1000]);
});

test.each([
  ["celu", (v: Tensor) => nn.celu(v, 0.7)],
  ["glu", (v: Tensor) => nn.glu(v, 0)],
  ["hardSilu", (v: Tensor) => nn.hardSilu(v)],
  ["mish", (v: Tensor) => nn.mish(v)],
  ["squareplus", (v: Tensor) => nn.squareplus(v)],
  ["sparsePlus", (v: Tensor) => nn.sparsePlus(v)],
  ["log1mexp", (v: Tensor) => nn.log1mexp(nn.softplus(v))],
  ["logmeanexp", (v: Tensor) => nn.logmeanexp(v, 0)],
  ["standardize", (v: Tensor) => nn.standardize(v, 0)],
] as [string, F][])("%s has right derivatives", (_name, f) => checkGrads(f, [f64([[0.3, -1.2, 2.4], [1.7, 0.45, -0.6]])], { order: 2, atol: 1e-5, rtol: 1e-5 }));

test("activations refuse bad input", () => {
  for (const f of [nn.celu, nn.hardSigmoid, nn.hardSilu, nn.mish, nn.squareplus, nn.sparsePlus, nn.sparseSigmoid, nn.log1mexp, nn.glu, nn.standardize, nn.logmeanexp]) {
    expect(() => f(array([true, false]))).toThrow(DTypeError);
  }
  expect(() => nn.celu(1, 0)).toThrow(ArgumentError);
  expect(() => nn.glu(array([1, 2, 3]))).toThrow(ShapeError);
  expect(() => nn.glu(array([1, 2]), 1)).toThrow(ShapeError);
  expect(() => nn.standardize(1)).toThrow(ShapeError);
  expect(() => nn.logmeanexp(array([1]), 1)).toThrow(ShapeError);
  expect(() => nn.identity("x" as never)).toThrow(ArgumentError);
});
