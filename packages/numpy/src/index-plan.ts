// Indices of several axes, as NumPy has them: which elements of the flattened array they name, in which shape.

import { add, ArgumentError, array, broadcastShapes, broadcastTo, DTypeError, isTensor, mul, reshape, select, type Shape, ShapeError, type Tensor } from "@gradus/core";
import { and, greaterEqual, iota, less, max, min } from "@gradus/ops";
import { fromStart } from "./indexing.js";
import { nonzero } from "./searching.js";

/** Start, stop and step along an axis: null is the end that the step says, or a step of 1. Ends out of range are clipped. */
export type SliceEntry = readonly [start: number | null, stop: number | null, step?: number | null];

/** One index, a slice, a whole axis, as many whole axes as are left, a new axis of length 1, or arrays of indices or truths. */
export type IndexEntry = number | SliceEntry | ":" | "..." | null | Tensor;

/** An index of several axes, made by {@link index}. */
export class MultiIndex {
  declare readonly entries: readonly IndexEntry[];

  constructor(entries: readonly IndexEntry[]) {
    this.entries = entries;
  }
}

/**
 * An index of several axes, for {@link at}: `index(0, 1)` is one element of a matrix, `index("...", [0, null, 2])` every second
 * entry of the last axis, `index(":", null)` puts a new axis behind the first. Arrays of indices broadcast with one another.
 * @throws ArgumentError for something that is no entry
 */
export function index(...entries: IndexEntry[]): MultiIndex {
  for (const e of entries) if (!isEntry(e)) throw new ArgumentError(`index: ${String(e)} is no index: expected a whole number, [start, stop, step], ":", "...", null for a new axis, or a tensor.`);
  if (entries.filter((e) => e === "...").length > 1) throw new ArgumentError('index: "..." stands for all axes that are left, and can stand there once.');
  return new MultiIndex(entries);
}

const isWhole = (v: unknown): boolean => v === null || v === undefined || Number.isInteger(v);
function isEntry(e: IndexEntry): boolean {
  if (typeof e === "number") return Number.isInteger(e);
  if (Array.isArray(e)) return e.length >= 2 && e.length <= 3 && e.every(isWhole) && e[2] !== 0;
  return e === null || e === ":" || e === "..." || isTensor(e);
}

/** The elements that an index names. */
export interface Plan {
  readonly shape: Shape;
  /** In the flattened array, clipped to it, of the shape. */
  readonly places: Tensor;
  /** Which of the places are in range; undefined if all are. */
  readonly inRange: Tensor | undefined;
  /** No element is named twice. */
  readonly unique: boolean;
}

/** An index along one axis, of the places of a part of the result. */
interface Component {
  readonly axis: number;
  readonly value: Tensor;
  /** Where in the result its axes are: from there on, or with the arrays of indices. */
  readonly at: number | "arrays";
}

/** @throws ShapeError for more indices than axes, or arrays that do not broadcast @throws DTypeError for arrays of floats */
export function plan(x: Tensor, { entries }: MultiIndex, what: string): Plan {
  const full = expanded(x, entries, what);
  const hasArrays = full.some((e) => typeof e === "object" && e !== null && !Array.isArray(e));
  const components: Component[] = [];
  const shape: number[] = [];
  let arrays: Shape = [];
  let place = -1; // of the axes of arrays, in the result
  let isApart = false;
  let wasArray = false;
  let axis = 0;
  let unique = true;
  for (const e of full) {
    const isArray = hasArrays && (typeof e === "number" || (typeof e === "object" && e !== null && !Array.isArray(e)));
    if (isArray) {
      if (place >= 0 && !wasArray) isApart = true;
      if (place < 0) place = shape.length;
    }
    wasArray = isArray;
    if (e === null) {
      shape.push(1);
      continue;
    }
    const n = x.shape[axis] as number;
    if (e === ":" || Array.isArray(e)) {
      const places = sliceOf(e === ":" ? [null, null] : (e as SliceEntry), n);
      components.push({ axis, value: places.length === 0 ? iota(0) : array(places, { dtype: "int32" }), at: shape.length });
      shape.push(places.length);
    } else {
      const value = fromStart(e as number | Tensor, n, what);
      if (value.ndim > 0) unique = false;
      arrays = broadcastShapes(arrays, value.shape, what);
      components.push({ axis, value, at: "arrays" });
    }
    axis++;
  }
  // Arrays that stand together leave their axes there, others put them in front.
  const front = isApart ? 0 : Math.max(place, 0);
  const out = [...shape.slice(0, front), ...arrays, ...shape.slice(front)];
  const strides = x.shape.map((_, i) => x.shape.slice(i + 1).reduce((a, d) => a * d, 1));
  let places: Tensor = array(0, { dtype: "int32" });
  let inRange: Tensor | undefined;
  for (const { axis: a, value, at } of components) {
    const n = x.shape[a] as number;
    const spread = (v: Tensor): Tensor => {
      if (at === "arrays") return reshape(broadcastTo(v, arrays), [...arrays, ...shape.slice(front).map(() => 1)]);
      const k = at >= front ? at + arrays.length : at;
      return reshape(v, out.map((_, i) => (i === k ? v.size : 1)).slice(k));
    };
    if (at === "arrays") {
      const fits = spread(and(greaterEqual(value, 0), less(value, n)));
      inRange = inRange === undefined ? fits : and(inRange, fits);
    }
    places = add(places, mul(spread(at === "arrays" ? min(max(value, 0), Math.max(n - 1, 0)) : value), strides[a] as number));
  }
  return { shape: out, places: broadcastTo(places, out), inRange: inRange && broadcastTo(inRange, out), unique };
}

// Every axis named: dots as whole axes, truths as indices of what is true.
function expanded(x: Tensor, entries: readonly IndexEntry[], what: string): IndexEntry[] {
  const each = entries.flatMap((e): IndexEntry[] => {
    if (typeof e !== "object" || e === null || Array.isArray(e)) return [e];
    const t = e as Tensor;
    if (t.dtype === "bool") return nonzero(t);
    if (t.dtype === "float32" || t.dtype === "float64") throw new DTypeError(`${what}: indices are ${t.aval.toString()}, and have to be integers or booleans: cast(indices, "int32").`);
    return [t];
  });
  const used = each.filter((e) => e !== null && e !== "...").length;
  if (used > x.ndim) throw new ShapeError(`${what}: ${used} indices for ${x.aval.toString()}, which has ${x.ndim} axes.`);
  const rest = Array.from({ length: x.ndim - used }, () => ":" as const);
  const dots = each.indexOf("...");
  return dots < 0 ? [...each, ...rest] : [...each.slice(0, dots), ...rest, ...each.slice(dots + 1)];
}

/** The indices that a slice names, as Python has it. */
function sliceOf([start, stop, step]: SliceEntry, n: number): number[] {
  const by = step ?? 1;
  const [least, most] = by > 0 ? [0, n] : [-1, n - 1];
  const end = (v: number | null, other: number): number => (v === null ? other : Math.min(Math.max(v < 0 ? v + n : v, least), most));
  const [from, to] = [end(start, by > 0 ? least : most), end(stop, by > 0 ? most : least)];
  const count = Math.max(0, Math.ceil((to - from) / by));
  return Array.from({ length: count }, (_, i) => from + i * by);
}

/** The places of a plan with −1 for those that are out of range, which scatter leaves alone. */
export const droppedPlaces = ({ places, inRange }: Plan): Tensor => (inRange === undefined ? places : select(inRange, places, -1));
