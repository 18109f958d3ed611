// What a package that adds elementwise operations looks like, whole. Each states what it does to one element, and its
// partial derivatives; shapes, promotion, batching, both modes of differentiation and every backend's kernel follow.

import { applyBinary, applyUnary, definePrimitive, type Tensor, type TensorLike } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { abs, add, integerPow, sigmoid, sub } from "@gradus/ops";

/** x / (1 + |x|).  d = 1/(1 + |x|)² */
export const softsignP = /* @__PURE__ */ definePrimitive("@acme/softsign", {
  elementwise: { accepts: "float", body: (x: s.Expr) => s.div(x, s.add(1, s.abs(x))) },
  partials: [(x: Tensor) => integerPow(add(1, abs(x)), -2)],
});

/** ln(eˣ + eʸ), without overflow: the greater plus ln(1 + e^−|x−y|).  d/dx = sigmoid(x − y), d/dy = sigmoid(y − x) */
export const logAddExpP = /* @__PURE__ */ definePrimitive("@acme/log_add_exp", {
  elementwise: { accepts: "float", body: (x: s.Expr, y: s.Expr) => s.add(s.max(x, y), s.log1p(s.exp(s.neg(s.abs(s.sub(x, y)))))) },
  partials: [(x: Tensor, y: Tensor) => sigmoid(sub(x, y)), (x: Tensor, y: Tensor) => sigmoid(sub(y, x))],
});

/** The fractional part, left without a derivative on purpose. */
export const fractionP = /* @__PURE__ */ definePrimitive("@acme/fraction", {
  elementwise: { accepts: "float", body: (x: s.Expr) => s.sub(x, s.floor(x)) },
});

export const softsign = (x: TensorLike): Tensor => applyUnary(softsignP, x);
export const logAddExp = (x: TensorLike, y: TensorLike): Tensor => applyBinary(logAddExpP, x, y);
export const fraction = (x: TensorLike): Tensor => applyUnary(fractionP, x);
