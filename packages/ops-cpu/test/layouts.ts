// Tensors of given values in every layout that the backend has, for tests: dense, and views with swapped, reversed, sliced
// and repeated axes.

import { array, broadcastTo, type DType, type Shape, type Tensor, transpose } from "@gradus/core";
import { reverse, slice } from "@gradus/ops";
import { expect } from "vitest";

export const numbers: readonly DType[] = ["float32", "float64", "int32", "uint32"];
export const allDTypes: readonly DType[] = [...numbers, "bool"];

/** Deterministic values of a dtype: negative and fractional where it has them, small enough that sums are exact. */
export function sample(dtype: DType, n: number, seed = 1): number[] {
  return Array.from({ length: n }, (_, i) => {
    const k = (i * 7919 + seed * 104729) % 41;
    if (dtype === "bool") return k % 2;
    if (dtype === "uint32") return k;
    return dtype === "int32" ? k - 20 : (k - 20) / 4;
  });
}

export const count = (shape: Shape): number => shape.reduce((n, d) => n * d, 1);

/** The elements of row-major `values` in another order of axes. */
export function permuted(values: readonly number[], shape: Shape, perm: readonly number[]): number[] {
  return indices(perm.map((i) => shape[i] as number)).map((index) => {
    const original: number[] = [];
    perm.forEach((axis, i) => (original[axis] = index[i] as number));
    return values[flat(original, shape)] as number;
  });
}

/** All index vectors of a shape in row-major order. */
export function indices(shape: Shape): number[][] {
  return Array.from({ length: count(shape) }, (_, k) => {
    const index: number[] = [];
    for (let i = shape.length - 1, rest = k; i >= 0; i--) {
      const d = shape[i] as number;
      index[i] = rest % d;
      rest = Math.floor(rest / d);
    }
    return index;
  });
}

export const flat = (index: readonly number[], shape: Shape): number => shape.reduce((k, d, i) => k * d + (index[i] as number), 0);

const arrayTypes = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint32: Uint32Array, bool: Uint8Array };

/** The elements of a tensor, row-major; they must be stored as its dtype says. */
export function values(x: Tensor): number[] {
  const data = x.dataSync();
  expect(data).toBeInstanceOf(arrayTypes[x.dtype as keyof typeof arrayTypes]);
  expect(data.length).toBe(x.size);
  return Array.from(data);
}

export interface Laid {
  readonly layout: string;
  readonly x: Tensor;
  readonly values: number[];
}

/** Tensors of one shape and dtype in all layouts, with their elements in row-major order. */
export function laidOut(shape: Shape, dtype: DType, seed = 1): Laid[] {
  const v = sample(dtype, count(shape), seed);
  const of = (data: readonly number[], s: Shape): Tensor => array(data as number[], { shape: s, dtype });
  const out: Laid[] = [{ layout: "dense", x: of(v, shape), values: v }];
  if (shape.length === 0) return out;
  const swapped = shape.map((_, i) => shape.length - 1 - i);
  const swappedShape = swapped.map((i) => shape[i] as number);
  out.push({ layout: "transposed", x: transpose(of(permuted(v, shape, swapped), swappedShape), swapped), values: v });
  const backwards = v.slice().reverse();
  out.push({ layout: "reversed", x: reverse(of(backwards, shape)), values: v });
  // Every second element of an array with a margin around it.
  const wide = shape.map((d) => 2 * d + 3);
  const filler = sample(dtype, count(wide), seed + 1);
  indices(shape).forEach((index, k) => (filler[flat(index.map((i) => 2 * i + 1), wide)] = v[k] as number));
  out.push({ layout: "sliced", x: slice(of(filler, wide), shape.map(() => 1), shape.map((d) => 2 * d + 1), shape.map(() => 2)), values: v });
  if (shape.length > 1) {
    const one = [1, ...shape.slice(1)];
    const row = sample(dtype, count(one), seed);
    out.push({ layout: "repeated", x: broadcastTo(of(row, one), shape), values: indices(shape).map((i) => row[flat([0, ...i.slice(1)], one)] as number) });
  }
  const [first = 1] = sample(dtype, 1, seed);
  out.push({ layout: "uniform", x: broadcastTo(of([first], [1]), shape), values: v.map(() => first) });
  return out;
}

/** What storing a number as a dtype makes of it. */
export function stored(dtype: DType, value: number): number {
  return dtype === "bool" ? Number(value !== 0) : (arrayTypes[dtype as keyof typeof arrayTypes].of(value)[0] as number);
}
