// Substitution, and the two factorizations that are made of it: Cholesky's, and elimination with row exchanges.

import { addScaled, dot, exchange, transposed } from "./matrices.js";

export interface Triangle {
  readonly leftSide: boolean;
  readonly lower: boolean;
  readonly transposeA: boolean;
  readonly unitDiagonal: boolean;
}

/** The x of a·x = b or x·a = b: a is n × n, b has `rows` rows. */
export function solveTriangle(a: Float64Array, n: number, b: Float64Array, rows: number, out: Float64Array, { leftSide, lower, transposeA, unitDiagonal }: Triangle): void {
  // The equations of one right side are the rows of a·x = b, the columns of x·a = b; right sides are made rows.
  const flip = transposeA === leftSide;
  const isLower = lower !== flip;
  const equations = flip ? transposed(a, n, n) : a;
  const count = n === 0 ? 0 : b.length / n;
  const right = leftSide ? transposed(b, rows, count) : b;
  for (let r = 0; r < count; r++) {
    const at = r * n;
    for (let step = 0; step < n; step++) {
      const i = isLower ? step : n - 1 - step;
      const from = isLower ? 0 : i + 1;
      const rest = (right[at + i] as number) - dot(equations, i * n + from, right, at + from, step);
      right[at + i] = unitDiagonal ? rest : rest / (equations[i * n + i] as number);
    }
  }
  out.set(leftSide ? transposed(right, count, rows) : right);
}

/** l with l·lᵀ = a, of the lower triangle of a; all NaN if there is none. */
export function factorCholesky(a: Float64Array, n: number, l: Float64Array): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) l[i * n + j] = ((a[i * n + j] as number) - dot(l, i * n, l, j * n, j)) / (l[j * n + j] as number);
    const rest = (a[i * n + i] as number) - dot(l, i * n, l, i * n, i);
    if (!(rest > 0)) {
      l.fill(NaN);
      return;
    }
    l[i * n + i] = Math.sqrt(rest);
  }
}

/** Factors the m × n matrix a in place, rows exchanged for the greatest pivots; fills the exchanges and the permutation. */
export function factorLu(a: Float64Array, m: number, n: number, pivots: Float64Array, permutation: Float64Array): void {
  for (let i = 0; i < m; i++) permutation[i] = i;
  for (let k = 0; k < pivots.length; k++) {
    let best = k;
    for (let i = k + 1; i < m; i++) if (Math.abs(a[i * n + k] as number) > Math.abs(a[best * n + k] as number)) best = i;
    pivots[k] = best;
    exchange(a, k, best, n);
    exchange(permutation, k, best, 1);
    const pivot = a[k * n + k] as number;
    if (pivot === 0) continue;
    for (let i = k + 1; i < m; i++) {
      const factor = (a[i * n + k] as number) / pivot;
      a[i * n + k] = factor;
      addScaled(a, i * n + k + 1, -factor, a, k * n + k + 1, n - k - 1);
    }
  }
}
