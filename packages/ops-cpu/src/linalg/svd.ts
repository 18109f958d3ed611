// Singular values: a QR factorization, then rotations that make the rows of r orthogonal, pair by pair (Jacobi's method, one-
// sided), since these leave small singular values more right digits than steps on a bidiagonal matrix do. Demmel & Veselić 1992,
// "Jacobi's method is more accurate than QR"; Drmač & Veselić 2008, "New fast and accurate Jacobi SVD algorithm I".

import { applyQ, factorQr } from "./householder.js";
import { dot, exchange, identity, magnitude, rotate, transposed } from "./matrices.js";

const mostSweeps = 60; // five to ten are usual
const least = 1e-290; // of squares of lengths, where the greatest element is about 1

export interface Svd {
  /** m × columns, where the columns are those asked for. */
  readonly u: Float64Array;
  readonly s: Float64Array;
  /** rows × n. */
  readonly vt: Float64Array;
}

/** The decomposition of the m × n matrix a, which is overwritten: u and vt square if `full`, else thin. */
export function decompose(a: Float64Array, m: number, n: number, full: boolean): Svd {
  if (m < n) {
    const { u, s, vt } = decompose(transposed(a, m, n), n, m, full);
    const columns = full ? n : m;
    return { u: transposed(vt, m, m), s, vt: transposed(u, n, columns) };
  }
  const columns = full ? m : n;
  const scale = magnitude(a);
  const failed = (): Svd => ({ u: new Float64Array(m * columns).fill(NaN), s: new Float64Array(n).fill(NaN), vt: new Float64Array(n * n).fill(NaN) });
  if (Number.isNaN(scale)) return failed();
  for (let i = 0; i < a.length; i++) a[i] = (a[i] as number) / scale;
  const ts = factorQr(a, m, n);
  const r = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) r[i * n + j] = a[i * n + j] as number;
  const turned = orthogonalizeRows(r, n);
  if (turned === undefined) return failed();
  // Now turned·(the old r) = r, whose rows are s times those of vt: a = q·turnedᵀ·diag(s)·vt.
  const lengths = Array.from({ length: n }, (_, i) => Math.sqrt(dot(r, i * n, r, i * n, n)));
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => (lengths[j] as number) - (lengths[i] as number));
  const vt = new Float64Array(n * n);
  const u = new Float64Array(m * columns);
  order.forEach((from, i) => {
    const size = lengths[from] as number;
    if (size > 0) for (let j = 0; j < n; j++) vt[i * n + j] = (r[from * n + j] as number) / size;
    for (let k = 0; k < n; k++) u[k * columns + i] = turned[from * n + k] as number;
  });
  for (let i = n; i < columns; i++) u[i * columns + i] = 1;
  applyQ(a, ts, m, n, u, columns);
  completeRows(vt, lengths.filter((size) => size > 0).length, n);
  return { u, s: Float64Array.from(order, (i) => (lengths[i] as number) * scale), vt };
}

// Turns pairs of rows of the n × n matrix a until all are orthogonal; gives the product of the rotations, undefined if it takes
// too long. Rows that all but vanish become zeros: of dependent rows every rotation leaves one that is 10^−16 times as long.
function orthogonalizeRows(a: Float64Array, n: number): Float64Array | undefined {
  const turned = identity(n);
  const tolerance = Number.EPSILON * Math.sqrt(n);
  const squares = new Float64Array(n);
  const measure = (i: number): void => {
    const square = dot(a, i * n, a, i * n, n);
    if (square < least) a.fill(0, i * n, (i + 1) * n);
    squares[i] = square < least ? 0 : square;
  };
  for (let i = 0; i < n; i++) measure(i);
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let isDone = true;
    for (let i = 0; i < n - 1; i++) {
      // The longest of the rows left goes first, which saves sweeps (de Rijk 1989).
      let longest = i;
      for (let j = i + 1; j < n; j++) if ((squares[j] as number) > (squares[longest] as number)) longest = j;
      exchange(a, i, longest, n);
      exchange(turned, i, longest, n);
      exchange(squares, i, longest, 1);
      for (let j = i + 1; j < n; j++) {
        const [p, q] = [squares[i] as number, squares[j] as number];
        if (p === 0 || q === 0) continue;
        const r = dot(a, i * n, a, j * n, n);
        if (Math.abs(r) <= tolerance * Math.sqrt(p) * Math.sqrt(q)) continue;
        isDone = false;
        // The tangent of the smaller angle that makes the product of the rows zero.
        const z = (p - q) / (2 * r);
        const t = (z < 0 ? -1 : 1) / (Math.abs(z) + Math.hypot(1, z));
        const c = 1 / Math.hypot(1, t);
        rotate(a, i * n, j * n, n, c, c * t);
        rotate(turned, i * n, j * n, n, c, c * t);
        measure(i);
        measure(j);
      }
    }
    if (isDone) return turned;
  }
  return undefined;
}

// Fills the rows from `rank` on, so that all rows are orthonormal: columns of the q of the rows there are.
function completeRows(a: Float64Array, rank: number, n: number): void {
  if (rank === n) return;
  const known = transposed(a.subarray(0, rank * n), rank, n);
  const ts = factorQr(known, n, rank);
  const q = identity(n);
  applyQ(known, ts, n, rank, q, n);
  for (let i = rank; i < n; i++) for (let j = 0; j < n; j++) a[i * n + j] = q[j * n + i] as number;
}
