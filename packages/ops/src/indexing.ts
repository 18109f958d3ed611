// Reading and adding at computed positions. gather and scatter_add share their params, and each is the other's transpose.

import {
  add,
  ArgumentError,
  array,
  type Aval,
  avalOf,
  bind,
  cast,
  definePrimitive,
  type DType,
  isLinear,
  type LinearVar,
  neg,
  normalizeAxis,
  type Primitive,
  reshape,
  select,
  ShapeError,
  Tensor,
  type TensorLike,
  toTensor,
  transpose,
  Zero,
  zerosOf,
  zeroTangent,
} from "@gradus/core";
import { iota } from "./arrangement.js";
import { alignBatch } from "./batch-axis.js";
import { equal, less } from "./comparison.js";
import { batchedScatter, gatheredShape, type GatherOptions, gatherParams, type IndexingParams, indexTensor, scatteredAval, type ScatterOptions, scatterParams, withQueryAxis, withSharedAxis, withSliceAxis } from "./index-vectors.js";
import { promoted } from "./promotion.js";
import { sliceAlong } from "./slicing.js";

export type { GatherDimensionNumbers, GatherOptions, IndexingOptions, IndexingParams, IndexMode, ScatterDimensionNumbers, ScatterOptions } from "./index-vectors.js";

export interface GatherParams extends IndexingParams {
  /** What is read outside of the array in mode drop. */
  fillValue: number;
}

/** gather(x, indices): the slices of x that begin at index vectors, which the last axis of the int32 indices holds. */
export const gatherP: Primitive<GatherParams> = /* @__PURE__ */ definePrimitive<GatherParams>("gather", {
  abstractEval([x, indices], params) {
    const { dtype, weak } = x as Aval;
    return avalOf(gatheredShape(x as Aval, indices as Aval, params, "gather"), dtype, weak);
  },
  linearIn: [0],
  rules: {
    // d x[i] = dx[i], and 0 where a fill value was read
    jvp([x, indices], [dx], params) {
      const out = bind(gatherP, [x as Tensor, indices as Tensor], params);
      return [out, dx instanceof Zero ? zeroTangent(out.aval) : bind(gatherP, [dx as Tensor, indices as Tensor], { ...params, fillValue: 0 })];
    },
    transpose: (ct: Tensor, [x, indices], { dimensionNumbers, sliceSizes, mode }) => [
      bind(scatterAddP, [zerosOf((x as LinearVar).aval), indices as Tensor, ct], { dimensionNumbers, sliceSizes, mode }),
      null,
    ],
    batch([x, indices], [axisX, axisI], params, axisSize) {
      const [t, i] = [x as Tensor, indices as Tensor];
      const { fillValue } = params;
      const front = (of: Tensor, axis: number | null | undefined): Tensor => alignBatch(of, axis ?? null, 0, axisSize);
      if (typeof axisI !== "number") return [bind(gatherP, [front(t, axisX), i], { ...withSliceAxis(params, axisSize), fillValue }), 0];
      if (typeof axisX !== "number") return [bind(gatherP, [t, front(i, axisI)], { ...withQueryAxis(params), fillValue }), 0];
      return [bind(gatherP, [front(t, axisX), front(i, axisI)], { ...withSharedAxis(params), fillValue }), 0];
    },
  },
});

/** scatter_add(x, indices, updates): x with the updates, of the shape that gather gives, added to slices that begin at index vectors. */
export const scatterAddP: Primitive<IndexingParams> = /* @__PURE__ */ definePrimitive<IndexingParams>("scatter_add", {
  abstractEval: (avals, params) => scatteredAval(avals, params, "scatter_add", "number"),
  linearIn: [0, 2],
  rules: {
    transpose: (ct: Tensor, [x, indices, updates], params) => [
      isLinear(x) ? ct : null,
      null,
      isLinear(updates) ? bind(gatherP, [ct, indices as Tensor], { ...params, fillValue: 0 }) : null,
    ],
    batch: (args, axes, params, axisSize) => batchedScatter(scatterAddP, args, axes, params, axisSize),
  },
});

/**
 * The slices of `x` at index vectors, the last axis of integer indices. In short, for x `[batch…, rest…]` and indices
 * `[batch…, queries…, k]` each vector addresses an element of k axes, and the result is `[batch…, queries…, the axes of x not
 * addressed…]`; in general, `dimensionNumbers` and `sliceSizes` are those of lax.gather. Indices count from 0. Out of range they are
 * clipped; with dimensionNumbers, as in lax, the slice is filled unless a mode is given. The derivative goes to what was read.
 * @throws ShapeError @throws DTypeError unless indices are integers @throws ArgumentError for unknown modes
 * @example gather(array([[1, 2], [3, 4]]), array([[1, 0]], { dtype: "int32" })) // [3]
 */
