import { array, type DType, full, type Tensor, transpose, useBackend } from "@gradus/core";
import { concatenate, iota, pad, type PadEntry, reverse, slice, stack } from "@gradus/ops";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { cpu } from "../src/index.js";
import { allDTypes, count, flat, indices, laidOut, numbers, values } from "./layouts.js";
import { View } from "../src/view.js";

beforeEach(() => useBackend(cpu()));

test("slices of every layout", () => {
  const bounds = (n: number) => fc.tuple(fc.nat(n), fc.nat(n), fc.integer({ min: 1, max: 3 })).map(([a, b, s]) => [Math.min(a, b), Math.max(a, b), s] as const);
  fc.assert(
    fc.property(bounds(3), bounds(5), bounds(4), fc.constantFrom(...allDTypes), (...args) => {
      const dtype = args[3] as DType;
      const b = args.slice(0, 3) as [number, number, number][];
      const shape = [3, 5, 4];
      const out = b.map(([lo, hi, step]) => Math.ceil((hi - lo) / step));
      for (const { layout, x, values: v } of laidOut(shape, dtype)) {
        const got = slice(x, b.map((e) => e[0]), b.map((e) => e[1]), b.map((e) => e[2]));
        expect(got.shape).toEqual(out);
        const expected = indices(out).map((index) => v[flat(index.map((i, k) => (b[k] as [number, number, number])[0] + i * (b[k] as [number, number, number])[2]), shape)]);
        expect(values(got), layout).toEqual(expected);
      }
    }),
    { numRuns: 60, seed: 1 },
  );
});

test("large slices share memory with the array, small ones do not keep it alive", () => {
  const x = array(new Float32Array(10_000), { shape: [100, 100] });
  const columns = slice(x, [0, 10], [100, 60]);
  expect(columns.payload).toBeInstanceOf(View);
  const rows = slice(x, [10, 0], [60, 100]);
  expect((rows.payload as Float32Array).buffer).toBe((x.payload as Float32Array).buffer);
  expect(ArrayBuffer.isView(rows.payload)).toBe(true);
  const row = slice(x, [3, 0], [4, 100]);
  expect((row.payload as Float32Array).buffer).not.toBe((x.payload as Float32Array).buffer);
});

test("padding around, between and away", () => {
  const entry = fc.tuple(fc.integer({ min: -4, max: 3 }), fc.integer({ min: -4, max: 3 }), fc.nat(2));
  fc.assert(
    fc.property(entry, entry, fc.constantFrom(...numbers), (e0, e1, dtype) => {
      const shape = [2, 3];
      const config = [e0, e1] as PadEntry[];
      const out = config.map(([lo, hi, inner], i) => lo + hi + (shape[i] as number) + ((shape[i] as number) - 1) * inner);
      if (out.some((d) => d < 0)) return;
      for (const { layout, x, values: v } of laidOut(shape, dtype)) {
        const expected = indices(out).map((index) => {
          const from = index.map((i, k) => (i - (config[k] as PadEntry)[0]) / ((config[k] as PadEntry)[2] + 1));
          return from.every((i, k) => Number.isInteger(i) && i >= 0 && i < (shape[k] as number)) ? v[flat(from, shape)] : 9;
        });
        expect(values(pad(x, 9, config)), `${layout} ${config.join(" ")}`).toEqual(expected);
      }
    }),
    { numRuns: 150, seed: 1 },
  );
  expect(values(pad(array([true]), false, [[1, 1]]))).toEqual([0, 1, 0]);
  expect(values(pad(array([], { shape: [0] }), 1, [[1, 1, 3]]))).toEqual([1, 1]);
  expect(values(pad(array([1]), 0.1, [[0, 1]]))).toEqual([1, Math.fround(0.1)]);
});

test("reverse", () => {
  for (const { layout, x, values: v } of laidOut([3, 4], "int32")) {
    const at = (f: (i: number, j: number) => number[]): (number | undefined)[] => indices([3, 4]).map(([i = 0, j = 0]) => v[flat(f(i, j), [3, 4])]);
    expect(values(reverse(x, 0)), layout).toEqual(at((i, j) => [2 - i, j]));
    expect(values(reverse(x, 1)), layout).toEqual(at((i, j) => [i, 3 - j]));
    expect(values(reverse(x)), layout).toEqual(at((i, j) => [2 - i, 3 - j]));
  }
  expect(values(reverse(array([], { shape: [0, 2] }), 0))).toEqual([]);
});

test("concatenate along every axis, layouts mixed", () => {
  for (const dtype of allDTypes) {
    for (const axis of [0, 1]) {
      const parts = [laidOut([2, 3], dtype), laidOut(axis === 0 ? [4, 3] : [2, 4], dtype, 2), laidOut(axis === 0 ? [0, 3] : [2, 0], dtype, 3)];
      for (const a of parts[0]!) {
        for (const b of parts[1]!) {
          const c = parts[2]![0]!;
          const out = concatenate([a.x, b.x, c.x, a.x], axis);
          const rows = (v: readonly number[], n: number): number[][] => [0, 1].map((i) => v.slice(i * n, (i + 1) * n));
          const expected = axis === 0 ? [...a.values, ...b.values, ...a.values] : [0, 1].flatMap((i) => [...rows(a.values, 3)[i]!, ...rows(b.values, 4)[i]!, ...rows(a.values, 3)[i]!]);
          expect(values(out), `${dtype} ${axis} ${a.layout} ${b.layout}`).toEqual(expected);
        }
      }
    }
  }
  expect(stack([array(1), array(2)]).js()).toEqual([1, 2]);
});

test("iota counts along its axis", () => {
  for (const dtype of numbers) {
    expect(values(iota(4, dtype))).toEqual([0, 1, 2, 3]);
    expect(iota([2, 3], dtype, 1).js()).toEqual([[0, 1, 2], [0, 1, 2]]);
    expect(iota([2, 3], dtype, 0).js()).toEqual([[0, 0, 0], [1, 1, 1]]);
  }
  expect(iota(0).js()).toEqual([]);
});

test("views of views of views", () => {
  const x: Tensor = full([2], 3);
  const y = reverse(transpose(pad(stack([x, x, x]), 1, [[1, 0], [0, 1]])), 0);
  expect(y.js()).toEqual([[1, 1, 1, 1], [1, 3, 3, 3], [1, 3, 3, 3]]);
  expect(count(y.shape)).toBe(12);
});
