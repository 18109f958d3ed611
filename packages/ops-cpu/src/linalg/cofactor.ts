// Cofactors of singular and regular matrices alike, by elimination with the greatest pivot of all that is left. Then every
// entry of a row of u is at most its pivot, so that nothing is divided by a number that is small beside it.

import { addScaled, exchange } from "./matrices.js";

/** The cofactors of the n × n matrix a, which is overwritten. */
export function cofactors(a: Float64Array, n: number, out: Float64Array): void {
  const rows = Array.from({ length: n }, (_, i) => i);
  const columns = [...rows];
  const sign = eliminate(a, n, rows, columns);
  let p = sign;
  for (let i = 0; i < n - 1; i++) p *= a[i * n + i] as number;
  if (p === 0) return; // the rank is n − 2 or less
  const b = adjugate(a, n, p);
  // b·l⁻¹: column k of b takes from those before it what l says.
  for (let i = 0; i < n; i++) {
    for (let k = n - 1; k > 0; k--) addScaled(b, i * n, -(b[i * n + k] as number), a, k * n, k);
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[(rows[j] as number) * n + (columns[i] as number)] = b[i * n + j] as number;
}

// l below the diagonal and u on it and above; gives the sign of the exchanges of rows and columns.
function eliminate(a: Float64Array, n: number, rows: number[], columns: number[]): number {
  let sign = 1;
  for (let k = 0; k < n - 1; k++) {
    let [row, column] = [k, k];
    for (let i = k; i < n; i++) {
      for (let j = k; j < n; j++) if (Math.abs(a[i * n + j] as number) > Math.abs(a[row * n + column] as number)) [row, column] = [i, j];
    }
    if (row !== k) {
      exchange(a, k, row, n);
      [rows[k], rows[row]] = [rows[row] as number, rows[k] as number];
      sign = -sign;
    }
    if (column !== k) {
      for (let i = 0; i < n; i++) [a[i * n + k], a[i * n + column]] = [a[i * n + column] as number, a[i * n + k] as number];
      [columns[k], columns[column]] = [columns[column] as number, columns[k] as number];
      sign = -sign;
    }
    const pivot = a[k * n + k] as number;
    if (pivot === 0) return sign;
    for (let i = k + 1; i < n; i++) {
      const factor = (a[i * n + k] as number) / pivot;
      a[i * n + k] = factor;
      addScaled(a, i * n + k + 1, -factor, a, k * n + k + 1, n - k - 1);
    }
  }
  return sign;
}

// det(u)·u⁻¹ = [d·p·v, −p·v·w; 0, p] for u = [v⁻¹, w; 0, d], with p the product of the other pivots: d divides nothing.
function adjugate(a: Float64Array, n: number, p: number): Float64Array {
  const out = new Float64Array(n * n);
  const last = n - 1;
  const d = a[last * n + last] as number;
  out[last * n + last] = p;
  for (let i = last - 1; i >= 0; i--) {
    const row = i * n;
    out[row + i] = d * p;
    for (let k = i + 1; k < n; k++) {
      addScaled(out, row + i + 1, -(a[row + k] as number), out, k * n + i + 1, n - i - 1);
    }
    for (let j = i; j < n; j++) out[row + j] = (out[row + j] as number) / (a[row + i] as number);
  }
  return out;
}
