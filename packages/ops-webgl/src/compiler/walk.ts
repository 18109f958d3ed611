// The points of a pass: axes that are kept, in the order of the result, then axes that are joined. Axes that run together in
// all places are one.

import { ArgumentError, rowMajor } from "@gradus/core";
import { forEachNode, type Node, type Place, type Store } from "@gradus/loops";

export interface Axis {
  readonly size: number;
  readonly isJoined: boolean;
  /** The loop of the nest whose stride is that of the axis: the innermost of those that it is made of. */
  readonly loop: number;
}

export const product = (sizes: readonly number[]): number => sizes.reduce((n, d) => n * d, 1);

/** The axes of loops of `dims` when the result is stored in the order of `kept`; `places` are all that is read. */
export function axesOf(dims: readonly number[], kept: readonly number[], joined: readonly number[], places: readonly Place[]): Axis[] {
  const axes: Axis[] = [];
  const add = (loop: number, isJoined: boolean): void => {
    const size = dims[loop] as number;
    if (size === 1) return;
    const last = axes[axes.length - 1];
    const runsOn = last !== undefined && last.isJoined === isJoined && places.every(({ strides }) => strides[last.loop] === (strides[loop] as number) * size);
    if (runsOn) axes[axes.length - 1] = { size: last.size * size, isJoined, loop };
    else axes.push({ size, isJoined, loop });
  };
  for (const loop of kept) add(loop, false);
  for (const loop of joined) add(loop, true);
  return axes;
}

/** The loops that a store runs over, in the order of what it fills. @throws ArgumentError if it does not fill it in row-major order */
export function rowMajorLoops(dims: readonly number[], { strides, offset, buffer }: Store): number[] {
  const loops = dims.map((_, i) => i).filter((i) => strides[i] !== 0 && dims[i] !== 1);
  loops.sort((a, b) => (strides[b] as number) - (strides[a] as number));
  const sizes = rowMajor(loops.map((i) => dims[i] as number));
  const isWhole = offset === 0 && product(loops.map((i) => dims[i] as number)) === buffer.size && loops.every((i, k) => strides[i] === sizes[k]);
  if (!isWhole && buffer.size > 0) throw new ArgumentError(`A nest stores b${buffer.id} part by part, and a pass writes whole arrays.`);
  return loops;
}

/** All places that expressions read. */
export function placesIn(roots: readonly Node[]): Place[] {
  const places: Place[] = [];
  forEachNode(roots, (n) => {
    if (n.kind === "load" || n.kind === "index") places.push(n);
  });
  return places;
}
