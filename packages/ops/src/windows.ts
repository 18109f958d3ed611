// Reductions over sliding windows: sums, which are linear, and extrema, whose derivative goes to one element of each window.

import {
  ArgumentError,
  type Aval,
  avalOf,
  bind,
  definePrimitive,
  DTypeError,
  isFloat,
  isInteger,
  type LinearVar,
  type Primitive,
  reshape,
  type Shape,
  ShapeError,
  type Tensor,
  type TensorLike,
  toTensor,
  Zero,
  zeroTangent,
} from "@gradus/core";
import { alignBatch, insertAt } from "./batch-axis.js";
import { gather } from "./indexing.js";
import { rem } from "./quotient.js";
import { type Padding, paddingPairs, perAxis, transposedPadding, windowCounts, type WindowGeometry } from "./window-geometry.js";

export type { WindowGeometry } from "./window-geometry.js";

/** The sum of every window. Transposes to sums of windows of as many elements, strides and dilation of the array exchanged. */
export const reduceWindowSumP: Primitive<WindowGeometry> = /* @__PURE__ */ definePrimitive<WindowGeometry>("reduce_window_sum", {
  abstractEval: ([x], geometry) => windowed(x as Aval, geometry, "reduce_window_sum"),
  linearIn: [0],
  rules: {
    transpose(ct: Tensor, [x], geometry) {
      const { window, strides, baseDilation, windowDilation } = geometry;
      const padding = transposedPadding((x as LinearVar).aval.shape, ct.shape, geometry);
      return [bind(reduceWindowSumP, [ct], { window, strides: baseDilation, padding, baseDilation: strides, windowDilation })];
    },
    batch: ([x], [axis], geometry) => [bind(reduceWindowSumP, [x as Tensor], withAxis(geometry, axis as number)), axis as number],
  },
});

/** The greatest element of every window. */
export const reduceWindowMaxP: Primitive<WindowGeometry> = /* @__PURE__ */ definePrimitive<WindowGeometry>("reduce_window_max", {
  abstractEval: ([x], geometry) => windowed(x as Aval, geometry, "reduce_window_max"),
  rules: {
    jvp: ([x], [dx], geometry) => selected(reduceWindowMaxP, x as Tensor, dx as Tensor | Zero, geometry, "max"),
    batch: ([x], [axis], geometry) => [bind(reduceWindowMaxP, [x as Tensor], withAxis(geometry, axis as number)), axis as number],
  },
});

/** The least element of every window. */
export const reduceWindowMinP: Primitive<WindowGeometry> = /* @__PURE__ */ definePrimitive<WindowGeometry>("reduce_window_min", {
  abstractEval: ([x], geometry) => windowed(x as Aval, geometry, "reduce_window_min"),
  rules: {
    jvp: ([x], [dx], geometry) => selected(reduceWindowMinP, x as Tensor, dx as Tensor | Zero, geometry, "min"),
    batch: ([x], [axis], geometry) => [bind(reduceWindowMinP, [x as Tensor], withAxis(geometry, axis as number)), axis as number],
  },
});

export interface WindowPlaceParams extends WindowGeometry {
  reduction: "max" | "min";
}

/** Where the extremum of every window is, as int32: its place in the flattened array, −1 for a window without elements. */
export const windowPlaceP: Primitive<WindowPlaceParams> = /* @__PURE__ */ definePrimitive<WindowPlaceParams>("window_place", {
  abstractEval: ([x], params) => avalOf(windowed(x as Aval, params, "window_place").shape, "int32"),
  zeroGradient: "it is an index",
  rules: {
    batch([x], [axis], params, axisSize) {
      const aligned = alignBatch(x as Tensor, axis ?? null, 0, axisSize);
      const places = bind(windowPlaceP, [aligned], { ...withAxis(params, 0), reduction: params.reduction });
      return [rem(places, Math.max(aligned.size / Math.max(axisSize, 1), 1)), 0];
    },
  },
});

