// Arrays in other shapes: the same elements elsewhere.

import { asList, ArgumentError, array, broadcastShapes as commonShape, broadcastTo, moveAxis, normalizeAxes, normalizeAxis, reshape as reshapeTo, type Shape, ShapeError, type Tensor, type TensorLike, toTensor, transpose } from "@gradus/core";
import { concatenate, expandDims as expandOne, pad as padBy, reverse, sliceAlong, split as splitAt, take } from "@gradus/ops";

export { broadcastTo, transpose, transpose as permuteDims } from "@gradus/core";
export { concatenate, concatenate as concat, squeeze, stack, unstack } from "@gradus/ops";

/** The same elements in another shape, of which one length may be −1: as many as are left. @throws ShapeError where the sizes differ */
export function reshape(x: TensorLike, shape: number | Shape): Tensor {
  const t = toTensor(x, "reshape");
  const dims = typeof shape === "number" ? [shape] : asList(shape, "reshape: the shape");
  const open = dims.indexOf(-1);
  if (open < 0) return reshapeTo(t, dims);
  const known = dims.reduce((n, d, i) => (i === open ? n : n * d), 1);
  const rest = t.size / known;
  if (dims.lastIndexOf(-1) !== open || !Number.isInteger(rest)) {
    throw new ShapeError(`reshape: ${t.aval.toString()} does not go into [${dims}]: at most one length may be −1, and the others must divide ${t.size}.`);
  }
  return reshapeTo(t, dims.map((d, i) => (i === open ? rest : d)));
}

/** All elements on one axis. */
export function ravel(x: TensorLike): Tensor {
  const t = toTensor(x, "ravel");
  return reshapeTo(t, [t.size]);
}

/** Axes moved to other places, the rest in their order. @throws ShapeError for axes out of range, named twice, or lists of different lengths */
export function moveaxis(x: TensorLike, source: number | readonly number[], destination: number | readonly number[]): Tensor {
  const t = toTensor(x, "moveaxis");
  // In the order given, which says what goes where.
  const inOrder = (axes: number | readonly number[]): number[] => {
    normalizeAxes(axes, t.ndim, "moveaxis");
    return (typeof axes === "number" ? [axes] : asList(axes, "moveaxis: the axes")).map((a) => normalizeAxis(a, t.ndim, "moveaxis"));
  };
  const [from, to] = [inOrder(source), inOrder(destination)];
  if (from.length !== to.length) throw new ShapeError(`moveaxis: ${from.length} axes cannot move to ${to.length} places.`);
  if (from.length === 1) return moveAxis(t, from[0] as number, to[0] as number);
  const rest = t.shape.map((_, i) => i).filter((i) => !from.includes(i));
  const order = t.shape.map((_, i) => (to.includes(i) ? (from[to.indexOf(i)] as number) : (rest.shift() as number)));
  return transpose(t, order);
}

/** Two axes exchanged. @throws ShapeError for an axis out of range */
export function swapaxes(x: TensorLike, axis1: number, axis2: number): Tensor {
  const t = toTensor(x, "swapaxes");
  const [a, b] = [normalizeAxis(axis1, t.ndim, "swapaxes"), normalizeAxis(axis2, t.ndim, "swapaxes")];
  return transpose(t, t.shape.map((_, i) => (i === a ? b : i === b ? a : i)));
}

/** New axes of length 1 at these places of the result. @throws ShapeError for axes out of range or named twice */
export function expandDims(x: TensorLike, axis: number | readonly number[]): Tensor {
  const t = toTensor(x, "expandDims");
  const list = typeof axis === "number" ? [axis] : asList(axis, "expandDims: the axes");
  const places = normalizeAxes(list, t.ndim + list.length, "expandDims");
  return [...places].sort((a, b) => a - b).reduce((y, a) => expandOne(y, a), t);
}

/** The shape that shapes broadcast to. @throws ShapeError if there is none */
export function broadcastShapes(...shapes: (number | Shape)[]): Shape {
  return shapes.map((s) => (typeof s === "number" ? [s] : asList(s, "broadcastShapes: a shape"))).reduce<Shape>((a, b) => commonShape(a, b, "broadcastShapes"), []);
}

