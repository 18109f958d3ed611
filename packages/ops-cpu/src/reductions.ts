// The kernel family of sums, products, extrema and logic over axes, and of the places of extrema.

import { allocate, type AxesParams, type DType, isFloat, reduceSumP, type TypedArray } from "@gradus/core";
import { argmaxP, argminP, type AxisParams, reduceAndP, reduceMaxP, reduceMinP, reduceOrP, reduceProdP } from "@gradus/ops";
import { fold } from "./fold.js";
import { allBits, anyBits, greatest, integerProduct, least, product, sum } from "./fold-loops.js";
import { join } from "./join.js";
import type { Kernel, KernelFamily } from "./kernel.js";
import { viewOf } from "./layout.js";
import { highest, lowest } from "./limits.js";
import type { Loop } from "./loops.js";
import { forEachTile } from "./tiles.js";
import { View } from "./view.js";

/** A kernel that joins elements by a loop, starting from a value. */
const reduction =
  (start: (dtype: DType) => number, loop: (dtype: DType) => Loop): Kernel<AxesParams> =>
  ([x], { axes }, [out]) =>
    fold(x!, axes, out!, start(out!.dtype), (into, from, shape) => join(into, from, shape, loop(out!.dtype), () => 0));

/** A kernel for the index of the greatest element (`sign` 1) or the least (−1) along an axis. */
const place =
  (sign: 1 | -1): Kernel<AxisParams> =>
  ([x], { axis }, [out]) => {
    const { data, strides, offset } = viewOf(x!);
    // The loop is kept free of booleans: see loops.ts.
    const numbers = x!.dtype === "bool" ? Int32Array.from(data) : data;
    const [step, length] = [strides[axis] as number, x!.shape[axis] as number];
    const result = allocate("int32", out!.size);
    let k = 0;
    forEachTile(out!.shape, [new View(numbers, strides.filter((_, i) => i !== axis), offset)], ([line], m, n) => {
      const { at, row, column } = line!;
      for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) result[k++] = placeIn(numbers, at + i * row + j * column, step, length, sign);
    });
    return result;
  };

function placeIn(x: TypedArray, at: number, step: number, n: number, sign: number): number {
  let best = -Infinity;
  let index = 0;
  for (let j = 0; j < n; j++, at += step) {
    const v = sign * (x[at] as number);
    if (v > best) {
      best = v;
      index = j;
    } else if (v !== v) return j; // the first NaN
  }
  return index;
}

// Booleans take the loops of logic: those of numbers are kept free of them.
/** The family with loops of its own for sums and extrema. */
export const reductionsBy = (sum: Loop, greatest: Loop, least: Loop): KernelFamily => [
  [reduceSumP, /* @__PURE__ */ reduction(() => 0, () => sum)],
  [reduceProdP, /* @__PURE__ */ reduction(() => 1, (dtype) => (isFloat(dtype) ? product : integerProduct))],
  [reduceMaxP, /* @__PURE__ */ reduction((dtype) => lowest[dtype] ?? -Infinity, (dtype) => (dtype === "bool" ? anyBits : greatest))],
  [reduceMinP, /* @__PURE__ */ reduction((dtype) => highest[dtype] ?? Infinity, (dtype) => (dtype === "bool" ? allBits : least))],
  [reduceAndP, /* @__PURE__ */ reduction((dtype) => (dtype === "bool" ? 1 : -1), () => allBits)],
  [reduceOrP, /* @__PURE__ */ reduction(() => 0, () => anyBits)],
  [argmaxP, /* @__PURE__ */ place(1)],
  [argminP, /* @__PURE__ */ place(-1)],
];

/** reduceSum, reduceProd, reduceMax, reduceMin, reduceAnd, reduceOr, argmax and argmin. */
export const reductions: KernelFamily = /* @__PURE__ */ reductionsBy(sum, greatest, least);
