// The innermost loops of elementwise operations that have none of their own, and those that copy and select. There is one
// for each way in which numbers and booleans can meet: see loops.ts for why.

import type { DType, TypedArray } from "@gradus/core";
import type { Loop1, Loop2 } from "./loops.js";

const numbers1: Loop1 = (f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = f(x[a] as number);
};
const toBool1: Loop1 = (f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = f(x[a] as number);
};
const bools1: Loop1 = (f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = f(x[a] as number);
};
const numbers2: Loop2 = (f, o, oi, x, xi, x0, x1, y, yi, y0, y1, m, n) => {
  for (; m > 0; m--, xi += x0, yi += y0) {
    for (let a = xi, b = yi, e = oi + n; oi < e; a += x1, b += y1) o[oi++] = f(x[a] as number, y[b] as number);
  }
};
const toBool2: Loop2 = (f, o, oi, x, xi, x0, x1, y, yi, y0, y1, m, n) => {
  for (; m > 0; m--, xi += x0, yi += y0) {
    for (let a = xi, b = yi, e = oi + n; oi < e; a += x1, b += y1) o[oi++] = f(x[a] as number, y[b] as number);
  }
};
const bools2: Loop2 = (f, o, oi, x, xi, x0, x1, y, yi, y0, y1, m, n) => {
  for (; m > 0; m--, xi += x0, yi += y0) {
    for (let a = xi, b = yi, e = oi + n; oi < e; a += x1, b += y1) o[oi++] = f(x[a] as number, y[b] as number);
  }
};
const copyNumbers: Loop1 = (_f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = x[a] as number;
};
const copyBools: Loop1 = (_f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = x[a] as number;
};
const fromBools: Loop1 = (_f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = x[a] as number;
};

/** A loop for any operation of one operand, all of `from` and `to` being bool or none. */
export const anyLoop1 = (from: DType, to: DType): Loop1 => (from === "bool" ? bools1 : to === "bool" ? toBool1 : numbers1);

/** A loop for any operation of two operands of one dtype. */
export const anyLoop2 = (from: DType, to: DType): Loop2 => (from === "bool" ? bools2 : to === "bool" ? toBool2 : numbers2);

/** A loop that converts as storing does, from anything to numbers or from bool to bool. */
export const copyLoop = (from: DType, to: DType): Loop1 => (from !== "bool" ? copyNumbers : to === "bool" ? copyBools : fromBools);

/** One row of a choice between two operands. */
export type Select = (
  o: TypedArray,
  oi: number,
  p: TypedArray,
  pi: number,
  p1: number,
  x: TypedArray,
  xi: number,
  x1: number,
  y: TypedArray,
  yi: number,
  y1: number,
  n: number,
) => void;

export const selectNumbers: Select = (o, oi, p, pi, p1, x, xi, x1, y, yi, y1, n) => {
  for (const e = oi + n; oi < e; pi += p1, xi += x1, yi += y1) o[oi++] = (p[pi] as number) !== 0 ? (x[xi] as number) : (y[yi] as number);
};
export const selectBools: Select = (o, oi, p, pi, p1, x, xi, x1, y, yi, y1, n) => {
  for (const e = oi + n; oi < e; pi += p1, xi += x1, yi += y1) o[oi++] = (p[pi] as number) !== 0 ? (x[xi] as number) : (y[yi] as number);
};
