// Walks over the lines of arrays along one axis, for kernels in which every element depends on those before it.

import { rowMajor, type Shape } from "@gradus/core";
import { forEachTile } from "./tiles.js";
import { View } from "./view.js";

/** Where a line begins, and its step. */
export interface Line {
  at: number;
  readonly step: number;
}

/** Calls `visit` for each line along `axis` with its place in each view; all are of one shape but for the length of that axis. */
export function forEachLine(shape: Shape, axis: number, views: readonly View[], visit: (lines: readonly Line[]) => void): void {
  const others = <T>(list: readonly T[]): T[] => list.filter((_, i) => i !== axis);
  const lines = views.map((v): Line => ({ at: 0, step: v.strides[axis] as number }));
  const across = views.map((v) => new View(v.data, others(v.strides), v.offset));
  forEachTile(others(shape), across, (cursors, m, n) => {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        cursors.forEach((c, k) => ((lines[k] as Line).at = c.at + i * c.row + j * c.column));
        visit(lines);
      }
    }
  });
}

/** A typed array as the row-major elements of a shape. */
export const contiguous = (data: View["data"], shape: Shape): View => new View(data, rowMajor(shape));
