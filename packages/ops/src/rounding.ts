// Rounding and the sign: step functions of floats. They are flat between their steps and have no derivative at them, so
// their gradient is zero by declaration; straightThrough and the surrogates give them another one on request.

import { applyUnary, definePrimitive, type Primitive, type Tensor, type TensorLike } from "@gradus/core";
import * as s from "@gradus/core/scalar";

/** The greatest integer ≤ x. */
export const floorP: Primitive = /* @__PURE__ */ definePrimitive("floor", {
  elementwise: { accepts: "float", body: s.floor },
  zeroGradient: "rounding is a step function",
});

/** The least integer ≥ x. */
export const ceilP: Primitive = /* @__PURE__ */ definePrimitive("ceil", {
  elementwise: { accepts: "float", body: s.ceil },
  zeroGradient: "rounding is a step function",
});

/** The nearest integer, ties to the even one. */
export const roundP: Primitive = /* @__PURE__ */ definePrimitive("round", {
  elementwise: { accepts: "float", body: s.round },
  zeroGradient: "rounding is a step function",
});

/** The integer part: rounded towards zero. */
export const truncP: Primitive = /* @__PURE__ */ definePrimitive("trunc", {
  elementwise: { accepts: "float", body: s.trunc },
  zeroGradient: "rounding is a step function",
});

/** −1, 0 or 1 as x is negative, zero or positive. */
export const signP: Primitive = /* @__PURE__ */ definePrimitive("sign", {
  elementwise: { accepts: "number", body: s.sign },
  zeroGradient: "the sign is a step function",
});

/** The greatest integer ≤ x, as a float. */
export function floor(x: TensorLike): Tensor {
  return applyUnary(floorP, x);
}

/** The least integer ≥ x, as a float. */
export function ceil(x: TensorLike): Tensor {
  return applyUnary(ceilP, x);
}

/** The nearest integer, ties to the even one, as a float: 0.5 → 0, 1.5 → 2, 2.5 → 2. */
export function round(x: TensorLike): Tensor {
  return applyUnary(roundP, x);
}

/** The integer part of x, rounded towards zero, as a float. */
export function trunc(x: TensorLike): Tensor {
  return applyUnary(truncP, x);
}

/** −1, 0 or 1 as x is negative, zero or positive; NaN of NaN. @throws DTypeError for booleans */
export function sign(x: TensorLike): Tensor {
  return applyUnary(signP, x);
}
