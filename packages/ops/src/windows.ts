// Reductions over sliding windows, written with others: a window of k elements is k strided slices of the padded array. Their
// derivatives are those of padding, slices and reductions.

import { add, ArgumentError, DTypeError, isFloat, isInteger, type Shape, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { stack } from "./arrangement.js";
import { reduceMax, reduceMin } from "./reductions.js";
import { pad, slice } from "./slicing.js";

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
interface Windows {
  readonly padding: readonly (readonly [number, number])[];
  readonly counts: readonly number[];
  readonly strides: readonly number[];
  readonly dilation: readonly number[];
}

function windowsOf(x: Tensor, window: Shape, { strides = 1, padding = "valid", dilation = 1 }: WindowOptions, what: string): Windows {
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

// The elements of all windows at one place in the window: counts of them, strided.
function placeIn(padded: Tensor, place: readonly number[], { counts, strides, dilation }: Windows): Tensor {
  const start = place.map((k, i) => k * (dilation[i] as number));
  const limit = start.map((first, i) => (counts[i] === 0 ? first : first + ((counts[i] as number) - 1) * (strides[i] as number) + 1));
  return slice(padded, start.map((first, i) => (counts[i] === 0 ? 0 : first)), limit.map((end, i) => (counts[i] === 0 ? 0 : end)), strides);
}

// Every place in a window, in row-major order.
const placesIn = (window: Shape): number[][] => window.reduce<number[][]>((all, n) => all.flatMap((place) => Array.from({ length: n }, (_, k) => [...place, k])), [[]]);

/**
 * The sum, the greatest or the least element of every window of a shape that slides over x: sum and max pooling. Ties of extrema
 * share the derivative equally. @throws ShapeError @throws DTypeError for booleans
 * @example reduceWindow(array([1, 5, 2, 4]), "max", [2], { strides: 2 }) // [5, 4]
 */
export function reduceWindow(x: TensorLike, reduction: "sum" | "max" | "min", window: Shape, options: WindowOptions = {}): Tensor {
  const t = toTensor(x, "reduceWindow");
  if (!["sum", "max", "min"].includes(reduction)) throw new ArgumentError(`reduceWindow: there is no reduction "${String(reduction)}"; expected "sum", "max" or "min".`);
  if (!isFloat(t.dtype) && !isInteger(t.dtype)) throw new DTypeError(`reduceWindow: ${t.aval.toString()} is not accepted here, expected numbers: cast(x, "int32").`);
  const windows = windowsOf(t, window, options, "reduceWindow");
  const padded = pad(t, neutral(reduction, t), windows.padding);
  if (reduction !== "sum") {
    const elements = placesIn(window).map((place) => placeIn(padded, place, windows));
    return (reduction === "max" ? reduceMax : reduceMin)(stack(elements), 0);
  }
  // Axis by axis: a sum over n × m elements takes n + m additions.
  return window.reduce((sums, n, axis) => {
    const only = (list: readonly number[], other: (i: number) => number): number[] => list.map((v, i) => (i === axis ? v : other(i)));
    const along: Windows = { ...windows, counts: only(windows.counts, (i) => sums.shape[i] as number), strides: only(windows.strides, () => 1) };
    return Array.from({ length: n }, (_, k) => placeIn(sums, sums.shape.map((_d, i) => (i === axis ? k : 0)), along)).reduce((a, b) => add(a, b));
  }, padded);
}

function neutral(reduction: "sum" | "max" | "min", { dtype }: Tensor): number {
  if (reduction === "sum") return 0;
  if (isFloat(dtype)) return reduction === "max" ? -Infinity : Infinity;
  const [least, greatest] = dtype === "int32" ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  return reduction === "max" ? (least as number) : (greatest as number);
}
