// Reductions over axes: products, extrema, logic, and the places of extrema. The sum is core's.

import {
  add,
  type Aval,
  avalOf,
  type AxesParams,
  bind,
  broadcastInDim,
  definePrimitive,
  type DType,
  DTypeError,
  isFloat,
  isInteger,
  mul,
  normalizeAxes,
  normalizeAxis,
  type Primitive,
  reduceSum,
  reshape,
  ShapeError,
  type Tensor,
  type TensorLike,
  toTensor,
  transpose,
  Zero,
  zeroTangent,
} from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { type AxisParams, concatenate } from "./arrangement.js";
import { shiftAxes } from "./batch-axis.js";
import { equal } from "./comparison.js";
import { indicator } from "./indicator.js";
import { div } from "./quotient.js";
import { sliceAlong } from "./slicing.js";

/** The product over axes. */
export const reduceProdP: Primitive<AxesParams> = /* @__PURE__ */ definePrimitive<AxesParams>("reduce_prod", {
  abstractEval: ([x], { axes }) => reduced(x as Aval, axes, "reduce_prod", "number"),
  reduce: { combine: s.mul, init: () => 1 },
  rules: {
    // d Π xᵢ = Σᵢ dxᵢ·Π_{j≠i} xⱼ: the exact products of the others, without division, so that zeros do no harm
    jvp([x], [dx], { axes }) {
      const out = bind(reduceProdP, [x as Tensor], { axes });
      if (dx instanceof Zero || (x as Tensor).size === 0) return [out, zeroTangent(out.aval)];
      return [out, reshape(productTangent(axesFirst(x as Tensor, axes), axesFirst(dx as Tensor, axes)), out.shape)];
    },
    batch: ([x], [axis], { axes }) => batched(reduceProdP, x as Tensor, axis as number, axes),
  },
});

/** The greatest element over axes. */
export const reduceMaxP: Primitive<AxesParams> = /* @__PURE__ */ definePrimitive<AxesParams>("reduce_max", {
  abstractEval: ([x], { axes }) => reduced(x as Aval, axes, "reduce_max", "any"),
  reduce: { combine: s.max, init: least },
  rules: {
    // d max x = Σ dxᵢ over the k maximisers, divided by k
    jvp: ([x], [dx], { axes }) => chooserJvp(bind(reduceMaxP, [x as Tensor], { axes }), x as Tensor, dx as Tensor | Zero, axes),
    batch: ([x], [axis], { axes }) => batched(reduceMaxP, x as Tensor, axis as number, axes),
  },
});

/** The least element over axes. */
export const reduceMinP: Primitive<AxesParams> = /* @__PURE__ */ definePrimitive<AxesParams>("reduce_min", {
  abstractEval: ([x], { axes }) => reduced(x as Aval, axes, "reduce_min", "any"),
  reduce: { combine: s.min, init: greatest },
  rules: {
    // d min x = Σ dxᵢ over the k minimisers, divided by k
    jvp: ([x], [dx], { axes }) => chooserJvp(bind(reduceMinP, [x as Tensor], { axes }), x as Tensor, dx as Tensor | Zero, axes),
    batch: ([x], [axis], { axes }) => batched(reduceMinP, x as Tensor, axis as number, axes),
  },
});

/** Whether all elements over axes are true; of integers, the bits that all have. */
export const reduceAndP: Primitive<AxesParams> = /* @__PURE__ */ definePrimitive<AxesParams>("reduce_and", {
  abstractEval: ([x], { axes }) => reduced(x as Aval, axes, "reduce_and", "integer"),
  reduce: { combine: s.and, init: (dtype) => (dtype === "bool" ? 1 : -1) },
  zeroGradient: "logic has no real values",
  rules: { batch: ([x], [axis], { axes }) => batched(reduceAndP, x as Tensor, axis as number, axes) },
});

/** Whether any element over axes is true; of integers, the bits that any has. */
export const reduceOrP: Primitive<AxesParams> = /* @__PURE__ */ definePrimitive<AxesParams>("reduce_or", {
  abstractEval: ([x], { axes }) => reduced(x as Aval, axes, "reduce_or", "integer"),
  reduce: { combine: s.or, init: () => 0 },
  zeroGradient: "logic has no real values",
  rules: { batch: ([x], [axis], { axes }) => batched(reduceOrP, x as Tensor, axis as number, axes) },
});

