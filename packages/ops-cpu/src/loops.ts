// The innermost loops of elementwise operations: a tile of m rows and n columns, inputs strided along both, the output
// contiguous. Storing rounds and wraps as the output's typed array does. Each loop is a literal function of its own, since
// engines specialise per function: a call of an unknown function per element costs more than most operations.

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

/** Any operation of one operand. */
export const loop1: Loop1 = (f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = f(x[a] as number);
};

/** Any operation of two operands. */
export const loop2: Loop2 = (f, o, oi, x, xi, x0, x1, y, yi, y0, y1, m, n) => {
  for (; m > 0; m--, xi += x0, yi += y0) {
    for (let a = xi, b = yi, e = oi + n; oi < e; a += x1, b += y1) o[oi++] = f(x[a] as number, y[b] as number);
  }
};

/** Any operation of three operands, one row. */
export function loop3(
  f: ScalarFn,
  o: TypedArray,
  oi: number,
  x: TypedArray,
  xi: number,
  x1: number,
  y: TypedArray,
  yi: number,
  y1: number,
  z: TypedArray,
  zi: number,
  z1: number,
  n: number,
): void {
  for (const e = oi + n; oi < e; xi += x1, yi += y1, zi += z1) o[oi++] = f(x[xi] as number, y[yi] as number, z[zi] as number);
}

const copy: Loop1 = (_f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = x[a] as number;
};
const neg: Loop1 = (_f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = -(x[a] as number);
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
const sqrt: Loop1 = (_f, o, oi, x, xi, x0, x1, m, n) => {
  for (; m > 0; m--, xi += x0) for (let a = xi, e = oi + n; oi < e; a += x1) o[oi++] = Math.sqrt(x[a] as number);
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

/** Loops of their own for the intrinsics, by name, that are worth one. */
export const unaryLoops: { readonly [name: string]: Loop1 | undefined } = { copy, neg, exp, log, sin, cos, tanh, sqrt };
export const binaryLoops: { readonly [name: string]: Loop2 | undefined } = { add, sub, mul, div, max, min };
