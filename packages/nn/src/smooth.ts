// Activations without corners.

import { add, mul, neg, select, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { abs, div, erfc, exp, expm1, integerPow, less, log, log1p, sigmoid, sqrt, square, tanh } from "@gradus/ops";
import { logaddexp } from "@gradus/surrogates";
import { floating } from "./operand.js";

/** ln(1 + e^x) without overflow. Its derivative is σ(x): 0 at −∞, 1 at ∞, NaN at NaN. @throws DTypeError for booleans */
export function softplus(x: TensorLike): Tensor {
  return logaddexp(floating(x, "softplus"), 0);
}

/** ln σ(x) = −softplus(−x). @throws DTypeError for booleans */
export function logSigmoid(x: TensorLike): Tensor {
  return neg(softplus(neg(floating(x, "logSigmoid"))));
}

/** x·σ(x), also called swish. Elfwing, Uchibe & Doya 2018, https://arxiv.org/abs/1702.03118 @throws DTypeError for booleans */
export function silu(x: TensorLike): Tensor {
  const t = floating(x, "silu");
  return mul(t, sigmoid(t));
}

/** x/(1 + |x|). @throws DTypeError for booleans */
export function softSign(x: TensorLike): Tensor {
  const t = floating(x, "softSign");
  return div(t, add(abs(t), 1));
}

export interface GeluOptions {
  /** By tanh, within 5e-4 (yes unless given, as jax.nn has it), or exactly, by the error function. */
  readonly approximate?: boolean;
}

/**
 * x·Φ(x) with the normal distribution Φ(x) = ½erfc(−x/√2), approximately ½(1 + tanh(√(2/π)(x + 0.044715x³))).
 * Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415, section 2 @throws DTypeError for booleans
 */
export function gelu(x: TensorLike, { approximate = true }: GeluOptions = {}): Tensor {
  const t = floating(x, "gelu");
  if (!approximate) return mul(mul(t, 0.5), erfc(mul(t, -Math.SQRT1_2)));
  const inner = mul(add(t, mul(integerPow(t, 3), 0.044715)), Math.sqrt(2 / Math.PI));
  return mul(mul(t, 0.5), add(tanh(inner), 1));
}

/** x as it is. @throws ArgumentError for what is no tensor */
export const identity = (x: TensorLike): Tensor => toTensor(x, "identity");

/** x·tanh(ln(1 + e^x)). Misra 2020, https://arxiv.org/abs/1908.08681 @throws DTypeError for booleans */
export function mish(x: TensorLike): Tensor {
  const t = floating(x, "mish");
  return mul(t, tanh(softplus(t)));
}

/** ½(x + √(x² + b)), b being 4 unless given. Barron 2021, https://arxiv.org/abs/2112.11687 @throws DTypeError for booleans */
export function squareplus(x: TensorLike, b: TensorLike = 4): Tensor {
  const t = floating(x, "squareplus");
  return mul(add(t, sqrt(add(square(t), b))), 0.5);
}

/** ln(1 − e^(−x)) for x > 0, without cancellation on either side of ln 2. Mächler 2012, https://cran.r-project.org/web/packages/Rmpfr/vignettes/log1mexp-note.pdf @throws DTypeError for booleans */
export function log1mexp(x: TensorLike): Tensor {
  const t = floating(x, "log1mexp");
  const isNear = less(t, Math.LN2);
  // What is not selected must not give 0·∞ in derivatives.
  return select(isNear, log(neg(expm1(neg(select(isNear, t, 1))))), log1p(neg(exp(neg(select(isNear, 1, t))))));
}
