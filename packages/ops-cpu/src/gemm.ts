// Matrix products of strided operands: C[i,j] = Σ_k A[i,k]·B[k,j]. Blocks of A and B are packed as doubles, in panels four
// wide, whatever the layout of the operands: a transposed one costs nothing more. Products of float32 are exact then.

import type { TypedArray } from "@gradus/core";
import { fresh } from "./storage.js";

/** A matrix in a typed array: where it starts, and its steps along the kept and the contracted axis. */
export interface Matrix {
  readonly data: TypedArray;
  readonly at: number;
  readonly kept: number;
  readonly contracted: number;
}

/** Adds the product of an m × k and a k × n matrix to the row-major one at `ci` of c, which starts as zeros. */
export type MatrixProduct = (c: TypedArray, ci: number, a: Matrix, b: Matrix, m: number, n: number, k: number) => void;

// A panel of each operand (4 × 256 doubles, 8 KiB) fits the first-level cache, a block of B the second.
const depth = 256;
const width = 512;

// Space to pack into, kept between products: 1 MiB at most.
let panelA: Float64Array | undefined;
let edge: Float64Array | undefined;
let blockB: Float64Array | undefined;

/** The product of floats. */
function gemm(c: TypedArray, ci: number, a: Matrix, b: Matrix, m: number, n: number, kk: number): void {
  if (m < 4) {
    for (let i = 0; i < m; i++) matvec(c, ci + i * n, 1, { ...a, at: a.at + i * a.kept }, b, n, kk);
    return;
  }
  if (n < 4) {
    for (let j = 0; j < n; j++) matvec(c, ci + j, n, { ...b, at: b.at + j * b.kept }, a, m, kk);
    return;
  }
  panelA ??= new Float64Array(4 * depth);
  edge ??= new Float64Array(16);
  const size = Math.min(depth, kk) * ((Math.min(width, n) + 3) & ~3);
  if (blockB === undefined || blockB.length < size) blockB = new Float64Array(size);
  for (let j0 = 0; j0 < n; j0 += width) {
    const nj = Math.min(width, n - j0);
    for (let k0 = 0; k0 < kk; k0 += depth) {
      const nk = Math.min(depth, kk - k0);
      for (let j = 0; j < nj; j += 4) pack(blockB, j * nk, b, j0 + j, Math.min(4, nj - j), k0, nk);
      for (let i = 0; i < m; i += 4) {
        const rows = Math.min(4, m - i);
        pack(panelA, 0, a, i, rows, k0, nk);
        for (let j = 0; j < nj; j += 4) {
          const columns = Math.min(4, nj - j);
          const to = ci + i * n + j0 + j;
          if (rows === 4 && columns === 4) tile(c, to, n, panelA, blockB, j * nk, nk);
          else {
            edge.fill(0);
            tile(edge, 0, 4, panelA, blockB, j * nk, nk);
            for (let r = 0; r < rows; r++) for (let s = 0; s < columns; s++) c[to + r * n + s] = (c[to + r * n + s] as number) + (edge[4 * r + s] as number);
          }
        }
      }
    }
  }
}

// Four rows of a matrix, interleaved; zeros for those that it does not have.
function pack(out: Float64Array, oi: number, { data, at, kept, contracted }: Matrix, first: number, rows: number, k0: number, nk: number): void {
  let p = at + first * kept + k0 * contracted;
  if (rows === 4) {
    for (let k = 0; k < nk; k++, p += contracted, oi += 4) {
      out[oi] = data[p] as number;
      out[oi + 1] = data[p + kept] as number;
      out[oi + 2] = data[p + 2 * kept] as number;
      out[oi + 3] = data[p + 3 * kept] as number;
    }
    return;
  }
  for (let k = 0; k < nk; k++, p += contracted, oi += 4) {
    for (let r = 0; r < 4; r++) out[oi + r] = r < rows ? (data[p + r * kept] as number) : 0;
  }
}

