// Where batching rules put the batch axis.

import { broadcastInDim, moveAxis, type Tensor } from "@gradus/core";

/** A value with its batch axis at `to`: moved there, or repeated along it where it has none. */
export function alignBatch(x: Tensor, from: number | null, to: number, axisSize: number): Tensor {
  if (from !== null) return moveAxis(x, from, to);
  const shape = [...x.shape.slice(0, to), axisSize, ...x.shape.slice(to)];
  return broadcastInDim(x, shape, shiftAxes(x.shape.map((_, i) => i), to));
}

/** Axes of one example as axes of a batch whose batch axis is `axis`. */
export const shiftAxes = (axes: readonly number[], axis: number): number[] => axes.map((a) => (a >= axis ? a + 1 : a));

/** A list with one entry more, for the batch axis. */
export const insertAt = <T>(list: readonly T[], index: number, entry: T): T[] => [...list.slice(0, index), entry, ...list.slice(index)];