/** Arrays repeated to their common shape. @throws ShapeError if they have none */
export function broadcastArrays(...xs: TensorLike[]): Tensor[] {
  const tensors = xs.map((x) => toTensor(x, "broadcastArrays"));
  const shape = tensors.reduce<Shape>((s, t) => commonShape(s, t.shape, "broadcastArrays"), []);
  return tensors.map((t) => broadcastTo(t, shape));
}

/** Vectors as grids, one per axis: `"xy"`, the first along columns, unless `"ij"`. @throws ShapeError unless all are vectors @throws ArgumentError for another indexing */
export function meshgrid(xs: readonly TensorLike[], indexing: "xy" | "ij" = "xy"): Tensor[] {
  if (indexing !== "xy" && indexing !== "ij") throw new ArgumentError(`meshgrid: the indexing is ${String(indexing)}, expected "xy" or "ij".`);
  asList(xs, "meshgrid: the vectors");
  const axis = (i: number): number => (indexing === "xy" && i < 2 && xs.length > 1 ? 1 - i : i);
  return broadcastArrays(
    ...xs.map((x, i) => {
      const t = toTensor(x, "meshgrid");
      if (t.ndim !== 1) throw new ShapeError(`meshgrid: ${t.aval.toString()} is no vector.`);
      return reshapeTo(t, xs.map((_, k) => (k === axis(i) ? t.size : 1)));
    }),
  );
}

/** So many equal parts, or the parts between indices. @throws ShapeError where the axis does not divide */
export const split = (x: TensorLike, indicesOrSections: number | readonly number[], axis = 0): Tensor[] => splitAt(x, indicesOrSections, axis);

/** The elements in opposite order along axes, all of them unless given. @throws ShapeError */
export const flip = (x: TensorLike, axis?: number | readonly number[] | null): Tensor => reverse(x, axis);

/** Elements moved on by `shift` places along an axis, or by one each along several, those at the end to the front; without an axis, in the flattened array. @throws ShapeError @throws ArgumentError unless shifts are whole numbers, one for each axis */
export function roll(x: TensorLike, shift: number | readonly number[], axis?: number | readonly number[] | null): Tensor {
  const t = toTensor(x, "roll");
  const shifts = typeof shift === "number" ? [shift] : asList(shift, "roll: the shifts");
  for (const s of shifts) if (!Number.isInteger(s)) throw new ArgumentError(`roll: the shift is ${String(s)}, and has to be a whole number.`);
  if (axis === undefined || axis === null) return reshapeTo(roll(reshapeTo(t, [t.size]), shifts.reduce((a, b) => a + b, 0), 0), t.shape);
  const axes = typeof axis === "number" ? [axis] : asList(axis, "roll: the axes");
  if (shifts.length !== 1 && axes.length !== 1 && shifts.length !== axes.length) throw new ArgumentError(`roll: ${shifts.length} shifts for ${axes.length} axes.`);
  return Array.from({ length: Math.max(shifts.length, axes.length) }).reduce((y: Tensor, _, i) => rolled(y, shifts[shifts.length === 1 ? 0 : i] as number, normalizeAxis(axes[axes.length === 1 ? 0 : i] as number, t.ndim, "roll")), t);
}

function rolled(t: Tensor, shift: number, at: number): Tensor {
  const n = t.shape[at] as number;
  const cut = n === 0 ? 0 : (((-shift % n) + n) % n);
  return cut === 0 ? t : concatenate([sliceAlong(t, at, cut, n), sliceAlong(t, at, 0, cut)], at);
}

/** The array repeated as a whole, so many times along each axis. @throws ArgumentError for a number of times that is not whole */
export function tile(x: TensorLike, reps: number | readonly number[]): Tensor {
  const t = toTensor(x, "tile");
  const given = typeof reps === "number" ? [reps] : asList(reps, "tile: the numbers of times");
  for (const r of given) checkTimes(r, "tile");
  const ndim = Math.max(t.ndim, given.length);
  const fill = (list: readonly number[]): number[] => [...Array.from({ length: ndim - list.length }, () => 1), ...list];
  const [shape, times] = [fill(t.shape), fill(given)];
  const spread = broadcastTo(reshapeTo(t, shape.flatMap((d) => [1, d])), shape.flatMap((d, i) => [times[i] as number, d]));
  return reshapeTo(spread, shape.map((d, i) => d * (times[i] as number)));
}

