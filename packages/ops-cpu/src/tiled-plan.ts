// Plans of the fast backend: what is worked out once so that an application does as little as possible.

import { acceptsAt, type AnyPrimitive, type Aval, type DType, type Elementwise, inferAvals, isInteger, type Resolve, type TypedArray } from "@gradus/core";
import { anyLoop, copyLoop } from "./generic-loops.js";
import { single } from "./layout.js";
import type { Loop, ScalarFn } from "./loops.js";
import { loops } from "./math-loops.js";
import { bodyOf } from "./plan.js";
import { scalarFunction } from "./scalar-function.js";
import { fewestInVectors, vectorLoops } from "./vector-loops.js";
import { compileBody, isDirect, type Step } from "./program.js";

/** An elementwise application on tiles. */
export interface TiledPlan {
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
  readonly isWeak: boolean;
  /** The dtypes that operands are converted to. */
  readonly types: readonly DType[];
  /** Steps that keep numbers and booleans apart, and the loop of each; a constant has none. */
  readonly steps: readonly Step[];
  readonly loops: readonly (Loop | undefined)[];
  /** The loop of one step on one or two operands in order. */
  readonly loop: Loop | undefined;
  /** The step through a dense operand: 1, 0 for one element, −1 where it broadcasts or has to be converted. */
  readonly stepX: number;
  readonly stepY: number;
  /** 0-d operands of array loops pass through these, one each, of the dtype that they are converted to. */
  readonly cells: readonly TypedArray[];
}

const manyPlans = 64; // of one primitive: searching more takes longer than making one

/**
 * The plan for a primitive, operands of given avals, and params, from `plans` or added to them. `resolve` promotes and
 * broadcasts. @throws ShapeError @throws DTypeError
 */
export function tiledPlan(plans: TiledPlan[], p: AnyPrimitive, avals: readonly Aval[], params: unknown, resolve?: Resolve): TiledPlan {
  const [x, y] = avals;
  let i = 0;
  for (; i < plans.length; i++) {
    const q = plans[i] as TiledPlan;
    if (q.x === x && q.y === y && (avals.length < 3 || avals.every((a, k) => a === q.avals[k])) && sameParams(q.params, params)) break;
  }
  if (i === manyPlans) i = plans.length = 0;
  // The last one used comes first: an inline cache.
  const plan = plans[i] ?? prepare(p, avals, params, resolve);
  if (i > 0) plans[i] = plans[0] as TiledPlan;
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

function prepare(p: AnyPrimitive, avals: readonly Aval[], params: unknown, resolve: Resolve = strict): TiledPlan {
  const { type, out } = resolve(p, avals, params);
  const isWeak = type.weak;
  const types = avals.map((_, i): DType => (acceptsAt(p.traits.elementwise as Elementwise, i) === "bool" ? "bool" : type.dtype));
  const body = bodyOf(p, avals, params);
  const steps = compileBody(body, types, out.dtype);
  const rounds = (i: number): boolean => {
    const a = avals[i];
    return a !== undefined && types[i] === "float32" && !isWeak && (a.weak || isInteger(a.dtype));
  };
  const step = (i: number): number => {
    const a = avals[i];
    return a === undefined || a.size === 1 ? 0 : a.shape === out.shape && !needsConversion(a.dtype, types[i] as DType) ? 1 : -1;
  };
  const onTiles = apart(steps, types);
  const own = onTiles.map((s) => loopOf(s, out.size));
  return {
    avals,
    x: avals[0] as Aval,
    y: avals[1],
    params,
    out,
    isStrict: avals.every((a, i) => a.shape === out.shape && a.dtype === types[i]),
    f: scalarFunction(body, types, out.dtype),
    roundX: rounds(0),
    roundY: rounds(1),
    isWeak,
    types,
    steps: onTiles,
    loops: own,
    loop: isDirect(onTiles, avals.length) && avals.length < 3 ? own[0] : undefined,
    stepX: step(0),
    stepY: step(1),
    cells: types.map((t) => single(t, 0)),
  };
}

/** Whether loops cannot read elements of one dtype as if they were of another: float32 has no equal of every integer. */
export const needsConversion = (from: DType, to: DType): boolean => (isInteger(from) && to === "float32") || (from === "bool" && to !== "bool");

/** The loop that runs a step on arrays of so many elements: one of its own, or one that calls its function; none of a constant. */
export function loopOf({ inputs, from, to = from, name = "" }: Step, size: number): Loop | undefined {
  if (inputs.length === 0) return undefined;
  return name === "cast" ? copyLoop(from, to) : ((from === "float32" && size >= fewestInVectors ? vectorLoops[name] : undefined) ?? loops[name] ?? anyLoop(inputs.length, from, to));
}

// Loops are made for numbers or for booleans, not for both at once: where these meet, what is not of the step's kind is
// converted by a step of its own.
function apart(steps: readonly Step[], operands: readonly DType[]): Step[] {
  const out: Step[] = [];
  const types: (DType | undefined)[] = operands.slice();
  const places = operands.map((_, i) => i); // where each slot has gone
  const push = (step: Step): number => {
    out.push(step);
    return types.push(step.to) - 1;
  };
  for (const step of steps) {
    const inputs = step.inputs.map((slot, k) => {
      const place = places[slot] as number;
      const type = types[place];
      const wanted = step.inputs.length > 2 && k === 0 ? "bool" : step.from;
      if (step.name === "cast" || type === undefined || (type === "bool") === (wanted === "bool")) return place;
      return push({ f: wanted === "bool" ? (a) => (a !== 0 ? 1 : 0) : (a) => a, inputs: [place], from: type, to: wanted, name: wanted === "bool" ? undefined : "cast" });
    });
    places.push(push({ ...step, inputs }));
  }
  return out;
}
