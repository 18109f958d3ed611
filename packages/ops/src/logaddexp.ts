// The logarithm of a sum of exponentials of two numbers: what joins logarithms as addition joins numbers.

import { applyBinary, definePrimitive, type Primitive, select, type Tensor, type TensorLike } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { equal } from "./comparison.js";
import { sigmoid } from "./hyperbolic.js";
import { and } from "./logic.js";
import { sub } from "./quotient.js";

/** ln(e^x + e^y). */
export const logaddexpP: Primitive = /* @__PURE__ */ definePrimitive("logaddexp", {
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
