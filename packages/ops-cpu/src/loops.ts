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

// Numbers to numbers.
const neg: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = n, k = oi, a = xi; j > 0; j--, k += o1, a += x1) o[k] = -(x[a] as number);
};
const abs: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = n, k = oi, a = xi; j > 0; j--, k += o1, a += x1) o[k] = Math.abs(x[a] as number);
};
const sqrt: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = n, k = oi, a = xi; j > 0; j--, k += o1, a += x1) o[k] = Math.sqrt(x[a] as number);
};
const exp: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = n, k = oi, a = xi; j > 0; j--, k += o1, a += x1) o[k] = Math.exp(x[a] as number);
};
const log: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = n, k = oi, a = xi; j > 0; j--, k += o1, a += x1) o[k] = Math.log(x[a] as number);
};
const sin: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = n, k = oi, a = xi; j > 0; j--, k += o1, a += x1) o[k] = Math.sin(x[a] as number);
};
const cos: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = n, k = oi, a = xi; j > 0; j--, k += o1, a += x1) o[k] = Math.cos(x[a] as number);
};
const tanh: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1) => {
  for (; m > 0; m--, oi += o0, xi += x0) for (let j = n, k = oi, a = xi; j > 0; j--, k += o1, a += x1) o[k] = Math.tanh(x[a] as number);
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
const max: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, xi += x0, yi += y0) for (let j = n, k = oi, a = xi, b = yi; j > 0; j--, k += o1, a += x1, b += y1) o[k] = Math.max(x[a] as number, y[b] as number);
};
const min: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, xi += x0, yi += y0) for (let j = n, k = oi, a = xi, b = yi; j > 0; j--, k += o1, a += x1, b += y1) o[k] = Math.min(x[a] as number, y[b] as number);
};

// Numbers to booleans.
const equal: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, xi += x0, yi += y0) for (let j = n, k = oi, a = xi, b = yi; j > 0; j--, k += o1, a += x1, b += y1) o[k] = (x[a] as number) === (y[b] as number) ? 1 : 0;
};
const notEqual: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, xi += x0, yi += y0) for (let j = n, k = oi, a = xi, b = yi; j > 0; j--, k += o1, a += x1, b += y1) o[k] = (x[a] as number) !== (y[b] as number) ? 1 : 0;
};
const less: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, xi += x0, yi += y0) for (let j = n, k = oi, a = xi, b = yi; j > 0; j--, k += o1, a += x1, b += y1) o[k] = (x[a] as number) < (y[b] as number) ? 1 : 0;
};
const lessEqual: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, xi += x0, yi += y0) for (let j = n, k = oi, a = xi, b = yi; j > 0; j--, k += o1, a += x1, b += y1) o[k] = (x[a] as number) <= (y[b] as number) ? 1 : 0;
};
const greater: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, xi += x0, yi += y0) for (let j = n, k = oi, a = xi, b = yi; j > 0; j--, k += o1, a += x1, b += y1) o[k] = (x[a] as number) > (y[b] as number) ? 1 : 0;
};
const greaterEqual: Loop = (_f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, xi += x0, yi += y0) for (let j = n, k = oi, a = xi, b = yi; j > 0; j--, k += o1, a += x1, b += y1) o[k] = (x[a] as number) >= (y[b] as number) ? 1 : 0;
};

/** The loops of intrinsics, by name, that are worth one of their own. */
export const ownLoops: { readonly [name: string]: Loop | undefined } = {
  neg,
  abs,
  sqrt,
  exp,
  log,
  sin,
  cos,
  tanh,
  add,
  sub,
  mul,
  div,
  max,
  min,
  equal,
  notEqual,
  less,
  lessEqual,
  greater,
  greaterEqual,
};
