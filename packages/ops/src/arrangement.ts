// Rearranging axes and joining arrays: reverse, concatenate, and what reshape, slice and concatenate make easy.

import {
  asList,
  ArgumentError,
  type Aval,
  avalOf,
  type AxesParams,
  bind,
  definePrimitive,
  type DType,
  DTypeError,
  isLinear,
  type LinearVar,
  normalizeAxes,
  normalizeAxis,
  type Primitive,
  reshape,
  type Shape,
  ShapeError,
  type Tensor,
  type TensorLike,
  toTensor,
} from "@gradus/core";
import { alignBatch, insertAt, shiftAxes } from "./batch-axis.js";
import { promoted } from "./promotion.js";
import { sliceAlong } from "./slicing.js";

/** The elements in opposite order along some axes. */
export const reverseP: Primitive<AxesParams> = /* @__PURE__ */ definePrimitive<AxesParams>("reverse", {
  abstractEval([x], { axes }) {
    normalizeAxes(axes, (x as Aval).ndim, "reverse");
    return x as Aval;
  },
  view: ({ shape, strides, offset }, { axes }) => ({
    strides: strides.map((s, i) => (axes.includes(i) ? -s : s)),
    offset: axes.reduce((at, i) => at + Math.max((shape[i] as number) - 1, 0) * (strides[i] as number), offset),
  }),
  linearIn: [0],
  rules: {
    transpose: (ct: Tensor, _args, { axes }) => [bind(reverseP, [ct], { axes })],
    batch: ([x], [axis], { axes }) => [bind(reverseP, [x as Tensor], { axes: shiftAxes(axes, axis as number) }), axis as number],
  },
});

export interface AxisParams {
  axis: number;
}

/** Arrays one after the other along an axis: any number of operands. */
export const concatenateP: Primitive<AxisParams> = /* @__PURE__ */ definePrimitive<AxisParams>("concatenate", {
  abstractEval(avals, { axis }) {
    const first = avals[0];
    if (first === undefined) throw new ArgumentError("concatenate: there is nothing to join; give at least one tensor.");
    normalizeAxis(axis, first.ndim, "concatenate");
    for (const a of avals) {
      if (a.dtype !== first.dtype) throw new DTypeError(`concatenate: operands ${avals.join(", ")} must have equal dtypes: use cast.`);
      if (a.ndim !== first.ndim || a.shape.some((d, i) => i !== axis && d !== first.shape[i])) {
        throw new ShapeError(`concatenate: ${first.toString()} and ${a.toString()} do not join along axis ${axis}: all other dimensions must be equal.`);
      }
    }
    const joined = first.shape.map((d, i) => (i === axis ? avals.reduce((n, a) => n + (a.shape[axis] as number), 0) : d));
    return avalOf(joined, first.dtype, avals.every((a) => a.weak));
  },
  linearIn: "all",
  rules: {
    // Linear in all operands together, however many there are.
    // Each operand gets its part of the cotangent.
    transpose(ct: Tensor, xs, { axis }) {
      let end = 0;
      return xs.map((x) => {
        const start = end;
        end += (x as LinearVar | Tensor).aval.shape[axis] as number;
        return isLinear(x) ? sliceAlong(ct, axis, start, end) : null;
      });
    },
    batch(xs, axes, { axis }, axisSize) {
      const b = axes.find((a) => a !== null) as number;
      const aligned = xs.map((x, i) => alignBatch(x, axes[i] ?? null, b, axisSize));
      return [bind(concatenateP, aligned, { axis: axis >= b ? axis + 1 : axis }), b];
    },
  },
});

export interface IotaParams {
  shape: Shape;
  dtype: DType;
  axis: number;
}

/** Each element's index along one axis. */
export const iotaP: Primitive<IotaParams> = /* @__PURE__ */ definePrimitive<IotaParams>("iota", {
  abstractEval(_avals, { shape, dtype, axis }) {
    normalizeAxis(axis, shape.length, "iota");
    if (dtype === "bool" || dtype === "float0") throw new DTypeError(`iota: ${dtype} does not count; use "int32" or a float.`);
    return avalOf(shape, dtype);
  },
});

/** The elements in opposite order along `axes`, all of them unless given. @throws ShapeError */
export function reverse(x: TensorLike, axes?: number | readonly number[] | null): Tensor {
  const t = toTensor(x, "reverse");
  const list = normalizeAxes(axes, t.ndim, "reverse");
  return list.length === 0 ? t : bind(reverseP, [t], { axes: list });
}

