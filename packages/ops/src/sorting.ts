// Sorting along an axis. Sorting permutes, so its derivative is the same permutation of the tangents: it jumps where two
// elements become equal, and ties are not shared.

import {
  ArgumentError,
  type Aval,
  avalOf,
  bind,
  definePrimitive,
  DTypeError,
  moveAxis,
  normalizeAxis,
  type Primitive,
  reshape,
  ShapeError,
  type Tensor,
  type TensorLike,
  toTensor,
  transpose,
  Zero,
  zeroTangent,
} from "@gradus/core";
import { iota } from "./arrangement.js";
import { alignBatch } from "./batch-axis.js";
import { gather } from "./indexing.js";

export interface SortParams {
  axis: number;
  /** So many leading operands are compared, one after the other while they are equal. */
  numKeys: number;
  /** The greatest first. Equal elements keep their order all the same. */
  descending: boolean;
}

/** Arrays of one shape, sorted together along an axis by the leading ones: stable, −0 equal to 0, NaN greater than all. */
export const sortP: Primitive<SortParams, "many"> = /* @__PURE__ */ definePrimitive<SortParams, "many">("sort", {
  multipleResults: true,
  abstractEval(avals, { axis, numKeys }) {
    const first = avals[0] as Aval;
    normalizeAxis(axis, first.ndim, "sort");
    if (!Number.isInteger(numKeys) || numKeys < 1 || numKeys > avals.length) throw new ArgumentError(`sort: ${numKeys} keys of ${avals.length} operands; expected 1 to ${avals.length}.`);
    for (const a of avals) {
      if (a.dtype === "float0") throw new DTypeError(`sort: ${a.toString()} holds no values.`);
      if (a.shape !== first.shape) throw new ShapeError(`sort: operands must have equal shapes, and these are ${avals.join(", ")}: broadcast one with broadcastTo.`);
    }
    return avals;
  },
  rules: {
    // d(x∘π) = dx∘π, with π the permutation that sorts the keys
    jvp(xs, dxs, params) {
      const sorted = bind(sortP, [...xs, positions(xs[0] as Tensor, params.axis)], params);
      const outs = sorted.slice(0, -1);
      return [outs, dxs.map((dx) => (dx instanceof Zero ? dx : takeAlong(dx, sorted[xs.length] as Tensor, params.axis)))];
    },
    batch(xs, axes, params, axisSize) {
      const b = axes.find((a) => a !== null) as number;
      const aligned = xs.map((x, i) => alignBatch(x, axes[i] ?? null, b, axisSize));
      return [bind(sortP, aligned, { ...params, axis: params.axis >= b ? params.axis + 1 : params.axis }), xs.map(() => b)];
    },
  },
});

const positions = (x: Tensor, axis: number): Tensor => iota(x.shape, "int32", axis);

// The elements at indices of their own along each line of an axis.
function takeAlong(x: Tensor, indices: Tensor, axis: number): Tensor {
  const perm = [...x.shape.map((_, i) => i).filter((i) => i !== axis), axis];
  const [n, k] = [x.shape[axis] as number, indices.shape[axis] as number];
  const lines = x.size === 0 ? 0 : x.size / n;
  const taken = gather(reshape(transpose(x, perm), [lines, n]), reshape(transpose(indices, perm), [lines, k, 1]), { batchDims: 1, mode: "drop" });
  return transpose(reshape(taken, perm.map((i) => indices.shape[i] as number)), perm.map((_, i) => perm.indexOf(i)));
}

export interface TopKParams {
  k: number;
}

/** The k greatest elements along the last axis, the greatest first, and their indices: NaN before all, of equals the first first. */
export const topKP: Primitive<TopKParams, "many"> = /* @__PURE__ */ definePrimitive<TopKParams, "many">("top_k", {
  multipleResults: true,
  abstractEval([x], { k }) {
    const t = x as Aval;
    if (t.dtype === "float0") throw new DTypeError(`top_k: ${t.toString()} holds no values.`);
    const n = t.shape[normalizeAxis(-1, t.ndim, "top_k")] as number;
    if (!Number.isInteger(k) || k < 0 || k > n) throw new ShapeError(`top_k: k is ${k}, and the last axis of ${t.toString()} has ${n} elements: expected an integer from 0 to ${n}.`);
    const shape = [...t.shape.slice(0, -1), k];
    return [avalOf(shape, t.dtype, t.weak), avalOf(shape, "int32")];
  },
  rules: {
    // d x[i] = dx[i], with i the indices of the greatest
    jvp([x], [dx], params) {
      const outs = bind(topKP, [x as Tensor], params) as [Tensor, Tensor];
      const dvalues = dx instanceof Zero ? zeroTangent(outs[0].aval) : takeAlong(dx as Tensor, outs[1], outs[1].ndim - 1);
      return [outs, [dvalues, zeroTangent(outs[1].aval)]];
    },
    batch: ([x], [axis], params) => [bind(topKP, [moveAxis(x as Tensor, axis as number, 0)], params), [0, 0]],
  },
});

export interface SortOptions {
  /** The greatest first, NaN before all. */
  readonly descending?: boolean;
}

/**
 * The elements in ascending order along an axis, NaN last and equal ones in their order; given several operands of one shape,
 * all in the order of the first `numKeys`. The tangents are permuted alike. @throws ShapeError @throws ArgumentError
 * @example sort([array([2, 1, 2]), array([7, 8, 9])]) // [[1, 2, 2], [8, 7, 9]]
 */
export function sort(operands: TensorLike, axis?: number, numKeys?: number, options?: SortOptions): Tensor;
export function sort(operands: readonly TensorLike[], axis?: number, numKeys?: number, options?: SortOptions): Tensor[];
export function sort(operands: TensorLike | readonly TensorLike[], axis = -1, numKeys = 1, { descending = false }: SortOptions = {}): Tensor | Tensor[] {
  const isList = Array.isArray(operands);
  if (isList && operands.length === 0) throw new ArgumentError("sort: there is nothing to sort; give at least one tensor.");
  const tensors = (isList ? (operands as readonly TensorLike[]) : [operands as TensorLike]).map((x) => toTensor(x, "sort"));
  const at = normalizeAxis(axis, (tensors[0] as Tensor).ndim, "sort");
  const sorted = bind(sortP, tensors, { axis: at, numKeys, descending });
  return isList ? sorted : (sorted[0] as Tensor);
}

/** The int32 indices that sort x along an axis: x at them is in ascending order, NaN last and equal elements in their order. @throws ShapeError */
export function argsort(x: TensorLike, axis = -1, { descending = false }: SortOptions = {}): Tensor {
  const t = toTensor(x, "argsort");
  const at = normalizeAxis(axis, t.ndim, "argsort");
  return bind(sortP, [t, positions(t, at)], { axis: at, numKeys: 1, descending })[1] as Tensor;
}

/**
 * The k greatest elements along the last axis in descending order, and their int32 indices: `f32[…,n]` to `f32[…,k], i32[…,k]`.
 * NaN counts as greatest; of equal elements the first comes first. @throws ShapeError unless 0 ≤ k ≤ n
 * @example topK(array([3, 9, 5]), 2) // [[9, 5], [1, 2]]
 */
export function topK(x: TensorLike, k: number): [values: Tensor, indices: Tensor] {
  return bind(topKP, [toTensor(x, "topK")], { k }) as [Tensor, Tensor];
}