export function gather(x: TensorLike, indices: TensorLike, options: GatherOptions = {}): Tensor {
  const t = toTensor(x, "gather");
  const i = indexTensor(indices, "gather");
  return bind(gatherP, [t, i], gatherParams(t, i, options, "gather"));
}

/**
 * `x` with updates added to the slices at index vectors, repeated ones adding up; out of range they are dropped. The updates have
 * the shape that {@link gather} gives; in general, `dimensionNumbers` are those of lax.scatter_add. @throws ShapeError @throws DTypeError
 */
export function scatterAdd(x: TensorLike, indices: TensorLike, updates: TensorLike, options: ScatterOptions = {}): Tensor {
  const [t, u] = promoted([x, updates], "scatterAdd") as [Tensor, Tensor];
  const i = indexTensor(indices, "scatterAdd");
  return bind(scatterAddP, [t, i, u], scatterParams(t, i, u, options, "scatterAdd"));
}

/** `x` with updates subtracted, as {@link scatterAdd} adds them. @throws ShapeError @throws DTypeError */
export function scatterSub(x: TensorLike, indices: TensorLike, updates: TensorLike, options: ScatterOptions = {}): Tensor {
  const [t, u] = promoted([x, updates], "scatterSub") as [Tensor, Tensor];
  const i = indexTensor(indices, "scatterSub");
  return bind(scatterAddP, [t, i, neg(u)], scatterParams(t, i, u, options, "scatterSub"));
}

/**
 * The entries of `x` at integer indices along an axis, in whose place the axes of the indices appear; without an axis, of
 * the flattened array. Negative indices count from the end; those out of range are clipped, and the gradient lands on
 * the entry that was read. @throws ShapeError @throws DTypeError unless indices are integers
 * @example take(array([10, 20, 30]), array([2, -3], { dtype: "int32" })) // [30, 10]
 */
export function take(x: TensorLike, indices: TensorLike | readonly number[], axis?: number | null): Tensor {
  const given = toTensor(x, "take");
  const t = axis === undefined || axis === null ? reshape(given, [given.size]) : given;
  const at = normalizeAxis(axis ?? 0, t.ndim, "take");
  const n = t.shape[at] as number;
  if (typeof indices === "number") {
    const i = Math.min(Math.max(indices < 0 ? indices + n : indices, 0), n - 1);
    if (!Number.isInteger(i) || i < 0) throw i < 0 ? empty(t, at) : new ArgumentError(`take: ${indices} is not an index: give an integer.`);
    return reshape(sliceAlong(t, at, i, i + 1), t.shape.filter((_, k) => k !== at));
  }
  const host = Array.isArray(indices) ? (indices as readonly number[]).map((i) => (i < 0 ? i + n : i)) : undefined;
  const raw = indexTensor(host === undefined ? (indices as TensorLike) : array(host, { dtype: "int32" }), "take");
  if (n === 0 && raw.size > 0) throw empty(t, at);
  const fromStart = host === undefined ? select(less(raw, 0), add(raw, n), raw) : raw;
  const out = gather(t, reshape(fromStart, [...raw.shape, 1]), { axes: [at] });
  // The result has the axes of the indices first: they belong where the axis was.
  const queries = raw.shape.map((_, i) => i);
  const others = t.shape.slice(1).map((_, i) => i + raw.ndim);
  return transpose(out, [...others.slice(0, at), ...queries, ...others.slice(at)]);
}

const empty = (x: Tensor, axis: number): ShapeError => new ShapeError(`take: axis ${axis} of ${x.aval.toString()} is empty: there is nothing to take.`);

/**
 * 1 at each index along a new last axis of length n, 0 elsewhere: `i32[…]` to `f32[…,n]` unless a dtype is given. An index
 * out of range gives zeros only. @throws DTypeError unless indices are integers
 * @example oneHot(array([0, 2], { dtype: "int32" }), 3) // [[1, 0, 0], [0, 0, 1]]
 */
export function oneHot(indices: TensorLike, n: number, dtype: DType = "float32"): Tensor {
  const i = indexTensor(indices, "oneHot");
  return cast(equal(reshape(i, [...i.shape, 1]), iota(n)), dtype);
}
