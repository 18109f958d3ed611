// Activations made of pieces. What each does at its corners is said there, and is JAX's (jax.nn).

import { applyUnary, definePrimitive, mul, type Primitive, select, type Tensor, type TensorLike } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { and, cast, expm1, greater, greaterEqual, less } from "@gradus/ops";
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
