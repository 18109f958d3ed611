// Differences of neighbours, what approximates derivatives and integrals of samples, and values between samples.

import { add, ArgumentError, broadcastTo, cast, mul, normalizeAxes, normalizeAxis, reduceSum, reshape, select, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { abs, concatenate, div, greater, less, lessEqual, max, min, sliceAlong, sub, take, xor } from "@gradus/ops";
import { mod } from "./elementwise.js";
import { alike, floating, floats } from "./operand.js";
import { argsort } from "./reductions.js";
import { searchsorted } from "./searching.js";

export interface DiffOptions {
  /** Values before the array along the axis: an array, or one that is repeated. */
  readonly prepend?: TensorLike;
  /** Values after it. */
  readonly append?: TensorLike;
}

/** The n-th differences of neighbours along an axis, the last unless given; of booleans, whether they differ. @throws ShapeError for an axis out of range @throws ArgumentError unless n is a whole number */
export function diff(x: TensorLike, n = 1, axis = -1, { prepend, append }: DiffOptions = {}): Tensor {
  if (!Number.isInteger(n) || n < 0) throw new ArgumentError(`diff: the order is ${String(n)}, and has to be a whole number.`);
  const t = toTensor(x, "diff");
  const at = normalizeAxis(axis, t.ndim, "diff");
  const side = (v: TensorLike | undefined): TensorLike[] => {
    if (v === undefined) return [];
    const given = toTensor(v, "diff");
    return [given.ndim === 0 ? broadcastTo(given, t.shape.map((d, i) => (i === at ? 1 : d))) : given];
  };
  let out = concatenate(alike([...side(prepend), t, ...side(append)], "diff"), at);
  for (let k = 0; k < n; k++) {
    const m = out.shape[at] as number;
    const [after, before] = [sliceAlong(out, at, Math.min(1, m), m), sliceAlong(out, at, 0, Math.max(m - 1, 0))];
    out = out.dtype === "bool" ? xor(after, before) : sub(after, before);
  }
  return out;
}

/** The differences of neighbours of the flattened array, between values of one's own at either end. @throws DTypeError for booleans */
export function ediff1d(x: TensorLike, { toBegin, toEnd }: { readonly toBegin?: TensorLike; readonly toEnd?: TensorLike } = {}): Tensor {
  const t = toTensor(x, "ediff1d");
  const flat = (v: TensorLike | undefined): Tensor[] => (v === undefined ? [] : [reshape(v, [toTensor(v, "ediff1d").size])]);
  return concatenate([...flat(toBegin), diff(reshape(t, [t.size])), ...flat(toEnd)].map((v) => cast(v, t.dtype)));
}

type Spacing = TensorLike | readonly TensorLike[];

/**
 * Central differences along axes, all of them unless given, one-sided at both ends; an array for one axis, else an array of them.
 * Distances are one number (1 unless given), coordinates of the samples along the axis, or one of these per axis.
 * @throws ShapeError for axes out of range, fewer than two samples, or coordinates that are not one per sample
 */
export function gradient(x: TensorLike, spacing: Spacing = 1, axis?: number | readonly number[] | null): Tensor | Tensor[] {
  const t = floating(x, "gradient");
  const axes = normalizeAxes(axis, t.ndim, "gradient");
  const list = Array.isArray(spacing) ? (spacing as readonly TensorLike[]) : axes.map(() => spacing as TensorLike);
  if (list.length !== axes.length) throw new ShapeError(`gradient: ${list.length} spacing(s) for ${axes.length} axes.`);
  const outs = axes.map((a, i) => slopes(t, a, list[i] as TensorLike));
  return outs.length === 1 && (typeof axis === "number" || t.ndim === 1) ? (outs[0] as Tensor) : outs;
}

function slopes(t: Tensor, axis: number, spacing: TensorLike): Tensor {
  const n = t.shape[axis] as number;
  if (n < 2) throw new ShapeError(`gradient: axis ${axis} of ${t.aval.toString()} has ${n} sample(s), and needs two.`);
  const h = toTensor(spacing, "gradient");
  const part = (from: number, to: number): Tensor => sliceAlong(t, axis, from, to);
  const edge = (from: number, step: Tensor): Tensor => div(sub(part(from + 1, from + 2), part(from, from + 1)), step);
  if (h.ndim === 0) {
    return concatenate([edge(0, h), div(sub(part(2, n), part(0, n - 2)), mul(h, 2)), edge(n - 2, h)], axis);
  }
  if (h.ndim !== 1 || h.size !== n) throw new ShapeError(`gradient: the coordinates ${h.aval.toString()} are not one for each of ${n} samples.`);
  const steps = reshape(diff(h), t.shape.map((_, i) => (i === axis ? n - 1 : 1)));
  const [before, after] = [sliceAlong(steps, axis, 0, n - 2), sliceAlong(steps, axis, 1, n - 1)];
  // The parabola through three samples, whose slope in the middle weighs each side by the length of the other.
  const left = mul(div(sub(part(1, n - 1), part(0, n - 2)), before), after);
  const right = mul(div(sub(part(2, n), part(1, n - 1)), after), before);
  return concatenate([edge(0, sliceAlong(steps, axis, 0, 1)), div(add(left, right), add(before, after)), edge(n - 2, sliceAlong(steps, axis, n - 2, n - 1))], axis);
}

export interface TrapezoidOptions {
  /** Coordinates of the samples: a vector, or an array of the shape of y. */
  readonly x?: TensorLike;
  /** The distance of samples without coordinates: 1 unless given. */
  readonly dx?: TensorLike;
  /** The last unless given. */
  readonly axis?: number;
}

/** The integral along an axis by trapezoids. @throws ShapeError for an axis out of range, or coordinates that do not fit */
export function trapezoid(y: TensorLike, { x, dx = 1, axis = -1 }: TrapezoidOptions = {}): Tensor {
  const t = floating(y, "trapezoid");
  const at = normalizeAxis(axis, t.ndim, "trapezoid");
  const n = t.shape[at] as number;
  const sums = add(sliceAlong(t, at, Math.min(1, n), n), sliceAlong(t, at, 0, Math.max(0, n - 1)));
  if (x === undefined) return mul(reduceSum(sums, at), mul(toTensor(dx, "trapezoid"), 0.5));
  const given = toTensor(x, "trapezoid");
  const places = given.ndim === 1 && t.ndim > 1 ? reshape(given, t.shape.map((_, i) => (i === at ? given.size : 1))) : given;
  if (places.shape[at] !== n) throw new ShapeError(`trapezoid: the coordinates ${given.aval.toString()} are not one for each of the ${n} samples of ${t.aval.toString()}.`);
  return mul(reduceSum(mul(sums, diff(places, 1, at)), at), 0.5);
}

export interface InterpOptions {
  /** The value before the first sample: its own unless given. */
  readonly left?: TensorLike;
  /** The value after the last sample: its own unless given. */
  readonly right?: TensorLike;
  /** Samples repeat with it; left and right do not count then. */
  readonly period?: number;
}

/**
 * Values at x on the lines between samples (xs, ys), xs ascending. Differentiable by all three. @throws ShapeError unless the
 * samples are vectors of one length @throws ArgumentError for a period of 0
 * @example interp(2.5, array([1, 2, 3]), array([3, 2, 0])) // 1
 */
export function interp(x: TensorLike, xs: TensorLike, ys: TensorLike, { left, right, period }: InterpOptions = {}): Tensor {
  let [at, px, py] = floats([x, xs, ys], "interp") as [Tensor, Tensor, Tensor];
  if (px.ndim !== 1 || py.ndim !== 1 || px.size !== py.size || px.size === 0) throw new ShapeError(`interp: the samples ${px.aval.toString()} and ${py.aval.toString()} must be vectors of one length.`);
  if (period !== undefined) {
    if (!(Math.abs(period) > 0 && Math.abs(period) < Infinity)) throw new ArgumentError(`interp: the period is ${String(period)}, and has to be a number other than 0.`);
    const size = Math.abs(period);
    [at, px] = [mod(at, size), mod(px, size)];
    const order = argsort(px);
    [px, py] = [take(px, order, 0), take(py, order, 0)];
    const n = px.size;
    const [first, last] = [(v: Tensor): Tensor => sliceAlong(v, 0, 0, 1), (v: Tensor): Tensor => sliceAlong(v, 0, n - 1, n)];
    [px, py] = [concatenate([sub(last(px), size), px, add(first(px), size)]), concatenate([last(py), py, first(py)])];
  }
  const n = px.size;
  const after = min(max(searchsorted(px, at, "right"), 1), Math.max(n - 1, 0));
  const before = max(sub(after, 1), 0);
  const [x0, x1, y0, y1] = [take(px, before, 0), take(px, after, 0), take(py, before, 0), take(py, after, 0)];
  const width = sub(x1, x0);
  const isStep = lessEqual(abs(width), 0);
  const inside = select(isStep, y0, add(y0, mul(div(sub(at, x0), select(isStep, 1, width)), sub(y1, y0))));
  if (period !== undefined) return inside;
  const below = select(less(at, take(px, 0, 0)), left ?? take(py, 0, 0), inside);
  return select(greater(at, take(px, n - 1, 0)), right ?? take(py, n - 1, 0), below);
}