// A 4 × 4 tile of the result in sixteen local variables, which an engine keeps in registers.
function tile(c: TypedArray, ci: number, n: number, a: Float64Array, b: Float64Array, bi: number, nk: number): void {
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0;
  let c10 = 0, c11 = 0, c12 = 0, c13 = 0;
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0;
  let c30 = 0, c31 = 0, c32 = 0, c33 = 0;
  for (let ai = 0, end = 4 * nk; ai < end; ai += 4, bi += 4) {
    const b0 = b[bi] as number;
    const b1 = b[bi + 1] as number;
    const b2 = b[bi + 2] as number;
    const b3 = b[bi + 3] as number;
    let x = a[ai] as number;
    c00 += x * b0;
    c01 += x * b1;
    c02 += x * b2;
    c03 += x * b3;
    x = a[ai + 1] as number;
    c10 += x * b0;
    c11 += x * b1;
    c12 += x * b2;
    c13 += x * b3;
    x = a[ai + 2] as number;
    c20 += x * b0;
    c21 += x * b1;
    c22 += x * b2;
    c23 += x * b3;
    x = a[ai + 3] as number;
    c30 += x * b0;
    c31 += x * b1;
    c32 += x * b2;
    c33 += x * b3;
  }
  addRow(c, ci, c00, c01, c02, c03);
  addRow(c, ci + n, c10, c11, c12, c13);
  addRow(c, ci + 2 * n, c20, c21, c22, c23);
  addRow(c, ci + 3 * n, c30, c31, c32, c33);
}

function addRow(c: TypedArray, i: number, w: number, x: number, y: number, z: number): void {
  c[i] = (c[i] as number) + w;
  c[i + 1] = (c[i + 1] as number) + x;
  c[i + 2] = (c[i + 2] as number) + y;
  c[i + 3] = (c[i + 3] as number) + z;
}

// A vector times a matrix, along whichever axis of the matrix is the closer one in memory. Results are `step` apart.
function matvec(c: TypedArray, ci: number, step: number, v: Matrix, x: Matrix, n: number, kk: number): void {
  const { data: vector, at: vi, contracted: vk } = v;
  const { data, at, kept, contracted } = x;
  if (n === 1 || Math.abs(contracted) <= Math.abs(kept)) {
    for (let j = 0; j < n; j++) c[ci + j * step] = dot(vector, vi, vk, data, at + j * kept, contracted, kk);
    return;
  }
  const sums = fresh("float64", n);
  for (let k = 0; k < kk; k++) {
    const f = vector[vi + k * vk] as number;
    for (let j = 0, p = at + k * contracted; j < n; j++, p += kept) sums[j] = (sums[j] as number) + f * (data[p] as number);
  }
  for (let j = 0; j < n; j++) c[ci + j * step] = sums[j] as number;
}

function dot(x: TypedArray, xi: number, xs: number, y: TypedArray, yi: number, ys: number, n: number): number {
  let a = 0;
  let b = 0;
  let k = 0;
  for (; k + 2 <= n; k += 2, xi += 2 * xs, yi += 2 * ys) {
    a += (x[xi] as number) * (y[yi] as number);
    b += (x[xi + xs] as number) * (y[yi + ys] as number);
  }
  if (k < n) a += (x[xi] as number) * (y[yi] as number);
  return a + b;
}

/** The product of integers, which wrap around. */
function integerGemm(c: TypedArray, ci: number, a: Matrix, b: Matrix, m: number, n: number, kk: number): void {
  const column = new Int32Array(kk);
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < kk; k++) column[k] = b.data[b.at + j * b.kept + k * b.contracted] as number;
    for (let i = 0; i < m; i++) {
      let sum = 0;
      for (let k = 0, p = a.at + i * a.kept; k < kk; k++, p += a.contracted) sum = (sum + Math.imul(a.data[p] as number, column[k] as number)) | 0;
      c[ci + i * n + j] = sum;
    }
  }
}

/** The product of numbers of any dtype. */
export const product: MatrixProduct = (c, ...rest) => (c instanceof Float32Array || c instanceof Float64Array ? gemm : integerGemm)(c, ...rest);
