// The kernel family of reading and adding at computed positions.

import { type Aval, isFloat, rowMajor, type Shape, type Tensor, type TypedArray } from "@gradus/core";
import { dynamicSliceP, type DynamicSliceParams, dynamicUpdateSliceP, gatherP, type GatherParams, type IndexingParams, scatterAddP, scatterMaxP, scatterMinP, scatterMulP, scatterMulTangentP, scatterP } from "@gradus/ops";
import { copied, copyInto, dense, payloadOf } from "./copy.js";
import type { Kernel, KernelFamily } from "./kernel.js";
import { viewOf } from "./layout.js";
import { arithmetic, type Loop } from "./loops.js";
import { fresh } from "./storage.js";
import { forEachTile, runLoop } from "./tiles.js";
import { View } from "./view.js";

/** Where the slice at each index vector begins: an offset in an array of the given shape and strides, or −1 for one that is dropped. */
function positions(indices: Tensor, shape: Shape, { strides, offset }: Pick<View, "strides" | "offset">, { dimensionNumbers, sliceSizes, mode }: IndexingParams): Float64Array {
  const { startIndexMap, operandBatchingDims, startIndicesBatchingDims } = dimensionNumbers;
  const index = dense(indices);
  const k = startIndexMap.length;
  const queries = indices.shape.slice(0, -1);
  const steps = rowMajor(queries);
  const at = new Float64Array(queries.reduce((a, d) => a * d, 1));
  const last = startIndexMap.map((axis) => (shape[axis] as number) - (sliceSizes[axis] as number));
  for (let q = 0; q < at.length; q++) {
    let position = offset;
    for (let b = 0; b < operandBatchingDims.length; b++) {
      const axis = startIndicesBatchingDims[b] as number;
      position += (Math.floor(q / (steps[axis] as number)) % (queries[axis] as number)) * (strides[operandBatchingDims[b] as number] as number);
    }
    for (let c = 0; c < k; c++) {
      const i = index[q * k + c] as number;
      const end = last[c] as number;
      if (end < 0 || (mode === "drop" && (i < 0 || i > end))) {
        position = -1;
        break;
      }
      position += (i < 0 ? 0 : i > end ? end : i) * (strides[startIndexMap[c] as number] as number);
    }
    at[q] = position;
  }
  return at;
}

// The axes of the array that are axes of slices.
const sliceAxes = ({ dimensionNumbers: { collapsedSliceDims, operandBatchingDims }, sliceSizes }: IndexingParams): number[] =>
  sliceSizes.map((_, i) => i).filter((i) => !collapsedSliceDims.includes(i) && !operandBatchingDims.includes(i));

// The axes of what is read or written, those of the indices first: slice after slice.
const sliceOrder = ({ dimensionNumbers: { offsetDims } }: IndexingParams, ndim: number): number[] =>
  Array.from({ length: ndim }, (_, i) => i).filter((i) => !offsetDims.includes(i)).concat(offsetDims);

const gather: Kernel<GatherParams> = ([x, indices], params, [out]) => {
  const view = viewOf(x!);
  const { data, strides } = view;
  const at = positions(indices!, x!.shape, view, params);
  const rest = sliceAxes(params);
  const shape = rest.map((i) => params.sliceSizes[i] as number);
  const steps = rest.map((i) => strides[i] as number);
  const size = shape.reduce((a, d) => a * d, 1);
  const result = data instanceof Uint8Array ? new Int32Array(out!.size) : fresh(out!.dtype, out!.size);
  if (params.mode === "drop" && params.fillValue !== 0) result.fill(params.fillValue);
  gatherInto(result, data instanceof Uint8Array ? Int32Array.from(data) : data, at, shape, steps, size);
  const order = sliceOrder(params, out!.ndim);
  const inOrder = rowMajor(order.map((i) => out!.shape[i] as number));
  const places = out!.shape.map((_, i) => inOrder[order.indexOf(i)] as number);
  return payloadOf(new View(data instanceof Uint8Array ? bools(result) : result, places), out!.shape);
};

