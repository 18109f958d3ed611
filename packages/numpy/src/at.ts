// at(x, index): elements by index, and copies of arrays with elements changed.

import { add, ArgumentError, array, broadcastTo, cast, DTypeError, isFloat, isInteger, isTensor, mul, neg, normalizeAxis, reshape, select, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { div, expandDims, gather, max, min, onesLike, scatter, scatterAdd, scatterMax, scatterMin, scatterMul } from "@gradus/ops";
import { droppedPlaces, index, type IndexEntry, MultiIndex, plan } from "./index-plan.js";
import { nonzero } from "./searching.js";

export interface MulOptions {
  /** Says that no element is named twice: what derivatives by the values need where indices are arrays. */
  readonly uniqueIndices?: boolean;
}

/** The entries of an array at an index. */
export interface Indexed {
  /** The entries; indices out of range read the nearest end. */
  get(): Tensor;
  /** A copy with these entries instead; of entries named twice the last counts, and alone has a derivative. @throws ShapeError */
  set(values: TensorLike): Tensor;
  /** A copy with values added to the entries; those named twice get both. @throws ShapeError */
  add(values: TensorLike): Tensor;
  /** A copy with values subtracted from the entries. @throws ShapeError */
  subtract(values: TensorLike): Tensor;
  /** A copy with the entries multiplied by values. @throws ShapeError @throws MissingRuleError differentiated by values in reverse mode where entries may be named twice */
  mul(values: TensorLike, options?: MulOptions): Tensor;
  /** A copy with the entries divided by values. @throws ShapeError @throws MissingRuleError as mul does */
  divide(values: TensorLike, options?: MulOptions): Tensor;
  /** A copy with the lesser of entries and values. At a tie the derivative is shared. @throws ShapeError */
  min(values: TensorLike): Tensor;
  /** A copy with the greater of entries and values. At a tie the derivative is shared. @throws ShapeError */
  max(values: TensorLike): Tensor;
  /** A copy with f of the entries instead. */
  apply(f: (entries: Tensor) => Tensor): Tensor;
}

/** What {@link at} takes: one index, a list of them, truths, a slice's end, or an index of several axes. */
export type Index = TensorLike | readonly number[] | readonly IndexEntry[] | MultiIndex | ":" | "..." | null;

// A JS number as an entry of x, whose dtype it takes.
function entryOf(values: TensorLike, x: Tensor): Tensor {
  if (typeof values !== "number") return cast(toTensor(values, "at"), x.dtype);
  if (isFloat(x.dtype) || (isInteger(x.dtype) && Number.isInteger(values))) return array(values, { dtype: x.dtype });
  throw new DTypeError(`at: ${values} is no entry of ${x.aval.toString()}. Convert first: cast(x, "float32").`);
}

/**
 * The entries of x at an index, which `.get()` reads and `.set(v)`, `.add(v)`, `.mul(v)`, … change in a copy. The index is one whole
 * number, a list or an int32 array of them, or a bool array, along the first axis or `axis`; for several axes it is
 * `index(0, [1, null], "...")`, for which a JS array stands as well unless it holds numbers alone, as in `at(x, [":", 1])`. Negative
 * ones count from the end, those out of range are clipped when read and change nothing. Values broadcast to the shape that
 * `get` gives. Reading by a bool array needs its values; writing does not.
 * @throws ShapeError for more indices than axes, or shapes that do not fit @throws DTypeError unless indices are integers or
 * booleans, or for a fraction among integers @throws ArgumentError for what is no index
 * @throws ConcretizationError for reading by booleans that are not known
 * @example at(array([1, 2, 3]), -1).set(9) // [1, 2, 9]
 */
export function at(x: TensorLike, where: Index, axis = 0): Indexed {
  const t = toTensor(x, "at");
  const mask = maskOf(where);
  if (mask !== undefined && axis === 0) return byMask(t, mask);
  const several = multi(where, t, axis);
  const found = plan(t, several, "at");
  const flat = reshape(t, [t.size]);
  const column = (places: Tensor): Tensor => expandDims(reshape(places, [places.size]), 1);
  const values = (v: TensorLike): Tensor => reshape(broadcastTo(entryOf(v, t), found.shape), [found.places.size]);
  const write = (f: (x: Tensor, indices: Tensor, updates: Tensor) => Tensor, v: TensorLike): Tensor => {
    const updates = values(v);
    return found.places.size === 0 ? t : reshape(f(flat, column(droppedPlaces(found)), updates), t.shape);
  };
  const get = (): Tensor => {
    if (t.size === 0 && found.places.size > 0) throw new ShapeError(`at: ${t.aval.toString()} is empty: there is nothing to read.`);
    return reshape(gather(flat, column(found.places)), found.shape);
  };
  const times = (v: TensorLike, { uniqueIndices = false }: MulOptions = {}): Tensor => write((a, i, u) => scatterMul(a, i, u, { unique: found.unique || uniqueIndices }), v);
  return {
    get,
    set: (v) => write(scatter, v),
    add: (v) => write(scatterAdd, v),
    subtract: (v) => write(scatterAdd, neg(entryOf(v, t))),
    mul: times,
    divide: (v, { uniqueIndices = false } = {}) => write((a, i, u) => div(a, scatterMul(onesLike(a), i, u, { unique: found.unique || uniqueIndices })), v),
    min: (v) => write(scatterMin, v),
    max: (v) => write(scatterMax, v),
    apply: (f) => write(scatter, f(get())),
  };
}

function maskOf(where: Index): Tensor | undefined {
  const only = where instanceof MultiIndex && where.entries.length === 1 ? where.entries[0] : where;
  return isTensor(only) && only.dtype === "bool" ? only : undefined;
}

function multi(where: Index, t: Tensor, axis: number): MultiIndex {
  if (where instanceof MultiIndex) return where;
  if (Array.isArray(where) && where.some((e) => typeof e !== "number")) return index(...(where as IndexEntry[]));
  const along = normalizeAxis(axis, t.ndim, "at");
  if (typeof where === "boolean") throw new ArgumentError(`at: the index is ${String(where)}, expected an integer, a list of them, or a tensor.`);
  const one = Array.isArray(where) ? array(where as number[], { dtype: "int32" }) : (where as IndexEntry);
  return index(...Array.from({ length: along }, () => ":" as const), one);
}

// By truths of the leading axes: what is chosen stays in its place, so that its number need not be known.
function byMask(t: Tensor, mask: Tensor): Indexed {
  if (mask.ndim > t.ndim || mask.shape.some((d, i) => d !== t.shape[i])) throw new ShapeError(`at: the mask ${mask.aval.toString()} must have the first axes of ${t.aval.toString()}.`);
  const rest = t.shape.slice(mask.ndim);
  const spread = broadcastTo(reshape(mask, [...mask.shape, ...rest.map(() => 1)]), t.shape);
  const listed = (): Indexed => at(t, index(...nonzero(mask)));
  const fits = (v: Tensor): boolean => v.ndim <= rest.length && v.shape.every((d, i) => d === 1 || d === rest[i - v.ndim + rest.length]);
  const change =
    (f: (x: Tensor, v: Tensor) => Tensor, byList: (list: Indexed, v: TensorLike) => Tensor) =>
    (v: TensorLike): Tensor => {
      const given = entryOf(v, t);
      return fits(given) ? select(spread, f(t, broadcastTo(given, t.shape)), t) : byList(listed(), v);
    };
  return {
    get: () => listed().get(),
    set: change((_x, v) => v, (list, v) => list.set(v)),
    add: change(add, (list, v) => list.add(v)),
    subtract: change((a, v) => add(a, neg(v)), (list, v) => list.subtract(v)),
    mul: change(mul, (list, v) => list.mul(v, { uniqueIndices: true })),
    divide: change(div, (list, v) => list.divide(v, { uniqueIndices: true })),
    min: change(min, (list, v) => list.min(v)),
    max: change(max, (list, v) => list.max(v)),
    apply: (f) => listed().apply(f),
  };
}
