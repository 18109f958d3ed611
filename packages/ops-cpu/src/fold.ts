// Folds over axes in any layout. What is float32 is joined in doubles and rounded once.

import { type Aval, type Tensor, type TypedArray } from "@gradus/core";
import { viewOf } from "./layout.js";
import type { Loop, ScalarFn } from "./loops.js";
import { fresh } from "./storage.js";
import { forEachTile, memoryOrder, runLoop } from "./tiles.js";
import { View, zeroStrides } from "./view.js";

/** Joins the elements of `x` over `axes`, starting from `init`, by the loop of an operation of two operands. */
export function fold(x: Tensor, axes: readonly number[], { dtype, size }: Aval, init: number, loop: Loop, f: ScalarFn): TypedArray {
  const { shape, payload } = x;
  const result = fresh(dtype === "float32" ? "float64" : dtype, size).fill(init);
  const from = viewOf(x);
  if (size === 1 && ArrayBuffer.isView(payload)) {
    // The usual case, without a walk: all of a dense array.
    loop(f, 1, x.size, result, 0, 0, 0, result, 0, 0, 0, from.data, 0, 0, 1, result, 0, 0, 0);
  } else {
    const strides = zeroStrides(shape);
    for (let i = shape.length - 1, step = 1; i >= 0; i--) {
      if (axes.includes(i)) continue;
      strides[i] = step;
      step *= shape[i] as number;
    }
    // The result so far is the first operand.
    forEachTile(shape, [new View(result, strides), from], ([o, e], m, n) => runLoop(loop, f, m, n, o!, o!, e!, e!), memoryOrder(shape, from));
  }
  return dtype === "float32" ? new Float32Array(result) : result;
}
