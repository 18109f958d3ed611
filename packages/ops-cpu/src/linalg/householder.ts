// Reflections 1 − t·v·vᵀ, as LAPACK makes them: v begins with 1, and its rest stays below the diagonal.

import { addScaled } from "./matrices.js";

/** The length of a part of a column, however large or small its elements are. */
function length(a: Float64Array, at: number, step: number, n: number): number {
  let most = 0;
  for (let i = 0; i < n; i++) {
    const size = Math.abs(a[at + i * step] as number);
    if (!(size <= most)) most = size; // NaN too
  }
  if (most === 0 || !Number.isFinite(most)) return most;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += ((a[at + i * step] as number) / most) ** 2;
  return most * Math.sqrt(sum);
}

/**
 * Makes the reflection that takes n elements to (β, 0, …): they become (β, rest of v), and t is given back. β has the sign opposite
 * to that of the first; what is (x, 0, …) stays, and t is 0.
 */
export function reflection(a: Float64Array, at: number, step: number, n: number): number {
  const rest = n > 1 ? length(a, at + step, step, n - 1) : 0;
  if (rest === 0) return 0;
  const first = a[at] as number;
  const beta = first > 0 || Object.is(first, 0) ? -Math.hypot(first, rest) : Math.hypot(first, rest);
  for (let i = 1; i < n; i++) a[at + i * step] = (a[at + i * step] as number) / (first - beta);
  a[at] = beta;
  return (beta - first) / beta;
}

/** Applies the reflection with v in column `k` of a (of n columns), rows k to m, to columns `from` to `width` of c. */
function reflect(a: Float64Array, m: number, n: number, k: number, t: number, c: Float64Array, width: number, from: number, product: Float64Array): void {
  if (t === 0) return;
  const count = width - from;
  product.fill(0);
  for (let i = k; i < m; i++) addScaled(product, 0, i === k ? 1 : (a[i * n + k] as number), c, i * width + from, count);
  for (let i = k; i < m; i++) addScaled(c, i * width + from, -t * (i === k ? 1 : (a[i * n + k] as number)), product, 0, count);
}

/** Reduces the m × n matrix a to r, in place, with the reflections below the diagonal; gives their factors t. */
export function factorQr(a: Float64Array, m: number, n: number): Float64Array {
  const ts = new Float64Array(Math.min(m, n));
  const product = new Float64Array(n);
  for (let k = 0; k < ts.length; k++) {
    const t = reflection(a, k * n + k, n, m - k);
    ts[k] = t;
    reflect(a, m, n, k, t, a, n, k + 1, product);
  }
  return ts;
}

/** Multiplies the m × width matrix c by q from the left, where a and ts are what `factorQr` left of an m × n matrix. */
export function applyQ(a: Float64Array, ts: Float64Array, m: number, n: number, c: Float64Array, width: number): void {
  const product = new Float64Array(width);
  for (let k = ts.length - 1; k >= 0; k--) reflect(a, m, n, k, ts[k] as number, c, width, 0, product);
}
