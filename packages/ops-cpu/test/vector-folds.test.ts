// Sums and extrema on the vector unit, against those of the small backend, which has none.

import { array, reduceSum, type Tensor, transpose, withBackend } from "@gradus/core";
import { type CpuBackend, cpu, eagerCpu, reductions } from "../src/index.js";
import { broadcastTo, reduceMax, reduceMin, slice } from "@gradus/ops";
import { describe, expect, test } from "vitest";
import { values } from "./wasm/values.js";

const small = eagerCpu({ kernels: [reductions] });
const run = (backend: CpuBackend, f: () => Tensor): number[] => withBackend(backend, () => [...f().dataSync()]);
const folds = { sum: reduceSum, max: reduceMax, min: reduceMin } as const;

const shapes = [[1], [127], [128], [129], [143], [8192], [8193], [20001], [3, 200], [200, 3], [40, 16], [33, 17], [5, 130], [700, 130], [3, 9000], [2, 130, 5], [0, 200], [200, 0]] as const;

describe.each(Object.keys(folds) as (keyof typeof folds)[])("%s", (name) => {
  test("of whole numbers, exactly, over all axes or any one", () => {
    for (const shape of shapes) {
      const size = shape.reduce<number>((n, d) => n * d, 1);
      const data = Float32Array.from({ length: size }, (_, i) => ((i * 7919) % 1000) - 500);
      for (const axis of [undefined, ...shape.keys()]) {
        const f = (): Tensor => folds[name](array(data, { shape }), axis);
        expect({ shape, axis, out: run(cpu(), f) }).toEqual({ shape, axis, out: run(small, f) });
      }
    }
  });

  test("of NaN, infinities, zeros of both signs and subnormal numbers", () => {
    for (const shape of [[300], [9001], [40, 200], [200, 40]] as const) {
      const size = shape.reduce<number>((n, d) => n * d, 1);
      const whole = values("float32", size, 9).map(Math.trunc);
      const kinds = [whole, whole.map((v) => (Number.isNaN(v) ? 1 : v)), whole.map((v) => (Number.isFinite(v) ? v : -0)), new Float32Array(size).fill(-0), new Float32Array(size).fill(-Infinity)];
      for (const data of kinds) {
        for (const axis of [undefined, ...shape.keys()]) {
          const f = (): Tensor => folds[name](array(data, { shape }), axis);
          expect({ shape, axis, out: run(cpu(), f) }).toEqual({ shape, axis, out: run(small, f) });
        }
      }
    }
  });

  test("of arrays in other layouts and of other dtypes", () => {
    const data = Float32Array.from({ length: 300 * 200 }, (_, i) => ((i * 31) % 97) - 40);
    for (const axis of [undefined, 0, 1]) {
      for (const of of [(x: Tensor) => transpose(x), (x: Tensor) => slice(x, [3, 5], [290, 180]), (x: Tensor) => slice(x, [0, 0], [300, 200], [2, 3]), (x: Tensor) => broadcastTo(slice(x, [7, 0], [8, 200]), [300, 200])]) {
        for (const dtype of ["float32", "float64", "int32"] as const) {
          const f = (): Tensor => folds[name](of(array(data, { dtype, shape: [300, 200] })), axis);
          expect(run(cpu(), f)).toEqual(run(small, f));
        }
      }
    }
  });
});

test("sums are of doubles: rounded once, at the end", () => {
  const data = Float32Array.from({ length: 100_001 }, (_, i) => (i === 0 ? 2 ** 24 : 1));
  expect(run(cpu(), () => reduceSum(array(data)))).toEqual([Math.fround(2 ** 24 + 100_000)]);
});
