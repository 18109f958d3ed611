// How kernels of linear algebra meet their operands: matrix by matrix, row-major and in doubles, whatever the dtype. Results
// are rounded once, when they are stored.

import type { Aval, Tensor, TypedArray } from "@gradus/core";
import { viewOf } from "../layout.js";
import { fresh } from "../storage.js";

/** Rows and columns of the matrices of a stack. */
export const sizes = ({ shape }: { readonly shape: readonly number[] }): [rows: number, columns: number] => shape.slice(-2) as [number, number];

/** Where each matrix of a stack begins. */
function starts(shape: readonly number[], strides: readonly number[], offset: number): number[] {
  let places = [offset];
  for (let axis = 0; axis < shape.length - 2; axis++) {
    const steps = Array.from({ length: shape[axis] as number }, (_, i) => i * (strides[axis] as number));
    places = places.flatMap((at) => steps.map((step) => at + step));
  }
  return places;
}

type Run = (operands: readonly Float64Array[], results: readonly Float64Array[]) => void;

/** Runs `f` on each matrix of the operands, which it may overwrite; it fills the results, which come as zeros. */
export function forEachMatrix(args: readonly Tensor[], outs: readonly Aval[], f: Run): TypedArray[] {
  const stacks = args.map((x) => {
    const { data, strides, offset } = viewOf(x);
    const [m, n] = sizes(x);
    return { data, strides: strides.slice(-2) as [number, number], at: starts(x.shape, strides, offset), m, n, buffer: new Float64Array(m * n) };
  });
  const results = outs.map((o) => fresh(o.dtype, o.size));
  const count = (stacks[0] as (typeof stacks)[0]).at.length;
  const buffers = outs.map((o) => new Float64Array(count === 0 ? 0 : o.size / count));
  for (let k = 0; k < count; k++) {
    for (const { data, strides: [row, column], at, m, n, buffer } of stacks) {
      const start = at[k] as number;
      for (let i = 0, to = 0; i < m; i++) for (let j = 0, from = start + i * row; j < n; j++, from += column) buffer[to++] = data[from] as number;
    }
    for (const buffer of buffers) buffer.fill(0);
    f(stacks.map((s) => s.buffer), buffers);
    results.forEach((r, i) => r.set(buffers[i] as Float64Array, k * (buffers[i] as Float64Array).length));
  }
  return results;
}

export function transposed(a: Float64Array, m: number, n: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[j * m + i] = a[i * n + j] as number;
  return out;
}

/** Σ x[xi + k]·y[yi + k] for k below n. */
export function dot(x: Float64Array, xi: number, y: Float64Array, yi: number, n: number): number {
  let even = 0;
  let odd = 0;
  let k = 0;
  for (; k + 2 <= n; k += 2) {
    even += (x[xi + k] as number) * (y[yi + k] as number);
    odd += (x[xi + k + 1] as number) * (y[yi + k + 1] as number);
  }
  return k < n ? even + odd + (x[xi + k] as number) * (y[yi + k] as number) : even + odd;
}

/** Adds f·x[xi + k] to y[yi + k] for k below n. */
export function addScaled(y: Float64Array, yi: number, f: number, x: Float64Array, xi: number, n: number): void {
  for (let k = 0; k < n; k++) y[yi + k] = (y[yi + k] as number) + f * (x[xi + k] as number);
}

/** Turns two rows of length n: (x, y) becomes (c·x + s·y, c·y − s·x). */
export function rotate(a: Float64Array, xi: number, yi: number, n: number, c: number, s: number): void {
  for (let k = 0; k < n; k++) {
    const x = a[xi + k] as number;
    const y = a[yi + k] as number;
    a[xi + k] = c * x + s * y;
    a[yi + k] = c * y - s * x;
  }
}

/** Exchanges two rows of length n. */
export function exchange(a: Float64Array, i: number, j: number, n: number): void {
  if (i === j) return;
  for (let k = 0; k < n; k++) {
    const x = a[i * n + k] as number;
    a[i * n + k] = a[j * n + k] as number;
    a[j * n + k] = x;
  }
}

/** The identity, n × n. */
export function identity(n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) out[i * n + i] = 1;
  return out;
}

/** A power of two near the greatest absolute value; 1 for zeros, NaN where an element is not finite. */
export function magnitude(a: Float64Array): number {
  let most = 0;
  for (const v of a) {
    if (!Number.isFinite(v)) return NaN;
    most = Math.max(most, Math.abs(v));
  }
  return most === 0 ? 1 : 2 ** Math.min(Math.max(Math.floor(Math.log2(most)), -1000), 1000);
}
