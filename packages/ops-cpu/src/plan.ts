// What applying one elementwise primitive to operands of given avals amounts to, worked out once: the aval of the result,
// the conversions, and the function of the numbers.

import { acceptsAt, type AnyPrimitive, type Aval, type DType, type Elementwise, inferAvals, type Resolve } from "@gradus/core";
import { arg, type Expr } from "@gradus/core/scalar";
import type { ScalarFn } from "./loops.js";
import { scalarFunction } from "./scalar-function.js";

/** An elementwise application, planned. */
export interface Plan {
  readonly avals: readonly Aval[];
  readonly resolve: Resolve;
  readonly out: Aval;
  /** The dtypes that operands are converted to. */
  readonly types: readonly DType[];
  /** Whether 0-d operands stay the doubles that they are. */
  readonly isWeak: boolean;
  readonly body: Expr;
  readonly f: ScalarFn;
}

/** A primitive by itself takes operands of equal shapes and dtypes; a predicate comes first. */
export const strict: Resolve = (p, avals, params) => ({
  type: { dtype: (avals[avals.length - 1] as Aval).dtype, weak: avals.every((a) => a.weak || a.dtype === "bool") },
  out: inferAvals(p, avals as Aval[], params)[0] as Aval,
});

/** The plan for a primitive, operands of given avals, and params. `resolve` promotes and broadcasts. @throws ShapeError @throws DTypeError */
export function makePlan(p: AnyPrimitive, avals: readonly Aval[], params: unknown, resolve: Resolve): Plan {
  const trait = p.traits.elementwise as Elementwise;
  const { type, out } = resolve(p, avals, params);
  const types = avals.map((_, i): DType => (acceptsAt(trait, i) === "bool" ? "bool" : type.dtype));
  const body = trait.body(...avals.map((_, i) => arg(i)), params);
  return { avals, resolve, out, types, isWeak: type.weak, body, f: scalarFunction(body, types, out.dtype) };
}

const manyPlans = 64; // of one primitive: searching more takes longer than making one

/** A plan from a list, or added to it. Applications with params are planned each time: they are rare, and their params new. */
export function latestPlan(plans: Plan[], p: AnyPrimitive, avals: readonly Aval[], params: unknown, resolve: Resolve): Plan {
  if (params !== undefined) return makePlan(p, avals, params, resolve);
  return (
    plans.find((q) => q.resolve === resolve && avals.every((a, i) => a === q.avals[i])) ?? (plans[plans.length % manyPlans] = makePlan(p, avals, params, resolve))
  );
}
