// The kernel family of reading and adding at computed positions.

import { isFloat, rowMajor, type Shape, type Tensor, type TypedArray } from "@gradus/core";
import { dynamicSliceP, type DynamicSliceParams, dynamicUpdateSliceP, gatherP, type IndexingParams, scatterAddP, scatterMaxP, scatterMinP, scatterMulP, scatterP } from "@gradus/ops";
import { copied, copyInto, dense } from "./copy.js";
import type { Kernel, KernelFamily } from "./kernel.js";
import { viewOf } from "./layout.js";
import { arithmetic, type Loop } from "./loops.js";
import { fresh } from "./storage.js";
import { forEachTile, runLoop } from "./tiles.js";
import { View } from "./view.js";

/**
 * Where each index vector points: the offset in an array of the given shape and strides, or −1 for one that is dropped.
 * The first `batchDims` axes of array and indices run together.
 */
function positions(indices: Tensor, shape: Shape, strides: readonly number[], offset: number, { axes, batchDims, mode }: IndexingParams): Float64Array {
  const index = dense(indices);
  const k = axes.length;
  const queries = indices.shape.slice(0, -1);
  const at = new Float64Array(queries.reduce((a, d) => a * d, 1));
  const perExample = queries.slice(batchDims).reduce((a, d) => a * d, 1);
  for (let q = 0; q < at.length; q++) {
    let position = offset;
    for (let i = batchDims - 1, b = Math.floor(q / perExample); i >= 0; i--) {
      const d = shape[i] as number;
      position += (b % d) * (strides[i] as number);
      b = Math.floor(b / d);
    }
    for (let c = 0; c < k; c++) {
      const axis = axes[c] as number;
      const last = (shape[axis] as number) - 1;
      const i = index[q * k + c] as number;
      if (last < 0 || (mode === "drop" && (i < 0 || i > last))) {
        position = -1;
        break;
      }
      position += (i < 0 ? 0 : i > last ? last : i) * (strides[axis] as number);
    }
    at[q] = position;
  }
  return at;
}

// The axes that neither run along with the indices nor are addressed: what one index vector reads or writes whole.
const sliceAxes = (shape: Shape, { axes, batchDims }: IndexingParams): number[] => shape.map((_, i) => i).filter((i) => i >= batchDims && !axes.includes(i));

const gather: Kernel<IndexingParams> = ([x, indices], params, [out]) => {
  const { data, strides, offset } = viewOf(x!);
  const at = positions(indices!, x!.shape, strides, offset, params);
  const rest = sliceAxes(x!.shape, params);
  const shape = rest.map((i) => x!.shape[i] as number);
  const steps = rest.map((i) => strides[i] as number);
  const size = shape.reduce((a, d) => a * d, 1);
  if (data instanceof Uint8Array) return bools(gatherInto(new Int32Array(out!.size), Int32Array.from(data), at, shape, steps, size));
  return gatherInto(fresh(out!.dtype, out!.size), data, at, shape, steps, size);
};

// Loops that read numbers are kept free of booleans (see loops.ts).
const bools = (x: TypedArray): Uint8Array => Uint8Array.from(x);

function gatherInto(result: TypedArray, data: TypedArray, at: Float64Array, shape: Shape, steps: readonly number[], size: number): TypedArray {
  if (size === 1) readSingles(result, data, at);
  else if (shape.length === 1) readRows(result, data, at, steps[0] as number, size);
  else {
    const outStrides = rowMajor(shape);
    at.forEach((position, q) => {
      if (position >= 0) copyInto(new View(result, outStrides, q * size), new View(data, steps, position), shape);
    });
  }
  return result;
};

function readSingles(out: TypedArray, x: TypedArray, at: Float64Array): void {
  for (let q = 0; q < at.length; q++) {
    const position = at[q] as number;
    if (position >= 0) out[q] = x[position] as number;
  }
}

function readRows(out: TypedArray, x: TypedArray, at: Float64Array, step: number, n: number): void {
  for (let q = 0; q < at.length; q++) {
    const position = at[q] as number;
    if (position < 0) continue;
    for (let j = 0, a = position, k = q * n; j < n; j++, a += step) out[k++] = x[a] as number;
  }
}

