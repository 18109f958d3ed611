// Arrays put together and taken apart along axes that names stand for, and turned over.

import { asList, ArgumentError, array, broadcastTo, cast, normalizeAxis, reshape, type Shape, ShapeError, type Tensor, type TensorLike, toTensor, transpose } from "@gradus/core";
import { concatenate, expandDims, reverse, sliceAlong, split, take } from "@gradus/ops";
import { alike } from "./operand.js";
import { moveaxis } from "./shape.js";

const tensors = (xs: readonly TensorLike[], what: string): Tensor[] => {
  if (!Array.isArray(xs)) throw new ArgumentError(`${what}: expected a JS array of tensors as first argument.`);
  return xs.map((x) => toTensor(x, what));
};

/** With one axis at least. */
export const atleast1d = (x: TensorLike): Tensor => {
  const t = toTensor(x, "atleast1d");
  return t.ndim === 0 ? reshape(t, [1]) : t;
};

/** With two axes at least; a vector is a row. */
export const atleast2d = (x: TensorLike): Tensor => {
  const t = atleast1d(x);
  return t.ndim === 1 ? reshape(t, [1, t.size]) : t;
};

/** With three axes at least; a matrix gets one behind, a vector one on either side. */
export const atleast3d = (x: TensorLike): Tensor => {
  const t = atleast1d(x);
  return t.ndim === 1 ? reshape(t, [1, t.size, 1]) : t.ndim === 2 ? expandDims(t, 2) : t;
};

/** Joined along the first axis, vectors as rows. @throws ShapeError @throws ArgumentError for none */
export const vstack = (xs: readonly TensorLike[]): Tensor => concatenate(tensors(xs, "vstack").map(atleast2d));
export { vstack as rowStack };

/** Joined along the second axis, vectors one after the other. @throws ShapeError @throws ArgumentError for none */
export function hstack(xs: readonly TensorLike[]): Tensor {
  const all = tensors(xs, "hstack").map(atleast1d);
  return concatenate(all, all[0]?.ndim === 1 ? 0 : 1);
}

/** Joined along the third axis. @throws ShapeError @throws ArgumentError for none */
export const dstack = (xs: readonly TensorLike[]): Tensor => concatenate(tensors(xs, "dstack").map(atleast3d), 2);

/** Joined as columns. @throws ShapeError @throws ArgumentError for none */
export const columnStack = (xs: readonly TensorLike[]): Tensor =>
  concatenate(tensors(xs, "columnStack").map((t) => (t.ndim < 2 ? reshape(t, [t.size, 1]) : t)), 1);

/** Nested arrays of blocks: those of the innermost lists side by side, those around them below one another. */
export type Blocks = TensorLike | readonly Blocks[];

/** An array of blocks. @throws ShapeError where they do not fit @throws ArgumentError for lists of different depths, or empty ones @example block([[eye(2), zeros([2, 1])], [zeros([1, 2]), ones([1, 1])]]) */
export function block(blocks: Blocks): Tensor {
  const depth = depthOf(blocks);
  const join = (b: Blocks, level: number): Tensor => {
    if (!Array.isArray(b)) {
      const t = toTensor(b, "block");
      return reshape(t, [...Array.from({ length: Math.max(0, Math.max(depth, 1) - t.ndim) }, () => 1), ...t.shape]);
    }
    const parts = (b as readonly Blocks[]).map((p) => join(p, level + 1));
    const ndim = Math.max(...parts.map((p) => p.ndim));
    const grown = parts.map((p) => reshape(p, [...Array.from({ length: ndim - p.ndim }, () => 1), ...p.shape]));
    return concatenate(alike(grown, "block"), ndim - depth + level);
  };
  return join(blocks, 0);
}

function depthOf(b: Blocks): number {
  if (!Array.isArray(b)) return 0;
  const inner = (b as readonly Blocks[]).map(depthOf);
  if (inner.length === 0 || inner.some((d) => d !== inner[0])) throw new ArgumentError("block: every list must have a block, and all of them the same depth.");
  return 1 + (inner[0] as number);
}

