// Walks over strided operands that share a shape: axes are merged where all operands step evenly, the two innermost axes
// that remain are the tile of a loop, and the outer ones are counted here.

import type { Shape } from "@gradus/core";

/** What the axes of a common shape come down to: lengths, and for each operand its steps. */
export interface Axes {
  readonly dims: number[];
  readonly strides: number[][];
}

/** A list of `n` zeros. */
export function zeros(n: number): number[] {
  const list: number[] = [];
  for (let i = 0; i < n; i++) list.push(0);
  return list;
}

/** Drops axes of length 1, and merges an axis into the next inner one where every operand steps through both evenly. */
export function mergeAxes(shape: Shape, strides: readonly (readonly number[])[]): Axes {
  const dims: number[] = [];
  const merged: number[][] = strides.map(() => []);
  for (let i = 0; i < shape.length; i++) {
    const d = shape[i] as number;
    if (d === 1) continue;
    const last = dims.length - 1;
    let isEven = last >= 0;
    for (let k = 0; isEven && k < merged.length; k++) isEven = merged[k]?.[last] === (strides[k]?.[i] as number) * d;
    if (isEven) dims[last] = (dims[last] as number) * d;
    else dims.push(d);
    for (let k = 0; k < merged.length; k++) (merged[k] as number[])[dims.length - 1] = strides[k]?.[i] as number;
  }
  return { dims, strides: merged };
}

/** The rows and columns of the tile that the two innermost axes make. */
export const tileOf = ({ dims }: Axes): [rows: number, columns: number] => [dims[dims.length - 2] ?? 1, dims[dims.length - 1] ?? 1];

/** The steps of an operand along the rows and the columns of the tile. */
export function tileSteps({ dims, strides }: Axes, operand: number): [row: number, column: number] {
  const s = strides[operand] as number[];
  return [s[dims.length - 2] ?? 0, s[dims.length - 1] ?? 0];
}

/** Calls `visit` once for each tile, in row-major order, with where the operands are in it: `at`, updated in place. */
export function forEachTile({ dims, strides }: Axes, at: number[], visit: () => void): void {
  const outer = dims.length - 2;
  if (outer <= 0) return visit();
  const index = zeros(outer);
  for (;;) {
    visit();
    let d = outer - 1;
    for (; d >= 0; d--) {
      const length = dims[d] as number;
      const isDone = (index[d] = (index[d] as number) + 1) === length;
      for (let k = 0; k < at.length; k++) {
        const step = strides[k]?.[d] as number;
        at[k] = (at[k] as number) + (isDone ? step * (1 - length) : step);
      }
      if (!isDone) break;
      index[d] = 0;
    }
    if (d < 0) return;
  }
}
