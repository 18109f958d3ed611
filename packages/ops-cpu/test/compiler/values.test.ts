// Compiled programs against the eager kernels: shapes of every kind, every dtype, with vectors and without.

import { add, array, broadcastTo, cast, type DType, mul, neg, reduceSum, reshape, select, type Tensor, transpose, withBackend } from "@gradus/core";
import { abs, argmax, argmin, argsort, concatenate, cummax, cummin, cumprod, cumsum, div, dotGeneral, dynamicSlice, dynamicUpdateSlice, equal, exp, greater, iota, max, min, not, or, pad, pow, reduceAnd, reduceMax, reduceMin, reduceOr, reduceProd, rem, reverse, scatterAdd, sigmoid, sin, slice, sort, sub, take, zeta } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { describe, expect, test } from "vitest";
import { scalarOnly } from "../../src/wasm/features.js";
import { compiled, compiling, eager, values } from "./support.js";

const shapes = [[], [0], [1], [3], [4], [7], [64], [1030], [2, 3], [3, 4], [5, 1], [1, 5], [0, 3], [3, 0], [2, 3, 5], [3, 17, 8], [33, 20], [2, 9, 12]];
const row = (x: Tensor): Tensor => reshape(x, [1, ...x.shape]);

const programs: Record<string, { dtypes: readonly DType[]; f: (x: Tensor) => Tensor | Tensor[] }> = {
  "arithmetic": { dtypes: ["float32", "float64", "int32", "uint32"], f: (x) => add(mul(x, x), sub(x, 1)) },
  "several results": { dtypes: ["float32"], f: (x) => [neg(x), mul(x, 2), x] },
  "elementary functions": { dtypes: ["float32", "float64"], f: (x) => mul(exp(sin(x)), sigmoid(x)) },
  "comparisons and choices": { dtypes: ["float32", "float64", "int32", "uint32"], f: (x) => select(greater(x, 1), max(x, 2), min(neg(x), 1)) },
  "logic": { dtypes: ["bool"], f: (x) => [or(not(x), equal(x, x)), not(x)] },
  "conversions": { dtypes: ["float32", "float64", "int32", "uint32", "bool"], f: (x) => (["float32", "float64", "int32", "uint32", "bool"] as const).map((d) => cast(x, d)) },
  "division and remainder": { dtypes: ["float32", "float64", "int32", "uint32"], f: (x) => [div(x, sub(x, 1)), rem(x, 3)] },
  "powers": { dtypes: ["float32", "float64", "int32", "uint32"], f: (x) => pow(abs(x), 3) },
  "sums": { dtypes: ["float32", "float64", "int32", "uint32"], f: (x) => [reduceSum(x), ...x.shape.map((_, i) => reduceSum(mul(x, 2), i))] },
  "products": { dtypes: ["float32", "float64", "int32"], f: (x) => x.shape.map((_, i) => reduceProd(x, i)) },
  "extrema": { dtypes: ["float32", "float64", "int32", "uint32", "bool"], f: (x) => [reduceMax(x), reduceMin(x), ...x.shape.map((_, i) => reduceMax(x, i))] },
  "all and any": { dtypes: ["bool", "int32"], f: (x) => [reduceAnd(x), reduceOr(x), ...x.shape.map((_, i) => reduceAnd(x, i))] },
  "a sum and what it is of": { dtypes: ["float32", "float64"], f: (x) => [reduceSum(exp(x)), exp(x)] },
  "views": { dtypes: ["float32", "float64", "int32", "bool"], f: (x) => [transpose(x), reverse(x), reshape(transpose(x), [-1]), broadcastTo(x, [2, ...x.shape])] },
  "computed views": { dtypes: ["float32", "float64"], f: (x) => [neg(transpose(exp(x))), exp(reverse(mul(x, 2))), add(row(x), broadcastTo(x, [3, ...x.shape]))] },
  "slices": { dtypes: ["float32", "float64", "bool"], f: (x) => cast(slice(x, x.shape.map((d) => Math.min(1, d)), [...x.shape], x.shape.map(() => 2)), "float32") },
  "sums of views": { dtypes: ["float32", "float64"], f: (x) => x.shape.map((_, i) => reduceSum(transpose(x), i)) },
  "calls of the host between": { dtypes: ["float32", "float64"], f: (x) => exp(neg(zeta(add(abs(sin(x)), 2), 1.5))) },
  "a scalar beside": { dtypes: ["float32", "float64"], f: (x) => mul(x, reduceSum(exp(mul(x, 0.01)))) },
  "joined": { dtypes: ["float32", "float64", "int32", "bool"], f: (x) => x.shape.flatMap((_, i) => [concatenate([x, x], i), concatenate([x, reverse(x), x], i)]) },
  "joined and used": { dtypes: ["float32"], f: (x) => x.shape.map((_, i) => { const e = exp(x); return add(concatenate([e, mul(x, 2)], i), concatenate([x, e], i)); }) },
  "padded": { dtypes: ["float32", "float64", "int32"], f: (x) => [[1, 2, 0], [0, 0, 1], [-1, 1, 0], [2, -1, 2]].map((entry) => pad(mul(x, 2), 3, x.shape.map((d) => (d === 0 ? [1, 1, 0] : entry) as [number, number, number]))) },
  "sums of what is padded": { dtypes: ["float32"], f: (x) => [reduceSum(pad(x, 1, x.shape.map(() => [1, 1] as const))), add(pad(x, 0, x.shape.map(() => [1, 0] as const)), pad(neg(x), 0, x.shape.map(() => [0, 1] as const)))] },
  "cumulated": { dtypes: ["float32", "float64", "int32", "uint32"], f: (x) => x.shape.flatMap((_, i) => [cumsum(x, i), cumprod(neg(x), i), cummax(x, i, { reverse: true }), cummin(transpose(x), i)]) },
  "sorted": { dtypes: ["float32", "float64", "int32", "uint32", "bool"], f: (x) => x.shape.flatMap((_, i) => [sort(x, i), argsort(x, i)]) },
  "places of extrema": { dtypes: ["float32", "float64", "int32", "uint32", "bool"], f: (x) => x.shape.flatMap((d, i) => (d === 0 ? [] : [argmax(x, i), argmin(x, i), argmax(transpose(x), x.ndim - 1 - i)])) },
  "taken": { dtypes: ["float32", "float64", "int32", "bool"], f: (x) => x.shape.flatMap((d, i) => (d === 0 ? [] : [take(x, array([0, d - 1, 0], { dtype: "int32" }), i), dynamicSlice(x, x.shape.map(() => 1), x.shape.map((n) => Math.min(n, 2)))])) },
  "put": { dtypes: ["float32", "float64", "int32"], f: (x) => (x.size === 0 || x.ndim === 0 ? x : [dynamicUpdateSlice(x, neg(slice(x, x.shape.map(() => 0), x.shape.map(() => 1))), x.shape.map((d) => d - 1)), addedTwice(x)]) },
  "indices": { dtypes: ["float32"], f: (x) => x.shape.map((_, i) => add(x, cast(iota(x.shape, "int32", i), "float32"))) },
};

