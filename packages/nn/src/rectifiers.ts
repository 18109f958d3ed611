// Activations made of pieces. What each does at its corners is said there, and is JAX's (jax.nn).

import { add, applyUnary, ArgumentError, definePrimitive, mul, normalizeAxis, type Primitive, select, ShapeError, type Tensor, type TensorLike } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { and, cast, div, expm1, greater, greaterEqual, less, lessEqual, max, min, sigmoid, sliceAlong, square } from "@gradus/ops";
import { floating } from "./operand.js";

/** max(x, 0). */
export const reluP: Primitive = /* @__PURE__ */ definePrimitive("@gradus/relu", {
  elementwise: { accepts: "float", body: (x: s.Expr) => s.max(x, 0) },
  // d relu = [x > 0] dx: nothing at 0 and at NaN
  partials: [(x) => cast(greater(x, 0), x.dtype)],
});

/** min(max(x, 0), 6). */
export const relu6P: Primitive = /* @__PURE__ */ definePrimitive("@gradus/relu6", {
  elementwise: { accepts: "float", body: (x: s.Expr) => s.min(s.max(x, 0), 6) },
  // d relu6 = [0 < x < 6] dx
  partials: [(x) => cast(and(greater(x, 0), less(x, 6)), x.dtype)],
});

/** max(x, 0). Its derivative is 1 above 0, and 0 at 0, below, and at NaN. @throws DTypeError for booleans */
export function relu(x: TensorLike): Tensor {
  return applyUnary(reluP, floating(x, "relu"));
}

/** min(max(x, 0), 6). Its derivative is 0 at 0 and at 6. @throws DTypeError for booleans */
export function relu6(x: TensorLike): Tensor {
  return applyUnary(relu6P, floating(x, "relu6"));
}

/** x cut to −1 … 1. Its derivative at both ends is 1. @throws DTypeError for booleans */
export function hardTanh(x: TensorLike): Tensor {
  const t = floating(x, "hardTanh");
  return select(greater(t, 1), 1, select(less(t, -1), -1, t));
}

/** x where it is at least 0, else x·slope: 0.01 unless given. Its derivative at 0 is 1. @throws DTypeError for booleans */
export function leakyRelu(x: TensorLike, slope: TensorLike = 0.01): Tensor {
  const t = floating(x, "leakyRelu");
  return select(greaterEqual(t, 0), t, mul(t, slope));
}

/**
 * x where it is above 0, else alpha·(e^x − 1). Its derivative at 0 is alpha: 1 unless given. Clevert, Unterthiner &
 * Hochreiter 2016, https://arxiv.org/abs/1511.07289 @throws DTypeError for booleans
 */
export function elu(x: TensorLike, alpha: TensorLike = 1): Tensor {
  const t = floating(x, "elu");
  const above = greater(t, 0);
  // The exponential of what is not selected must not overflow: 0·∞ in its derivative would be NaN.
  return select(above, t, mul(expm1(select(above, 0, t)), alpha));
}

// The constants that keep mean 0 and variance 1: Klambauer et al. 2017, https://arxiv.org/abs/1706.02515, equation 14.
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/** Self-normalising {@link elu}: 1.0507·elu(x, 1.6733). Its derivative at 0 is 1.7581. @throws DTypeError for booleans */
export function selu(x: TensorLike): Tensor {
  return mul(elu(x, seluAlpha), seluScale);
}

/**
 * max(x, 0) + alpha·(e^(min(x, 0)/alpha) − 1), whose derivative at 0 is 1 whatever alpha: 1 unless given. Barron 2017,
 * https://arxiv.org/abs/1704.07483 @throws DTypeError for booleans @throws ArgumentError for alpha 0
 */
export function celu(x: TensorLike, alpha: TensorLike = 1): Tensor {
  const t = floating(x, "celu");
  if (alpha === 0) throw new ArgumentError("celu: alpha is 0, and has to be another number.");
  return add(max(t, 0), mul(expm1(div(min(t, 0), alpha)), alpha));
}

/** The first half of an axis, the last unless given, times σ of the second half. Dauphin et al. 2017, https://arxiv.org/abs/1612.08083 @throws ShapeError for an axis of odd length or out of range @throws DTypeError for booleans */
export function glu(x: TensorLike, axis = -1): Tensor {
  const t = floating(x, "glu");
  const at = normalizeAxis(axis, t.ndim, "glu");
  const n = t.shape[at] as number;
  if (n % 2 !== 0) throw new ShapeError(`glu: axis ${axis} of ${t.aval.toString()} has no two halves: its length must be even.`);
  return mul(sliceAlong(t, at, 0, n / 2), sigmoid(sliceAlong(t, at, n / 2, n)));
}

/** relu6(x + 3)/6. Its derivative is 0 at −3 and at 3. @throws DTypeError for booleans */
export const hardSigmoid = (x: TensorLike): Tensor => div(relu6(add(floating(x, "hardSigmoid"), 3)), 6);

/** x·{@link hardSigmoid}(x), also called hard swish. Howard et al. 2019, https://arxiv.org/abs/1905.02244 @throws DTypeError for booleans */
export function hardSilu(x: TensorLike): Tensor {
  const t = floating(x, "hardSilu");
  return mul(t, hardSigmoid(t));
}

/** 0 up to −1, x from 1 on, and ¼(x + 1)² between. Its derivative is {@link sparseSigmoid}. @throws DTypeError for booleans */
export function sparsePlus(x: TensorLike): Tensor {
  const t = floating(x, "sparsePlus");
  return select(lessEqual(t, -1), 0, select(greaterEqual(t, 1), t, mul(square(add(t, 1)), 0.25)));
}

/** ½(x + 1), cut to 0 … 1. Its derivative at −1 and 1 is half of that between. @throws DTypeError for booleans */
export const sparseSigmoid = (x: TensorLike): Tensor => mul(min(max(add(floating(x, "sparseSigmoid"), 1), 0), 2), 0.5);
