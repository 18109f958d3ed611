// The intrinsics behind the functions of the scalar IR.

import { constant, type Expr, type Intrinsic } from "@gradus/core/scalar";

/** The intrinsic that an expression made by this function is of. */
export const intrinsic = (make: (a: Expr, b: Expr, c: Expr) => Expr): Intrinsic => (make(constant(0), constant(0), constant(0)) as Extract<Expr, { kind: "call" }>).op;