// A sum into a place that is named twice.
function addedTwice(x: Tensor): Tensor {
  const first = slice(x, x.shape.map(() => 0), [1, ...x.shape.slice(1)]);
  return scatterAdd(x, array([[0], [0]], { dtype: "int32" }), concatenate([first, first], 0));
}

const close = (got: number, wanted: number, dtype: DType): boolean =>
  Object.is(got, wanted) || (dtype.startsWith("float") && Math.abs(got - wanted) <= (dtype === "float64" ? 1e-12 : 5e-6) * Math.max(1, Math.abs(wanted)));

for (const [engine, features, large] of [["with vectors", undefined, undefined], ["without", scalarOnly, undefined], ["arguments outside of the arena", undefined, 0]] as const) {
  describe(engine, () => {
    const backend = compiling(features, large);
    for (const [name, { dtypes, f }] of Object.entries(programs)) {
      test(name, () => {
        for (const dtype of dtypes) {
          for (const shape of shapes) {
            const x = withBackend(backend, () => values(shape, dtype));
            const wanted = withBackend(eager, () => [f(values(shape, dtype))].flat());
            withBackend(backend, () => compiled((y) => f(y), [x], features));
            const g = jit(f);
            if (large !== undefined) withBackend(backend, () => [0, 1].forEach(() => g(x))); // seen before: it stays
            const got = withBackend(backend, () => [g(x)].flat() as Tensor[]);
            got.forEach((g, i) => {
              const w = wanted[i] as Tensor;
              expect(g.aval).toBe(w.aval);
              const [a, b] = [g.dataSync(), w.dataSync()];
              const wrong = a.findIndex((v, k) => !close(v, b[k] as number, g.dtype));
              expect(wrong < 0 ? "" : `${dtype}[${shape}] result ${i}: element ${wrong} is ${a[wrong]}, expected ${b[wrong]}`).toBe("");
            });
          }
        }
      });
    }
  });
}

