// Losses that measure how far two arrays, or the directions of two vectors, are apart.

import { add, mul, neg, normalizeAxis, reduceSum, select, ShapeError, type Tensor, type TensorLike } from "@gradus/core";
import { div, equal, max, sqrt, square, sub } from "@gradus/ops";
import { logaddexp } from "@gradus/surrogates";
import { type LossOptions, paired, reduce } from "./losses.js";
import { relu } from "./rectifiers.js";

/** ½(x − y)². @throws ShapeError unless the shapes are equal @throws DTypeError for booleans @throws ArgumentError for an unknown reduction */
export function l2Loss(predictions: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  const [x, y] = paired(predictions, targets, "l2Loss");
  return reduce(mul(square(sub(x, y)), 0.5), options, "l2Loss");
}

/** ln cosh(x − y), without overflow. @throws ShapeError unless the shapes are equal @throws DTypeError for booleans @throws ArgumentError for an unknown reduction */
export function logCosh(predictions: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  const [x, y] = paired(predictions, targets, "logCosh");
  const e = sub(x, y);
  return reduce(sub(logaddexp(e, neg(e)), Math.LN2), options, "logCosh");
}

/** max(0, 1 − xy) for scores x and signs y, 1 or −1. Its derivative at xy = 1 is 0. @throws ShapeError unless the shapes are equal @throws DTypeError for booleans @throws ArgumentError for an unknown reduction */
export function hinge(scores: TensorLike, signs: TensorLike, options: LossOptions = {}): Tensor {
  const [x, y] = paired(scores, signs, "hinge");
  return reduce(relu(sub(1, mul(x, y))), options, "hinge");
}

export interface CosineOptions {
  /** The axis of the vectors: the last unless given. */
  readonly axis?: number;
  /** The least length that counts, 0 unless given. */
  readonly epsilon?: number;
}

/**
 * The cosine of the angle between vectors along an axis; 0 beside a vector of length 0, with a derivative of 0 by it.
 * @throws ShapeError unless the shapes are equal and have the axis @throws DTypeError for booleans
 */
export function cosineSimilarity(x: TensorLike, y: TensorLike, { axis = -1, epsilon = 0 }: CosineOptions = {}): Tensor {
  const [a, b] = paired(x, y, "cosineSimilarity");
  if (a.ndim === 0) throw new ShapeError(`cosineSimilarity: ${a.aval.toString()} is no vector.`);
  const at = normalizeAxis(axis, a.ndim, "cosineSimilarity");
  const length = (t: Tensor): Tensor => {
    const squares = reduceSum(square(t), at);
    const isZero = equal(squares, 0);
    return max(select(isZero, 0, sqrt(select(isZero, 1, squares))), epsilon);
  };
  const both = mul(length(a), length(b));
  const isZero = equal(both, 0);
  return select(isZero, 0, div(reduceSum(mul(a, b), at), select(isZero, 1, both)));
}

/** 1 − {@link cosineSimilarity}, per pair of vectors. @throws ShapeError unless the shapes are equal and have the axis @throws DTypeError for booleans */
export const cosineDistance = (x: TensorLike, y: TensorLike, options: CosineOptions = {}): Tensor => add(1, neg(cosineSimilarity(x, y, options)));
