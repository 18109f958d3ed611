// Reductions over sliding windows, written with others: a window of k elements is k strided slices of the padded array. Their
// derivatives are those of padding, slices and reductions.

import { add, ArgumentError, DTypeError, isFloat, isInteger, type Shape, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { stack } from "./arrangement.js";
import { reduceMax, reduceMin } from "./reductions.js";
import { pad } from "./slicing.js";
import { placeIn, placesIn, type WindowOptions, type Windows, windowsOf } from "./window-places.js";

export type { WindowOptions } from "./window-places.js";

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
