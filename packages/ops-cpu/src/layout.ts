// How the elements of a concrete tensor lie in memory. A payload is an inline number (0-d), a typed array (row-major and
// complete), or a View. Neither is ever written to after the tensor exists, so layouts may share memory freely.

import type { DType, Shape, Tensor, TypedArray } from "@gradus/core";
import { fresh, single } from "./storage.js";
import { copyInto } from "./tiles.js";
import { rowMajor, View } from "./view.js";

/** The elements of a tensor as a view; those of a 0-d tensor in an array of one. */
export function viewOf({ payload, aval }: Tensor): View {
  if (payload instanceof View) return payload;
  return new View(typeof payload === "number" ? single(aval.dtype, payload) : (payload as TypedArray), rowMajor(aval.shape));
}

/** The elements of a tensor in row-major order: its own array where it has one, else a copy. Not to be written to. */
export function dense(x: Tensor): TypedArray {
  const { payload, aval } = x;
  return payload instanceof View || typeof payload === "number" ? copied(viewOf(x), aval) : (payload as TypedArray);
}

/** The elements of a view in row-major order, in an array of their own. */
export function copied(view: View, { dtype, shape, size }: { readonly dtype: DType; readonly shape: Shape; readonly size: number }): TypedArray {
  const out = fresh(dtype, size);
  copyInto(new View(out, rowMajor(shape)), view, shape);
  return out;
}

/** A view of `shape` as a payload: a typed array where the elements are one run in row-major order. */
export function payloadOf(view: View, shape: Shape): View | TypedArray {
  const { data, strides, offset } = view;
  let size = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== size) return view;
    size *= shape[i] as number;
  }
  return size === data.length ? data : data.subarray(offset, offset + size);
}
