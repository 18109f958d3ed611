// Exponentials and logarithms.

import { add, applyUnary, definePrimitive, mul, type Primitive, type Tensor, type TensorLike } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { div } from "./quotient.js";

/** e^x. */
export const expP: Primitive = /* @__PURE__ */ definePrimitive("exp", {
  elementwise: { accepts: "float", body: s.exp },
  // d e^x = e^x dx
  partials: [(_x, out) => out],
});

/** 2^x. */
export const exp2P: Primitive = /* @__PURE__ */ definePrimitive("exp2", {
  elementwise: { accepts: "float", body: s.exp2 },
  // d 2^x = ln 2·2^x dx
  partials: [(_x, out) => mul(out, Math.LN2)],
});

/** e^x − 1, accurate near 0. */
export const expm1P: Primitive = /* @__PURE__ */ definePrimitive("expm1", {
  elementwise: { accepts: "float", body: s.expm1 },
  // d(e^x − 1) = e^x dx; out + 1 would cancel for very negative x
  partials: [(x) => exp(x)],
});

/** ln x. */
export const logP: Primitive = /* @__PURE__ */ definePrimitive("log", {
  elementwise: { accepts: "float", body: s.log },
  // d ln x = dx/x
  partials: [(x) => div(1, x)],
});

/** The logarithm to base 2. */
export const log2P: Primitive = /* @__PURE__ */ definePrimitive("log2", {
  elementwise: { accepts: "float", body: s.log2 },
  // d log₂ x = dx/(x ln 2)
  partials: [(x) => div(Math.LOG2E, x)],
});

/** ln(1 + x), accurate near 0. */
export const log1pP: Primitive = /* @__PURE__ */ definePrimitive("log1p", {
  elementwise: { accepts: "float", body: s.log1p },
  // d ln(1 + x) = dx/(1 + x)
  partials: [(x) => div(1, add(1, x))],
});

/** e^x. */
export function exp(x: TensorLike): Tensor {
  return applyUnary(expP, x);
}

/** 2^x. */
export function exp2(x: TensorLike): Tensor {
  return applyUnary(exp2P, x);
}

/** e^x − 1, accurate near 0. */
export function expm1(x: TensorLike): Tensor {
  return applyUnary(expm1P, x);
}

/** The natural logarithm: −∞ at 0, NaN below; its derivative is 1/x there too. */
export function log(x: TensorLike): Tensor {
  return applyUnary(logP, x);
}

/** The logarithm to base 2. */
export function log2(x: TensorLike): Tensor {
  return applyUnary(log2P, x);
}

/** ln(1 + x), accurate near 0; −∞ at −1. */
export function log1p(x: TensorLike): Tensor {
  return applyUnary(log1pP, x);
}
