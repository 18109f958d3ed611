// The innermost loops of elementwise operations: a tile of m rows and n columns, inputs strided along both, the output
// contiguous. Storing rounds and wraps as the output's typed array does. Each loop is a literal function of its own, since
// engines specialise per function: calling an unknown function per element costs more than most operations.
//
// V8 compiles an access for up to four kinds of typed array, and falls off a cliff (25 times slower) at the fifth. So no
// loop is given a Uint8Array, the storage of bool, where it also sees numbers.

import type { TypedArray } from "@gradus/core";

/** The meaning of an operation on JS numbers; called with as many arguments as it has operands. */
export type ScalarFn = (a: number, b?: number, c?: number, ...more: number[]) => number;

export type Loop1 = (f: ScalarFn, o: TypedArray, oi: number, x: TypedArray, xi: number, x0: number, x1: number, m: number, n: number) => void;

export type Loop2 = (
  f: ScalarFn,
  o: TypedArray,
  oi: number,
  x: TypedArray,
  xi: number,
  x0: number,
  x1: number,
  y: TypedArray,
  yi: number,
  y0: number,
  y1: number,
  m: number,
  n: number,
) => void;

// Numbers to numbers.
const neg: Loop1 = (_f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = -(x[a] as number);
};
const abs: Loop1 = (_f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = Math.abs(x[a] as number);
};
const sqrt: Loop1 = (_f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = Math.sqrt(x[a] as number);
};
const exp: Loop1 = (_f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = Math.exp(x[a] as number);
};
const log: Loop1 = (_f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = Math.log(x[a] as number);
};
const sin: Loop1 = (_f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = Math.sin(x[a] as number);
};
const cos: Loop1 = (_f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = Math.cos(x[a] as number);
};
const tanh: Loop1 = (_f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = Math.tanh(x[a] as number);
};
const add: Loop2 = (_f, o, oi, x, xi, x0, x1, y, yi, y0, y1, m, n) => {
  for (; m > 0; m--, xi += x0, yi += y0) {
    for (let a = xi, b = yi, e = oi + n; oi < e; a += x1, b += y1) o[oi++] = (x[a] as number) + (y[b] as number);
  }
};
const sub: Loop2 = (_f, o, oi, x, xi, x0, x1, y, yi, y0, y1, m, n) => {
  for (; m > 0; m--, xi += x0, yi += y0) {
    for (let a = xi, b = yi, e = oi + n; oi < e; a += x1, b += y1) o[oi++] = (x[a] as number) - (y[b] as number);
  }
};
const mul: Loop2 = (_f, o, oi, x, xi, x0, x1, y, yi, y0, y1, m, n) => {
  for (; m > 0; m--, xi += x0, yi += y0) {
    for (let a = xi, b = yi, e = oi + n; oi < e; a += x1, b += y1) o[oi++] = (x[a] as number) * (y[b] as number);
  }
};
const div: Loop2 = (_f, o, oi, x, xi, x0, x1, y, yi, y0, y1, m, n) => {
  for (; m > 0; m--, xi += x0, yi += y0) {
    for (let a = xi, b = yi, e = oi + n; oi < e; a += x1, b += y1) o[oi++] = (x[a] as number) / (y[b] as number);
  }
};
const max: Loop2 = (_f, o, oi, x, xi, x0, x1, y, yi, y0, y1, m, n) => {
  for (; m > 0; m--, xi += x0, yi += y0) {
    for (let a = xi, b = yi, e = oi + n; oi < e; a += x1, b += y1) o[oi++] = Math.max(x[a] as number, y[b] as number);
  }
};
const min: Loop2 = (_f, o, oi, x, xi, x0, x1, y, yi, y0, y1, m, n) => {
  for (; m > 0; m--, xi += x0, yi += y0) {
    for (let a = xi, b = yi, e = oi + n; oi < e; a += x1, b += y1) o[oi++] = Math.min(x[a] as number, y[b] as number);
  }
};

// Numbers to booleans.
const equal: Loop2 = (_f, o, oi, x, xi, x0, x1, y, yi, y0, y1, m, n) => {
  for (; m > 0; m--, xi += x0, yi += y0) {
    for (let a = xi, b = yi, e = oi + n; oi < e; a += x1, b += y1) o[oi++] = (x[a] as number) === (y[b] as number) ? 1 : 0;
  }
};
const notEqual: Loop2 = (_f, o, oi, x, xi, x0, x1, y, yi, y0, y1, m, n) => {
  for (; m > 0; m--, xi += x0, yi += y0) {
    for (let a = xi, b = yi, e = oi + n; oi < e; a += x1, b += y1) o[oi++] = (x[a] as number) !== (y[b] as number) ? 1 : 0;
  }
};
const less: Loop2 = (_f, o, oi, x, xi, x0, x1, y, yi, y0, y1, m, n) => {
  for (; m > 0; m--, xi += x0, yi += y0) {
    for (let a = xi, b = yi, e = oi + n; oi < e; a += x1, b += y1) o[oi++] = (x[a] as number) < (y[b] as number) ? 1 : 0;
  }
};
const lessEqual: Loop2 = (_f, o, oi, x, xi, x0, x1, y, yi, y0, y1, m, n) => {
  for (; m > 0; m--, xi += x0, yi += y0) {
    for (let a = xi, b = yi, e = oi + n; oi < e; a += x1, b += y1) o[oi++] = (x[a] as number) <= (y[b] as number) ? 1 : 0;
  }
};
const greater: Loop2 = (_f, o, oi, x, xi, x0, x1, y, yi, y0, y1, m, n) => {
  for (; m > 0; m--, xi += x0, yi += y0) {
    for (let a = xi, b = yi, e = oi + n; oi < e; a += x1, b += y1) o[oi++] = (x[a] as number) > (y[b] as number) ? 1 : 0;
  }
};
const greaterEqual: Loop2 = (_f, o, oi, x, xi, x0, x1, y, yi, y0, y1, m, n) => {
  for (; m > 0; m--, xi += x0, yi += y0) {
    for (let a = xi, b = yi, e = oi + n; oi < e; a += x1, b += y1) o[oi++] = (x[a] as number) >= (y[b] as number) ? 1 : 0;
  }
};

/** The loops of intrinsics, by name, that are worth one of their own. */
export const ownLoops: { readonly [name: string]: Loop1 | Loop2 | undefined } = {
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