describe("products", () => {
  const cases: [string, number[], number[], number[][], number[][]][] = [
    ["vectors", [5], [5], [[0], [0]], [[], []]],
    ["matrices", [3, 5], [5, 7], [[1], [0]], [[], []]],
    ["matrices of odd sizes", [65, 33], [33, 19], [[1], [0]], [[], []]],
    ["both transposed", [5, 3], [7, 5], [[0], [1]], [[], []]],
    ["several axes", [2, 3, 4], [4, 3, 5], [[1, 2], [1, 0]], [[], []]],
    ["kept axes apart", [2, 5, 3], [5, 4], [[1], [0]], [[], []]],
    ["batches", [2, 3, 4], [2, 4, 5], [[2], [1]], [[0], [0]]],
    ["batches last", [3, 4, 2], [4, 2, 5], [[1], [0]], [[2], [1]]],
    ["two batch axes", [2, 3, 4, 5], [2, 3, 6, 5], [[3], [3]], [[0, 1], [0, 1]]],
    ["nothing contracted", [3], [4], [[], []], [[], []]],
    ["nothing to contract", [3, 0], [0, 4], [[1], [0]], [[], []]],
    ["nothing kept", [0, 3], [3, 4], [[1], [0]], [[], []]],
  ];
  for (const [name, left, right, contract, batch] of cases) {
    test(name, () => {
      for (const dtype of ["float32", "float64", "int32"] as const) {
        for (const g of [(x: Tensor) => x, (x: Tensor) => transpose(transpose(x)), (x: Tensor) => reverse(mul(x, 2))]) {
          const f = (x: Tensor, y: Tensor): Tensor => dotGeneral(g(x), g(y), { contract, batch } as never);
          const wanted = withBackend(eager, () => f(values(left, dtype), values(right, dtype)));
          for (const [features, large] of [[undefined, undefined], [scalarOnly, undefined], [undefined, 0]] as const) {
            const got = withBackend(compiling(features, large), () => {
              compiled(f, [values(left, dtype), values(right, dtype)], features);
              return jit(f)(values(left, dtype), values(right, dtype)) as Tensor;
            });
            expect(got.aval).toBe(wanted.aval);
            const [a, b] = [got.dataSync(), wanted.dataSync()];
            expect(a.every((v, i) => Math.abs(v - b[i]!) <= (dtype === "float64" ? 1e-12 : 3e-5))).toBe(true);
          }
        }
      }
    });
  }
});

test("special values come through alike", () => {
  const special = [NaN, Infinity, -Infinity, 0, -0, 1e-45, -1e-40, 3.4e38, 1, -1, 0.5, 2 ** 31, -(2 ** 31), 5e9, -5e9];
  const f = (x: Tensor): Tensor[] => [neg(x), abs(x), max(x, 0), min(x, 0), mul(x, 0), div(1, x), sub(x, x), cast(x, "int32"), cast(x, "uint32"), cast(x, "bool"), equal(x, x), select(greater(x, 0), x, 0)];
  for (const dtype of ["float32", "float64"] as const) {
    const wanted = withBackend(eager, () => f(array(special, { dtype })).map((y) => Array.from(y.dataSync())));
    for (const features of [undefined, scalarOnly]) {
      expect(withBackend(compiling(features), () => (jit(f)(array(special, { dtype })) as unknown as Tensor[]).map((y) => Array.from(y.dataSync())))).toEqual(wanted);
    }
  }
});

test("a long sum keeps its digits", () => {
  const n = 1_000_003;
  const x = withBackend(eager, () => array(Float32Array.from({ length: n }, (_, i) => 1 + (i % 7) / 10)));
  const exact = Array.from({ length: n }, (_, i) => Math.fround(1 + (i % 7) / 10)).reduce((a, b) => a + b);
  const sum = withBackend(compiling(), () => (jit((y: Tensor) => reduceSum(y))(array(x.dataSync())) as Tensor).item());
  expect(Math.abs(sum / exact - 1)).toBeLessThan(1e-6);
});
