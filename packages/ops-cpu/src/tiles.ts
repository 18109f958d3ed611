// Walks over strided arrays that share a shape: axes are merged where all of them step evenly, the two innermost axes that
// remain are the tile of a loop, and the outer ones are counted here.

import type { Shape } from "@gradus/core";
import type { Loop, ScalarFn } from "./loops.js";
import type { View } from "./view.js";

/** An array in the tile at hand: where it is, and its steps along rows and columns. */
export interface Cursor extends Pick<View, "data"> {
  at: number;
  row: number;
  column: number;
}

/** Calls `visit` for each tile, of m rows and n columns. Axes are taken in `order`, outermost first; as they are unless given. */
export function forEachTile(shape: Shape, views: readonly View[], visit: (cursors: Cursor[], m: number, n: number) => void, order?: readonly number[]): void {
  const dims: number[] = [];
  const steps: number[][] = []; // by axis, then by array
  for (let i = 0; i < shape.length; i++) {
    const axis = order === undefined ? i : (order[i] as number);
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
  const [n, columns, m, rows] = [dims.pop() ?? 1, steps.pop(), dims.pop() ?? 1, steps.pop()];
  const cursors = views.map(({ data, offset }, k): Cursor => ({ data, at: offset, row: rows?.[k] ?? 0, column: columns?.[k] ?? 0 }));
  const count = (depth: number): void => {
    if (depth === dims.length) return visit(cursors, m, n);
    const [d, step] = [dims[depth] as number, steps[depth] as number[]];
    for (let i = 0; i < d; i++) {
      count(depth + 1);
      cursors.forEach((c, k) => (c.at += (step[k] as number) * (i < d - 1 ? 1 : 1 - d)));
    }
  };
  count(0);
}

/** Runs a loop on a tile. Operands that the loop does not have may be any. */
export function runLoop(loop: Loop, f: ScalarFn, m: number, n: number, o: Cursor, x: Cursor, y: Cursor, z: Cursor): void {
  loop(f, m, n, o.data, o.at, o.row, o.column, x.data, x.at, x.row, x.column, y.data, y.at, y.row, y.column, z.data, z.at, z.row, z.column);
}

/** The axes in the order of an array's memory, so that reading it goes from start to end. */
export const memoryOrder = (shape: Shape, { strides }: View): number[] => {
  const distance = (axis: number): number => Math.abs(strides[axis] as number);
  return shape.map((_, i) => i).sort((a, b) => distance(b) - distance(a));
};
