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
  normalizeAxis,
  type Primitive,
  reshape,
  select,
  ShapeError,
  Tensor,
  type TensorLike,
  toTensor,
  transpose,
  zerosOf,
} from "@gradus/core";
import { iota } from "./arrangement.js";
import { alignBatch, shiftAxes } from "./batch-axis.js";
import { equal, less } from "./comparison.js";
import { deeper, firstAxes, gatheredShape, type IndexingOptions, type IndexingParams, indexTensor, batchedScatter, scatteredAval } from "./index-vectors.js";
import { promoted } from "./promotion.js";
import { sliceAlong } from "./slicing.js";

export type { IndexingOptions, IndexingParams, IndexMode } from "./index-vectors.js";

/**
 * gather(x, indices): for x `[batch…, rest…]` and int32 indices `[batch…, queries…, k]`, whose last axis holds one component
 * for each of the k addressed axes, the result is `[batch…, queries…, the axes of x not addressed…]`.
 */
export const gatherP: Primitive<IndexingParams> = /* @__PURE__ */ definePrimitive<IndexingParams>("gather", {
  abstractEval([x, indices], params) {
    const { dtype, weak } = x as Aval;
    return avalOf(gatheredShape(x as Aval, indices as Aval, params, "gather"), dtype, weak);
  },
  linearIn: [0],
  rules: {
    transpose: (ct: Tensor, [x, indices], params) => [bind(scatterAddP, [zerosOf((x as LinearVar).aval), indices as Tensor, ct], params), null],
    batch([x, indices], [axisX, axisI], params, axisSize) {
      const [t, i] = [x as Tensor, indices as Tensor];
      const { axes, batchDims, mode } = params;
      if (typeof axisI !== "number") {
        // The batch axis becomes the first of those that are not addressed.
        const moved = alignBatch(t, axisX as number, batchDims, axisSize);
        return [bind(gatherP, [moved, i], { axes: shiftAxes(axes, batchDims), batchDims, mode }), i.ndim - 1];
      }
      if (typeof axisX !== "number") return [bind(gatherP, [t, alignBatch(i, axisI, batchDims, axisSize)], params), batchDims];
      return [bind(gatherP, [alignBatch(t, axisX, 0, axisSize), alignBatch(i, axisI, 0, axisSize)], deeper(params)), 0];
    },
  },
});

/** scatter_add(x, indices, updates): x with the updates, of the shape that gather gives, added at the addressed positions. */
export const scatterAddP: Primitive<IndexingParams> = /* @__PURE__ */ definePrimitive<IndexingParams>("scatter_add", {
  abstractEval: (avals, params) => scatteredAval(avals, params, "scatter_add", "number"),
  linearIn: [0, 2],
  rules: {
    transpose: (ct: Tensor, [x, indices, updates], params) => [
      isLinear(x) ? ct : null,
      null,
      isLinear(updates) ? bind(gatherP, [ct, indices as Tensor], params) : null,
    ],
    batch: (args, axes, params, axisSize) => batchedScatter(scatterAddP, args, axes, params, axisSize),
  },
});

/**
 * The slices of `x` at index vectors: for x `[batch…, rest…]` and integer indices `[batch…, queries…, k]` the result is
 * `[batch…, queries…, the axes of x not addressed…]`. Indices count from 0; out of range they are clipped.
 * @throws ShapeError @throws DTypeError unless indices are integers
 * @example gather(array([[1, 2], [3, 4]]), array([[1, 0]], { dtype: "int32" })) // [3]
 */
export function gather(x: TensorLike, indices: TensorLike, { axes, batchDims = 0, mode = "clip" }: IndexingOptions = {}): Tensor {
  const t = toTensor(x, "gather");
  const i = indexTensor(indices, "gather");
  return bind(gatherP, [t, i], { axes: axes ?? firstAxes(i, batchDims), batchDims, mode });
}

/**
 * `x` with updates added at index vectors, repeated ones adding up; out of range they are dropped. The updates have the
 * shape that {@link gather} gives. @throws ShapeError @throws DTypeError
 */
export function scatterAdd(x: TensorLike, indices: TensorLike, updates: TensorLike, { axes, batchDims = 0, mode = "drop" }: IndexingOptions = {}): Tensor {
  const [t, u] = promoted([x, updates], "scatterAdd") as [Tensor, Tensor];
  const i = indexTensor(indices, "scatterAdd");
  return bind(scatterAddP, [t, i, u], { axes: axes ?? firstAxes(i, batchDims), batchDims, mode });
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
  const out = bind(gatherP, [t, reshape(fromStart, [...raw.shape, 1])], { axes: [at], batchDims: 0, mode: "clip" });
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
