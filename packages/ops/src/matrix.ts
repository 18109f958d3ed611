// Stacks of matrices: what the rules of linear algebra are written with, and the checks that its operations share. The last
// two axes are rows and columns, those before them are batch axes, equal for all operands.

import { add, type Aval, bind, broadcastShapes, broadcastTo, checkAccepts, moveAxis, mul, type Primitive, reduceSum, reshape, select, ShapeError, type Tensor } from "@gradus/core";
import { iota } from "./arrangement.js";
import { alignBatch } from "./batch-axis.js";
import { equal, greater, greaterEqual } from "./comparison.js";
import { dotGeneralP } from "./contraction.js";
import { indicator } from "./indicator.js";
import { div } from "./quotient.js";

/** Rows and columns of an aval or a tensor. */
export const sizes = ({ shape }: { readonly shape: readonly number[] }): [rows: number, columns: number] => shape.slice(-2) as [number, number];

/** @throws DTypeError unless floats @throws ShapeError for less than two axes */
export function checkMatrix(x: Aval, name: string): void {
  checkAccepts(name, "float", x.dtype);
  if (x.ndim < 2) throw new ShapeError(`${name}: ${x.toString()} is no matrix: it takes at least two axes, […,m,n].`);
}

/** @throws DTypeError unless floats @throws ShapeError unless the last two axes are of one length */
export function checkSquare(x: Aval, name: string): void {
  checkMatrix(x, name);
  const [m, n] = sizes(x);
  if (m !== n) throw new ShapeError(`${name}: ${x.toString()} is not square: it takes […,n,n].`);
}

/** Two operands with the batch axes of both. @throws ShapeError where these do not broadcast */
export function withBatch(a: Tensor, b: Tensor, what: string): [Tensor, Tensor] {
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), what);
  return [broadcastTo(a, [...batch, ...a.shape.slice(-2)]), broadcastTo(b, [...batch, ...b.shape.slice(-2)])];
}

/** Rows for columns. */
export const mT = (x: Tensor): Tensor => moveAxis(x, x.ndim - 1, x.ndim - 2);

/** a·b, matrix by matrix. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  const n = a.ndim - 2;
  const batch = Array.from({ length: n }, (_, i) => i);
  return bind(dotGeneralP, [a, b], { contract: [[n + 1], [n]], batch: [batch, batch] });
}

/** A comparison of row and column as a predicate of entries: `greaterEqual` is the lower triangle, `equal` the diagonal. */
export type Where = (row: Tensor, column: Tensor) => Tensor;

/** The predicate for the entries of an m × n matrix. */
export const places = (m: number, n: number, where: Where): Tensor => where(iota([m, n], "int32", 0), iota([m, n], "int32", 1));

/** The entries where the predicate holds, and zeros. */
export const part = (x: Tensor, where: Where): Tensor => select(places(...sizes(x), where), x, 0);

/** The identity of so many rows, of the dtype and with the batch axes of x. */
export const eyeLike = (x: Tensor, n: number): Tensor => broadcastTo(indicator(places(n, n, equal), x), [...x.shape.slice(0, -2), n, n]);

/** The diagonals of square matrices. */
export const diagonalOf = (x: Tensor): Tensor => reduceSum(part(x, equal), -1);

/** Vectors as columns. */
export const column = (v: Tensor): Tensor => reshape(v, [...v.shape, 1]);

/** Vectors as rows. */
export const row = (v: Tensor): Tensor => reshape(v, [...v.shape.slice(0, -1), 1, ...v.shape.slice(-1)]);

/** (x + xᵀ)/2 */
export const symmetrized = (x: Tensor): Tensor => mul(add(x, mT(x)), 0.5);

/** The symmetric matrix with the lower triangle of x. */
export const mirrored = (x: Tensor): Tensor => add(part(x, greaterEqual), mT(part(x, greater)));

/** 1/x off the diagonal, 0 on it: of differences, which are 0 there. */
export function inverseOffDiagonal(x: Tensor): Tensor {
  const n = x.shape[x.ndim - 1] as number;
  const isDiagonal = places(n, n, equal);
  return select(isDiagonal, 0, div(1, select(isDiagonal, 1, x)));
}

/** The batching rule of primitives of one stack of matrices with one result. */
export const batchOne =
  <P>(p: () => Primitive<P>) =>
  ([x]: Tensor[], [axis]: (number | null)[], params: P): [Tensor, number] => [bind(p() as Primitive<any>, [moveAxis(x as Tensor, axis as number, 0)], params) as Tensor, 0];

/** The same with several results. */
export const batchMany =
  <P>(p: () => Primitive<P, "many">) =>
  ([x]: Tensor[], [axis]: (number | null)[], params: P): [Tensor[], number[]] => {
    const outs = bind(p() as Primitive<any, "many">, [moveAxis(x as Tensor, axis as number, 0)], params) as Tensor[];
    return [outs, outs.map(() => 0)];
  };

/** The batch axes of all operands in front. */
export const alignFront = (xs: readonly Tensor[], axes: readonly (number | null)[], axisSize: number): Tensor[] => xs.map((x, i) => alignBatch(x, axes[i] ?? null, 0, axisSize));
