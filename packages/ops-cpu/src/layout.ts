// How the elements of a concrete tensor lie in memory. A payload is an inline number (0-d), a typed array (row-major and
// complete), a View, or a Resident, which gives such an array. None is ever written to after the tensor exists, so layouts may share memory freely.

import { allocate, type DType, rowMajor, type Shape, type Tensor, type TypedArray } from "@gradus/core";
import { Elements, View } from "./view.js";

/** One element of a dtype. */
export function single(dtype: DType, value: number): TypedArray {
  const data = allocate(dtype, 1);
  data[0] = value;
  return data;
}

/** The elements of a tensor as a view; those of a 0-d tensor in an array of one. */
export function viewOf({ payload, aval }: Tensor): View {
  if (payload instanceof Elements) return payload;
  return new View(typeof payload === "number" ? single(aval.dtype, payload) : (payload as TypedArray), rowMajor(aval.shape));
}

/** Copies elements of the dtype of `out` to places in it. */
export type CopyInto = (out: View, x: View, shape: Shape) => void;

/** The elements of a tensor in row-major order: its own array where it has one, else a copy. Not to be written to. */
export function denseBy(copyInto: CopyInto, x: Tensor): TypedArray {
  const { payload, shape } = x;
  if (!(payload instanceof Elements || typeof payload === "number")) return payload as TypedArray;
  const { whole } = payload as Elements;
  if (whole !== undefined) return whole;
  const out = allocate(x.dtype, x.size);
  copyInto(new View(out, rowMajor(shape)), viewOf(x), shape);
  return out;
}

/** The strides of elements of the shape `from` as elements of `to`, which it broadcasts to: 0 along axes that repeat. */
export function alignedStrides(strides: readonly number[], from: Shape, to: Shape): readonly number[] {
  const lead = to.length - from.length;
  return to.map((_, i) => (i < lead || from[i - lead] === 1 ? 0 : (strides[i - lead] as number)));
}

/** The stride of several axes as one, undefined where they are no run of equal steps. */
export function mergedStride(axes: readonly number[], shape: Shape, strides: readonly number[]): number | undefined {
  const long = axes.filter((i) => shape[i] !== 1);
  for (let k = 1; k < long.length; k++) {
    const [outer, inner] = [long[k - 1] as number, long[k] as number];
    if (strides[outer] !== (strides[inner] as number) * (shape[inner] as number)) return undefined;
  }
  return long.length === 0 ? 0 : strides[long[long.length - 1] as number];
}