const scatterAdd: Kernel<IndexingParams> = ([x, indices, updates], params, [out]) => {
  const result = copied(viewOf(x!), out!);
  const strides = rowMajor(out!.shape);
  const at = positions(indices!, out!.shape, strides, 0, params);
  const rest = sliceAxes(out!.shape, params);
  const shape = rest.map((i) => out!.shape[i] as number);
  const steps = rest.map((i) => strides[i] as number);
  const source = dense(updates!);
  const size = shape.reduce((a, d) => a * d, 1);
  const sourceStrides = rowMajor(shape);
  const add = arithmetic["add"] as Loop;
  const unused = (): number => 0;
  for (let q = 0; q < at.length; q++) {
    const position = at[q] as number;
    if (position < 0) continue;
    if (shape.length < 2) {
      const step = steps[0] ?? 0;
      add(unused, 1, size, result, position, 0, step, result, position, 0, step, source, q * size, 0, 1, source, 0, 0, 0);
      continue;
    }
    const views = [new View(result, steps, position), new View(source, sourceStrides, q * size)];
    forEachTile(shape, views, ([o, u], m, n) => runLoop(add, unused, m, n, o!, o!, u!, u!));
  }
  return result;
};

type Combine = (old: number, update: number) => number;

/** A kernel that writes what it makes of an element and an update, one after the other. */
const scatterBy =
  (combine: Combine, integers: Combine = combine): Kernel<IndexingParams> =>
  ([x, indices, updates], params, [out]) => {
    const result = copied(viewOf(x!), out!);
    const strides = rowMajor(out!.shape);
    const at = positions(indices!, out!.shape, strides, 0, params);
    const rest = sliceAxes(out!.shape, params);
    const source = dense(updates!);
    const places = offsets(rest.map((i) => out!.shape[i] as number), rest.map((i) => strides[i] as number));
    const f = isFloat(out!.dtype) ? combine : integers;
    for (let q = 0, k = 0; q < at.length; q++) {
      const position = at[q] as number;
      for (let j = 0; j < places.length; j++, k++) {
        if (position < 0) continue;
        const to = position + (places[j] as number);
        result[to] = f(result[to] as number, source[k] as number);
      }
    }
    return result;
  };

// The offsets of the elements of one slice, in row-major order.
function offsets(shape: readonly number[], steps: readonly number[]): number[] {
  let all = [0];
  shape.forEach((d, axis) => (all = all.flatMap((at) => Array.from({ length: d }, (_, i) => at + i * (steps[axis] as number)))));
  return all;
}

// Where a slice of a shape begins: its start is clamped so that it fits.
function startOf(start: Tensor, x: Shape, slice: Shape, { strides, offset }: View): number {
  const first = dense(start);
  return x.reduce((at, d, axis) => at + Math.min(Math.max(first[axis] as number, 0), d - (slice[axis] as number)) * (strides[axis] as number), offset);
}

const dynamicSlice: Kernel<DynamicSliceParams> = ([x, start], { sizes }, [out]) => {
  const view = viewOf(x!);
  return copied(new View(view.data, view.strides, startOf(start!, x!.shape, sizes, view)), out!);
};

const dynamicUpdateSlice: Kernel<void> = ([x, update, start], _params, [out]) => {
  const result = copied(viewOf(x!), out!);
  const whole = new View(result, rowMajor(out!.shape));
  copyInto(new View(result, whole.strides, startOf(start!, out!.shape, update!.shape, whole)), viewOf(update!), update!.shape);
  return result;
};

/** gather, the scatters and the dynamic slices. */
export const indexing: KernelFamily = [
  [gatherP, gather],
  [scatterAddP, scatterAdd],
  [dynamicSliceP, dynamicSlice],
  [dynamicUpdateSliceP, dynamicUpdateSlice],
  [scatterP, /* @__PURE__ */ scatterBy((_old, update) => update)],
  [scatterMulP, /* @__PURE__ */ scatterBy((a, b) => a * b, Math.imul)],
  [scatterMaxP, /* @__PURE__ */ scatterBy(Math.max)],
  [scatterMinP, /* @__PURE__ */ scatterBy(Math.min)],
];
