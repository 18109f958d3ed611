// What applying one elementwise primitive to operands of given avals amounts to, worked out once: the aval of the result,
// the conversions, a function of numbers for 0-d operands and a program for arrays. Plans are cached by primitive and avals.

import { acceptsAt, type AnyPrimitive, type Aval, type DType, type Elementwise, elementwiseAvals, isInteger } from "@gradus/core";
import { arg } from "@gradus/core/scalar";
import { type Loop1, type Loop2, type ScalarFn } from "./loops.js";
import { compileBody, isDirect, type Program, scalarFunction, type Step } from "./program.js";

/** How a number is rounded to a dtype: numbers rather than names, to be tested fast. */
export type Rounding = 0 | 1 | 2 | 3;
export const noRounding = 0;
export const toFloat32 = 1;
export const toInt32 = 2;
export const toUint32 = 3;

/** An elementwise application, planned. */
export interface Plan {
  readonly avals: readonly Aval[];
  readonly x: Aval;
  readonly y: Aval | undefined;
  readonly params: unknown;
  readonly out: Aval;
  /** The dtype that each operand is converted to. */
  readonly types: readonly DType[];
  /** Whether operands have the result's shape and one dtype, as the primitive by itself demands. */
  readonly isStrict: boolean;
  readonly isScalar: boolean;
  readonly f: ScalarFn;
  /** Whether a 0-d operand has to be rounded to float32 first. */
  readonly roundX: boolean;
  readonly roundY: boolean;
  readonly round: Rounding;
  readonly program: Program;
  /** The loop of a program of one step on the operands in order. */
  readonly loop: Loop1 | Loop2 | undefined;
  /** The step through a dense operand: 1, 0 for one element, −1 where it broadcasts or has to be converted. */
  readonly stepX: number;
  readonly stepY: number;
}

/** The plans of a backend, by primitive. */
export type PlanCache = Map<number | string, Plan[]>[];

const manyPlans = 4096; // of one primitive: far more than any loop over shapes needs at a time

/** The plan for a primitive, operands of given avals, and params. @throws ShapeError @throws DTypeError */
export function planFor(cache: PlanCache, p: AnyPrimitive, avals: readonly Aval[], params: unknown): Plan {
  while (cache.length <= p.id) cache.push(new Map());
  const plans = cache[p.id] as Map<number | string, Plan[]>;
  const key = avals.length === 1 ? (avals[0] as Aval).id : avals.map((a) => a.id).join();
  const found = plans.get(key);
  const plan = found?.find((q) => sameParams(q.params, params));
  if (plan !== undefined) return plan;
  const made = makePlan(p, avals, params);
  if (plans.size >= manyPlans) plans.clear();
  // Params that never repeat (a bound that is annealed, say) must not fill the memory.
  if (found === undefined || found.length >= 8) plans.set(key, [made]);
  else found.push(made);
  return made;
}

function sameParams(a: any, b: any): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  for (const k in a) if (!Object.is(a[k], b[k])) return false;
  for (const k in b) if (!(k in a)) return false;
  return true;
}

function makePlan(p: AnyPrimitive, avals: readonly Aval[], params: unknown): Plan {
  const trait = p.traits.elementwise as Elementwise;
  const { type, out } = elementwiseAvals(p, avals, params);
  const types = avals.map((_, i): DType => (acceptsAt(trait, i) === "bool" ? "bool" : type.dtype));
  const program = compileBody(trait.body(...avals.map((_, i) => arg(i)), params), types, out.dtype);
  const rounds = (i: number): boolean => types[i] === "float32" && !type.weak && ((avals[i] as Aval).weak || isInteger((avals[i] as Aval).dtype));
  const step = (i: number): number => {
    const a = avals[i];
    if (a === undefined) return 0;
    if (isInteger(a.dtype) && types[i] === "float32" && a.ndim > 0) return -1;
    return a.size === 1 ? 0 : a.shape === out.shape ? 1 : -1;
  };
  const { f, loop } = program.steps[0] as Step;
  return {
    avals,
    x: avals[0] as Aval,
    y: avals[1],
    params,
    out,
    types,
    isStrict: avals.every((a, i) => a.shape === out.shape && a.dtype === types[i]),
    isScalar: out.ndim === 0,
    f: isDirect(program) ? f : scalarFunction(program),
    roundX: rounds(0),
    roundY: avals.length > 1 && rounds(1),
    round: out.dtype === "float32" && !out.weak ? toFloat32 : out.dtype === "int32" ? toInt32 : out.dtype === "uint32" ? toUint32 : noRounding,
    program,
    loop: isDirect(program) && avals.length < 3 ? loop : undefined,
    stepX: step(0),
    stepY: step(1),
  };
}
