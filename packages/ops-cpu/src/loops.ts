// The innermost loops of elementwise operations: a tile of m rows and n columns, where element (i, j) of an array is at
// `xi + i·x0 + j·x1`. Storing rounds and wraps as the typed array does. Each loop is a literal function of its own, since
// engines specialise per function: calling an unknown function per element costs more than most operations.
//
// V8 compiles an access for up to four kinds of typed array, and falls off a cliff (25 times slower) at the fifth. So no
// loop is given a Uint8Array, the storage of bool, where it also sees numbers.

import type { TypedArray } from "@gradus/core";

/** The meaning of an operation on JS numbers; called with as many arguments as it has operands. */
export type ScalarFn = (a: number, b?: number, c?: number, ...more: number[]) => number;

/** A loop over a result and up to three operands, each as an array, a start, and the steps along rows and columns. */
export type Loop = (
  f: ScalarFn,
  m: number,
  n: number,
  o: TypedArray,
  oi: number,
  o0: number,
  o1: number,
  x: TypedArray,
  xi: number,
  x0: number,
  x1: number,
  y: TypedArray,
  yi: number,
  y0: number,
  y1: number,
  z: TypedArray,
  zi: number,
  z0: number,
  z1: number,
) => void;

/** Loops by the name of the intrinsic that they are for. */
export type Loops = { readonly [name: string]: Loop | undefined };

const neg: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = n, k = oi, a = xi; j > 0; j--, k += o1, a += x1) o[k] = -(x[a] as number);
};
const add: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, xi += x0, yi += y0) for (let j = n, k = oi, a = xi, b = yi; j > 0; j--, k += o1, a += x1, b += y1) o[k] = (x[a] as number) + (y[b] as number);
};
const sub: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, xi += x0, yi += y0) for (let j = n, k = oi, a = xi, b = yi; j > 0; j--, k += o1, a += x1, b += y1) o[k] = (x[a] as number) - (y[b] as number);
};
const mul: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, xi += x0, yi += y0) for (let j = n, k = oi, a = xi, b = yi; j > 0; j--, k += o1, a += x1, b += y1) o[k] = (x[a] as number) * (y[b] as number);
};
const div: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, xi += x0, yi += y0) for (let j = n, k = oi, a = xi, b = yi; j > 0; j--, k += o1, a += x1, b += y1) o[k] = (x[a] as number) / (y[b] as number);
};

/** The loops of arithmetic, which every backend has. */
export const arithmetic: Loops = { neg, add, sub, mul, div };
