// Rows of reductions over sliding windows: element by element.

import { bind, type DType, isFloat, type Shape, type Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { at, indices, offsetOf } from "../host-array.js";
import type { Operation, Sample } from "../operation.js";
import { alone, numbers, result, sample, total } from "./structured.js";

type Kind = "sum" | "max" | "min";

const combine = (kind: Kind, values: readonly number[], dtype: DType): number => {
  if (kind === "sum") return total(values, dtype);
  if (values.length > 0) return kind === "max" ? Math.max(...values) : Math.min(...values);
  const [least, greatest] = isFloat(dtype) ? [-Infinity, Infinity] : dtype === "int32" ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  return (kind === "max" ? least : greatest) as number;
};

/** How to slide, with the padding and the shape of the result written out. */
interface Slide {
  readonly strides?: readonly number[];
  readonly low?: readonly number[];
  readonly dilation?: readonly number[];
  readonly spread?: readonly number[];
}

/** The indices of the elements of a window. */
const inside = (out: readonly number[], shape: Shape, window: Shape, { strides, low, dilation, spread }: Slide): number[][] =>
  indices(window)
    .map((place) => place.map((k, i) => (out[i]! * (strides?.[i] ?? 1) + k * (dilation?.[i] ?? 1) - (low?.[i] ?? 0)) / (spread?.[i] ?? 1)))
    .filter((index) => index.every((k, i) => Number.isInteger(k) && k >= 0 && k < shape[i]!));

const sliding = (kind: Kind, label: string, shape: Shape, window: Shape, to: Shape, options: ops.WindowOptions, slide: Slide = {}, extra: Partial<Sample> = {}): Sample =>
  sample(
    `reduceWindow ${kind} ${label}`,
    (x) => ops.reduceWindow(x as Tensor, kind, window, options),
    [shape],
    ([x]) => result(to, x!.dtype, (out) => combine(kind, inside(out, shape, window, slide).map((index) => at(x!, index)), x!.dtype)),
    { dtypes: numbers, tolerance: { rtol: 1e-5, atol: 1e-6 }, ...extra },
  );

const params = (window: Shape): ops.WindowPlaceParams => ({ window, strides: [2, 1], padding: [[0, 0], [1, 0]], baseDilation: [1, 1], windowDilation: [1, 1], reduction: "max" });
const place = sample(
  "windowPlace",
  (x) => bind(ops.windowPlaceP, [x as Tensor], params([2, 2])),
  [[4, 3]],
  ([x]) =>
    result([2, 3], "int32", (out) => {
      const offsets = inside(out, [4, 3], [2, 2], { strides: [2, 1], low: [0, 1] }).map((index) => offsetOf([4, 3], index));
      return offsets.reduce((best, k) => (x!.data[best]! >= x!.data[k]! ? best : k), offsets[0] as number);
    }),
  { dtypes: numbers, derivative: "zero" },
);

export const windows: readonly Operation[] = [
  {
    name: "reduceWindow",
    exports: ["reduceWindow", "reduceWindowSumP", "reduceWindowMaxP", "reduceWindowMinP", "windowPlaceP"],
    primitives: [ops.reduceWindowSumP, ops.reduceWindowMaxP, ops.reduceWindowMinP, ops.windowPlaceP],
    samples: (["sum", "max", "min"] as const)
      .flatMap((kind) => [
        sliding(kind, "of two", [5], [2], [4], {}),
        sliding(kind, "with strides", [4, 5], [2, 2], [2, 2], { strides: 2 }, { strides: [2, 2] }),
        sliding(kind, "padded to the same", [3, 4], [3, 2], [3, 4], { padding: "same" }, { low: [1, 0] }),
        sliding(kind, "padded unevenly", [3], [2], [2], { padding: [[1, 0]], strides: [2] }, { low: [1], strides: [2] }),
        sliding(kind, "cropped", [6], [2], [2], { padding: [[-1, -2]] }, { low: [-1] }),
        sliding(kind, "dilated", [6], [2], [3], { windowDilation: 3 }, { dilation: [3] }),
        sliding(kind, "of a dilated array", [3, 2], [2, 3], [3, 2], { baseDilation: [2, 3], padding: [[1, 0], [0, 0]], strides: [2, 1] }, { spread: [2, 3], low: [1, 0], strides: [2, 1] }),
        sliding(kind, "that do not fit", [2], [3], [0], {}),
        sliding(kind, "of nothing", [0, 2], [2, 1], [1, 2], { padding: [[1, 1], [0, 0]] }, { low: [1, 0] }, { isEdge: kind !== "sum" }),
      ])
      .concat([place]),
    refuses: ["bool", "float0"],
    numbers: alone((x) => ops.reduceWindow(ops.reshape(x, [-1]), "sum", [1]), "number"),
  },
];
