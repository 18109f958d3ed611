// Moves the elements of a strided operand to strided places of a result: the frame of copies into a part of an array, of
// reductions (several elements go to one place) and of scattered sums.

import type { Shape, TypedArray } from "@gradus/core";
import { forEachTile, mergeAxes, tileOf, tileSteps } from "./iterate.js";
import type { View } from "./layout.js";

/** Handles a tile: element (i, j) is at `xi + i·x0 + j·x1` and its place at `oi + i·o0 + j·o1`. */
export type WalkLoop = (o: TypedArray, oi: number, o0: number, o1: number, x: TypedArray, xi: number, x0: number, x1: number, m: number, n: number) => void;

/**
 * Calls `loop` for the tiles of an operand of a shape and the places that `outStrides` from `outOffset` give its elements.
 * Axes are taken in the order of the operand's memory, so that it is read from start to end whatever its layout.
 */
export function walk(out: TypedArray, outStrides: readonly number[], outOffset: number, { data, strides, offset }: View, shape: Shape, loop: WalkLoop): void {
  if (shape.includes(0)) return;
  const order = shape.map((_, i) => i).sort((a, b) => Math.abs(strides[b] as number) - Math.abs(strides[a] as number));
  const merged = mergeAxes(
    order.map((i) => shape[i] as number),
    [order.map((i) => strides[i] as number), order.map((i) => outStrides[i] as number)],
  );
  const [m, n] = tileOf(merged);
  const [x0, x1] = tileSteps(merged, 0);
  const [o0, o1] = tileSteps(merged, 1);
  const at = [offset, outOffset];
  forEachTile(merged, at, () => loop(out, at[1] as number, o0, o1, data, at[0] as number, x0, x1, m, n));
}

const copyNumbers: WalkLoop = (o, oi, o0, o1, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = 0, a = xi, k = oi; j < n; j++, a += x1, k += o1) o[k] = x[a] as number;
};

const copyBools: WalkLoop = (o, oi, o0, o1, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = 0, a = xi, k = oi; j < n; j++, a += x1, k += o1) o[k] = x[a] as number;
};

/** Copies an operand of a shape, of the dtype of `out`, to the places that strides and offset give. */
export const copyInto = (out: TypedArray, outStrides: readonly number[], outOffset: number, x: View, shape: Shape): void =>
  walk(out, outStrides, outOffset, x, shape, out instanceof Uint8Array ? copyBools : copyNumbers);
