// Order statistics: places and sorted values as weighted means over all elements, whose weights become one-hot in the limit.
// Sorting is NeuralSort (Grover, Wang, Zweig & Ermon 2019, "Stochastic optimization of sorting networks via continuous
// relaxations", https://arxiv.org/abs/1903.08850, section 4), with the smooth |x|: n² differences, and no sorting.

import { ArgumentError, broadcastInDim, cast, DTypeError, isFloat, moveAxis, mul, normalizeAxis, reduceSum, reshape, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { dotGeneral, expandDims, iota, sub } from "@gradus/ops";
import { abs } from "./kinks.js";
import { type SharpnessOptions, sharpnessOf } from "./sharpness.js";
import { softmaxLast } from "./softmax-last.js";

/**
 * softmax(kx) along an axis, the last unless given: for the one-hot vector of the greatest element. Equal elements share.
 * @throws ArgumentError for a sharpness that is not positive @throws ShapeError for an axis out of range or empty
 * @throws DTypeError unless x is a float
 */
export function argmaxWeights(x: TensorLike, axis = -1, options: SharpnessOptions = {}): Tensor {
  const k = sharpnessOf(options, "argmaxWeights");
  const [t, at] = alongLast(x, axis, "argmaxWeights");
  return moveAxis(softmaxLast(mul(t, k)), t.ndim - 1, at);
}

/**
 * The mean index by the weights softmax(kx) along an axis, as a float: for the index of the greatest element. Without an
 * axis, in the flattened array. Where several are greatest the limit is the mean of their indices.
 * @throws ArgumentError for a sharpness that is not positive @throws ShapeError for an axis out of range or empty
 * @throws DTypeError unless x is a float
 * @example argmax(array([1, 3, 2]), 0, { sharpness: 10 }) // 1.00005
 */
export function argmax(x: TensorLike, axis?: number | null, options: SharpnessOptions = {}): Tensor {
  const k = sharpnessOf(options, "argmax");
  const given = toTensor(x, "argmax");
  const flat = axis === undefined || axis === null ? reshape(given, [given.size]) : given;
  return meanIndex(softmaxLast(mul(alongLast(flat, axis ?? 0, "argmax")[0], k)));
}

/**
 * Increasing values along an axis, the last unless given, each a mean of all elements with the weights of NeuralSort: for
 * the sorted array. Takes memory for the square of the axis.
 * @throws ArgumentError for a sharpness that is not positive @throws ShapeError for an axis out of range or empty
 * @throws DTypeError unless x is a float
 */
export function sort(x: TensorLike, axis = -1, options: SharpnessOptions = {}): Tensor {
  const k = sharpnessOf(options, "sort");
  const [t, at] = alongLast(x, axis, "sort");
  const n = t.shape[t.ndim - 1] as number;
  return moveAxis(means(rankWeights(t, n, k, 1), t), t.ndim - 1, at);
}

/**
 * The k greatest values along the last axis, greatest first, and their mean indices as floats, by the weights of NeuralSort:
 * for the values and the indices of the k greatest elements.
 * @throws ArgumentError unless k is a whole number, or for a sharpness that is not positive
 * @throws ShapeError for a scalar, an empty axis, or one shorter than k @throws DTypeError unless x is a float
 */
export function topk(x: TensorLike, k: number, options: SharpnessOptions = {}): [values: Tensor, indices: Tensor] {
  const sharpness = sharpnessOf(options, "topk");
  if (!Number.isInteger(k) || k < 0) throw new ArgumentError(`topk: k is ${String(k)}, and has to be a whole number.`);
  const [t] = alongLast(x, -1, "topk");
  if (k > (t.shape[t.ndim - 1] as number)) throw new ShapeError(`topk: the last axis of ${t.aval.toString()} has no ${k} elements.`);
  const weights = rankWeights(t, k, sharpness, -1);
  return [means(weights, t), meanIndex(weights)];
}

// The operand with the axis last, and where that was.
function alongLast(x: TensorLike, axis: number, what: string): [Tensor, number] {
  const t = toTensor(x, what);
  if (!isFloat(t.dtype)) throw new DTypeError(`${what}: ${t.aval.toString()} has no smooth order. Convert first: cast(x, "float32").`);
  const at = normalizeAxis(axis, t.ndim, what);
  if (t.shape[at] === 0) throw new ShapeError(`${what}: axis ${axis} of ${t.aval.toString()} is empty.`);
  return [moveAxis(t, at, t.ndim - 1), at];
}

// [..., rank, element]: softmax over elements of k·((2i − n − 1)·xⱼ − Σₗ |xⱼ − xₗ|) for the i-th least, the i-th greatest
// with the opposite sign of the factor.
function rankWeights(x: Tensor, ranks: number, k: number, direction: 1 | -1): Tensor {
  const n = x.shape[x.ndim - 1] as number;
  const spread = reduceSum(abs(sub(expandDims(x, -1), expandDims(x, -2)), { sharpness: k }), x.ndim);
  const factor = mul(sub(mul(cast(iota([ranks, 1]), x.dtype), 2), n - 1), direction);
  return softmaxLast(mul(sub(mul(factor, expandDims(x, -2)), expandDims(spread, -2)), k));
}

// Σⱼ w[..., i, j]·x[..., j]
function means(weights: Tensor, x: Tensor): Tensor {
  const lead = x.shape.slice(0, -1).map((_, i) => i);
  return dotGeneral(weights, x, { contract: [[x.ndim], [x.ndim - 1]], batch: [lead, lead] });
}

const meanIndex = (weights: Tensor): Tensor => {
  const n = weights.shape[weights.ndim - 1] as number;
  const index = broadcastInDim(cast(iota(n), weights.dtype), weights.shape, [weights.ndim - 1]);
  return reduceSum(mul(weights, index), weights.ndim - 1);
};