/** Whether the number of true elements over axes is odd; of integers, the bits that so many have. */
export const reduceXorP: Primitive<AxesParams> = /* @__PURE__ */ definePrimitive<AxesParams>("reduce_xor", {
  abstractEval: ([x], { axes }) => reduced(x as Aval, axes, "reduce_xor", "integer"),
  reduce: { combine: s.xor, init: () => 0 },
  zeroGradient: "logic has no real values",
  rules: { batch: ([x], [axis], { axes }) => batched(reduceXorP, x as Tensor, axis as number, axes) },
});

/** The index of the greatest element along an axis: the first of equals, and of the first NaN if there is one. */
export const argmaxP: Primitive<AxisParams> = /* @__PURE__ */ definePrimitive<AxisParams>("argmax", {
  abstractEval: ([x], { axis }) => indexAval(x as Aval, axis, "argmax"),
  zeroGradient: "an index is an integer",
  rules: { batch: ([x], [axis], params) => batchedIndex(argmaxP, x as Tensor, axis as number, params.axis) },
});

/** The index of the least element along an axis: the first of equals, and of the first NaN if there is one. */
export const argminP: Primitive<AxisParams> = /* @__PURE__ */ definePrimitive<AxisParams>("argmin", {
  abstractEval: ([x], { axis }) => indexAval(x as Aval, axis, "argmin"),
  zeroGradient: "an index is an integer",
  rules: { batch: ([x], [axis], params) => batchedIndex(argminP, x as Tensor, axis as number, params.axis) },
});

// What an extremum of nothing is. Declarations of functions, since the primitives above refer to them.
function least(dtype: DType): number {
  return dtype === "int32" ? -(2 ** 31) : isFloat(dtype) ? -Infinity : 0;
}

function greatest(dtype: DType): number {
  return dtype === "int32" ? 2 ** 31 - 1 : dtype === "uint32" ? 2 ** 32 - 1 : dtype === "bool" ? 1 : Infinity;
}

function reduced(x: Aval, axes: readonly number[], name: string, accepts: "number" | "any" | "integer"): Aval {
  const { dtype, shape, weak } = x;
  if (dtype === "float0" || (accepts === "number" && dtype === "bool") || (accepts === "integer" && dtype !== "bool" && !isInteger(dtype))) {
    throw new DTypeError(`${name}: ${x.toString()} is not accepted here, expected ${accepts === "integer" ? "bool or integers: compare first" : 'numbers: cast(x, "int32") counts'}.`);
  }
  normalizeAxes(axes, shape.length, name);
  return avalOf(shape.filter((_, i) => !axes.includes(i)), dtype, weak);
}

function indexAval(x: Aval, axis: number, name: string): Aval {
  if (x.dtype === "float0") throw new DTypeError(`${name}: float0 values hold no information.`);
  const i = normalizeAxis(axis, x.ndim, name);
  if (x.shape[i] === 0) throw new ShapeError(`${name}: axis ${axis} of ${x.toString()} is empty, so no index can be given.`);
  return avalOf(x.shape.filter((_, k) => k !== i), "int32");
}

function batched(p: Primitive<AxesParams>, x: Tensor, axis: number, axes: readonly number[]): [Tensor, number] {
  const shifted = shiftAxes(axes, axis);
  return [bind(p, [x], { axes: shifted }), axis - shifted.filter((a) => a < axis).length];
}

function batchedIndex(p: Primitive<AxisParams>, x: Tensor, batchAxis: number, axis: number): [Tensor, number] {
  const shifted = axis >= batchAxis ? axis + 1 : axis;
  return [bind(p, [x], { axis: shifted }), shifted < batchAxis ? batchAxis - 1 : batchAxis];
}

// A NaN equals nothing, so no element is chosen then and 0/0 makes every tangent NaN.
function chooserJvp(out: Tensor, x: Tensor, dx: Tensor | Zero, axes: readonly number[]): [Tensor, Tensor | Zero] {
  if (dx instanceof Zero || x.size === 0) return [out, zeroTangent(out.aval)];
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const chosen = indicator(equal(x, broadcastInDim(out, x.shape, kept)), x);
  return [out, div(reduceSum(mul(chosen, dx), axes), reduceSum(chosen, axes))];
}

