// The small engine: one walk over strided arrays, element by element, with the function of numbers that 0-d operands have.

import { allocate, type Aval, rowMajor, type Shape, type Tensor, type TypedArray } from "@gradus/core";
import type { Engine } from "./engine.js";
import { viewOf } from "./layout.js";
import type { ScalarFn } from "./loops.js";
import { scalarFunction } from "./scalar-function.js";
import { View } from "./view.js";

/** Stores f of corresponding elements, where each array has its own strides. */
function walk(f: ScalarFn, shape: Shape, into: View, ...from: View[]): void {
  const views = [into, ...from];
  const [o, x, y] = views.map((v) => v.data) as [TypedArray, TypedArray, TypedArray];
  const n = from.length;
  const visit = (axis: number, at: readonly number[]): void => {
    if (axis < shape.length) {
      const next = at.slice();
      for (let i = shape[axis] as number; i > 0; i--) {
        visit(axis + 1, next);
        for (let k = 0; k <= n; k++) (next[k] as number) += (views[k] as View).strides[axis] as number;
      }
    } else {
      const [k, i, j] = at as [number, number, number];
      o[k] = n === 1 ? f(x[i] as number) : n === 2 ? f(x[i] as number, y[j]) : f(...(from.map((v, p) => v.data[at[p + 1] as number]) as [number]));
    }
  };
  visit(0, views.map((v) => v.offset));
}

/** The elements of the result of an elementwise operation. */
export function walked(f: ScalarFn, { dtype, shape, size }: Aval, operands: readonly Tensor[]): TypedArray {
  const result = allocate(dtype, size);
  walk(f, shape, new View(result, rowMajor(shape)), ...operands.map(viewOf));
  return result;
}

export const walking: Engine = {
  copyInto: (out, x, shape) => walk((a) => a, shape, out, x),
  joinInto: (into, x, shape, combine, dtype) => walk(scalarFunction(combine, [dtype, dtype], dtype), shape, into, into, x),
  partOf: (view) => view,
};
