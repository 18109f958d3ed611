// Plain matrices in JS, and what determinants of their parts say: expected values of linear algebra by formulas that no
// algorithm uses.

import { type HostArray, sizeOf } from "../host-array.js";

export type Matrix = readonly (readonly number[])[];

/** The matrices of a stack, one after the other. */
export function matricesOf({ shape, data }: HostArray): Matrix[] {
  const [m, n] = shape.slice(-2) as [number, number];
  return Array.from({ length: sizeOf(shape.slice(0, -2)) }, (_, k) => Array.from({ length: m }, (_, i) => data.slice(k * m * n + i * n, k * m * n + (i + 1) * n)));
}

/** A stack of matrices, or vectors, or numbers, per matrix of another. */
export const stacked = (like: HostArray, trailing: readonly number[], of: (x: Matrix, k: number) => readonly number[]): HostArray => ({
  shape: [...like.shape.slice(0, -2), ...trailing],
  dtype: like.dtype,
  data: matricesOf(like).flatMap((x, k) => [...of(x, k)]),
});

export const build = (m: number, n: number, entry: (i: number, j: number) => number): number[][] => Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_, j) => entry(i, j)));

/** The determinant by its expansion along the first row. */
export const det = (a: Matrix): number => (a.length === 0 ? 1 : (a[0] as readonly number[]).reduce((sum, v, j) => sum + (j % 2 === 0 ? v : -v) * det(without(a, 0, j)), 0));

const without = (a: Matrix, i: number, j: number): number[][] => a.filter((_, k) => k !== i).map((row) => row.filter((_, k) => k !== j));

/** The determinant of some rows and columns. */
export const minor = (a: Matrix, rows: readonly number[], columns: readonly number[]): number => det(rows.map((i) => columns.map((j) => (a[i] as readonly number[])[j] as number)));

export const cofactors = (a: Matrix): number[][] => build(a.length, a.length, (i, j) => ((i + j) % 2 === 0 ? 1 : -1) * det(without(a, i, j)));

export const flipped = (a: Matrix): number[][] => (a.length === 0 ? [] : build((a[0] as readonly number[]).length, a.length, (i, j) => (a[j] as readonly number[])[i] as number));

/** Cramer's rule. */
export const inverse = (a: Matrix): number[][] => flipped(cofactors(a).map((row) => row.map((v) => v / det(a))));

export const product = (a: Matrix, b: Matrix): number[][] => {
  const columns = flipped(b);
  return build(a.length, columns.length, (i, j) => (a[i] as readonly number[]).reduce((sum, v, k) => sum + v * ((columns[j] as readonly number[])[k] as number), 0));
};

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Below the diagonal l and from it on u with a = l·u: quotients of minors (Gantmacher 1959, "The theory of matrices", II.4). */
export const triangularFactors = (a: Matrix): number[][] =>
  a.map((row, i) =>
    row.map((_, j) => {
      const before = range(Math.min(i, j));
      return i > j ? minor(a, [...before, i], [...before, j]) / minor(a, [...before, j], [...before, j]) : minor(a, [...before, i], [...before, j]) / minor(a, before, before);
    }),
  );
