// The innermost loops of elementwise operations that have none of their own, and those that copy and select. There is one
// for each way in which numbers and booleans can meet: see loops.ts for why.

import type { DType } from "@gradus/core";
import type { Loop } from "./loops.js";

const numbers1: Loop = (f, m, n, o, oi, o0, o1, x, xi, x0, x1) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = n, k = oi, a = xi; j > 0; j--, k += o1, a += x1) o[k] = f(x[a] as number);
};
const toBool1: Loop = (f, m, n, o, oi, o0, o1, x, xi, x0, x1) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = n, k = oi, a = xi; j > 0; j--, k += o1, a += x1) o[k] = f(x[a] as number);
};
const bools1: Loop = (f, m, n, o, oi, o0, o1, x, xi, x0, x1) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = n, k = oi, a = xi; j > 0; j--, k += o1, a += x1) o[k] = f(x[a] as number);
};
const numbers2: Loop = (f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, xi += x0, yi += y0) for (let j = n, k = oi, a = xi, b = yi; j > 0; j--, k += o1, a += x1, b += y1) o[k] = f(x[a] as number, y[b] as number);
};
const toBool2: Loop = (f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, xi += x0, yi += y0) for (let j = n, k = oi, a = xi, b = yi; j > 0; j--, k += o1, a += x1, b += y1) o[k] = f(x[a] as number, y[b] as number);
};
const bools2: Loop = (f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, xi += x0, yi += y0) for (let j = n, k = oi, a = xi, b = yi; j > 0; j--, k += o1, a += x1, b += y1) o[k] = f(x[a] as number, y[b] as number);
};
const copyNumbers: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = n, k = oi, a = xi; j > 0; j--, k += o1, a += x1) o[k] = x[a] as number;
};
const copyBools: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = n, k = oi, a = xi; j > 0; j--, k += o1, a += x1) o[k] = x[a] as number;
};
const fromBools: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = n, k = oi, a = xi; j > 0; j--, k += o1, a += x1) o[k] = x[a] as number;
};
const selectNumbers: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1, z, zi, z0, z1) => {
  for (; m > 0; m--, oi += o0, xi += x0, yi += y0, zi += z0) for (let j = n, k = oi, a = xi, b = yi, c = zi; j > 0; j--, k += o1, a += x1, b += y1, c += z1) o[k] = (x[a] as number) !== 0 ? (y[b] as number) : (z[c] as number);
};
const selectBools: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1, z, zi, z0, z1) => {
  for (; m > 0; m--, oi += o0, xi += x0, yi += y0, zi += z0) for (let j = n, k = oi, a = xi, b = yi, c = zi; j > 0; j--, k += o1, a += x1, b += y1, c += z1) o[k] = (x[a] as number) !== 0 ? (y[b] as number) : (z[c] as number);
};

/** A loop for any operation of so many operands of one dtype; of three, the choice by the first. */
export const anyLoop = (operands: number, from: DType, to: DType): Loop =>
  operands === 3
    ? from === "bool" ? selectBools : selectNumbers
    : operands === 2
      ? from === "bool" ? bools2 : to === "bool" ? toBool2 : numbers2
      : from === "bool" ? bools1 : to === "bool" ? toBool1 : numbers1;

/** A loop that converts as storing does, from anything to numbers or from bool to bool. */
export const copyLoop = (from: DType, to: DType): Loop => (from !== "bool" ? copyNumbers : to === "bool" ? copyBools : fromBools);
