import { array, broadcastInDim, type DType, full, reduceSum, reshape, type Tensor, transpose, useBackend } from "@gradus/core";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { cpu } from "../src/index.js";
import { allDTypes, count, flat, indices, laidOut, numbers, permuted, stored, values } from "./layouts.js";

beforeEach(() => useBackend(cpu()));

/** Sums over axes by the definition. */
function summed(v: readonly number[], shape: readonly number[], axes: readonly number[], dtype: DType): number[] {
  const kept = shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const outShape = kept.map((i) => shape[i] as number);
  const out: number[] = new Array<number>(count(outShape)).fill(0);
  indices(shape).forEach((index, k) => {
    const at = flat(kept.map((i) => index[i] as number), outShape);
    out[at] = (out[at] as number) + (v[k] as number);
  });
  return out.map((a) => stored(dtype, a));
}

const subsets = (n: number): number[][] => Array.from({ length: 1 << n }, (_, bits) => Array.from({ length: n }, (__, i) => i).filter((i) => (bits >> i) & 1));

test("sums over any axes of any layout", () => {
  for (const dtype of numbers) {
    for (const shape of [[], [7], [3, 4], [2, 3, 4], [5, 1, 2, 3], [1, 4], [0, 3]]) {
      for (const { layout, x, values: v } of laidOut(shape, dtype)) {
        for (const axes of subsets(shape.length)) {
          const out = reduceSum(x, axes);
          expect(values(out), `${layout} ${x.aval} ${axes}`).toEqual(summed(v, shape, axes, dtype));
        }
      }
    }
  }
});

test("long sums of float32 do not lose what single precision would", () => {
  const x = array(new Float32Array(100_000).fill(0.1));
  expect(reduceSum(x).item()).toBe(Math.fround(100_000 * Math.fround(0.1)));
  expect(values(reduceSum(reshape(x, [50_000, 2]), 0))).toEqual([Math.fround(5_000.0000745), Math.fround(5_000.0000745)]);
});

test("sums of integers wrap around", () => {
  const x = array(new Int32Array([2 ** 31 - 1, 1, 5]));
  expect(reduceSum(x).item()).toBe(-(2 ** 31) + 5);
});

test("reshape and transpose give the elements in order, in any layout", () => {
  for (const dtype of allDTypes) {
    for (const { layout, x, values: v } of laidOut([2, 3, 4], dtype)) {
      for (const to of [[24], [6, 4], [2, 12], [4, 6], [1, 2, 3, 1, 4], [3, 8], [2, 3, 2, 2]]) expect(values(reshape(x, to)), `${layout} to ${to}`).toEqual(v);
      for (const perm of [[0, 2, 1], [1, 2, 0], [2, 1, 0]]) expect(values(transpose(x, perm)), layout).toEqual(permuted(v, [2, 3, 4], perm));
    }
  }
  expect(reshape(array(5), [1, 1]).js()).toEqual([[5]]);
  expect(reshape(array([[5]]), []).item()).toBe(5);
  expect(reshape(transpose(array([[1, 2], [3, 4]])), [-1]).js()).toEqual([1, 3, 2, 4]);
});

test("chains of views and reshapes read the right elements", () => {
  const factor = fc.constantFrom(1, 2, 3);
  const step = fc.oneof(
    fc.record({ kind: fc.constant("transpose" as const), key: fc.nat(1000) }),
    fc.record({ kind: fc.constant("reshape" as const), key: fc.nat(1000) }),
    fc.record({ kind: fc.constant("broadcast" as const), key: fc.nat(1000) }),
  );
  fc.assert(
    fc.property(fc.tuple(factor, factor, factor), fc.array(step, { maxLength: 6 }), (start, steps) => {
      let shape: number[] = start;
      let v = Array.from({ length: count(shape) }, (_, i) => i);
      let x: Tensor = array(v, { shape });
      for (const { kind, key } of steps) {
        if (kind === "transpose") {
          const perm = shape.map((_, i) => (i + key) % Math.max(shape.length, 1));
          v = permuted(v, shape, perm);
          x = transpose(x, perm);
          shape = perm.map((i) => shape[i] as number);
        } else if (kind === "reshape") {
          const n = count(shape);
          const divisors = Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);
          const d = divisors[key % divisors.length] as number;
          shape = key % 2 === 0 ? [d, n / d] : [1, n / d, d];
          x = reshape(x, shape);
        } else if (count(shape) < 200) {
          const at = key % (shape.length + 1);
          const to = [...shape.slice(0, at), 2, ...shape.slice(at)];
          v = indices(to).map((i) => v[flat([...i.slice(0, at), ...i.slice(at + 1)], shape)] as number);
          x = broadcastInDim(x, to, shape.map((_, i) => (i < at ? i : i + 1)));
          shape = to;
        }
        expect(x.shape).toEqual(shape);
        expect(values(x)).toEqual(v);
      }
    }),
    { numRuns: 300, seed: 1 },
  );
});

test("full and broadcasts hold one element for all", () => {
  for (const dtype of allDTypes) expect(values(full([2, 2], 1, dtype))).toEqual([1, 1, 1, 1]);
  expect(full([0], 1).js()).toEqual([]);
  expect(full([], 2.5).item()).toBe(2.5);
  expect(values(broadcastInDim(array([1, 2]), [2, 3], [0]))).toEqual([1, 1, 1, 2, 2, 2]);
  expect(values(broadcastInDim(array(3), [2], []))).toEqual([3, 3]);
});
