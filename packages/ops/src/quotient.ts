// Difference, quotient and remainder. Sums and products are core's, because transformations perform them.

import { applyBinary, definePrimitive, isLinear, neg, type Primitive, type Tensor, type TensorLike } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { trunc } from "./rounding.js";

/** x − y. */
export const subP: Primitive = /* @__PURE__ */ definePrimitive("sub", {
  elementwise: { accepts: "number", body: s.sub },
  // d(x − y) = dx − dy
  partials: [() => 1, () => -1],
  linearIn: [0, 1],
  rules: { transpose: (ct: Tensor, [x, y]) => [isLinear(x) ? ct : null, isLinear(y) ? neg(ct) : null] },
});

/** x/y. Linear in x. */
export const divP: Primitive = /* @__PURE__ */ definePrimitive("div", {
  elementwise: { accepts: "number", body: s.div },
  // d(x/y) = dx/y − (x/y)/y·dy
  partials: [(_x, y) => div(1, y), (_x, y, out) => neg(div(out, y))],
  linearIn: [0],
  rules: { transpose: (ct: Tensor, [, y]) => [div(ct, y as Tensor), null] },
});

/** The remainder of x/y with the sign of x. */
export const remP: Primitive = /* @__PURE__ */ definePrimitive("rem", {
  elementwise: { accepts: "number", body: s.rem },
  // x rem y = x − trunc(x/y)·y
  partials: [() => 1, (x, y) => neg(trunc(div(x, y)))],
});

/** x − y, broadcast and promoted; integers wrap around. @throws DTypeError for booleans */
export function sub(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(subP, x, y);
}

/**
 * x/y, broadcast and promoted. Integers truncate towards zero, and give −1 for y = 0 (as XLA does): for a real quotient
 * cast one operand to a float. The derivatives at y = 0 are infinite. @throws DTypeError for booleans
 */
export function div(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(divP, x, y);
}

/**
 * The remainder of x/y with the sign of x, as `%` in JS; broadcast and promoted. An integer modulo 0 is itself.
 * @throws DTypeError for booleans
 */
export function rem(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(remP, x, y);
}