// Loops that read numbers are kept free of booleans (see loops.ts).
const bools = (x: TypedArray): Uint8Array => Uint8Array.from(x);

function gatherInto(result: TypedArray, data: TypedArray, at: Float64Array, shape: Shape, steps: readonly number[], size: number): void {
  if (size === 1) readSingles(result, data, at);
  else if (shape.length === 1) readRows(result, data, at, steps[0] as number, size);
  else {
    const outStrides = rowMajor(shape);
    at.forEach((position, q) => {
      if (position >= 0) copyInto(new View(result, outStrides, q * size), new View(data, steps, position), shape);
    });
  }
}

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

/** A copy of the array to write to, the updates slice after slice, and where they go. */
interface Writing {
  readonly result: TypedArray;
  readonly source: TypedArray;
  readonly at: Float64Array;
  readonly shape: number[];
  readonly steps: number[];
}

function writing([x, indices, updates]: readonly Tensor[], params: IndexingParams, out: Aval): Writing {
  const strides = rowMajor(out.shape);
  const rest = sliceAxes(params);
  const { data, strides: from, offset } = viewOf(updates!);
  const order = sliceOrder(params, updates!.ndim);
  const isInOrder = order.every((axis, i) => axis === i);
  return {
    result: copied(viewOf(x!), out),
    source: isInOrder ? dense(updates!) : copied(new View(data, order.map((i) => from[i] as number), offset), { dtype: out.dtype, shape: order.map((i) => updates!.shape[i] as number), size: updates!.size }),
    at: positions(indices!, out.shape, { strides, offset: 0 }, params),
    shape: rest.map((i) => params.sliceSizes[i] as number),
    steps: rest.map((i) => strides[i] as number),
  };
}

const scatterAdd: Kernel<IndexingParams> = (args, params, [out]) => {
  const { result, source, at, shape, steps } = writing(args, params, out!);
  const size = shape.reduce((a, d) => a * d, 1);
  if (size === 1) {
    addSingles(result, source, at);
    return result;
  }
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

function addSingles(result: TypedArray, source: TypedArray, at: Float64Array): void {
  for (let q = 0; q < at.length; q++) {
    const to = at[q] as number;
    if (to >= 0) result[to] = (result[to] as number) + (source[q] as number);
  }
}

type Combine = (old: number, update: number) => number;

/** A kernel that writes what it makes of an element and an update, one after the other. */
const scatterBy =
  (combine: Combine, integers: Combine = combine): Kernel<IndexingParams> =>
  (args, params, [out]) => {
    const { result, source, at, shape, steps } = writing(args, params, out!);
    const places = offsets(shape, steps);
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

// Products and their tangents side by side: (p, t) and an update (u, du) make (p·u, t·u + p·du).
const scatterMulTangent: Kernel<IndexingParams> = ([x, indices, updates, tangents], params, [out]) => {
  const { result, source, at, shape, steps } = writing([x!, indices!, updates!], params, out!);
  const { source: du } = writing([x!, indices!, tangents!], params, out!);
  const places = offsets(shape, steps);
  const products = Float64Array.from(result);
  const sums = new Float64Array(result.length);
  for (let q = 0, k = 0; q < at.length; q++) {
    const position = at[q] as number;
    for (let j = 0; j < places.length; j++, k++) {
      if (position < 0) continue;
      const to = position + (places[j] as number);
      const [p, u] = [products[to] as number, source[k] as number];
      sums[to] = (sums[to] as number) * u + p * (du[k] as number);
      products[to] = p * u;
    }
  }
  result.set(sums);
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
  [scatterMulTangentP, scatterMulTangent],
  [scatterMaxP, /* @__PURE__ */ scatterBy(Math.max)],
  [scatterMinP, /* @__PURE__ */ scatterBy(Math.min)],
];
