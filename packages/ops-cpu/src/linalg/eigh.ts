// Eigenvalues of symmetric matrices: reflections leave a tridiagonal matrix, which implicit shifted steps of the QR algorithm
// make diagonal. Golub & Van Loan 2013, "Matrix computations", 8.3.

import { reflection } from "./householder.js";
import { addScaled, dot, identity, magnitude, rotate } from "./matrices.js";

const stepsPerValue = 60; // two or three are usual

/** Fills the columns of v with eigenvectors and w with ascending eigenvalues, of the lower triangle of the n × n matrix a. */
export function decomposeSymmetric(a: Float64Array, n: number, v: Float64Array, w: Float64Array): void {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j] as number;
  const scale = magnitude(a);
  for (let i = 0; i < a.length; i++) a[i] = (a[i] as number) / scale;
  const d = new Float64Array(n);
  const e = new Float64Array(n);
  const basis = Number.isNaN(scale) ? undefined : tridiagonalize(a, n, d, e);
  if (basis === undefined || !diagonalize(d, e, n, basis)) {
    v.fill(NaN);
    w.fill(NaN);
    return;
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => (d[i] as number) - (d[j] as number));
  order.forEach((from, j) => {
    w[j] = (d[from] as number) * scale;
    for (let i = 0; i < n; i++) v[i * n + j] = basis[from * n + i] as number;
  });
}

// Overwrites a; fills the diagonal d and what is beside it, e. Rows of the result are the basis in which a is tridiagonal.
function tridiagonalize(a: Float64Array, n: number, d: Float64Array, e: Float64Array): Float64Array {
  const ts = new Float64Array(n);
  const v = new Float64Array(n);
  const p = new Float64Array(n);
  for (let k = 0; k < n - 1; k++) {
    const first = k + 1;
    const count = n - first;
    const t = reflection(a, first * n + k, n, count);
    ts[k] = t;
    e[k] = a[first * n + k] as number;
    if (t === 0) continue;
    v[first] = 1;
    for (let i = first + 1; i < n; i++) v[i] = a[i * n + k] as number;
    // With p = t·a·v − (t²/2)(vᵀ a v)v, the part that is left is a − v·pᵀ − p·vᵀ.
    for (let i = first; i < n; i++) p[i] = t * dot(a, i * n + first, v, first, count);
    addScaled(p, first, (-t / 2) * dot(p, first, v, first, count), v, first, count);
    for (let i = first; i < n; i++) {
      addScaled(a, i * n + first, -(v[i] as number), p, first, count);
      addScaled(a, i * n + first, -(p[i] as number), v, first, count);
    }
  }
  for (let i = 0; i < n; i++) d[i] = a[i * n + i] as number;
  const basis = identity(n);
  for (let k = n - 2; k >= 0; k--) {
    const t = ts[k] as number;
    if (t === 0) continue;
    const first = k + 1;
    v[first] = 1;
    for (let i = first + 1; i < n; i++) v[i] = a[i * n + k] as number;
    for (let i = first; i < n; i++) addScaled(basis, i * n + first, -t * dot(basis, i * n + first, v, first, n - first), v, first, n - first);
  }
  return basis;
}

// Makes the tridiagonal matrix diagonal, turning the rows of the basis along; false if it takes too long.
function diagonalize(d: Float64Array, e: Float64Array, n: number, basis: Float64Array): boolean {
  let steps = stepsPerValue * n;
  let end = n - 1;
  while (end > 0) {
    for (let i = 0; i < end; i++) if (Math.abs(e[i] as number) <= Number.EPSILON * (Math.abs(d[i] as number) + Math.abs(d[i + 1] as number))) e[i] = 0;
    if (e[end - 1] === 0) {
      end--;
      continue;
    }
    let start = end - 1;
    while (start > 0 && e[start - 1] !== 0) start--;
    if (steps-- === 0) return false;
    step(d, e, n, basis, start, end);
  }
  return true;
}

// One step on rows start to end, none of which is decoupled, shifted by the eigenvalue of the last two that is closer to the last.
function step(d: Float64Array, e: Float64Array, n: number, basis: Float64Array, start: number, end: number): void {
  const beside = e[end - 1] as number;
  const half = ((d[end - 1] as number) - (d[end] as number)) / 2;
  const root = Math.hypot(half, beside);
  const shift = (d[end] as number) - (beside / (half + (half < 0 ? -root : root))) * beside;
  let x = (d[start] as number) - shift;
  let bulge = e[start] as number;
  for (let k = start; k < end; k++) {
    const r = Math.hypot(x, bulge);
    const [c, s] = r === 0 ? [1, 0] : [x / r, bulge / r];
    if (k > start) e[k - 1] = r;
    const [p, q, b] = [d[k] as number, d[k + 1] as number, e[k] as number];
    const middle = 2 * c * s * b;
    d[k] = c * c * p + middle + s * s * q;
    d[k + 1] = s * s * p - middle + c * c * q;
    e[k] = c * s * (q - p) + (c * c - s * s) * b;
    rotate(basis, k * n, (k + 1) * n, n, c, s);
    if (k + 1 < end) {
      x = e[k] as number;
      bulge = s * (e[k + 1] as number);
      e[k + 1] = c * (e[k + 1] as number);
    }
  }
}
