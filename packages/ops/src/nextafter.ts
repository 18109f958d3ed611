// Neighbouring floats. There is no derivative rule on purpose: a perturbed value that reaches it is an error.

import { applyBinary, definePrimitive, type Primitive, Tensor, type TensorLike } from "@gradus/core";
import * as s from "@gradus/core/scalar";

export interface NextafterParams {
  dtype: "float32" | "float64";
}

/** The next float after x in the direction of y. */
export const nextafterP: Primitive<NextafterParams> = /* @__PURE__ */ definePrimitive<NextafterParams>("nextafter", {
  elementwise: { accepts: "float", body: next },
});

// Without access to bits: x plus slightly more than half a unit in the last place rounds to the neighbour of x. Below the
// normal range the unit is constant, and between the two the sum is taken at a larger scale, where nothing underflows.
// Source: Rump, Zimmermann, Boldo, Melquiond, "Computing predecessor and successor in rounding to nearest", BIT 49 (2009).
function next(x: s.Expr, y: s.Expr, { dtype }: NextafterParams): s.Expr {
  const [u, eta, most] = dtype === "float32" ? [2 ** -24, 2 ** -149, (2 - 2 ** -23) * 2 ** 127] : [2 ** -53, 2 ** -1074, Number.MAX_VALUE];
  const phi = u * (1 + 2 * u);
  const size = s.abs(x);
  const away = s.select(s.less(x, y), 1, -1);
  const moved = (c: s.Operand): s.Expr => s.add(c, s.mul(away, s.mul(phi, s.abs(c))));
  const scaled = s.mul(u, moved(s.mul(x, 1 / u)));
  const stepped = s.add(x, s.mul(away, eta));
  const finite = s.select(
    s.lessEqual(size, (0.5 / u) * eta),
    s.select(s.equal(stepped, 0), s.mul(x, 0), stepped), // a zero has the sign of where it was reached from
    s.select(s.less(size, (0.5 / u / u) * eta), scaled, moved(x)),
  );
  const inward = s.select(s.equal(size, Infinity), s.mul(s.sign(x), most), finite);
  // Where x = y the result is y, which has its own sign of zero; NaN is carried on.
  return s.select(s.equal(x, y), y, s.select(s.equal(x, x), s.select(s.equal(y, y), inward, y), x));
}

/**
 * The next float after x in the direction of y, y itself where they are equal, NaN if either is; broadcast and promoted.
 * It has no derivative: a perturbed operand is a MissingRuleError.
 */
export function nextafter(x: TensorLike, y: TensorLike): Tensor {
  const wide = (x instanceof Tensor && x.dtype === "float64") || (y instanceof Tensor && y.dtype === "float64");
  return applyBinary(nextafterP, x, y, { dtype: wide ? "float64" : "float32" });
}
