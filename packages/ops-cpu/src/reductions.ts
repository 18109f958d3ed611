// The kernel family of products, extrema and logic over axes, and of the places of extrema.

import { allocate, type AxesParams, type DType, isFloat, type TypedArray } from "@gradus/core";
import { argmaxP, argminP, type AxisParams, reduceAndP, reduceMaxP, reduceMinP, reduceOrP, reduceProdP } from "@gradus/ops";
import type { Kernel, KernelFamily } from "./kernel.js";
import { viewOf } from "./layout.js";
import { reduceInto } from "./reduce.js";
import { fresh } from "./storage.js";
import { View } from "./view.js";
import { forEachTile, type MoveLoop } from "./tiles.js";

const prod: MoveLoop = (o, oi, o0, o1, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, oi += o0, xi += x0) {
    if (o1 === 0) {
      let product = o[oi] as number;
      for (let j = 0, a = xi; j < n; j++, a += x1) product *= x[a] as number;
      o[oi] = product;
    } else for (let j = 0, a = xi, k = oi; j < n; j++, a += x1, k += o1) o[k] = (o[k] as number) * (x[a] as number);
  }
};
const intProd: MoveLoop = (o, oi, o0, o1, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = 0, a = xi, k = oi; j < n; j++, a += x1, k += o1) o[k] = Math.imul(o[k] as number, x[a] as number);
};
const max: MoveLoop = (o, oi, o0, o1, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, oi += o0, xi += x0) {
    if (o1 === 0) {
      let best = o[oi] as number;
      for (let j = 0, a = xi; j < n; j++, a += x1) best = Math.max(best, x[a] as number);
      o[oi] = best;
    } else for (let j = 0, a = xi, k = oi; j < n; j++, a += x1, k += o1) o[k] = Math.max(o[k] as number, x[a] as number);
  }
};
const min: MoveLoop = (o, oi, o0, o1, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, oi += o0, xi += x0) {
    if (o1 === 0) {
      let best = o[oi] as number;
      for (let j = 0, a = xi; j < n; j++, a += x1) best = Math.min(best, x[a] as number);
      o[oi] = best;
    } else for (let j = 0, a = xi, k = oi; j < n; j++, a += x1, k += o1) o[k] = Math.min(o[k] as number, x[a] as number);
  }
};
const and: MoveLoop = (o, oi, o0, o1, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = 0, a = xi, k = oi; j < n; j++, a += x1, k += o1) o[k] = (o[k] as number) & (x[a] as number);
};
const or: MoveLoop = (o, oi, o0, o1, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = 0, a = xi, k = oi; j < n; j++, a += x1, k += o1) o[k] = (o[k] as number) | (x[a] as number);
};

/** A kernel that combines elements by a loop, starting from a value; in an array of the dtype `hold`, if another. */
const reduction =
  (start: (dtype: DType) => number, loop: (dtype: DType) => MoveLoop, hold: (dtype: DType) => DType = (d) => d): Kernel<AxesParams> =>
  ([x], { axes }, [out]) => {
    const { dtype, size } = out!;
    const result = fresh(hold(dtype), size);
    result.fill(start(dtype));
    reduceInto(result, viewOf(x!), x!.shape, axes, loop(dtype));
    if (hold(dtype) === dtype) return result;
    const rounded = fresh(dtype, size);
    rounded.set(result);
    return rounded;
  };

const least: Partial<Record<DType, number>> = { int32: -(2 ** 31), uint32: 0, bool: 0 };
const greatest: Partial<Record<DType, number>> = { int32: 2 ** 31 - 1, uint32: 2 ** 32 - 1, bool: 1 };

const reduceProd = /* @__PURE__ */ reduction(
  () => 1,
  (dtype) => (isFloat(dtype) ? prod : intProd),
  (dtype) => (dtype === "float32" ? "float64" : dtype),
);
// Booleans take the loops of logic: those of numbers are kept free of them (see loops.ts).
const reduceMax = /* @__PURE__ */ reduction(
  (dtype) => least[dtype] ?? -Infinity,
  (dtype) => (dtype === "bool" ? or : max),
);
const reduceMin = /* @__PURE__ */ reduction(
  (dtype) => greatest[dtype] ?? Infinity,
  (dtype) => (dtype === "bool" ? and : min),
);
const reduceAnd = /* @__PURE__ */ reduction(
  (dtype) => (dtype === "bool" ? 1 : -1),
  () => and,
);
const reduceOr = /* @__PURE__ */ reduction(
  () => 0,
  () => or,
);

/** A kernel for the index of the greatest element (`sign` 1) or the least (−1) along an axis. */
const place =
  (sign: 1 | -1): Kernel<AxisParams> =>
  ([x], { axis }, [out]) => {
    const view = x!.dtype === "bool" ? asIntegers(viewOf(x!)) : viewOf(x!);
    const result = allocate("int32", out!.size);
    if (out!.size === 0) return result;
    const [step, n] = [view.strides[axis] as number, x!.shape[axis] as number];
    const lines = new View(view.data, view.strides.filter((_, i) => i !== axis), view.offset);
    let k = 0;
    forEachTile(out!.shape, [lines], ([at = 0], [row = 0], [column = 0], rows, columns) => {
      for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[k++] = placeIn(view.data, at + i * row + j * column, step, n, sign);
    });
    return result;
  };

const asIntegers = ({ data, strides, offset }: View): View => new View(Int32Array.from(data), strides, offset);

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

/** reduceProd, reduceMax, reduceMin, reduceAnd, reduceOr, argmax and argmin. */
export const reductions: KernelFamily = [
  [reduceProdP, reduceProd],
  [reduceMaxP, reduceMax],
  [reduceMinP, reduceMin],
  [reduceAndP, reduceAnd],
  [reduceOrP, reduceOr],
  [argmaxP, place(1)],
  [argminP, place(-1)],
];