// d max(window) = the tangent of the element that the window selects, in both modes, as XLA's select-and-scatter has it
function selected(p: Primitive<WindowGeometry>, x: Tensor, dx: Tensor | Zero, geometry: WindowGeometry, reduction: "max" | "min"): [Tensor, Tensor | Zero] {
  const out = bind(p, [x], geometry);
  if (dx instanceof Zero) return [out, zeroTangent(out.aval)];
  const places = bind(windowPlaceP, [x], { ...geometry, reduction });
  return [out, gather(reshape(dx, [dx.size]), reshape(places, [...places.shape, 1]), { mode: "drop" })];
}

function windowed(x: Aval, geometry: WindowGeometry, name: string): Aval {
  const { window, strides, padding, baseDilation, windowDilation } = geometry;
  if (!isFloat(x.dtype) && !isInteger(x.dtype)) throw new DTypeError(`${name}: ${x.toString()} is not accepted here, expected numbers: cast(x, "int32").`);
  if ([window, strides, padding, baseDilation, windowDilation].some((list) => list.length !== x.ndim)) {
    throw new ShapeError(`${name}: ${x.toString()} needs ${x.ndim} entries in each of window [${window}], strides, padding and dilations.`);
  }
  return avalOf(windowCounts(x.shape, geometry), x.dtype, x.weak);
}

// The same windows for one axis more, along which they have one element.
const withAxis = ({ window, strides, padding, baseDilation, windowDilation }: WindowGeometry, axis: number): WindowGeometry => ({
  window: insertAt(window, axis, 1),
  strides: insertAt(strides, axis, 1),
  padding: insertAt(padding, axis, [0, 0]),
  baseDilation: insertAt(baseDilation, axis, 1),
  windowDilation: insertAt(windowDilation, axis, 1),
});

/** How a window moves over an array: per axis, and the same along all axes if one number is given. */
export interface WindowOptions {
  /** The step from one window to the next, 1 unless given. */
  readonly strides?: number | readonly number[];
  /** `"VALID"` unless given. What is added counts as 0 in sums, and never is an extremum. */
  readonly padding?: Padding;
  /** How far apart the elements of x are placed, with nothing between them: 1 unless given. */
  readonly baseDilation?: number | readonly number[];
  /** How far apart the elements of a window are: 1 unless given. */
  readonly windowDilation?: number | readonly number[];
}

/**
 * The sum, the greatest or the least element of every window of a shape that slides over x: sum and max pooling. NaN if any
 * element is; ∓∞, or the extreme integer, where a window has no elements. The derivative of an extremum goes, in both modes, to the
 * first of equal elements, as in XLA's select-and-scatter. So it is decided in a window with NaN, too: from first to last in
 * row-major order, the element held gives way to the next unless it is at least as great. (Forward mode of JAX gives nothing to a
 * window all of whose elements are −∞, its reverse mode gives to the first.)
 * @throws ShapeError @throws DTypeError for booleans @throws ArgumentError for reductions and paddings of other names
 * @example reduceWindow(array([1, 5, 2, 4]), "max", [2], { strides: 2 }) // [5, 4]
 */
export function reduceWindow(x: TensorLike, reduction: "sum" | "max" | "min", window: number | Shape, { strides = 1, padding = "VALID", baseDilation = 1, windowDilation = 1 }: WindowOptions = {}): Tensor {
  const t = toTensor(x, "reduceWindow");
  const primitive = { sum: reduceWindowSumP, max: reduceWindowMaxP, min: reduceWindowMinP }[reduction] as Primitive<WindowGeometry> | undefined;
  if (primitive === undefined) throw new ArgumentError(`reduceWindow: there is no reduction "${String(reduction)}"; expected "sum", "max" or "min".`);
  const entries = (given: number | readonly number[], name: string): readonly number[] => perAxis(given, t.ndim, "reduceWindow", name);
  const geometry = { window: entries(window, "window"), strides: entries(strides, "strides"), baseDilation: entries(baseDilation, "baseDilation"), windowDilation: entries(windowDilation, "windowDilation") };
  return bind(primitive, [t], { ...geometry, padding: paddingPairs(padding, t.shape, geometry, "reduceWindow") });
}
