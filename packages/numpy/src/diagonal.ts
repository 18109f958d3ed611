// Diagonals, read as entries of the flattened matrix.

import { array, moveAxis, normalizeAxis, reduceSum, reshape, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { take } from "@gradus/ops";

/** The diagonal `offset` places right of the main one, of the matrices on two axes, as a new last axis. @throws ShapeError for axes that are equal or out of range */
export function diagonal(x: TensorLike, offset = 0, axis1 = 0, axis2 = 1): Tensor {
  const t = toTensor(x, "diagonal");
  const [a, b] = [normalizeAxis(axis1, t.ndim, "diagonal"), normalizeAxis(axis2, t.ndim, "diagonal")];
  if (a === b) throw new ShapeError(`diagonal: axis1 and axis2 are both axis ${a} of ${t.aval.toString()}: they must differ.`);
  // Axis a last, then b behind it.
  const moved = moveAxis(moveAxis(t, a, t.ndim - 1), b > a ? b - 1 : b, t.ndim - 1);
  const [n, m] = moved.shape.slice(-2) as [number, number];
  const [row, column] = [Math.max(-offset, 0), Math.max(offset, 0)];
  const count = Math.max(0, Math.min(n - row, m - column));
  const places = array(Array.from({ length: count }, (_, i) => (row + i) * m + column + i), { dtype: "int32" });
  return take(reshape(moved, [...moved.shape.slice(0, -2), n * m]), places, -1);
}

/** The sum of a diagonal. @throws ShapeError for axes that are equal or out of range @throws DTypeError for booleans */
export function trace(x: TensorLike, offset = 0, axis1 = 0, axis2 = 1): Tensor {
  return reduceSum(diagonal(x, offset, axis1, axis2), -1);
}
