// Absolute value, the greater and the lesser of two values, and clamping: continuous, with kinks at which a convention
// chooses the derivative.

import { add, applyBinary, applyN, applyUnary, definePrimitive, mul, type Primitive, type Tensor, type TensorLike } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { greater, greaterEqual, less } from "./comparison.js";
import { indicator } from "./indicator.js";
import { and } from "./logic.js";
import { sub } from "./quotient.js";

/** |x|. */
export const absP: Primitive = /* @__PURE__ */ definePrimitive("abs", {
  elementwise: { accepts: "number", body: s.abs },
  // d|x| = dx for x ≥ 0 (and for −0), −dx otherwise
  partials: [(x) => sub(mul(2, indicator(greaterEqual(x, 0), x)), 1)],
});

/** The greater of x and y. */
export const maxP: Primitive = /* @__PURE__ */ definePrimitive("max", {
  elementwise: { accepts: "any", body: s.max },
  // d max(x, y) = [x > y] dx + [y > x] dy, and half of each at a tie
  partials: [(x, y) => exceeds(x, y), (x, y) => exceeds(y, x)],
});

/** The lesser of x and y. */
export const minP: Primitive = /* @__PURE__ */ definePrimitive("min", {
  elementwise: { accepts: "any", body: s.min },
  // d min(x, y) = [x < y] dx + [y < x] dy, and half of each at a tie
  partials: [(x, y) => exceeds(y, x), (x, y) => exceeds(x, y)],
});

/** min(max(lo, x), hi). */
export const clampP: Primitive = /* @__PURE__ */ definePrimitive("clamp", {
  elementwise: { accepts: "any", body: (lo: s.Expr, x: s.Expr, hi: s.Expr) => s.min(s.max(lo, x), hi) },
  // d clamp = [x < lo < hi] dlo + [lo < x < hi] dx + [x > hi] dhi: nothing at equality
  partials: [
    (lo, x, hi) => indicator(and(less(x, lo), less(lo, hi)), x),
    (lo, x, hi) => indicator(and(less(lo, x), less(x, hi)), x),
    (_lo, x, hi) => indicator(greater(x, hi), x),
  ],
});

// 1 where x > y, ½ where they are equal, 0 elsewhere and at NaN.
const exceeds = (x: Tensor, y: Tensor): Tensor => mul(0.5, add(indicator(greater(x, y), x), indicator(greaterEqual(x, y), x)));

/** |x|. Its derivative at 0 is 1. @throws DTypeError for booleans */
export function abs(x: TensorLike): Tensor {
  return applyUnary(absP, x);
}

/** The greater of x and y, broadcast and promoted; NaN if either is. At a tie both derivatives are ½, at NaN both are 0. */
export function max(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(maxP, x, y);
}

/** The lesser of x and y, broadcast and promoted; NaN if either is. At a tie both derivatives are ½, at NaN both are 0. */
export function min(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(minP, x, y);
}

/** x where it is between lo and hi, else the bound that it passes; broadcast and promoted. The derivative by x is 0 at a bound. */
export function clamp(lo: TensorLike, x: TensorLike, hi: TensorLike): Tensor {
  return applyN(clampP, [lo, x, hi]);
}
