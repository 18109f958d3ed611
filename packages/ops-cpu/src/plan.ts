// What applying one elementwise primitive to operands of given avals amounts to, worked out once: the aval of the result,
// the conversions, a function of numbers for 0-d operands and steps for arrays. Plans are cached by primitive and avals.

import { acceptsAt, type AnyPrimitive, type Aval, type DType, type Elementwise, inferAvals, isInteger, type Resolve } from "@gradus/core";
import { arg } from "@gradus/core/scalar";
import type { ScalarFn } from "./loops.js";
import { compileBody, scalarFunction, type Step } from "./program.js";

/** An elementwise application, planned. */
export interface Plan {
  readonly avals: readonly Aval[];
  readonly x: Aval;
  readonly y: Aval | undefined;
  /** Those last given: equal ones, if not the same, take their place. */
  params: unknown;
  readonly out: Aval;
  /** Whether operands have the result's shape and one dtype, as the primitive by itself demands. */
  readonly isStrict: boolean;
  readonly f: ScalarFn;
  /** Whether a 0-d operand has to be rounded to float32 first. */
  readonly roundX: boolean;
  readonly roundY: boolean;
  readonly steps: readonly Step[];
  /** The dtypes that operands are converted to. */
  readonly types: readonly DType[];
  /** What an engine works out once for itself. */
  prepared: unknown;
}

const manyPlans = 64; // of one primitive: searching more takes longer than making one

/**
 * The plan for a primitive, operands of given avals, and params, from `plans` or added to them. `resolve` promotes and
 * broadcasts. @throws ShapeError @throws DTypeError
 */
export function planFor(plans: Plan[], p: AnyPrimitive, avals: readonly Aval[], params: unknown, resolve: Resolve = strict): Plan {
  const [x, y] = avals;
  let i = 0;
  for (; i < plans.length; i++) {
    const q = plans[i] as Plan;
    if (q.x === x && q.y === y && (avals.length < 3 || avals.every((a, k) => a === q.avals[k])) && sameParams(q.params, params)) break;
  }
  if (i === manyPlans) i = plans.length = 0;
  // The last one used comes first: an inline cache.
  const plan = plans[i] ?? makePlan(p, avals, params, resolve);
  if (i > 0) plans[i] = plans[0] as Plan;
  plans[0] = plan;
  plan.params = params;
  return plan;
}

function sameParams(a: any, b: any): boolean {
  if (a === b) return true;
  if (!a || !b) return false;
  for (const k in { ...a, ...b }) if (!Object.is(a[k], b[k])) return false;
  return true;
}

// A primitive by itself takes operands of equal shapes and dtypes; a predicate comes first.
const strict: Resolve = (p, avals, params) => ({
  type: { dtype: (avals[avals.length - 1] as Aval).dtype, weak: avals.every((a) => a.weak || a.dtype === "bool") },
  out: inferAvals(p, avals as Aval[], params)[0] as Aval,
});

function makePlan(p: AnyPrimitive, avals: readonly Aval[], params: unknown, resolve: Resolve): Plan {
  const trait = p.traits.elementwise as Elementwise;
  const { type, out } = resolve(p, avals, params);
  const types = avals.map((_, i): DType => (acceptsAt(trait, i) === "bool" ? "bool" : type.dtype));
  const steps = compileBody(trait.body(...avals.map((_, i) => arg(i)), params), types, out.dtype);
  const rounds = (a: Aval | undefined): boolean => a !== undefined && type.dtype === "float32" && !type.weak && (a.weak || isInteger(a.dtype));
  const [x, y] = avals as [Aval, Aval | undefined];
  return {
    avals,
    x,
    y,
    params,
    out,
    isStrict: avals.every((a, i) => a.shape === out.shape && a.dtype === types[i]),
    f: scalarFunction(steps, avals.length),
    roundX: rounds(x),
    roundY: rounds(y),
    steps,
    types,
    prepared: undefined,
  };
}
