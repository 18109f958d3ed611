// Folds over axes in any layout. What is float32 is joined in doubles and rounded once.

import { allocate, type Aval, rowMajor, type Shape, type Tensor, type TypedArray } from "@gradus/core";
import { viewOf } from "./layout.js";
import { View } from "./view.js";

/** Joins the elements of `x` over `axes`, starting from `init`: `join` does it for views, the first of which is the result so far. */
export function fold(x: Tensor, axes: readonly number[], { dtype, size }: Aval, init: number, join: (into: View, x: View, shape: Shape) => void): TypedArray {
  const { shape } = x;
  const result = allocate(dtype === "float32" ? "float64" : dtype, size).fill(init);
  const along = (i: number): boolean => axes.includes(i);
  const strides = rowMajor(shape.map((d, i) => (along(i) ? 1 : d))).map((step, i) => (along(i) ? 0 : step));
  join(new View(result, strides), viewOf(x), shape);
  return dtype === "float32" ? new Float32Array(result) : result;
}
