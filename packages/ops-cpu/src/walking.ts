// The small engine: one walk over strided arrays, element by element, with the function of numbers that 0-d operands have.

import { allocate, type DType, rowMajor, type Shape, type Tensor, type TypedArray } from "@gradus/core";
import type { Engine } from "./engine.js";
import { alignedStrides, viewOf } from "./layout.js";
import type { ScalarFn } from "./loops.js";
import { scalarFunction } from "./program.js";
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

// An operand in the dtype that the plan gives it: integers that become float32 are rounded by being stored.
function converted(x: Tensor, dtype: DType): View {
  const view = viewOf(x, dtype);
  if (view.data.constructor === allocate(dtype, 0).constructor) return view;
  const result = new View(allocate(dtype, x.size), rowMajor(x.shape));
  walk(identity, x.shape, result, view);
  return result;
}

const identity: ScalarFn = (a) => a;

export const walking: Engine = {
  elements({ f, out: { dtype, shape, size }, types }, operands) {
    const result = allocate(dtype, size);
    const views = operands.map((x, i) => {
      const { data, strides, offset } = converted(x, types[i] as DType);
      return new View(data, alignedStrides(strides, x.shape, shape), offset);
    });
    walk(f, shape, new View(result, rowMajor(shape)), ...views);
    return result;
  },
  copyInto: (out, x, shape) => walk(identity, shape, out, x),
  joinInto: (into, x, shape, steps) => walk(scalarFunction(steps, 2), shape, into, into, x),
  partOf: (view) => view,
};
