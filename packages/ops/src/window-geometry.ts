// Where sliding windows lie: strides, dilations and padding, as convolutions and reductions over windows share them.

import { ArgumentError, type Shape, ShapeError } from "@gradus/core";

/** Elements added before and after an axis; negative ones are taken away. */
export type PaddingPair = readonly [low: number, high: number];

/**
 * No padding; as much as gives ⌈d/stride⌉ windows, of which the odd element comes last (`"SAME"`) or first (`"SAME_LOWER"`); or a
 * pair per axis. Small letters mean the same.
 */
export type Padding = "VALID" | "SAME" | "SAME_LOWER" | "valid" | "same" | "same_lower" | readonly PaddingPair[];

/** One entry per axis. */
export interface WindowGeometry {
  readonly window: Shape;
  /** The step from one window to the next. */
  readonly strides: readonly number[];
  readonly padding: readonly PaddingPair[];
  /** How far apart the elements of the array are placed, with nothing between them. */
  readonly baseDilation: readonly number[];
  /** How far apart the elements of a window are. */
  readonly windowDilation: readonly number[];
}

/** The length of an axis of d elements placed `dilation` apart. */
export const dilated = (d: number, dilation: number): number => (d === 0 ? 0 : (d - 1) * dilation + 1);

/** How many windows there are along each axis of an array. */
export const windowCounts = (shape: Shape, { window, strides, padding, baseDilation, windowDilation }: WindowGeometry): number[] =>
  shape.map((d, i) => {
    const [low, high] = padding[i] as PaddingPair;
    const room = dilated(d, baseDilation[i] as number) + low + high - dilated(window[i] as number, windowDilation[i] as number);
    return room < 0 ? 0 : Math.floor(room / (strides[i] as number)) + 1;
  });

/** `given` for each of n axes, the same along all of them if it is one number. @throws ShapeError naming `what` and `name` */
export function perAxis(given: number | readonly number[], n: number, what: string, name: string): readonly number[] {
  const list = typeof given === "number" ? Array.from({ length: n }, () => given) : given;
  if (!Array.isArray(list) || list.length !== n || list.some((k) => !(Number.isInteger(k) && k >= 1))) {
    throw new ShapeError(`${what}: ${name} is [${String(list)}]; expected a number, or one for each of ${n} axes, all of them integers of at least 1.`);
  }
  return list;
}

/** Padding as pairs. @throws ShapeError @throws ArgumentError naming `what` */
export function paddingPairs(padding: Padding, shape: Shape, { window, strides, baseDilation, windowDilation }: Omit<WindowGeometry, "padding">, what: string): readonly PaddingPair[] {
  if (typeof padding !== "string") {
    if (!Array.isArray(padding) || padding.length !== shape.length || padding.some((p) => !Array.isArray(p) || p.length !== 2 || !p.every(Number.isInteger))) {
      throw new ShapeError(`${what}: padding is ${JSON.stringify(padding)}; expected a pair of integers for each of ${shape.length} axes.`);
    }
    return padding;
  }
  const kind = padding.toUpperCase();
  if (kind === "VALID") return shape.map(() => [0, 0]);
  if (kind !== "SAME" && kind !== "SAME_LOWER") throw new ArgumentError(`${what}: padding is "${padding}"; expected "VALID", "SAME", "SAME_LOWER" or pairs of integers.`);
  if (baseDilation.some((d) => d !== 1)) throw new ArgumentError(`${what}: padding "${padding}" has no meaning for a dilated array; give pairs of integers, or use convTranspose.`);
  return shape.map((d, i): PaddingPair => {
    const step = strides[i] as number;
    const missing = Math.max((Math.ceil(d / step) - 1) * step + dilated(window[i] as number, windowDilation[i] as number) - d, 0);
    const less = missing >> 1;
    return kind === "SAME" ? [less, missing - less] : [missing - less, less];
  });
}

/** The padding with which the transpose of a windowed operation, its strides and dilation exchanged, covers an array of `shape`. */
export const transposedPadding = (shape: Shape, counts: Shape, { window, strides, padding, baseDilation, windowDilation }: WindowGeometry): PaddingPair[] =>
  shape.map((d, i): PaddingPair => {
    const extent = dilated(window[i] as number, windowDilation[i] as number);
    const before = extent - 1 - (padding[i] as PaddingPair)[0];
    return [before, dilated(d, baseDilation[i] as number) + extent - 1 - dilated(counts[i] as number, strides[i] as number) - before];
  });
