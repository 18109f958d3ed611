// Elements by index, and arrays with elements changed.

import { add, ArgumentError, array, broadcastTo, cast, DTypeError, full, isFloat, isInteger, moveAxis, normalizeAxis, reduceSum, reshape, select, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { equal, expandDims, gather, iota, less, lessEqual, reduceMax, scatterAdd, sub, take } from "@gradus/ops";

export { take } from "@gradus/ops";

// Indices from the start of an axis of n.
function fromStart(indices: TensorLike | readonly number[], n: number, what: string): Tensor {
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
  const at = normalizeAxis(axis, t.ndim, "takeAlongAxis");
  const n = t.shape[at] as number;
  const i = fromStart(indices, n, "takeAlongAxis");
  if (i.ndim !== t.ndim || i.shape.some((d, k) => k !== at && d !== t.shape[k])) {
    throw new ShapeError(`takeAlongAxis: indices ${i.aval.toString()} must have the axes of ${t.aval.toString()}, equal but for axis ${axis}.`);
  }
  if (n === 0 && i.size > 0) throw new ShapeError(`takeAlongAxis: axis ${axis} of ${t.aval.toString()} is empty: there is nothing to take.`);
  const [rows, places] = [moveAxis(t, at, t.ndim - 1), moveAxis(i, at, t.ndim - 1)];
  const k = i.shape[at] as number;
  const count = rows.shape.slice(0, -1).reduce((a, d) => a * d, 1);
  const out = gather(reshape(rows, [count, n]), reshape(places, [count, k, 1]), { axes: [1], batchDims: 1 });
  return moveAxis(reshape(out, places.shape), t.ndim - 1, at);
}

/**
 * Where values would be inserted into an ascending vector to keep its order, int32: before equal entries, or after them on the
 * `"right"`. Compares each value with each entry. @throws ShapeError unless `sorted` is a vector @throws ArgumentError for another side
 * @example searchsorted(array([1, 2, 3]), 2.5) // 2
 */
export function searchsorted(sorted: TensorLike, values: TensorLike, side: "left" | "right" = "left"): Tensor {
  const a = toTensor(sorted, "searchsorted");
  if (a.ndim !== 1) throw new ShapeError(`searchsorted: ${a.aval.toString()} is no vector.`);
  if (side !== "left" && side !== "right") throw new ArgumentError(`searchsorted: the side is ${String(side)}, expected "left" or "right".`);
  const v = expandDims(toTensor(values, "searchsorted"), -1);
  return reduceSum(cast(side === "left" ? less(a, v) : lessEqual(a, v), "int32"), -1);
}

// A JS number as an entry of x, whose dtype it takes.
function literal(value: number, x: Tensor): number {
  if (isFloat(x.dtype) || (isInteger(x.dtype) && Number.isInteger(value))) return value;
  throw new DTypeError(`at: ${value} is no entry of ${x.aval.toString()}. Convert first: cast(x, "float32").`);
}

/** The entries of an array at indices along an axis. */
export interface Indexed {
  /** The entries, as take gives them. */
  get(): Tensor;
  /** A copy with these entries instead; of entries named twice the last counts, and alone has a derivative. @throws ShapeError */
  set(values: TensorLike): Tensor;
  /** A copy with values added to the entries; those named twice get both. @throws ShapeError */
  add(values: TensorLike): Tensor;
}

/**
 * The entries at one index, or at a vector of them, along the first axis, or `axis`; negative ones count from the end. Values
 * broadcast to the shape that `get` gives. Indices out of range change nothing.
 * @throws ShapeError for indices of more than one axis, or a scalar x @throws DTypeError unless indices are integers,
 * or for a fraction among integers
 * @example at(array([1, 2, 3]), -1).set(9) // [1, 2, 9]
 */
export function at(x: TensorLike, indices: TensorLike | readonly number[], axis = 0): Indexed {
  const t = toTensor(x, "at");
  const a = normalizeAxis(axis, t.ndim, "at");
  const n = t.shape[a] as number;
  const i = fromStart(indices, n, "at");
  if (i.ndim > 1) throw new ShapeError(`at: indices ${i.aval.toString()} must be one, or a vector of them.`);
  const list = reshape(i, [i.size]);
  const rows = moveAxis(t, a, 0);
  const part = [...t.shape.slice(0, a), ...i.shape, ...t.shape.slice(a + 1)];
  // Values with the axis of indices in front.
  const ordered = (values: TensorLike): Tensor => {
    const spread = typeof values === "number" ? full(part, literal(values, t), t.dtype) : broadcastTo(toTensor(values, "at"), part);
    return i.ndim === 0 ? expandDims(spread, 0) : moveAxis(spread, a, 0);
  };
  return {
    get: () => take(t, i, a),
    add: (values) => moveAxis(scatterAdd(rows, reshape(list, [list.size, 1]), ordered(values)), 0, a),
    set(values) {
      if (list.size === 0 || n === 0) return t;
      // [n, k]: which update is the last one of each entry, counted from 1; 0 is none.
      const named = equal(expandDims(iota(n), 1), expandDims(list, 0));
      const last = reduceMax(select(named, add(expandDims(iota(list.size), 0), 1), 0), 1);
      const chosen = take(ordered(values), sub(last, 1), 0);
      const isKept = broadcastTo(reshape(equal(last, 0), [n, ...rows.shape.slice(1).map(() => 1)]), rows.shape);
      return moveAxis(select(isKept, rows, chosen), 0, a);
    },
  };
}
