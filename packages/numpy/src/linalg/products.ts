// Products, powers and diagonals of matrices, as np.linalg has them: axes are the last ones.

import { ArgumentError, broadcastTo, moveAxis, mul, normalizeAxis, reshape, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { eye } from "../creation.js";
import * as diagonals from "../diagonal.js";
import { dot, matmul } from "../products.js";
import * as vectors from "../vectors.js";
import { inv } from "./systems.js";

export { matmul, tensordot } from "../products.js";

function matrix(x: TensorLike, what: string): Tensor {
  const t = toTensor(x, what);
  if (t.ndim < 2) throw new ShapeError(`${what}: ${t.aval.toString()} is no matrix: it takes at least two axes.`);
  return t;
}

export interface OffsetOptions {
  /** How many places right of the main diagonal: 0 unless given. */
  readonly offset?: number;
}

/** The diagonals of matrices on the last two axes. @throws ShapeError for less than two axes */
export const diagonal = (x: TensorLike, { offset = 0 }: OffsetOptions = {}): Tensor => diagonals.diagonal(matrix(x, "diagonal"), offset, -2, -1);

/** The sums of the diagonals of matrices on the last two axes. @throws ShapeError for less than two axes @throws DTypeError for booleans */
export const trace = (x: TensorLike, { offset = 0 }: OffsetOptions = {}): Tensor => diagonals.trace(matrix(x, "trace"), offset, -2, -1);

/** Rows for columns. @throws ShapeError for less than two axes */
export function matrixTranspose(x: TensorLike): Tensor {
  const t = matrix(x, "matrixTranspose");
  return moveAxis(t, t.ndim - 1, t.ndim - 2);
}

/** All products of an element of a and one of b, both vectors. @throws ShapeError for other ranks @throws DTypeError for booleans */
export function outer(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = [toTensor(a, "outer"), toTensor(b, "outer")];
  if (x.ndim !== 1 || y.ndim !== 1) throw new ShapeError(`outer: ${x.aval.toString()} and ${y.aval.toString()} are not two vectors; np.outer flattens its operands.`);
  return mul(reshape(x, [x.size, 1]), y);
}

export interface AxisOptions {
  /** The last one unless given. */
  readonly axis?: number;
}

/** Σ a·b along an axis, the other axes broadcast. @throws ShapeError where its lengths differ @throws DTypeError for booleans */
export const vecdot = (a: TensorLike, b: TensorLike, { axis = -1 }: AxisOptions = {}): Tensor => vectors.vecdot(a, b, axis);

/** The cross products of vectors of length 3 along an axis, the other axes broadcast. @throws ShapeError for other lengths */
export function cross(a: TensorLike, b: TensorLike, { axis = -1 }: AxisOptions = {}): Tensor {
  for (const x of [a, b]) {
    const t = toTensor(x, "cross");
    if (t.shape[normalizeAxis(axis, t.ndim, "cross")] !== 3) throw new ShapeError(`cross: axis ${axis} of ${t.aval.toString()} has not the length 3; np.cross takes vectors of 2 as well.`);
  }
  return vectors.cross(a, b, axis);
}

/**
 * The product of matrices, of which the first may be a row and the last a column, in the order of least work. Source: Cormen et
 * al., "Introduction to algorithms", on matrix chains. @throws ArgumentError for less than two @throws ShapeError for other ranks, or where they do not fit
 */
export function multiDot(xs: readonly TensorLike[]): Tensor {
  if (!Array.isArray(xs) || xs.length < 2) throw new ArgumentError("multiDot: it takes a JS array of at least two tensors.");
  const ts = xs.map((x) => toTensor(x, "multiDot"));
  const isEnd = (i: number): boolean => i === 0 || i === ts.length - 1;
  const odd = ts.find((t, i) => t.ndim !== 2 && !(isEnd(i) && t.ndim === 1));
  if (odd !== undefined) throw new ShapeError(`multiDot: ${odd.aval.toString()} is no matrix; the first and the last may be vectors.`);
  const rows = (i: number): number => ((ts[i] as Tensor).ndim === 1 && i === 0 ? 1 : ((ts[i] as Tensor).shape[0] as number));
  const sizes = [...ts.map((_, i) => rows(i)), (ts[ts.length - 1] as Tensor).ndim === 1 ? 1 : ((ts[ts.length - 1] as Tensor).shape[1] as number)];
  // The least work for the product of i to j, and where it is cut.
  const best = new Map<string, [work: number, cut: number]>();
  const least = (i: number, j: number): [work: number, cut: number] => {
    const known = best.get(`${i},${j}`);
    if (known !== undefined) return known;
    let found: [number, number] = [i === j ? 0 : Infinity, i];
    for (let k = i; k < j; k++) {
      const work = least(i, k)[0] + least(k + 1, j)[0] + (sizes[i] as number) * (sizes[k + 1] as number) * (sizes[j + 1] as number);
      if (work < found[0]) found = [work, k];
    }
    best.set(`${i},${j}`, found);
    return found;
  };
  const multiplied = (i: number, j: number): Tensor => {
    if (i === j) return ts[i] as Tensor;
    const cut = least(i, j)[1];
    return dot(multiplied(i, cut), multiplied(cut + 1, j));
  };
  return multiplied(0, ts.length - 1);
}

/**
 * The whole power n of square matrices, by squaring; of the inverse if n is negative. @throws ShapeError unless square
 * @throws ArgumentError unless n is a whole number @throws DTypeError for booleans
 * @example matrixPower(array([[1, 1], [0, 1]]), 5) // [[1, 5], [0, 1]]
 */
export function matrixPower(x: TensorLike, n: number): Tensor {
  const t = matrix(x, "matrixPower");
  const size = t.shape[t.ndim - 1] as number;
  if (size !== t.shape[t.ndim - 2]) throw new ShapeError(`matrixPower: ${t.aval.toString()} is not square: it takes […,n,n].`);
  if (!Number.isInteger(n)) throw new ArgumentError(`matrixPower: the power ${String(n)} is not a whole number.`);
  if (n === 0) return broadcastTo(eye(size, size, 0, t.dtype), t.shape);
  let square = n < 0 ? inv(t) : t;
  let out: Tensor | undefined;
  for (let rest = Math.abs(n); ; square = matmul(square, square)) {
    if (rest % 2 === 1) out = out === undefined ? square : matmul(out, square);
    rest = Math.floor(rest / 2);
    if (rest === 0) return out as Tensor;
  }
}
