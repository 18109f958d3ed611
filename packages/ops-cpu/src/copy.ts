// Copies of strided arrays, tile by tile.

import { type DType, rowMajor, type Shape, type Tensor, type TypedArray } from "@gradus/core";
import { copyLoop } from "./generic-loops.js";
import { denseBy } from "./layout.js";
import type { ScalarFn } from "./loops.js";
import { fresh } from "./storage.js";
import { forEachTile, memoryOrder, runLoop } from "./tiles.js";
import { View } from "./view.js";

/** The elements of a tensor in row-major order: its own array where it has one, else a copy. Not to be written to. */
export const dense = (x: Tensor): TypedArray => denseBy(copyInto, x);

/** The elements of a view in row-major order, in an array of their own. */
export function copied(view: View, { dtype, shape, size }: { readonly dtype: DType; readonly shape: Shape; readonly size: number }): TypedArray {
  const out = fresh(dtype, size);
  copyInto(new View(out, rowMajor(shape)), view, shape);
  return out;
}

const identity: ScalarFn = (a) => a;

/** Copies elements of the dtype of `out` to places in it. */
export function copyInto(out: View, x: View, shape: Shape): void {
  const dtype = out.data instanceof Uint8Array ? "bool" : "float64";
  forEachTile(
    shape,
    [out, x],
    ([o, from], m, n) => {
      // Where columns of x are rows of the result, each element of a row lands in a cache line of its own. In strips of so
      // many columns the lines are still there when the next row comes to them.
      const strip = Math.abs(o!.column) > Math.abs(o!.row) ? 32 : n;
      const [to, start] = [o!.at, from!.at];
      for (let j = 0; j < n; j += strip) {
        o!.at = to + j * o!.column;
        from!.at = start + j * from!.column;
        runLoop(copyLoop(dtype, dtype), identity, m, Math.min(strip, n - j), o!, from!, o!, o!);
      }
      o!.at = to;
      from!.at = start;
    },
    memoryOrder(shape, x),
  );
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