/** Tensors one after the other along an axis, promoted to one dtype. @throws ShapeError @throws ArgumentError for none */
export function concatenate(xs: readonly TensorLike[], axis = 0): Tensor {
  const tensors = promoted(nonEmpty(xs, "concatenate"), "concatenate");
  const first = tensors[0] as Tensor;
  const at = normalizeAxis(axis, first.ndim, "concatenate");
  return tensors.length === 1 ? first : bind(concatenateP, tensors, { axis: at });
}

/** Tensors of one shape along a new axis. @throws ShapeError @throws ArgumentError for none */
export function stack(xs: readonly TensorLike[], axis = 0): Tensor {
  const tensors = promoted(nonEmpty(xs, "stack"), "stack");
  return concatenate(tensors.map((x) => expandDims(x, axis)), axis);
}

/**
 * The parts of x between the given indices along an axis, or so many equal parts.
 * @throws ShapeError where the axis does not divide into as many parts
 */
export function split(x: TensorLike, indicesOrParts: number | readonly number[], axis = 0): Tensor[] {
  const t = toTensor(x, "split");
  const at = normalizeAxis(axis, t.ndim, "split");
  const n = t.shape[at] as number;
  if (typeof indicesOrParts === "number" && !(Number.isInteger(n / indicesOrParts) && indicesOrParts > 0)) {
    throw new ShapeError(`split: axis ${axis} of ${t.aval.toString()} does not divide into ${indicesOrParts} equal parts: give the indices to split at.`);
  }
  const bounds =
    typeof indicesOrParts === "number"
      ? Array.from({ length: indicesOrParts - 1 }, (_, i) => ((i + 1) * n) / indicesOrParts)
      : asList(indicesOrParts, "split: where to split");
  const starts = [0, ...bounds];
  return starts.map((start, i) => sliceAlong(t, at, start, starts[i + 1] ?? n));
}

/**
 * The entries of x along an axis, which is gone from them: the inverse of {@link stack}. @throws ShapeError for a scalar or an axis out of range
 * @example const [k1, k2] = unstack(np.random.split(key));
 */
export function unstack(x: TensorLike, axis = 0): Tensor[] {
  const t = toTensor(x, "unstack");
  const at = normalizeAxis(axis, t.ndim, "unstack");
  return Array.from({ length: t.shape[at] as number }, (_, i) => squeeze(sliceAlong(t, at, i, i + 1), at));
}

/** Without axes of length 1: those given, or all such. @throws ShapeError if one has another length */
export function squeeze(x: TensorLike, axes?: number | readonly number[] | null): Tensor {
  const t = toTensor(x, "squeeze");
  const drop = axes === undefined || axes === null ? t.shape.flatMap((d, i) => (d === 1 ? [i] : [])) : normalizeAxes(axes, t.ndim, "squeeze");
  const long = drop.find((a) => t.shape[a] !== 1);
  if (long !== undefined) throw new ShapeError(`squeeze: axis ${long} of ${t.aval.toString()} has length ${t.shape[long]}, not 1.`);
  return reshape(t, t.shape.filter((_, i) => !drop.includes(i)));
}

/** A new axis of length 1, which becomes axis `axis` of the result. @throws ShapeError */
export function expandDims(x: TensorLike, axis: number): Tensor {
  const t = toTensor(x, "expandDims");
  return reshape(t, insertAt(t.shape, normalizeAxis(axis, t.ndim + 1, "expandDims"), 1));
}

/**
 * 0, 1, 2, … : an array of n of them, or in an array of a shape each element's index along one axis. int32 unless a dtype
 * is given. @throws ShapeError @throws DTypeError for bool
 */
export function iota(shape: number | Shape, dtype: DType = "int32", axis = 0): Tensor {
  const dims = typeof shape === "number" ? [shape] : asList(shape, "iota: the shape");
  return bind(iotaP, [], { shape: dims, dtype, axis: normalizeAxis(axis, dims.length, "iota") });
}

function nonEmpty(xs: readonly TensorLike[], what: string): readonly TensorLike[] {
  if (!Array.isArray(xs)) throw new ArgumentError(`${what}: expected a JS array of tensors as first argument.`);
  if (xs.length === 0) throw new ArgumentError(`${what}: there is nothing to join; give at least one tensor.`);
  return xs;
}
