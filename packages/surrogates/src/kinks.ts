// Functions with a corner: the greater of two, |x| and the rectifier, all from ln(e^x + e^y). Their derivatives are the
// smooth steps of the same sharpness.

import { applyBinary, definePrimitive, mul, neg, type Primitive, select, type Tensor, type TensorLike } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { and, equal, sigmoid, sub } from "@gradus/ops";
import { type SharpnessOptions, sharpnessOf } from "./sharpness.js";

/** ln(e^x + e^y). */
export const logaddexpP: Primitive = /* @__PURE__ */ definePrimitive("@gradus/logaddexp", {
  elementwise: {
    accepts: "float",
    // At equality apart, because ∞ − ∞ is NaN.
    body: (x: s.Expr, y: s.Expr) => s.select(s.equal(x, y), s.add(x, Math.LN2), s.add(s.max(x, y), s.log1p(s.exp(s.neg(s.abs(s.sub(x, y))))))),
  },
  // d ln(e^x + e^y) = σ(x − y) dx + σ(y − x) dy
  partials: [(x, y) => share(x, y), (x, y) => share(y, x)],
});

// σ(x − y), and 1 where both are ∞.
function share(x: Tensor, y: Tensor): Tensor {
  const both = and(equal(x, Infinity), equal(y, Infinity));
  return sigmoid(select(both, Infinity, sub(x, y)));
}

/**
 * ln(e^x + e^y) without overflow, broadcast and promoted. The derivatives are ½ at equality, 1 and 1 at (∞, ∞), NaN at
 * (−∞, −∞). @throws DTypeError for float0
 */
export function logaddexp(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(logaddexpP, x, y);
}

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
