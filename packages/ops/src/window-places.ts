// Where sliding windows lie in an array, for what is written with strided slices: reductions over windows, and convolutions.

import { ArgumentError, type Shape, ShapeError, type Tensor } from "@gradus/core";
import { slice } from "./slicing.js";

/** How a window moves over an array: per axis, and the same along all axes if one number is given. */
export interface WindowOptions {
  /** The step from one window to the next, 1 unless given. */
  readonly strides?: number | readonly number[];
  /**
   * Elements added before and after each axis: none (`"valid"`, the default), as many as give ⌈d/stride⌉ windows (`"same"`), or
   * so many. They count as 0 in sums, and never win an extremum.
   */
  readonly padding?: "valid" | "same" | readonly (readonly [low: number, high: number])[];
  /** The distance between elements of a window, 1 unless given. */
  readonly dilation?: number | readonly number[];
}

/** Where windows lie: the padding of each axis, and how many windows there are along it. */
export interface Windows {
  readonly padding: readonly (readonly [number, number])[];
  readonly counts: readonly number[];
  readonly strides: readonly number[];
  readonly dilation: readonly number[];
}

/** Where the windows of a shape lie in x. @throws ShapeError */
export function windowsOf(x: Tensor, window: Shape, { strides = 1, padding = "valid", dilation = 1 }: WindowOptions, what: string): Windows {
  const perAxis = (given: number | readonly number[], name: string): readonly number[] => {
    const list = typeof given === "number" ? x.shape.map(() => given) : given;
    if (list.length !== x.ndim || list.some((n) => !(Number.isInteger(n) && n >= 1))) throw new ShapeError(`${what}: ${name} [${list}] of ${x.aval.toString()}; expected ${x.ndim} integers of at least 1.`);
    return list;
  };
  perAxis(window, "window");
  const [steps, gaps] = [perAxis(strides, "strides"), perAxis(dilation, "dilation")];
  const extents = window.map((n, i) => (n - 1) * (gaps[i] as number) + 1);
  if (typeof padding === "string" && padding !== "valid" && padding !== "same") throw new ArgumentError(`${what}: padding is "${String(padding)}"; expected "valid", "same" or pairs of numbers.`);
  const pairs = x.shape.map((d, i): readonly [number, number] => {
    if (padding === "valid") return [0, 0];
    if (padding !== "same") return padding[i] ?? [0, 0];
    const missing = Math.max((Math.ceil(d / (steps[i] as number)) - 1) * (steps[i] as number) + (extents[i] as number) - d, 0);
    return [missing >> 1, missing - (missing >> 1)];
  });
  if (typeof padding !== "string" && (padding.length !== x.ndim || pairs.some((p) => p.some((n) => !(Number.isInteger(n) && n >= 0))))) {
    throw new ShapeError(`${what}: padding [${padding.map((p) => `[${p}]`)}] of ${x.aval.toString()}; expected ${x.ndim} pairs of integers of at least 0.`);
  }
  const counts = x.shape.map((d, i) => Math.max(Math.floor((d + pairs[i]![0] + pairs[i]![1] - (extents[i] as number)) / (steps[i] as number)) + 1, 0));
  return { padding: pairs, counts, strides: steps, dilation: gaps };
}

/** The elements of all windows at one place in the window: a strided slice of the padded array. */
export function placeIn(padded: Tensor, place: readonly number[], { counts, strides, dilation }: Windows): Tensor {
  const start = place.map((k, i) => k * (dilation[i] as number));
  const limit = start.map((first, i) => (counts[i] === 0 ? first : first + ((counts[i] as number) - 1) * (strides[i] as number) + 1));
  return slice(padded, start.map((first, i) => (counts[i] === 0 ? 0 : first)), limit.map((end, i) => (counts[i] === 0 ? 0 : end)), strides);
}

/** Every place in a window, in row-major order. */
export const placesIn = (window: Shape): number[][] => window.reduce<number[][]>((all, n) => all.flatMap((place) => Array.from({ length: n }, (_, k) => [...place, k])), [[]]);
