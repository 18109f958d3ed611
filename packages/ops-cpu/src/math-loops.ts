// Loops for the commonest intrinsics beside arithmetic. They make no difference but in speed, so a small page may do without.

import { arithmetic, type Loop, type Loops } from "./loops.js";

// Numbers to numbers.
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

/** Loops of their own for arithmetic, extrema, comparisons and the commonest functions: two to five times faster than without. */
export const loops: Loops = {
  ...arithmetic,
  abs,
  sqrt,
  exp,
  log,
  sin,
  cos,
  tanh,
  max,
  min,
  equal,
  notEqual,
  less,
  lessEqual,
  greater,
  greaterEqual,
};
