// Losses: of predictions and targets of one shape, reduced to their mean unless otherwise asked.

import { add, ArgumentError, array, DTypeError, isFloat, isInteger, moveAxis, mul, neg, normalizeAxis, reduceSum, select, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { abs, and, div, equal, isFinite, iota, log, min, not, reduceOr, reshape, square, sub } from "@gradus/ops";
import { logSoftmax } from "./normalise.js";
import { floating } from "./operand.js";
import { softplus } from "./smooth.js";

export interface LossOptions {
  /** One number, the mean (unless given) or the sum, or the losses as they are. */
  readonly reduction?: "mean" | "sum" | "none";
}

/** The losses as they are, their sum, or their mean. @throws ArgumentError for an unknown reduction */
export function reduce(losses: Tensor, { reduction = "mean" }: LossOptions, what: string): Tensor {
  if (reduction === "none") return losses;
  if (reduction === "sum") return reduceSum(losses);
  if (reduction !== "mean") throw new ArgumentError(`${what}: the reduction is ${String(reduction)}, expected "mean", "sum" or "none".`);
  return div(reduceSum(losses), losses.size);
}

/** Operands that must not broadcast: [n] against [n, 1] would be n² losses. @throws ShapeError @throws DTypeError for booleans */
export function paired(x: TensorLike, y: TensorLike, what: string): [Tensor, Tensor] {
  const [a, b] = [floating(x, what), floating(y, what)];
  if (a.ndim !== b.ndim || a.shape.some((d, i) => d !== b.shape[i])) {
    throw new ShapeError(`${what}: ${a.aval.toString()} and ${b.aval.toString()} must have equal shapes: use reshape or broadcastTo.`);
  }
  return [a, b];
}

/** (x − y)². @throws ShapeError unless the shapes are equal @throws DTypeError for booleans @throws ArgumentError for an unknown reduction */
export function mse(predictions: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  const [x, y] = paired(predictions, targets, "mse");
  return reduce(square(sub(x, y)), options, "mse");
}

/** |x − y|; its derivative by x at equality is 1. @throws ShapeError unless the shapes are equal @throws DTypeError for booleans @throws ArgumentError for an unknown reduction */
export function mae(predictions: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  const [x, y] = paired(predictions, targets, "mae");
  return reduce(abs(sub(x, y)), options, "mae");
}

export interface HuberOptions extends LossOptions {
  /** Where the square becomes linear: positive, 1 unless given. */
  readonly delta?: number;
}

/**
 * ½e² for an error |e| ≤ delta, delta·(|e| − ½delta) above. Huber 1964, https://doi.org/10.1214/aoms/1177703732
 * @throws ShapeError unless the shapes are equal @throws DTypeError for booleans @throws ArgumentError for a delta that is not positive
 */
export function huber(predictions: TensorLike, targets: TensorLike, { delta = 1, ...options }: HuberOptions = {}): Tensor {
  if (!(typeof delta === "number" && delta > 0)) throw new ArgumentError(`huber: delta is ${String(delta)}, and has to be a positive JS number.`);
  const [x, y] = paired(predictions, targets, "huber");
  const e = abs(sub(x, y));
  const near = min(e, delta);
  return reduce(add(mul(square(near), 0.5), mul(sub(e, near), delta)), options, "huber");
}

export interface CrossEntropyOptions extends LossOptions {
  /** The axis of the classes: the last unless given. */
  readonly axis?: number;
}

/**
 * −Σ p·ln softmax(logits) along the class axis: `f[…,n], i[…]` for labels, `f[…,n], f[…,n]` for probabilities p. A logit of −∞
 * masks a class that has no probability. A label out of range gives NaN, not a loss of 0.
 * @throws ShapeError where the shapes do not fit @throws DTypeError for booleans @throws ArgumentError for an unknown reduction
 * @example crossEntropy(array([[0, 0]]), array([1], { dtype: "int32" })) // ln 2
 */
export function crossEntropy(logits: TensorLike, targets: TensorLike, { axis = -1, ...options }: CrossEntropyOptions = {}): Tensor {
  const x = floating(logits, "crossEntropy");
  const at = normalizeAxis(axis, x.ndim, "crossEntropy");
  const last = x.ndim - 1;
  const logs = moveAxis(logSoftmax(x, at), at, last);
  const t = typeof targets === "number" && Number.isInteger(targets) && last === 0 ? array(targets, { dtype: "int32" }) : toTensor(targets, "crossEntropy");
  if (!isInteger(t.dtype)) {
    if (!isFloat(t.dtype)) throw new DTypeError(`crossEntropy: the targets ${t.aval.toString()} must be integer labels or float probabilities.`);
    const p = moveAxis(paired(x, t, "crossEntropy")[1], at, last);
    // 0·ln 0 is 0.
    const weighted = mul(p, select(and(equal(p, 0), not(isFinite(logs))), 0, logs));
    return reduce(neg(reduceSum(weighted, last)), options, "crossEntropy");
  }
  const classes = logs.shape[last] as number;
  const expected = logs.shape.slice(0, -1);
  if (t.ndim !== last || t.shape.some((d, i) => d !== expected[i])) {
    throw new ShapeError(`crossEntropy: labels ${t.aval.toString()} of logits ${x.aval.toString()} must have the shape [${expected}]: one label per example.`);
  }
  const chosen = equal(reshape(t, [...t.shape, 1]), iota(classes, t.dtype));
  const losses = neg(reduceSum(select(chosen, logs, 0), last));
  return reduce(select(reduceOr(chosen, last), losses, NaN), options, "crossEntropy");
}

/**
 * −y·ln σ(x) − (1 − y)·ln(1 − σ(x)) for logits x and probabilities y, without underflow.
 * @throws ShapeError unless the shapes are equal @throws DTypeError for booleans @throws ArgumentError for an unknown reduction
 */
export function binaryCrossEntropyWithLogits(logits: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  const [x, y] = paired(logits, targets, "binaryCrossEntropyWithLogits");
  return reduce(add(mul(y, softplus(neg(x))), mul(sub(1, y), softplus(x))), options, "binaryCrossEntropyWithLogits");
}

/**
 * Σ p·(ln p − ln q) along the last axis, of ln q and p, with 0·ln 0 = 0: how far the prediction q is from p.
 * @throws ShapeError unless the shapes are equal, with one axis at least @throws DTypeError for booleans @throws ArgumentError for an unknown reduction
 */
export function klDivergence(logPredictions: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  const [q, p] = paired(logPredictions, targets, "klDivergence");
  const last = normalizeAxis(-1, p.ndim, "klDivergence");
  const none = equal(p, 0);
  const terms = mul(p, sub(log(select(none, 1, p)), select(none, 0, q)));
  return reduce(reduceSum(terms, last), options, "klDivergence");
}
