import { array, type DType, reshape, type Tensor, transpose, useBackend } from "@gradus/core";
import { gather, scatterAdd, take, zeros } from "@gradus/ops";
import { beforeEach, expect, test } from "vitest";
import { cpu } from "../src/index.js";
import { allDTypes, flat, indices, laidOut, numbers, sample, stored, values } from "./layouts.js";

beforeEach(() => useBackend(cpu()));

const int = (v: number[], shape?: number[]): Tensor => array(v, { dtype: "int32", shape: shape ?? [v.length] });

test("take along each axis of every layout", () => {
  const shape = [3, 4, 2];
  const index = [2, -1, 0, 7, -9];
  for (const dtype of allDTypes) {
    for (const { layout, x, values: v } of laidOut(shape, dtype)) {
      for (let axis = 0; axis < 3; axis++) {
        const n = shape[axis] as number;
        const out = shape.map((d, i) => (i === axis ? index.length : d));
        const expected = indices(out).map((o) => {
          const i = index[o[axis] as number] as number;
          const clipped = Math.min(Math.max(i < 0 ? i + n : i, 0), n - 1);
          return v[flat(o.map((k, a) => (a === axis ? clipped : k)), shape)];
        });
        expect(values(take(x, int(index), axis)), `${dtype} ${layout} ${axis}`).toEqual(expected);
      }
    }
  }
});

test("gather addresses several axes, clips or drops", () => {
  const x = array([[1, 2, 3], [4, 5, 6]]);
  const at = int([1, 2, 0, 0, 5, -5, -1, 1], [4, 2]);
  expect(gather(x, at).js()).toEqual([6, 1, 4, 2]);
  expect(gather(x, at, { mode: "drop" }).js()).toEqual([6, 1, 0, 0]);
  expect(gather(x, int([2, 0], [2, 1]), { axes: [1] }).js()).toEqual([[3, 6], [1, 4]]);
  expect(gather(transpose(x), int([2, 0], [2, 1])).js()).toEqual([[3, 6], [1, 4]]);
  expect(gather(array([[true, false]]), int([0, 1], [1, 2]), { mode: "drop" }).js()).toEqual([false]);
  expect(gather(zeros([0, 2]), int([0], [1, 1]), { mode: "drop" }).js()).toEqual([[0, 0]]);
});

test("gather with whole blocks of two axes and shared batch axes", () => {
  for (const dtype of numbers) {
    const shape = [2, 3, 2, 4];
    for (const { layout, x, values: v } of laidOut(shape, dtype)) {
      const index = [[1, 2], [0, 0]];
      const out = gather(x, int(index.flat(), [2, 2, 1]), { axes: [1], batchDims: 1, mode: "clip" });
      expect(out.shape).toEqual([2, 2, 2, 4]);
      const expected = indices([2, 2, 2, 4]).map(([b = 0, q = 0, i = 0, j = 0]) => v[flat([b, index[b]![q]!, i, j], shape)]);
      expect(values(out), layout).toEqual(expected);
    }
  }
});

test("scatterAdd adds repeated indices up and drops those out of range", () => {
  for (const dtype of numbers) {
    for (const { x, values: v } of laidOut([4], dtype)) {
      const updates = array([1, 2, 4, 8, 16], { dtype });
      const expected = v.map((a, i) => stored(dtype, a + ([2, 5, 0, 0][i] as number)));
      expect(values(scatterAdd(x, int([1, 0, 1, 4, -1], [5, 1]), updates))).toEqual(expected);
      expect(values(x)).toEqual(v);
    }
  }
  expect(scatterAdd(array([1, 2]), int([3, -3], [2, 1]), array([10, 20]), { mode: "clip" }).js()).toEqual([21, 12]);
});

test("scatterAdd of slices is the transpose of gather", () => {
  const dtypes: DType[] = ["float64", "int32"];
  for (const dtype of dtypes) {
    const shape = [2, 3, 2, 4];
    const index = int([1, 2, 1, 1], [2, 2, 1]);
    const params = { axes: [2], batchDims: 1, mode: "clip" } as const;
    const x = array(sample(dtype, 48), { shape, dtype });
    const read = gather(x, index, params);
    const u = array(sample(dtype, read.size, 3), { shape: read.shape, dtype });
    const added = scatterAdd(zeros(shape, dtype), index, u, params);
    // ⟨u, gather x⟩ = ⟨scatter u, x⟩
    const dot = (a: Tensor, b: Tensor): number => values(a).reduce((s, p, i) => s + p * (values(b)[i] as number), 0);
    expect(dot(u, read)).toBe(dot(added, x));
    for (const { x: t } of laidOut([2, 2, 3, 4], dtype).slice(0, 4)) {
      const laid = scatterAdd(zeros(shape, dtype), index, t, params);
      expect(dot(t, read)).toBe(dot(laid, x));
    }
  }
  expect(values(reshape(scatterAdd(zeros([2, 2]), int([1], [1, 1]), array([[3, 4]])), [4]))).toEqual([0, 0, 3, 4]);
});
