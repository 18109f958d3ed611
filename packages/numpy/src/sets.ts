// Sets as ascending vectors without repeats. How many elements there are depends on values, which must be known, or on `size`:
// further elements are cut, and the least one fills up what is missing unless a fill value is given.

import { cast, full, isFloat, reshape, select, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { and, argsort, concatenate, cumsum, equal, expandDims, isNan, not, notEqual, reduceOr, scatter, sliceAlong, sub, take, xor } from "@gradus/ops";
import { alike } from "./operand.js";
import { placesOf, type SizeOptions } from "./searching.js";

interface Ordered {
  readonly values: Tensor;
  readonly order: Tensor;
  /** Whether an element is the first of its equals. */
  readonly isFirst: Tensor;
}

// NaN equals NaN here.
const differs = (x: Tensor, y: Tensor): Tensor => (isFloat(x.dtype) ? and(notEqual(x, y), not(and(isNan(x), isNan(y)))) : notEqual(x, y));

function ordered(x: TensorLike, what: string): Ordered {
  const given = toTensor(x, what);
  const flat = reshape(given, [given.size]);
  const order = argsort(flat, 0);
  const values = flat.size === 0 ? flat : take(flat, order, 0);
  const n = flat.size;
  const isFirst = n < 2 ? full([n], true) : concatenate([full([1], true), differs(sliceAlong(values, 0, 1, n), sliceAlong(values, 0, 0, n - 1))]);
  return { values, order, isFirst };
}

// The elements that a mask names; in the place of those not found the fill value, or the first element.
function chosen({ values }: Pick<Ordered, "values">, mask: Tensor, { size, fillValue }: SizeOptions, what: string): { elements: Tensor; places: Tensor; isFound: Tensor } {
  const { places, isFound } = placesOf(mask, size, what);
  if (places.size === 0 || values.size === 0) return { elements: full(places.shape, 0, values.dtype), places, isFound };
  const fill = fillValue === undefined ? take(values, 0, 0) : cast(fillValue, values.dtype);
  return { elements: select(isFound, take(values, places, 0), fill), places, isFound };
}

export interface UniqueOptions extends SizeOptions {
  /** The index of the first of equals. */
  readonly returnIndex?: boolean;
  /** For each element of x, which of the values it is. */
  readonly returnInverse?: boolean;
  /** How often each value occurs; 0 for what fills up. */
  readonly returnCounts?: boolean;
}

/** What {@link uniqueAll} gives. */
export interface Unique {
  readonly values: Tensor;
  readonly indices: Tensor;
  readonly inverse: Tensor;
  readonly counts: Tensor;
}

/** The different values of x in ascending order, the index of the first of each, which value each element is, and how often each occurs. NaN equals NaN. @throws ConcretizationError where values are not known and `size` is not given */
export function uniqueAll(x: TensorLike, options: SizeOptions = {}): Unique {
  const given = toTensor(x, "unique");
  const all = ordered(given, "unique");
  const { elements, places, isFound } = chosen(all, all.isFirst, options, "unique");
  const n = all.values.size;
  const end = select(isFound, places, n);
  const next = concatenate([sliceAlong(end, 0, Math.min(1, end.size), end.size), full([Math.min(1, end.size)], n, "int32")]);
  const rank = sub(cumsum(cast(all.isFirst, "int32"), 0), 1);
  return {
    values: elements,
    indices: n === 0 ? places : take(all.order, select(isFound, places, 0), 0),
    inverse: reshape(n === 0 ? all.order : scatter(full([n], 0, "int32"), expandDims(all.order, 1), rank), given.shape),
    counts: select(isFound, sub(next, places), 0),
  };
}

/**
 * The different values of x, flattened, in ascending order; NaN once, and last. With options, a list of them and what is asked for:
 * indices of the first of equals, the inverse, counts. @throws ConcretizationError where values are not known and `size` is not given
 * @example unique(array([3, 1, 3])) // [1, 3]
 */
export function unique(x: TensorLike, options?: SizeOptions): Tensor;
export function unique(x: TensorLike, options: UniqueOptions): Tensor | Tensor[];
export function unique(x: TensorLike, { returnIndex = false, returnInverse = false, returnCounts = false, ...options }: UniqueOptions = {}): Tensor | Tensor[] {
  const { values, indices, inverse, counts } = uniqueAll(x, options);
  if (!returnIndex && !returnInverse && !returnCounts) return values;
  return [values, ...(returnIndex ? [indices] : []), ...(returnInverse ? [inverse] : []), ...(returnCounts ? [counts] : [])];
}
export { unique as uniqueValues };

/** [the different values, how often each occurs]. @throws ConcretizationError where values are not known and `size` is not given */
export function uniqueCounts(x: TensorLike, options: SizeOptions = {}): [values: Tensor, counts: Tensor] {
  const { values, counts } = uniqueAll(x, options);
  return [values, counts];
}

/** [the different values, which of them each element is]. @throws ConcretizationError where values are not known and `size` is not given */
export function uniqueInverse(x: TensorLike, options: SizeOptions = {}): [values: Tensor, inverse: Tensor] {
  const { values, inverse } = uniqueAll(x, options);
  return [values, inverse];
}

/** Whether each element of x is one of `test`. Compares each with each. */
export function isin(x: TensorLike, test: TensorLike, { invert = false }: { readonly invert?: boolean } = {}): Tensor {
  const [t, set] = alike([x, test], "isin") as [Tensor, Tensor];
  const found = reduceOr(equal(expandDims(t, -1), reshape(set, [set.size])), -1);
  return invert ? not(found) : found;
}

/** The values that are in either. @throws ConcretizationError where values are not known and `size` is not given */
export function union1d(x: TensorLike, y: TensorLike, options: SizeOptions = {}): Tensor {
  const all = ordered(joined(x, y, "union1d"), "union1d");
  return chosen(all, all.isFirst, options, "union1d").elements;
}

/** The values that are in both. @throws ConcretizationError where values are not known and `size` is not given */
export function intersect1d(x: TensorLike, y: TensorLike, options: SizeOptions = {}): Tensor {
  const all = ordered(x, "intersect1d");
  return chosen(all, and(all.isFirst, isin(all.values, y)), options, "intersect1d").elements;
}

/** The values of x that are not in y. @throws ConcretizationError where values are not known and `size` is not given */
export function setdiff1d(x: TensorLike, y: TensorLike, options: SizeOptions = {}): Tensor {
  const all = ordered(x, "setdiff1d");
  return chosen(all, and(all.isFirst, isin(all.values, y, { invert: true })), options, "setdiff1d").elements;
}

/** The values that are in one of them alone. @throws ConcretizationError where values are not known and `size` is not given */
export function setxor1d(x: TensorLike, y: TensorLike, options: SizeOptions = {}): Tensor {
  const all = ordered(joined(x, y, "setxor1d"), "setxor1d");
  return chosen(all, and(all.isFirst, xor(isin(all.values, x), isin(all.values, y))), options, "setxor1d").elements;
}

const joined = (x: TensorLike, y: TensorLike, what: string): Tensor => concatenate(alike([x, y], what).map((t) => reshape(t, [t.size])));
