// Reductions over axes in any layout. The axes are put in the order of the operand's memory, so that a sum over rows and
// one over columns both read it once, from start to end; sums of float32 are accumulated in doubles.

import { type Aval, isFloat, type Shape, type TypedArray } from "@gradus/core";
import { forEachTile, mergeAxes, tileOf, tileSteps, zeros } from "./iterate.js";
import type { View } from "./layout.js";

/**
 * Combines a tile of the operand into the accumulator: element (i, j) is at `xi + i·x0 + j·x1` and belongs to the result
 * at `oi + i·o0 + j·o1`.
 */
export type ReduceLoop = (o: TypedArray, oi: number, o0: number, o1: number, x: TypedArray, xi: number, x0: number, x1: number, m: number, n: number) => void;

/** Runs a reduction over `axes` into `result`, which holds the start value everywhere. */
export function reduceInto(result: TypedArray, { data, strides, offset }: View, shape: Shape, axes: readonly number[], loop: ReduceLoop): void {
  if (data.length === 0 || shape.includes(0)) return;
  const outStrides = zeros(shape.length);
  for (let i = shape.length - 1, step = 1; i >= 0; i--) {
    if (axes.includes(i)) continue;
    outStrides[i] = step;
    step *= shape[i] as number;
  }
  const order = shape.map((_, i) => i).sort((a, b) => Math.abs(strides[b] as number) - Math.abs(strides[a] as number));
  const merged = mergeAxes(
    order.map((i) => shape[i] as number),
    [order.map((i) => strides[i] as number), order.map((i) => outStrides[i] as number)],
  );
  const [m, n] = tileOf(merged);
  const [x0, x1] = tileSteps(merged, 0);
  const [o0, o1] = tileSteps(merged, 1);
  const at = [offset, 0];
  forEachTile(merged, at, () => loop(result, at[1] as number, o0, o1, data, at[0] as number, x0, x1, m, n));
}

/** The sum over axes. Integers wrap around. */
export function sum(x: View, shape: Shape, axes: readonly number[], { dtype, size }: Aval): TypedArray {
  const total = dtype === "int32" ? new Int32Array(size) : dtype === "uint32" ? new Uint32Array(size) : new Float64Array(size);
  reduceInto(total, x, shape, axes, isFloat(dtype) ? sumLoop : sumInPlace);
  return dtype === "float32" ? new Float32Array(total) : total;
}

/** The sum of all elements of a dense float array. */
export const sumAll = (data: TypedArray): number => sumRow(data, 0, 1, data.length);

const sumLoop: ReduceLoop = (o, oi, o0, o1, x, xi, x0, x1, m, n) => {
  if (o1 !== 0) return sumInPlace(o, oi, o0, o1, x, xi, x0, x1, m, n);
  for (let i = 0; i < m; i++) o[oi + i * o0] = (o[oi + i * o0] as number) + sumRow(x, xi + i * x0, x1, n);
};

// Four accumulators: one would wait for itself at each addition.
function sumRow(x: TypedArray, at: number, step: number, n: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let j = 0;
  for (; j + 4 <= n; j += 4, at += 4 * step) {
    a += x[at] as number;
    b += x[at + step] as number;
    c += x[at + 2 * step] as number;
    d += x[at + 3 * step] as number;
  }
  for (; j < n; j++, at += step) a += x[at] as number;
  return a + b + (c + d);
}

const sumInPlace: ReduceLoop = (o, oi, o0, o1, x, xi, x0, x1, m, n) => {
  // Four rows at a time, where they add to the same results: a quarter of the traffic.
  if (o0 === 0) {
    for (; m >= 4; m -= 4, xi += 4 * x0) {
      for (let j = 0, a = xi, k = oi; j < n; j++, a += x1, k += o1) {
        o[k] = (o[k] as number) + (x[a] as number) + (x[a + x0] as number) + ((x[a + 2 * x0] as number) + (x[a + 3 * x0] as number));
      }
    }
  }
  for (; m > 0; m--, oi += o0, xi += x0) {
    for (let j = 0, a = xi, k = oi; j < n; j++, a += x1, k += o1) o[k] = (o[k] as number) + (x[a] as number);
  }
};
