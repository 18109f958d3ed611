// Functions with a corner: the greater of two, |x| and the rectifier, all from ln(e^x + e^y). Their derivatives are the
// smooth steps of the same sharpness.

import { mul, neg, type Tensor, type TensorLike } from "@gradus/core";
import { logaddexp } from "@gradus/ops";
import { type SharpnessOptions, sharpnessOf } from "./sharpness.js";

/**
 * ln(e^(kx) + e^(ky))/k, for the greater of x and y: at most ln 2/k more than it, which is where they are equal.
 * @throws ArgumentError for a sharpness that is not positive
 */
export function max(x: TensorLike, y: TensorLike, options: SharpnessOptions = {}): Tensor {
  const k = sharpnessOf(options, "max");
  return mul(logaddexp(mul(x, k), mul(y, k)), 1 / k);
}

/**
 * ln(1 + e^(kx))/k, for max(x, 0): at most ln 2/k more than it, which is at 0. Its derivative is {@link step}.
 * @throws ArgumentError for a sharpness that is not positive
 */
export function relu(x: TensorLike, options: SharpnessOptions = {}): Tensor {
  return max(x, 0, { sharpness: sharpnessOf(options, "relu") });
}

/**
 * ln(e^(kx) + e^(−kx))/k, for |x|: at most ln 2/k more than it, which is at 0. Its derivative is {@link sign}.
 * @throws ArgumentError for a sharpness that is not positive
 */
export function abs(x: TensorLike, options: SharpnessOptions = {}): Tensor {
  return max(x, neg(x), { sharpness: sharpnessOf(options, "abs") });
}
