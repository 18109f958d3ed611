// Which windows read which elements: for a place in all windows, or for a window all its places, these are evenly spaced.

import type { Shape } from "@gradus/core";

/** The indices along an axis that read an element: `count` of them from `first` on, `step` apart, and where they read. */
export interface Run {
  readonly first: number;
  readonly step: number;
  readonly count: number;
  readonly from: number;
  readonly fromStep: number;
}

// Index v of `count` reads at (base + v·step)/dilation of `size` elements, where that is one of them.
function runOf(base: number, step: number, count: number, dilation: number, size: number): Run {
  let first = Math.max(0, Math.ceil(-base / step));
  let period = 1;
  while ((step * period) % dilation !== 0) period++;
  for (let tries = 0; tries < period && (base + first * step) % dilation !== 0; tries++) first++;
  const position = base + first * step;
  const last = Math.min(count - 1, Math.floor(((size - 1) * dilation - base) / step));
  const hits = size > 0 && position % dilation === 0 && last >= first ? Math.floor((last - first) / period) + 1 : 0;
  return { first, step: period, count: hits, from: position / dilation, fromStep: (step * period) / dilation };
}

/** Windows, or places in them, of two nested loops; all per axis. Index i of the outer and j of the inner one read at i·move + j·read − low. */
export interface Loops {
  readonly outer: Shape;
  readonly inner: Shape;
  readonly moves: readonly number[];
  readonly reads: readonly number[];
  readonly low: readonly number[];
  /** How far apart the elements are. */
  readonly dilation: readonly number[];
  readonly sizes: Shape;
}

/** For every outer index, in row-major order, the run of inner indices along each axis; none where nothing is read. */
export function runsOf({ outer, inner, moves, reads, low, dilation, sizes }: Loops): { readonly index: number; readonly runs: readonly Run[] }[] {
  const byAxis = outer.map((d, a) =>
    Array.from({ length: d }, (_, i) => runOf(i * (moves[a] as number) - (low[a] as number), reads[a] as number, inner[a] as number, dilation[a] as number, sizes[a] as number)),
  );
  const all = byAxis.reduce<Run[][]>((lists, runs) => lists.flatMap((list) => runs.map((r) => [...list, r])), [[]]);
  return all.map((runs, index) => ({ index, runs })).filter(({ runs }) => runs.every((r) => r.count > 0));
}