/** x, then values, along an axis; both flattened without one. @throws ShapeError where they do not fit */
export function append(x: TensorLike, values: TensorLike, axis?: number | null): Tensor {
  const both = [x, values].map((v) => toTensor(v, "append"));
  return concatenate(axis === undefined || axis === null ? both.map((t) => reshape(t, [t.size])) : both, axis ?? 0);
}

// Static indices along an axis, of the flattened array without one.
function places(x: TensorLike, at: number | readonly number[], axis: number | null | undefined, what: string, extra: number): { t: Tensor; axis: number; list: number[] } {
  const given = toTensor(x, what);
  const t = axis === undefined || axis === null ? reshape(given, [given.size]) : given;
  const along = normalizeAxis(axis ?? 0, t.ndim, what);
  const n = t.shape[along] as number;
  const list = (typeof at === "number" ? [at] : asList(at, `${what}: the indices`)).map((i) => (i < 0 ? i + n : i));
  const bad = list.find((i) => !Number.isInteger(i) || i < 0 || i >= n + extra);
  if (bad !== undefined) throw new ShapeError(`${what}: the index ${bad} is out of range for axis ${along} of ${t.aval.toString()}.`);
  return { t, axis: along, list };
}

/** Without the entries at indices along an axis; of the flattened array without one. @throws ShapeError for an index out of range */
function remove(x: TensorLike, at: number | readonly number[], axis?: number | null): Tensor {
  const { t, axis: along, list } = places(x, at, axis, "delete", 0);
  const kept = Array.from({ length: t.shape[along] as number }, (_, i) => i).filter((i) => !list.includes(i));
  return kept.length === 0 ? sliceAlong(t, along, 0, 0) : take(t, array(kept, { dtype: "int32" }), along);
}
export { remove as delete };

/** With values before the entry at an index along an axis, or one before each of several; in the flattened array without an axis. @throws ShapeError for an index out of range, or values that do not fit */
export function insert(x: TensorLike, at: number | readonly number[], values: TensorLike, axis?: number | null): Tensor {
  const { t, axis: along, list } = places(x, at, axis, "insert", 1);
  const given = cast(toTensor(values, "insert"), t.dtype);
  const n = t.shape[along] as number;
  const isOne = typeof at === "number";
  const room = (count: number): Shape => t.shape.map((d, i) => (i === along ? count : d));
  const count = isOne ? (given.ndim === t.ndim ? (given.shape[along] as number) : given.ndim === 1 && t.ndim === 1 ? given.size : 1) : list.length;
  const spread = broadcastTo(given.ndim > 0 && given.ndim === t.ndim - 1 ? expandDims(given, along) : given, room(count));
  // Where each entry of both, one after the other, goes.
  const from: number[] = [];
  const order = list.map((place, k) => ({ place, k })).sort((a, b) => a.place - b.place || a.k - b.k);
  let next = 0;
  for (let i = 0; i <= n; i++) {
    for (; next < order.length && (order[next] as { place: number }).place === i; next++) {
      const { k } = order[next] as { k: number };
      if (isOne) for (let c = 0; c < count; c++) from.push(n + c);
      else from.push(n + k);
    }
    if (i < n) from.push(i);
  }
  return take(concatenate([t, spread], along), array(from, { dtype: "int32" }), along);
}

/** Into so many parts, the first ones greater by one where the axis does not divide; or between indices. @throws ShapeError @throws ArgumentError unless the number of parts is positive */
export function arraySplit(x: TensorLike, indicesOrParts: number | readonly number[], axis = 0): Tensor[] {
  const t = toTensor(x, "arraySplit");
  const at = normalizeAxis(axis, t.ndim, "arraySplit");
  if (typeof indicesOrParts !== "number") return split(t, indicesOrParts, at);
  if (!Number.isInteger(indicesOrParts) || indicesOrParts < 1) throw new ArgumentError(`arraySplit: the number of parts is ${String(indicesOrParts)}, and has to be a positive whole number.`);
  const n = t.shape[at] as number;
  const [size, more] = [Math.floor(n / indicesOrParts), n % indicesOrParts];
  return split(t, Array.from({ length: indicesOrParts - 1 }, (_, i) => (i + 1) * size + Math.min(i + 1, more)), at);
}

