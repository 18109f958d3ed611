// Rows of reductions over sliding windows: element by element.

import { type DType, isFloat, type Shape, type Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { at, indices } from "../host-array.js";
import type { Operation, Sample } from "../operation.js";
import { alone, composed, numbers, result, sample, total } from "./structured.js";

type Kind = "sum" | "max" | "min";

/** How to slide, with the padding and the shape of the result written out. */
interface Slide {
  readonly strides?: readonly number[];
  readonly low?: readonly number[];
  readonly dilation?: readonly number[];
}

const combine = (kind: Kind, values: readonly number[], dtype: DType): number => {
  if (kind === "sum") return total(values, dtype);
  if (values.length > 0) return kind === "max" ? Math.max(...values) : Math.min(...values);
  const [least, greatest] = isFloat(dtype) ? [-Infinity, Infinity] : dtype === "int32" ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  return (kind === "max" ? least : greatest) as number;
};

const sliding = (kind: Kind, label: string, shape: Shape, window: Shape, to: Shape, options: ops.WindowOptions, { strides = shape.map(() => 1), low = shape.map(() => 0), dilation = shape.map(() => 1) }: Slide = {}): Sample =>
  sample(
    `reduceWindow ${kind} ${label}`,
    (x) => ops.reduceWindow(x as Tensor, kind, window, options),
    [shape],
    ([x]) =>
      result(to, x!.dtype, (out) => {
        const inside = indices(window)
          .map((place) => place.map((k, i) => out[i]! * strides[i]! + k * dilation[i]! - low[i]!))
          .filter((index) => index.every((k, i) => k >= 0 && k < shape[i]!));
        return combine(kind, inside.map((index) => at(x!, index)), x!.dtype);
      }),
    { dtypes: numbers, tolerance: { rtol: 1e-5, atol: 1e-6 } },
  );

export const windows: readonly Operation[] = [
  composed(
    "reduceWindow",
    (["sum", "max", "min"] as const).flatMap((kind) => [
      sliding(kind, "of two", [5], [2], [4], {}),
      sliding(kind, "with strides", [4, 5], [2, 2], [2, 2], { strides: 2 }, { strides: [2, 2] }),
      sliding(kind, "padded to the same", [3, 4], [3, 2], [3, 4], { padding: "same" }, { low: [1, 0] }),
      sliding(kind, "padded unevenly", [3], [2], [2], { padding: [[1, 0]], strides: [2] }, { low: [1], strides: [2] }),
      sliding(kind, "dilated", [6], [2], [3], { dilation: 3 }, { dilation: [3] }),
      sliding(kind, "that do not fit", [2], [3], [0], {}),
    ]),
    alone((x) => ops.reduceWindow(ops.reshape(x, [-1]), "sum", [1]), "number"),
  ),
];
