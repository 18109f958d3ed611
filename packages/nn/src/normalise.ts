// Exponentials that sum to one, and the logarithm of their sum.

import { add, mul, normalizeAxes, reduceSum, select, type Tensor, type TensorLike } from "@gradus/core";
import { defineRule } from "@gradus/custom-rules";
import { div, exp, isFinite, log, reduceMax, rsqrt, square, sub } from "@gradus/ops";
import { stopGradient } from "@gradus/stop-gradient";
import { type AxisList, floating, withAxes } from "./operand.js";

/**
 * e^x/Σe^x along axes, the last unless given. −∞ gives exactly 0, and takes a gradient of exactly 0, so it serves as a mask;
 * where all are −∞ the result is NaN. The derivative is y·(dx − Σy·dx), of the outputs y alone.
 * @throws ShapeError for an axis out of range or a scalar @throws DTypeError for booleans
 * @example softmax(array([0, 0, -Infinity])) // [0.5, 0.5, 0]
 */
export function softmax(x: TensorLike, axis: AxisList = -1): Tensor {
  const t = floating(x, "softmax");
  const axes = normalizeAxes(axis, t.ndim, "softmax");
  const rule: (v: Tensor) => Tensor = defineRule(
    function softmax(v: Tensor): Tensor {
      const e = exp(sub(v, withAxes(reduceMax(v, axes), v, axes)));
      return div(e, withAxes(reduceSum(e, axes), e, axes));
    },
    {
      jvp([v]: [Tensor], [dv]: [Tensor]): [Tensor, Tensor] {
        const y = rule(v);
        return [y, mul(y, sub(dv, withAxes(reduceSum(mul(y, dv), axes), y, axes)))];
      },
    },
  );
  return isEmpty(t, axes) ? t : rule(t);
}

/**
 * x − ln Σe^x along axes, the last unless given: the logarithm of {@link softmax} without its underflow. −∞ stays −∞.
 * @throws ShapeError for an axis out of range or a scalar @throws DTypeError for booleans
 */
export function logSoftmax(x: TensorLike, axis: AxisList = -1): Tensor {
  const t = floating(x, "logSoftmax");
  const axes = normalizeAxes(axis, t.ndim, "logSoftmax");
  if (isEmpty(t, axes)) return t;
  const shifted = sub(t, withAxes(stopGradient(reduceMax(t, axes)), t, axes));
  return sub(shifted, withAxes(log(reduceSum(exp(shifted), axes)), t, axes));
}

export interface KeepDims {
  /** Whether the axes that are reduced stay, with length 1. No unless given. */
  readonly keepdims?: boolean;
}

/**
 * ln Σe^x over axes, all of them unless given, without overflow; −∞ of nothing. Its derivative is the softmax: 0 at −∞ beside
 * finite values, NaN where all are −∞ or one is ∞.
 * @throws ShapeError for an axis out of range @throws DTypeError for booleans
 */
export function logsumexp(x: TensorLike, axis?: AxisList, { keepdims = false }: KeepDims = {}): Tensor {
  const t = floating(x, "logsumexp");
  const axes = normalizeAxes(axis, t.ndim, "logsumexp");
  const greatest = stopGradient(reduceMax(t, axes));
  // A maximum that is infinite would give ∞ − ∞.
  const m = select(isFinite(greatest), greatest, 0);
  const out = add(log(reduceSum(exp(sub(t, withAxes(m, t, axes))), axes)), m);
  return keepdims ? withAxes(out, t, axes) : out;
}

/** {@link logsumexp} less the logarithm of the number of elements. @throws ShapeError for an axis out of range @throws DTypeError for booleans */
export function logmeanexp(x: TensorLike, axis?: AxisList, options: KeepDims = {}): Tensor {
  const t = floating(x, "logmeanexp");
  const n = normalizeAxes(axis, t.ndim, "logmeanexp").reduce((k, a) => k * (t.shape[a] as number), 1);
  return sub(logsumexp(t, axis, options), Math.log(n));
}

export interface StandardizeOptions {
  /** Instead of the mean along the axes, which stay with length 1. */
  readonly mean?: TensorLike;
  /** Instead of the variance. */
  readonly variance?: TensorLike;
  /** Added to the variance: 1e-5 unless given. */
  readonly epsilon?: number;
}

/** (x − mean)/√(variance + ε) along axes, the last unless given. @throws ShapeError for an axis out of range or a scalar @throws DTypeError for booleans */
export function standardize(x: TensorLike, axis: AxisList = -1, { mean, variance, epsilon = 1e-5 }: StandardizeOptions = {}): Tensor {
  const t = floating(x, "standardize");
  const axes = normalizeAxes(axis, t.ndim, "standardize");
  const n = axes.reduce((k, a) => k * (t.shape[a] as number), 1);
  const centred = sub(t, mean ?? withAxes(div(reduceSum(t, axes), n), t, axes));
  // Of distances to the mean: squares of great numbers would cancel.
  const spread = variance ?? withAxes(div(reduceSum(square(centred), axes), n), t, axes);
  return mul(centred, rsqrt(add(spread, epsilon)));
}

const isEmpty = (x: Tensor, axes: readonly number[]): boolean => axes.some((a) => x.shape[a] === 0);
