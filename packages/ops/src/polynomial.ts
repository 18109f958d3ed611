// Polynomials in the scalar IR.

import * as s from "@gradus/core/scalar";

/** c[0]·xⁿ + … + c[n], by Horner's rule. */
export const polynomial = (x: s.Expr, c: readonly number[]): s.Expr => c.slice(1).reduce<s.Expr>((sum, a) => s.add(s.mul(sum, x), a), s.constant(c[0] as number));
