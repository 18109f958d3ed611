// Loops for folds, in the form of an operation of two operands the first of which is the result so far: made for speed where
// those of the operations themselves would wait for the element that they have just stored.

import type { Loop } from "./loops.js";

/** The sum of numbers. */
export const sum: Loop = (_f, m, n, o, oi, o0, o1, _x, _xi, _x0, _x1, y, yi, y0, y1) => {
  // Four rows at a time, where they add to the same results: a quarter of the traffic.
  if (o0 === 0 && o1 !== 0) {
    for (; m >= 4; m -= 4, yi += 4 * y0) {
      for (let j = n, k = oi, a = yi; j > 0; j--, k += o1, a += y1) {
        o[k] = (o[k] as number) + (y[a] as number) + (y[a + y0] as number) + ((y[a + 2 * y0] as number) + (y[a + 3 * y0] as number));
      }
    }
  }
  for (; m > 0; m--, oi += o0, yi += y0) {
    if (o1 === 0) for (let j = 0; j < n; j += run) o[oi] = (o[oi] as number) + sumRow(y, yi + j * y1, y1, Math.min(run, n - j));
    else for (let j = n, k = oi, a = yi; j > 0; j--, k += o1, a += y1) o[k] = (o[k] as number) + (y[a] as number);
  }
};

const run = 2 ** 20; // as many of the largest integers have an exact sum

// Four variables: one would wait for itself at each addition.
function sumRow(y: ArrayLike<number>, at: number, step: number, n: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (; n >= 4; n -= 4, at += 4 * step) {
    a += y[at] as number;
    b += y[at + step] as number;
    c += y[at + 2 * step] as number;
    d += y[at + 3 * step] as number;
  }
  for (; n > 0; n--, at += step) a += y[at] as number;
  return a + b + (c + d);
}

/** The product of floats. */
export const product: Loop = (_f, m, n, o, oi, o0, o1, _x, _xi, _x0, _x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, yi += y0) {
    if (o1 === 0) {
      let p = o[oi] as number;
      for (let j = n, a = yi; j > 0; j--, a += y1) p *= y[a] as number;
      o[oi] = p;
    } else for (let j = n, k = oi, a = yi; j > 0; j--, k += o1, a += y1) o[k] = (o[k] as number) * (y[a] as number);
  }
};

/** The product of integers, which wraps around. */
export const integerProduct: Loop = (_f, m, n, o, oi, o0, o1, _x, _xi, _x0, _x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, yi += y0) for (let j = n, k = oi, a = yi; j > 0; j--, k += o1, a += y1) o[k] = Math.imul(o[k] as number, y[a] as number);
};

/** The greatest number; NaN if any is. */
export const greatest: Loop = (_f, m, n, o, oi, o0, o1, _x, _xi, _x0, _x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, yi += y0) {
    if (o1 === 0) {
      let p = o[oi] as number;
      for (let j = n, a = yi; j > 0; j--, a += y1) p = Math.max(p, y[a] as number);
      o[oi] = p;
    } else for (let j = n, k = oi, a = yi; j > 0; j--, k += o1, a += y1) o[k] = Math.max(o[k] as number, y[a] as number);
  }
};

/** The least number; NaN if any is. */
export const least: Loop = (_f, m, n, o, oi, o0, o1, _x, _xi, _x0, _x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, yi += y0) {
    if (o1 === 0) {
      let p = o[oi] as number;
      for (let j = n, a = yi; j > 0; j--, a += y1) p = Math.min(p, y[a] as number);
      o[oi] = p;
    } else for (let j = n, k = oi, a = yi; j > 0; j--, k += o1, a += y1) o[k] = Math.min(o[k] as number, y[a] as number);
  }
};

/** The bits that all have, of integers or of booleans. */
export const allBits: Loop = (_f, m, n, o, oi, o0, o1, _x, _xi, _x0, _x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, yi += y0) for (let j = n, k = oi, a = yi; j > 0; j--, k += o1, a += y1) o[k] = (o[k] as number) & (y[a] as number);
};

/** The bits that any has, of integers or of booleans. */
export const anyBits: Loop = (_f, m, n, o, oi, o0, o1, _x, _xi, _x0, _x1, y, yi, y0, y1) => {
  for (; m > 0; m--, oi += o0, yi += y0) for (let j = n, k = oi, a = yi; j > 0; j--, k += o1, a += y1) o[k] = (o[k] as number) | (y[a] as number);
};