// The reduced axes as one, in front.
function axesFirst(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  return reshape(transpose(x, [...axes, ...kept]), [axes.reduce((n, a) => n * (x.shape[a] as number), 1), ...kept.map((i) => x.shape[i] as number)]);
}

// d(xy) = x dy + y dx, on the halves of the first axis until one entry is left: linear work.
function productTangent(x: Tensor, dx: Tensor): Tensor {
  while ((x.shape[0] as number) > 1) {
    const n = x.shape[0] as number;
    const half = n >> 1;
    const [a, b, da, db] = [sliceAlong(x, 0, 0, half), sliceAlong(x, 0, half, 2 * half), sliceAlong(dx, 0, 0, half), sliceAlong(dx, 0, half, 2 * half)];
    const rest = (t: Tensor, r: Tensor): Tensor => (n === 2 * half ? r : concatenate([r, sliceAlong(t, 0, n - 1, n)]));
    dx = rest(dx, add(mul(a, db), mul(b, da)));
    x = rest(x, mul(a, b));
  }
  return dx;
}

type Axes = number | readonly number[] | null;

function reduce(p: Primitive<AxesParams>, x: TensorLike, axes: Axes | undefined, what: string): Tensor {
  const t = toTensor(x, what);
  return bind(p, [t], { axes: normalizeAxes(axes, t.ndim, what) });
}

/** The product over `axes`, all of them unless given; 1 of nothing. @throws ShapeError @throws DTypeError for booleans */
export function reduceProd(x: TensorLike, axes?: Axes): Tensor {
  return reduce(reduceProdP, x, axes, "reduceProd");
}

/**
 * The greatest element over `axes`, all of them unless given; NaN if any is, and of nothing −∞ or the least integer. The
 * derivative is shared equally by all greatest elements. @throws ShapeError
 */
export function reduceMax(x: TensorLike, axes?: Axes): Tensor {
  return reduce(reduceMaxP, x, axes, "reduceMax");
}

/**
 * The least element over `axes`, all of them unless given; NaN if any is, and of nothing ∞ or the greatest integer. The
 * derivative is shared equally by all least elements. @throws ShapeError
 */
export function reduceMin(x: TensorLike, axes?: Axes): Tensor {
  return reduce(reduceMinP, x, axes, "reduceMin");
}

/** Whether all elements over `axes` are true, all axes unless given; of integers their common bits. @throws DTypeError for floats */
export function reduceAnd(x: TensorLike, axes?: Axes): Tensor {
  return reduce(reduceAndP, x, axes, "reduceAnd");
}

/** Whether any element over `axes` is true, all axes unless given; of integers the bits of any. @throws DTypeError for floats */
export function reduceOr(x: TensorLike, axes?: Axes): Tensor {
  return reduce(reduceOrP, x, axes, "reduceOr");
}

/** Whether the number of true elements over `axes` is odd, all axes unless given; of integers the bits that so many have. @throws DTypeError for floats */
export function reduceXor(x: TensorLike, axes?: Axes): Tensor {
  return reduce(reduceXorP, x, axes, "reduceXor");
}

/**
 * The index of the greatest element along an axis, as int32, the first of equals; without an axis, in the flattened array.
 * A NaN counts as greatest. @throws ShapeError for an empty axis
 */
export function argmax(x: TensorLike, axis?: number | null): Tensor {
  return place(argmaxP, x, axis, "argmax");
}

/**
 * The index of the least element along an axis, as int32, the first of equals; without an axis, in the flattened array.
 * A NaN counts as least. @throws ShapeError for an empty axis
 */
export function argmin(x: TensorLike, axis?: number | null): Tensor {
  return place(argminP, x, axis, "argmin");
}

function place(p: Primitive<AxisParams>, x: TensorLike, axis: number | null | undefined, what: string): Tensor {
  const t = toTensor(x, what);
  if (axis === undefined || axis === null) return bind(p, [reshape(t, [t.size])], { axis: 0 });
  return bind(p, [t], { axis: normalizeAxis(axis, t.ndim, what) });
}
