// Rows of slices with a computed start.

import type { Shape, Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { at, type HostArray } from "../host-array.js";
import type { Operation, Sample } from "../operation.js";
import { everything, indexOperand, operandsAreIndices, result, sample, structured } from "./structured.js";

const clamped = (x: Shape, start: HostArray, sizes: Shape): number[] => x.map((d, i) => Math.min(Math.max(start.data[i] as number, 0), d - (sizes[i] as number)));

const slicing = (label: string, x: Shape, start: readonly number[], sizes: Shape): Sample =>
  sample(
    `dynamicSlice ${label}`,
    (t, i) => ops.dynamicSlice(t as Tensor, i as Tensor, sizes),
    [x, indexOperand([x.length], start)],
    ([from, i]) => {
      const first = clamped(x, i!, sizes);
      return result(sizes, from!.dtype, (index) => at(from!, index.map((k, axis) => k + (first[axis] as number))));
    },
    { dtypes: everything },
  );

const updating = (label: string, x: Shape, start: readonly number[], sizes: Shape): Sample =>
  sample(
    `dynamicUpdateSlice ${label}`,
    (t, u, i) => ops.dynamicUpdateSlice(t as Tensor, u as Tensor, i as Tensor),
    [x, sizes, indexOperand([x.length], start)],
    ([to, u, i]) => {
      const first = clamped(x, i!, sizes);
      return result(x, to!.dtype, (index) => {
        const inside = index.map((k, axis) => k - (first[axis] as number));
        return inside.every((k, axis) => k >= 0 && k < (sizes[axis] as number)) ? at(u!, inside) : at(to!, index);
      });
    },
    { dtypes: everything },
  );

export const dynamicSlicing: readonly Operation[] = [
  structured("dynamicSlice", ops.dynamicSliceP, [
    slicing("inside", [4, 5], [1, 2], [2, 3]),
    slicing("clamped at the end", [4], [3], [2]),
    slicing("clamped at the start", [4, 2], [-3, 0], [2, 2]),
    slicing("of everything", [3], [1], [3]),
    slicing("of nothing", [3, 2], [1, 0], [0, 2]),
    slicing("of 0-d", [], [], []),
  ], operandsAreIndices),
  structured("dynamicUpdateSlice", ops.dynamicUpdateSliceP, [
    updating("inside", [4, 5], [1, 2], [2, 3]),
    updating("clamped at the end", [4], [3], [2]),
    updating("clamped at the start", [4, 2], [-3, 0], [2, 2]),
    updating("of everything", [3], [1], [3]),
    updating("of nothing", [3, 2], [1, 0], [0, 2]),
    updating("of 0-d", [], [], []),
  ], operandsAreIndices),
];