/** Parts along the first axis. @throws ShapeError */
export const vsplit = (x: TensorLike, indicesOrParts: number | readonly number[]): Tensor[] => split(x, indicesOrParts, 0);

/** Parts along the second axis, of a vector along its only one. @throws ShapeError */
export const hsplit = (x: TensorLike, indicesOrParts: number | readonly number[]): Tensor[] => split(x, indicesOrParts, toTensor(x, "hsplit").ndim === 1 ? 0 : 1);

/** Parts along the third axis. @throws ShapeError */
export const dsplit = (x: TensorLike, indicesOrParts: number | readonly number[]): Tensor[] => split(x, indicesOrParts, 2);

/** Rows in opposite order. @throws ShapeError for a scalar */
export const flipud = (x: TensorLike): Tensor => reverse(x, 0);

/** Columns in opposite order. @throws ShapeError for fewer than two axes */
export const fliplr = (x: TensorLike): Tensor => reverse(x, 1);

/** Turned by k right angles in the plane of two axes, from the first towards the second. @throws ShapeError for axes that are equal or out of range @throws ArgumentError unless k is a whole number */
export function rot90(x: TensorLike, k = 1, axes: readonly [number, number] = [0, 1]): Tensor {
  const t = toTensor(x, "rot90");
  if (!Number.isInteger(k)) throw new ArgumentError(`rot90: the number of turns is ${String(k)}, and has to be a whole number.`);
  const [a, b] = asList(axes, "rot90: the axes").map((i) => normalizeAxis(i, t.ndim, "rot90")) as [number, number];
  if (a === b) throw new ShapeError(`rot90: both axes are axis ${a} of ${t.aval.toString()}: they must differ.`);
  const turns = ((k % 4) + 4) % 4;
  if (turns === 0) return t;
  if (turns === 2) return reverse(t, [a, b]);
  const swapped = transpose(t, t.shape.map((_, i) => (i === a ? b : i === b ? a : i)));
  return turns === 1 ? reverse(swapped, a) : reverse(swapped, b);
}

/** An axis moved before another one, the rest in their order. @throws ShapeError for an axis out of range */
export function rollaxis(x: TensorLike, axis: number, start = 0): Tensor {
  const t = toTensor(x, "rollaxis");
  const from = normalizeAxis(axis, t.ndim, "rollaxis");
  const to = normalizeAxis(start, t.ndim + 1, "rollaxis");
  return moveaxis(t, from, to > from ? to - 1 : to);
}

/** The last two axes exchanged. @throws ShapeError for fewer than two axes */
export const matrixTranspose = (x: TensorLike): Tensor => {
  const t = toTensor(x, "matrixTranspose");
  if (t.ndim < 2) throw new ShapeError(`matrixTranspose: ${t.aval.toString()} is no matrix: it needs two axes at least.`);
  return moveaxis(t, -1, -2);
};

/** The elements in order under another shape, repeated or cut as need be. @throws ShapeError for nothing to repeat */
export function resize(x: TensorLike, shape: number | Shape): Tensor {
  const t = toTensor(x, "resize");
  const dims = typeof shape === "number" ? [shape] : asList(shape, "resize: the shape");
  const size = dims.reduce((n, d) => n * d, 1);
  if (size > 0 && t.size === 0) throw new ShapeError(`resize: ${t.aval.toString()} is empty: there is nothing to repeat.`);
  const flat = reshape(t, [t.size]);
  const times = t.size === 0 ? 1 : Math.ceil(size / t.size);
  return reshape(sliceAlong(times <= 1 ? flat : concatenate(Array.from({ length: times }, () => flat)), 0, 0, size), dims);
}
