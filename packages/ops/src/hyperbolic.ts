// Hyperbolic functions, their inverses, and the logistic sigmoid. Derivatives are written so that they saturate to 0 far
// out, at every order, instead of running into ∞·0.

import { add, applyUnary, definePrimitive, mul, neg, type Primitive, type Tensor, type TensorLike } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { rsqrt } from "./powers.js";
import { sub } from "./quotient.js";

/** The hyperbolic sine. */
export const sinhP: Primitive = /* @__PURE__ */ definePrimitive("sinh", {
  elementwise: { accepts: "float", body: s.sinh },
  // d sinh x = cosh x dx
  partials: [(x) => cosh(x)],
});

/** The hyperbolic cosine. */
export const coshP: Primitive = /* @__PURE__ */ definePrimitive("cosh", {
  elementwise: { accepts: "float", body: s.cosh },
  // d cosh x = sinh x dx
  partials: [(x) => sinh(x)],
});

/** The hyperbolic tangent. */
export const tanhP: Primitive = /* @__PURE__ */ definePrimitive("tanh", {
  elementwise: { accepts: "float", body: s.tanh },
  // d tanh x = (1 − tanh x)(1 + tanh x) dx
  partials: [(_x, out) => mul(sub(1, out), add(1, out))],
});

/** The inverse of sinh. */
export const asinhP: Primitive = /* @__PURE__ */ definePrimitive("asinh", {
  elementwise: { accepts: "float", body: s.asinh },
  // d asinh x = dx/√(1 + x²)
  partials: [(x) => rsqrt(add(1, mul(x, x)))],
});

/** The inverse of cosh. */
export const acoshP: Primitive = /* @__PURE__ */ definePrimitive("acosh", {
  elementwise: { accepts: "float", body: s.acosh },
  // d acosh x = dx/(√(x − 1)·√(x + 1)), NaN below 1
  partials: [(x) => mul(rsqrt(sub(x, 1)), rsqrt(add(x, 1)))],
});

/** The inverse of tanh. */
export const atanhP: Primitive = /* @__PURE__ */ definePrimitive("atanh", {
  elementwise: { accepts: "float", body: s.atanh },
  // d atanh x = dx/(1 − x²); as the square of a root it is NaN outside [−1, 1], like the value
  partials: [
    (x) => {
      const root = rsqrt(mul(sub(1, x), add(1, x)));
      return mul(root, root);
    },
  ],
});

/** 1/(1 + e^−x). */
export const sigmoidP: Primitive = /* @__PURE__ */ definePrimitive("sigmoid", {
  elementwise: {
    accepts: "float",
    // σ(x) = e^x/(1 + e^x) for x < 0: only exponentials that cannot overflow. With q = σ(−|x|), σ(x) is m − m·q, where m is 1 or e^x:
    // how 1 + e^x was rounded hardly shows in that.
    body(x: s.Expr) {
      const e = s.exp(s.neg(s.abs(x)));
      const m = s.select(s.greaterEqual(x, 0), 1, e);
      return s.sub(m, s.mul(m, s.div(e, s.add(1, e))));
    },
  },
  // dσ(x) = σ(x)·σ(−x) dx; 1 − σ(x) would cancel for large x
  partials: [(x, out) => mul(out, sigmoid(neg(x)))],
});

/** The hyperbolic sine, (e^x − e^−x)/2. */
export function sinh(x: TensorLike): Tensor {
  return applyUnary(sinhP, x);
}

/** The hyperbolic cosine, (e^x + e^−x)/2. */
export function cosh(x: TensorLike): Tensor {
  return applyUnary(coshP, x);
}

/** The hyperbolic tangent, sinh x/cosh x. */
export function tanh(x: TensorLike): Tensor {
  return applyUnary(tanhP, x);
}

/** The inverse of sinh. */
export function asinh(x: TensorLike): Tensor {
  return applyUnary(asinhP, x);
}

/** The non-negative inverse of cosh; NaN below 1. Its derivative at 1 is ∞. */
export function acosh(x: TensorLike): Tensor {
  return applyUnary(acoshP, x);
}

/** The inverse of tanh; NaN outside [−1, 1]. Its derivative at ±1 is ∞. */
export function atanh(x: TensorLike): Tensor {
  return applyUnary(atanhP, x);
}

/** The logistic function 1/(1 + e^−x). It and its derivative neither overflow nor turn NaN. */
export function sigmoid(x: TensorLike): Tensor {
  return applyUnary(sigmoidP, x);
}
