// How the elements of a concrete tensor lie in memory. A payload is an inline number (0-d), a typed array (row-major and
// complete), or a View. Neither is ever written to after the tensor exists, so layouts may share memory freely.

import { allocate, type Aval, type DType, type Shape, type Tensor, type TypedArray } from "@gradus/core";
import { execute } from "./execute.js";
import { zeros } from "./iterate.js";
import { copyProgram } from "./program.js";
import { fresh } from "./storage.js";

/** A tensor's elements as a strided part of a typed array: broadcast axes have stride 0. All in elements. */
export class View {
  readonly data: TypedArray;
  readonly strides: readonly number[];
  readonly offset: number;

  constructor(data: TypedArray, strides: readonly number[], offset: number) {
    this.data = data;
    this.strides = strides;
    this.offset = offset;
  }
}

/** The strides of row-major order. */
export function rowMajor(shape: Shape): number[] {
  const strides = zeros(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i] as number;
  }
  return strides;
}

/** The elements of a tensor as a view; those of a 0-d tensor in an array of one. */
export function viewOf(x: Tensor): View {
  const { payload, aval } = x;
  if (payload instanceof View) return payload;
  if (typeof payload === "number") return new View(single(aval.dtype, payload), [], 0);
  return new View(payload as TypedArray, rowMajor(aval.shape), 0);
}

/** The elements of a tensor in row-major order: its own array where it has one, else a copy. Not to be written to. */
export function dense(x: Tensor): TypedArray {
  const { payload, aval } = x;
  if (typeof payload === "number") return single(aval.dtype, payload);
  if (!(payload instanceof View)) return payload as TypedArray;
  return copied(payload, aval);
}

/** The elements of a view of a shape in row-major order, in an array of their own. */
export function copied(view: View, { dtype, shape, size }: Pick<Aval, "dtype" | "shape" | "size">): TypedArray {
  const out = fresh(dtype, size);
  execute(copyProgram(dtype), out, shape, [view]);
  return out;
}

/** Whether all elements of a view are one and the same. */
export const isUniform = (v: View): boolean => v.strides.every((s) => s === 0);

/** A view of `shape` as a payload: its typed array itself where that is row-major and complete. */
export function payloadOf(view: View, shape: Shape): View | TypedArray {
  const { data, strides, offset } = view;
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== step) return view;
    step *= shape[i] as number;
  }
  return step === data.length ? data : data.subarray(offset, offset + step);
}

/**
 * The strides under which the elements of a view, in row-major order, fill another shape; undefined where they need a
 * copy. Axes of the two shapes are matched in groups of equal size, and each group must be one run of equal steps.
 */
export function reshapeStrides(from: Shape, strides: readonly number[], to: Shape): number[] | undefined {
  const dims: number[] = [];
  const steps: number[] = [];
  for (let i = 0; i < from.length; i++) {
    if (from[i] === 1) continue;
    dims.push(from[i] as number);
    steps.push(strides[i] as number);
  }
  const out = zeros(to.length);
  let i = 0;
  for (let j = 0; j < to.length; ) {
    if (to[j] === 1) {
      j++;
      continue;
    }
    const first = i;
    const start = j;
    let p = dims[i++] ?? 0;
    let q = to[j++] as number;
    while (p !== q) {
      if (p < q) p *= dims[i++] as number;
      else q *= to[j++] as number;
      if (!(p > 0 && q > 0)) return undefined;
    }
    for (let k = first; k < i - 1; k++) if (steps[k] !== (steps[k + 1] as number) * (dims[k + 1] as number)) return undefined;
    let step = steps[i - 1] as number;
    for (let k = j - 1; k >= start; k--) {
      out[k] = step;
      step *= to[k] as number;
    }
  }
  return out;
}

function single(dtype: DType, value: number): TypedArray {
  const data = allocate(dtype, 1);
  data[0] = value;
  return data;
}
