// Walks over strided operands that share a shape: axes are merged where all operands step evenly, the two innermost axes
// that remain are the tile of a loop, and the outer ones are counted here.

import type { Shape, TypedArray } from "@gradus/core";
import type { View } from "./view.js";

/** Handles a tile of m rows and n columns: where each operand is in it, and its steps along rows and columns. */
export type Visit = (at: readonly number[], rows: readonly number[], columns: readonly number[], m: number, n: number) => void;

/** Calls `visit` for each tile, with the axes in `order`, outermost first; in row-major order unless given. */
export function forEachTile(shape: Shape, views: readonly View[], visit: Visit, order: readonly number[] = shape.map((_, i) => i)): void {
  const dims: number[] = [];
  const steps: number[][] = []; // by axis, then by operand
  for (const axis of order) {
    const d = shape[axis] as number;
    if (d === 0) return;
    if (d === 1) continue;
    const step = views.map((v) => v.strides[axis] as number);
    const last = dims.length - 1;
    if (last >= 0 && step.every((s, k) => s * d === steps[last]?.[k])) {
      dims[last] = (dims[last] as number) * d;
      steps[last] = step;
    } else {
      dims.push(d);
      steps.push(step);
    }
  }
  const at = views.map((v) => v.offset);
  const n = dims.pop() ?? 1;
  const columns = steps.pop() ?? at.map(() => 0);
  const m = dims.pop() ?? 1;
  const rows = steps.pop() ?? columns;
  const count = (depth: number): void => {
    if (depth === dims.length) return visit(at, rows, columns, m, n);
    const step = steps[depth] as number[];
    const start = at.slice();
    for (let i = dims[depth] as number; i > 0; i--) {
      count(depth + 1);
      for (let k = 0; k < at.length; k++) at[k] = (at[k] as number) + (step[k] as number);
    }
    for (let k = 0; k < at.length; k++) at[k] = start[k] as number;
  };
  count(0);
}

/** Takes element (i, j) of a tile, at `xi + i·x0 + j·x1`, to its place in the result, `oi + i·o0 + j·o1`. */
export type MoveLoop = (o: TypedArray, oi: number, o0: number, o1: number, x: TypedArray, xi: number, x0: number, x1: number, m: number, n: number) => void;

/** Takes the elements of `x` to places in `out`, in the order in which they lie in memory: several may have one place. */
export function move(out: View, x: View, shape: Shape, loop: MoveLoop): void {
  const distance = (axis: number): number => Math.abs(x.strides[axis] as number);
  forEachTile(
    shape,
    [out, x],
    (at, rows, columns, m, n) =>
      loop(out.data, at[0] as number, rows[0] as number, columns[0] as number, x.data, at[1] as number, rows[1] as number, columns[1] as number, m, n),
    shape.map((_, i) => i).sort((a, b) => distance(b) - distance(a)),
  );
}

// Where columns of x are rows of the result, each element of a row lands in a cache line of its own. In strips of so many
// columns the lines are still there when the next row comes to them.
const stripOf = (o0: number, o1: number, n: number): number => (Math.abs(o1) > Math.abs(o0) ? 32 : n);

// One loop for numbers and one for booleans: see loops.ts.
const copyNumbers: MoveLoop = (o, oi, o0, o1, x, xi, x0, x1, m, n) => {
  const strip = stripOf(o0, o1, n);
  for (; n > 0; n -= strip, oi += strip * o1, xi += strip * x1) {
    for (let i = 0; i < m; i++) for (let j = n < strip ? n : strip, a = xi + i * x0, k = oi + i * o0; j > 0; j--, a += x1, k += o1) o[k] = x[a] as number;
  }
};
const copyBools: MoveLoop = (o, oi, o0, o1, x, xi, x0, x1, m, n) => {
  const strip = stripOf(o0, o1, n);
  for (; n > 0; n -= strip, oi += strip * o1, xi += strip * x1) {
    for (let i = 0; i < m; i++) for (let j = n < strip ? n : strip, a = xi + i * x0, k = oi + i * o0; j > 0; j--, a += x1, k += o1) o[k] = x[a] as number;
  }
};

/** Copies elements of the dtype of `out` to places in it. */
export const copyInto = (out: View, x: View, shape: Shape): void => move(out, x, shape, out.data instanceof Uint8Array ? copyBools : copyNumbers);
