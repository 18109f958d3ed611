// What applying an elementwise primitive by itself to operands of given avals amounts to, worked out once: the aval of the
// result and the function of numbers.

import { type AnyPrimitive, type Aval, type Elementwise, inferAvals } from "@gradus/core";
import { arg, type Expr } from "@gradus/core/scalar";
import type { ScalarFn } from "./loops.js";
import { scalarFunction } from "./scalar-function.js";

/** An elementwise application, planned. Operands have equal shapes and dtypes; a predicate comes first. */
export interface Plan {
  readonly avals: readonly Aval[];
  readonly out: Aval;
  /** Whether 0-d operands stay the doubles that they are. */
  readonly isWeak: boolean;
  readonly f: ScalarFn;
}

/** The scalar IR of an elementwise primitive. */
export function bodyOf({ traits }: AnyPrimitive, avals: readonly Aval[], params: unknown): Expr {
  const { body, float32 } = traits.elementwise as Elementwise;
  const isSingle = avals.every((a) => a.dtype === "float32" && !a.weak);
  return ((isSingle && float32) || body)(...avals.map((_, i) => arg(i)), params);
}

const manyPlans = 64; // of one primitive: searching more takes longer than making one

/** A plan from a list, or added to it. Applications with params are planned each time: they are rare, and their params new. */
export function planFor(plans: Plan[], p: AnyPrimitive, avals: Aval[], params: unknown): Plan {
  const known = params === undefined && plans.find((q) => avals.every((a, i) => a === q.avals[i]));
  if (known) return known;
  const [out] = inferAvals(p, avals, params) as [Aval];
  const f = scalarFunction(bodyOf(p, avals, params), avals.map((a) => a.dtype), out.dtype);
  const plan: Plan = { avals, out, isWeak: avals.every((a) => a.weak || a.dtype === "bool"), f };
  if (params === undefined) plans[plans.length % manyPlans] = plan;
  return plan;
}
