// Places of elements: in an ascending vector, and of those that are true. Where the number of results depends on values it
// is found from them, which must be known then, or given as `size`: further results are cut, missing ones filled.

import { asList, add, ArgumentError, array, cast, full, isFloat, mul, reduceSum, reshape, select, ShapeError, type Shape, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { and, argsort, div, iota, isNan, less, not, or, pad, rem, reverse, shiftRightArithmetic, sliceAlong, stack, sub, take } from "@gradus/ops";
import { known } from "./concrete.js";
import { alike, truth } from "./operand.js";

export type Side = "left" | "right";

export interface SearchOptions {
  /** Int32 indices that sort the vector, if it is not ascending. */
  readonly sorter?: TensorLike;
}

// NaN comes last, as sort has it.
const precedes = (x: Tensor, y: Tensor): Tensor => (isFloat(x.dtype) ? or(less(x, y), and(isNan(y), not(isNan(x)))) : less(x, y));

/**
 * Where values would be inserted into an ascending vector to keep its order, int32: before equal entries, or after them on the
 * `"right"`; NaN comes last. By bisection. @throws ShapeError unless `sorted` is a vector @throws ArgumentError for another side
 * @example searchsorted(array([1, 2, 3]), 2.5) // 2
 */
export function searchsorted(sorted: TensorLike, values: TensorLike, side: Side = "left", { sorter }: SearchOptions = {}): Tensor {
  const [given, v] = alike([sorted, values], "searchsorted") as [Tensor, Tensor];
  if (given.ndim !== 1) throw new ShapeError(`searchsorted: ${given.aval.toString()} is no vector.`);
  if (side !== "left" && side !== "right") throw new ArgumentError(`searchsorted: the side is ${String(side)}, expected "left" or "right".`);
  const n = given.size;
  let [low, high] = [full(v.shape, 0, "int32"), full(v.shape, n, "int32")];
  if (n === 0) return low;
  const a = sorter === undefined ? given : take(given, sorter, 0);
  for (let width = n; width > 0; width >>= 1) {
    const middle = shiftRightArithmetic(add(low, high), 1);
    const entry = take(a, middle, 0);
    const isOpen = less(low, high);
    const isAfter = and(isOpen, side === "left" ? precedes(entry, v) : not(precedes(v, entry)));
    [low, high] = [select(isAfter, add(middle, 1), low), select(or(isAfter, not(isOpen)), high, middle)];
  }
  return low;
}

/**
 * The number of the interval that each value lies in, int32: i where bins[i − 1] ≤ x < bins[i], and bins[i − 1] < x ≤ bins[i] with
 * `right`. Bins are ascending, or descending. @throws ShapeError unless bins are a vector
 */
export function digitize(x: TensorLike, bins: TensorLike, { right = false }: { readonly right?: boolean } = {}): Tensor {
  const b = toTensor(bins, "digitize");
  if (b.ndim !== 1) throw new ShapeError(`digitize: the bins ${b.aval.toString()} are no vector.`);
  const n = b.size;
  if (n === 0) return full(toTensor(x, "digitize").shape, 0, "int32");
  const reversed = reverse(b);
  const descends = less(take(b, n - 1, 0), take(b, 0, 0));
  // Counted from the other end.
  const side = right ? "left" : "right";
  return select(descends, sub(n, searchsorted(reversed, x, side)), searchsorted(b, x, side));
}

export interface SizeOptions {
  /** How many results there are. As many as are found unless given, for which the values must be known. */
  readonly size?: number;
  /** What results are that were not found: 0 unless said otherwise. */
  readonly fillValue?: TensorLike;
}

/** @throws ArgumentError unless the option is a whole number */
function checkSize(size: number, what: string): number {
  if (!Number.isInteger(size) || size < 0) throw new ArgumentError(`${what}: the size is ${String(size)}, and has to be a whole number.`);
  return size;
}

/** The places of what is true in a vector of booleans, in order: so many of them, and which of them were found. */
export function placesOf(mask: Tensor, size: number | undefined, what: string): { places: Tensor; isFound: Tensor } {
  const n = mask.size;
  const count = size === undefined ? (known(mask, what) as Uint8Array).reduce((sum, v) => sum + v, 0) : checkSize(size, what);
  // Sorting keeps the order of equals: those that are true come first.
  const order = argsort(cast(not(mask), "int32"), 0);
  const first = sliceAlong(order, 0, 0, Math.min(count, n));
  const places = count > n ? pad(first, 0, [[0, count - n]]) : first;
  return { places, isFound: less(iota(count), reduceSum(cast(mask, "int32"))) };
}

/**
 * The indices of elements that are not 0 or true, in order: one int32 vector per axis. @throws ConcretizationError where values are
 * not known and `size` is not given @throws ShapeError for a scalar @throws ArgumentError for a size that is not whole
 * @example nonzero(array([0, 3, 0, 4])) // [[1, 3]]
 */
export function nonzero(x: TensorLike, { size, fillValue = 0 }: SizeOptions = {}): Tensor[] {
  const mask = truth(x, "nonzero");
  if (mask.ndim === 0) throw new ShapeError("nonzero: a 0-d tensor has no axes to give indices along: reshape(x, [1]).");
  const { places, isFound } = placesOf(reshape(mask, [mask.size]), size, "nonzero");
  return coordinates(places, mask.shape).map((c) => select(isFound, c, cast(fillValue, "int32")));
}

/** The index along each axis of elements of a flattened array. */
function coordinates(places: Tensor, shape: Shape): Tensor[] {
  const outs: Tensor[] = [];
  let rest = places;
  for (let i = shape.length - 1; i >= 0; i--) {
    const d = Math.max(shape[i] as number, 1);
    outs.unshift(i === 0 ? rest : rem(rest, d));
    rest = div(rest, d);
  }
  return outs;
}

/** {@link nonzero} of the flattened array. @throws ConcretizationError where values are not known and `size` is not given */
export function flatnonzero(x: TensorLike, options: SizeOptions = {}): Tensor {
  const t = toTensor(x, "flatnonzero");
  return nonzero(reshape(t, [t.size]), options)[0] as Tensor;
}

/** {@link nonzero} as one array: a row per element, a column per axis. @throws ConcretizationError where values are not known and `size` is not given */
export const argwhere = (x: TensorLike, options: SizeOptions = {}): Tensor => stack(nonzero(x, options), 1);

/** Indices along each axis of indices into the flattened array, row by row. @throws DTypeError unless integers */
export const unravelIndex = (indices: TensorLike, shape: Shape): Tensor[] => coordinates(cast(typeof indices === "number" ? cast(indices, "int32") : indices, "int32"), asList(shape, "unravelIndex: the shape"));

/** Indices into the flattened array of indices along each axis. @throws ShapeError unless there is one for each axis */
export function ravelMultiIndex(indices: readonly TensorLike[], shape: Shape): Tensor {
  if (asList(indices, "ravelMultiIndex: the indices").length !== asList(shape, "ravelMultiIndex: the shape").length || shape.length === 0) throw new ShapeError(`ravelMultiIndex: ${indices.length} indices for the axes [${shape}]: expected one for each.`);
  const whole = indices.map((i) => cast(i, "int32"));
  return whole.slice(1).reduce((sum, i, k) => add(mul(sum, shape[k + 1] as number), i), whole[0] as Tensor);
}

export interface ExtractOptions extends SizeOptions {
  /** Of the flattened array unless given. */
  readonly axis?: number;
}

/**
 * The entries along an axis where a vector of conditions is true; of the flattened array without an axis. @throws ConcretizationError
 * where values are not known and `size` is not given @throws ShapeError for an axis out of range, or more conditions than entries
 */
export function compress(condition: TensorLike | readonly boolean[], x: TensorLike, { axis, size, fillValue = 0 }: ExtractOptions = {}): Tensor {
  const mask = truth(Array.isArray(condition) ? array(condition as boolean[], { dtype: "bool" }) : (condition as TensorLike), "compress");
  const given = toTensor(x, "compress");
  const t = axis === undefined ? reshape(given, [given.size]) : given;
  const at = axis === undefined ? 0 : axis < 0 ? axis + t.ndim : axis;
  if (!(at >= 0 && at < t.ndim)) throw new ShapeError(`compress: axis ${String(axis)} is out of range for ${t.aval.toString()}.`);
  if (mask.ndim !== 1 || mask.size > (t.shape[at] as number)) throw new ShapeError(`compress: the conditions ${mask.aval.toString()} are no vector of at most ${t.shape[at]} entries.`);
  const { places, isFound } = placesOf(mask, size, "compress");
  if (places.size === 0) return take(t, [], at);
  return select(reshape(isFound, t.shape.map((_, i) => (i === at ? places.size : 1))), take(t, places, at), cast(fillValue, t.dtype));
}

/** The elements of the flattened array where the flattened condition is true. @throws ConcretizationError where values are not known and `size` is not given */
export function extract(condition: TensorLike, x: TensorLike, options: SizeOptions = {}): Tensor {
  const mask = toTensor(condition, "extract");
  return compress(reshape(mask, [mask.size]), x, options);
}
