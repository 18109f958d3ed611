// Trigonometric functions and their inverses. Angles are in radians.

import { add, applyBinary, applyUnary, definePrimitive, mul, neg, type Primitive, type Tensor, type TensorLike } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { rsqrt } from "./powers.js";
import { div, sub } from "./quotient.js";

/** sin x. */
export const sinP: Primitive = /* @__PURE__ */ definePrimitive("sin", {
  elementwise: { accepts: "float", body: s.sin },
  // d sin x = cos x dx
  partials: [(x) => cos(x)],
});

/** cos x. */
export const cosP: Primitive = /* @__PURE__ */ definePrimitive("cos", {
  elementwise: { accepts: "float", body: s.cos },
  // d cos x = −sin x dx
  partials: [(x) => neg(sin(x))],
});

/** tan x. */
export const tanP: Primitive = /* @__PURE__ */ definePrimitive("tan", {
  elementwise: { accepts: "float", body: s.tan },
  // d tan x = (1 + tan² x) dx
  partials: [(_x, out) => add(1, mul(out, out))],
});

/** The angle in [−π/2, π/2] whose sine is x. */
export const asinP: Primitive = /* @__PURE__ */ definePrimitive("asin", {
  elementwise: { accepts: "float", body: s.asin },
  // d asin x = dx/√(1 − x²)
  partials: [(x) => rsqrt(oneMinusSquare(x))],
});

/** The angle in [0, π] whose cosine is x. */
export const acosP: Primitive = /* @__PURE__ */ definePrimitive("acos", {
  elementwise: { accepts: "float", body: s.acos },
  // d acos x = −dx/√(1 − x²)
  partials: [(x) => neg(rsqrt(oneMinusSquare(x)))],
});

/** The angle in [−π/2, π/2] whose tangent is x. */
export const atanP: Primitive = /* @__PURE__ */ definePrimitive("atan", {
  elementwise: { accepts: "float", body: s.atan },
  // d atan x = dx/(1 + x²)
  partials: [(x) => div(1, add(1, mul(x, x)))],
});

/** The angle in [−π, π] of the point (x, y). */
export const atan2P: Primitive = /* @__PURE__ */ definePrimitive("atan2", {
  elementwise: { accepts: "float", body: s.atan2 },
  // d atan2(y, x) = (x dy − y dx)/(x² + y²)
  partials: [(y, x) => div(x, sumOfSquares(x, y)), (y, x) => neg(div(y, sumOfSquares(x, y)))],
});

// In factors, which do not cancel near ±1.
const oneMinusSquare = (x: Tensor): Tensor => mul(sub(1, x), add(1, x));

const sumOfSquares = (x: Tensor, y: Tensor): Tensor => add(mul(x, x), mul(y, y));

/** The sine of x radians. */
export function sin(x: TensorLike): Tensor {
  return applyUnary(sinP, x);
}

/** The cosine of x radians. */
export function cos(x: TensorLike): Tensor {
  return applyUnary(cosP, x);
}

/** The tangent of x radians. */
export function tan(x: TensorLike): Tensor {
  return applyUnary(tanP, x);
}

/** The angle in [−π/2, π/2] whose sine is x; NaN outside [−1, 1]. Its derivative at ±1 is ∞. */
export function asin(x: TensorLike): Tensor {
  return applyUnary(asinP, x);
}

/** The angle in [0, π] whose cosine is x; NaN outside [−1, 1]. Its derivative at ±1 is −∞. */
export function acos(x: TensorLike): Tensor {
  return applyUnary(acosP, x);
}

/** The angle in [−π/2, π/2] whose tangent is x. */
export function atan(x: TensorLike): Tensor {
  return applyUnary(atanP, x);
}

/** The angle in [−π, π] of the point (x, y), broadcast and promoted. Its derivatives at the origin are NaN. */
export function atan2(y: TensorLike, x: TensorLike): Tensor {
  return applyBinary(atan2P, y, x);
}
