// Elements by indices along one axis, read and written.

import { add, array, broadcastTo, cast, DTypeError, isInteger, moveAxis, normalizeAxis, reshape, select, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { gather, less, scatter } from "@gradus/ops";

export { take } from "@gradus/ops";

/** Indices counted from the start of an axis of n. @throws DTypeError unless integers */
export function fromStart(indices: TensorLike | readonly number[], n: number, what: string): Tensor {
  const i = Array.isArray(indices) ? array(indices as number[], { dtype: "int32" }) : typeof indices === "number" ? array(indices, { dtype: "int32" }) : toTensor(indices, what);
  if (!isInteger(i.dtype)) throw new DTypeError(`${what}: indices are ${i.aval.toString()}, and have to be integers: cast(indices, "int32").`);
  const whole = cast(i, "int32");
  return select(less(whole, 0), add(whole, n), whole);
}

/**
 * At each place the element of x at the index there along the axis, the other axes of both being equal: with what argsort gives,
 * the sorted array. Negative indices count from the end, those out of range are clipped.
 * @throws ShapeError where the other axes differ @throws DTypeError unless indices are integers
 */
export function takeAlongAxis(x: TensorLike, indices: TensorLike, axis: number): Tensor {
  const t = toTensor(x, "takeAlongAxis");
  const { rows, places, at } = lines(t, indices, axis, "takeAlongAxis");
  const [n, k] = [rows.shape[t.ndim - 1] as number, places.shape[t.ndim - 1] as number];
  if (n === 0 && places.size > 0) throw new ShapeError(`takeAlongAxis: axis ${axis} of ${t.aval.toString()} is empty: there is nothing to take.`);
  const count = countOf(rows);
  const out = gather(reshape(rows, [count, n]), reshape(places, [count, k, 1]), { axes: [1], batchDims: 1 });
  return moveAxis(reshape(out, places.shape), t.ndim - 1, at);
}

const countOf = (rows: Tensor): number => rows.shape.slice(0, -1).reduce((a, d) => a * d, 1);

// The array and the indices with the axis moved to the end.
function lines(t: Tensor, indices: TensorLike, axis: number, what: string): { rows: Tensor; places: Tensor; at: number } {
  const at = normalizeAxis(axis, t.ndim, what);
  const i = fromStart(indices, t.shape[at] as number, what);
  if (i.ndim !== t.ndim || i.shape.some((d, k) => k !== at && d !== t.shape[k])) {
    throw new ShapeError(`${what}: indices ${i.aval.toString()} must have the axes of ${t.aval.toString()}, equal but for axis ${axis}.`);
  }
  return { rows: moveAxis(t, at, t.ndim - 1), places: moveAxis(i, at, t.ndim - 1), at };
}

/**
 * A copy of x with values in the place of the elements that {@link takeAlongAxis} takes; they broadcast to the indices. Of several
 * values for one place the last one stays, indices out of range change nothing. @throws ShapeError where the other axes differ
 * @throws DTypeError unless indices are integers
 * @example putAlongAxis(array([[1, 2], [3, 4]]), array([[1], [0]], { dtype: "int32" }), 9, 1) // [[1, 9], [9, 4]]
 */
export function putAlongAxis(x: TensorLike, indices: TensorLike, values: TensorLike, axis: number): Tensor {
  const t = toTensor(x, "putAlongAxis");
  const { rows, places, at } = lines(t, indices, axis, "putAlongAxis");
  const [n, k] = [rows.shape[t.ndim - 1] as number, places.shape[t.ndim - 1] as number];
  const count = countOf(rows);
  const given = broadcastTo(cast(values, t.dtype), t.shape.map((d, i) => (i === at ? k : d)));
  const out = scatter(reshape(rows, [count, n]), reshape(places, [count, k, 1]), reshape(moveAxis(given, at, t.ndim - 1), [count, k]), { axes: [1], batchDims: 1 });
  return moveAxis(reshape(out, rows.shape), t.ndim - 1, at);
}
