// What applying one elementwise primitive to operands of given avals amounts to, worked out once: the aval of the result,
// the conversions, a function of numbers for 0-d operands and a program for arrays. Plans are cached by primitive and avals.

import { acceptsAt, type AnyPrimitive, type Aval, type DType, type Elementwise, elementwiseAvals, isInteger } from "@gradus/core";
import { arg } from "@gradus/core/scalar";
import type { ScalarFn } from "./loops.js";
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
  readonly loop: Step["loop"] | undefined;
  /** The step through a dense operand: 1, 0 for one element, −1 where it broadcasts or has to be converted. */
  readonly stepX: number;
  readonly stepY: number;
}

/** The plans of one primitive: a few recent ones, to be searched in turn, and all others by the ids of their avals. */
export class PlanCache {
  readonly #primitive: AnyPrimitive;
  readonly #recent: Plan[] = [];
  readonly #all = new Map<string, Plan>();
  #next = 0;

  constructor(primitive: AnyPrimitive) {
    this.#primitive = primitive;
  }

  /** The plan for one or two operands. @throws ShapeError @throws DTypeError */
  find(x: Aval, y: Aval | undefined, params: unknown): Plan {
    for (const plan of this.#recent) {
      if (plan.x === x && plan.y === y && sameParams(plan.params, params)) return plan;
    }
    return this.#search(y === undefined ? [x] : [x, y], params);
  }

  /** The plan for any number of operands. @throws ShapeError @throws DTypeError */
  findAny(avals: readonly Aval[], params: unknown): Plan {
    for (const plan of this.#recent) {
      if (avals.every((a, i) => a === plan.avals[i]) && sameParams(plan.params, params)) return plan;
    }
    return this.#search(avals, params);
  }

  #search(avals: readonly Aval[], params: unknown): Plan {
    const key = avals.map((a) => a.id).join();
    let plan = this.#all.get(key);
    if (plan === undefined || !sameParams(plan.params, params)) {
      plan = makePlan(this.#primitive, avals, params);
      // Shapes that never repeat must not fill the memory.
      if (this.#all.size >= manyPlans) this.#all.clear();
      this.#all.set(key, plan);
    }
    this.#recent[this.#next] = plan;
    this.#next = (this.#next + 1) % fewPlans;
    return plan;
  }
}

const fewPlans = 8;
const manyPlans = 4096;

function sameParams(a: any, b: any): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  for (const k in a) if (!Object.is(a[k], b[k])) return false;
  for (const k in b) if (!(k in a)) return false;
  return true;
}

/** Whether loops cannot read elements of one dtype as if they were of another: float32 has no equal of every integer. */
export const needsConversion = (from: DType, to: DType): boolean => (isInteger(from) && to === "float32") || (from === "bool" && to !== "bool");

function makePlan(p: AnyPrimitive, avals: readonly Aval[], params: unknown): Plan {
  const trait = p.traits.elementwise as Elementwise;
  const { type, out } = elementwiseAvals(p, avals, params);
  const types = avals.map((_, i): DType => (acceptsAt(trait, i) === "bool" ? "bool" : type.dtype));
  const program = compileBody(trait.body(...avals.map((_, i) => arg(i)), params), types, out.dtype);
  const rounds = (i: number): boolean => types[i] === "float32" && !type.weak && ((avals[i] as Aval).weak || isInteger((avals[i] as Aval).dtype));
  const step = (i: number): number => {
    const a = avals[i];
    if (a === undefined) return 0;
    if (a.ndim > 0 && needsConversion(a.dtype, types[i] as DType)) return -1;
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