/** Each element repeated so many times along an axis, or each as often as a list says; without an axis, of the flattened array. @throws ShapeError @throws ArgumentError for a number of times that is not whole */
export function repeat(x: TensorLike, times: number | readonly number[], axis?: number | null): Tensor {
  const given = toTensor(x, "repeat");
  const t = axis === undefined || axis === null ? reshapeTo(given, [given.size]) : given;
  const at = normalizeAxis(axis ?? 0, t.ndim, "repeat");
  if (typeof times !== "number") {
    if (!Array.isArray(times) || times.length !== t.shape[at]) throw new ShapeError(`repeat: ${t.aval.toString()} needs one number of times, or a list of ${t.shape[at]} along axis ${at}.`);
    for (const n of times) checkTimes(n, "repeat");
    const index = (times as readonly number[]).flatMap((n, i) => Array.from({ length: n }, () => i));
    return index.length === 0 ? sliceAlong(t, at, 0, 0) : take(t, array(index, { dtype: "int32" }), at);
  }
  checkTimes(times, "repeat");
  const shape = t.shape.flatMap((d, i) => (i === at ? [d, times] : [d]));
  return reshapeTo(broadcastTo(expandOne(t, at + 1), shape), t.shape.map((d, i) => (i === at ? d * times : d)));
}

export type PadMode = "constant" | "edge" | "reflect" | "symmetric" | "wrap";

/**
 * An array with more before and after each axis: one number for all, [before, after] for all, or a pair per axis. `"edge"` repeats
 * the outermost element, `"symmetric"` mirrors, `"reflect"` mirrors without the outermost, `"wrap"` goes round.
 * @throws ShapeError where the widths do not fit, or an empty axis has nothing to repeat @throws ArgumentError for an unknown mode
 * @example pad(array([1, 2, 3]), [1, 2], "reflect") // [2, 1, 2, 3, 2, 1]
 */
export function pad(x: TensorLike, width: number | readonly [number, number] | readonly (readonly [number, number])[], mode: PadMode = "constant", value: TensorLike = 0): Tensor {
  const t = toTensor(x, "pad");
  const pairs = widths(width, t.ndim);
  if (pairs.length !== t.ndim || pairs.some((p) => !(Array.isArray(p) && p.length === 2 && p.every((n) => Number.isInteger(n) && n >= 0)))) {
    throw new ShapeError(`pad: ${t.aval.toString()} needs ${t.ndim} pairs [before, after] of whole numbers.`);
  }
  if (mode === "constant") return padBy(t, value, pairs);
  const place = places[mode];
  if (place === undefined) throw new ArgumentError(`pad: the mode is ${String(mode)}, expected one of constant, ${Object.keys(places).join(", ")}.`);
  return pairs.reduce((y, [before, after], axis) => {
    const n = y.shape[axis] as number;
    if (before + after === 0) return y;
    if (n === 0) throw new ShapeError(`pad: axis ${axis} of ${t.aval.toString()} is empty: there is nothing to repeat.`);
    const index = Array.from({ length: n + before + after }, (_, i) => place(i - before, n));
    return take(y, array(index, { dtype: "int32" }), axis);
  }, t);
}

const wrapped = (i: number, n: number): number => ((i % n) + n) % n;
// Which element stands at place i of an axis of n, also before and after it.
const places: Record<Exclude<PadMode, "constant">, (i: number, n: number) => number> = {
  edge: (i, n) => Math.min(Math.max(i, 0), n - 1),
  wrap: wrapped,
  symmetric: (i, n) => Math.min(wrapped(i, 2 * n), 2 * n - 1 - wrapped(i, 2 * n)),
  reflect: (i, n) => (n === 1 ? 0 : Math.min(wrapped(i, 2 * n - 2), 2 * n - 2 - wrapped(i, 2 * n - 2))),
};

function widths(width: number | readonly [number, number] | readonly (readonly [number, number])[], ndim: number): readonly (readonly [number, number])[] {
  if (typeof width === "number") return Array.from({ length: ndim }, () => [width, width] as const);
  if (typeof asList<unknown>(width, "pad: the widths")[0] === "number") return Array.from({ length: ndim }, () => width as readonly [number, number]);
  return width as readonly (readonly [number, number])[];
}

function checkTimes(n: number, what: string): void {
  if (!Number.isInteger(n) || n < 0) throw new ArgumentError(`${what}: the number of times is ${String(n)}, and has to be a whole number.`);
}
