// A handler with values of its own: interval arithmetic. A tracer carries two bounds, tensors both, and every operation becomes
// one on bounds. Rules come from the operation's own slot, from the overlay for operations of others, and for operations that
// only move elements about from the trait that says so.
// R. E. Moore 1966, "Interval Analysis": https://en.wikipedia.org/wiki/Interval_arithmetic

import { type AnyPrimitive, findRule, type Handler, lift, missingRule, type Overlay, payloadOf, performBelow, type Rules, type Tensor, type TensorLike, toTensor, withHandler } from "@gradus/core";
import { addP, expP, floorP, logP, max, maxP, min, minP, mul, mulP, neg, negP, roundP, sigmoidP, sqrtP, sub, subP, tanhP } from "@gradus/ops";

/** Everything from `lo` to `hi`, both inside. */
export interface Interval {
  readonly lo: Tensor;
  readonly hi: Tensor;
}

type Bounds = NonNullable<Rules<any>["@acme/interval:bounds"]>;

declare module "@gradus/core" {
  interface Rules<P> {
    /** The bounds of the result, from those of the operands. */
    "@acme/interval:bounds"?(args: Interval[], params: P): Interval;
  }
}

const slot = "@acme/interval:bounds";

/** The rule of an operation that never decreases in any operand: it takes bounds to bounds. */
export const increasing = (p: AnyPrimitive): [AnyPrimitive, Rules<any>] => [
  p,
  { [slot]: (args, params) => ({ lo: one(p, args.map((x) => x.lo), params), hi: one(p, args.map((x) => x.hi), params) }) },
];
const one = (p: AnyPrimitive, args: Tensor[], params: unknown): Tensor => performBelow(p, args, params)[0] as Tensor;

const binary = (f: (x: Interval, y: Interval) => Interval): Bounds => ([x, y]) => f(x as Interval, y as Interval);

const rules: readonly (readonly [AnyPrimitive, Rules<any>])[] = [
  ...[addP, maxP, minP, expP, logP, sqrtP, tanhP, sigmoidP, roundP, floorP].map(increasing),
  [negP, { [slot]: ([x]) => ({ lo: neg((x as Interval).hi), hi: neg((x as Interval).lo) }) }],
  [subP, { [slot]: binary((x, y) => ({ lo: sub(x.lo, y.hi), hi: sub(x.hi, y.lo) })) }],
  [mulP, { [slot]: binary(product) }],
];

function product(x: Interval, y: Interval): Interval {
  const corners = [mul(x.lo, y.lo), mul(x.lo, y.hi), mul(x.hi, y.lo), mul(x.hi, y.hi)];
  return { lo: corners.reduce((a, b) => min(a, b)), hi: corners.reduce((a, b) => max(a, b)) };
}

const intervalHandler = (overlay: Overlay): Handler => {
  const handler: Handler = {
    name: "@acme/interval",
    sees: "own",
    overlay,
    mend: "An interval has no single value: return it, and read its bounds.",
    show: ({ lo, hi }: Interval) => `from ${lo} to ${hi}`,
    perform(p, args, params) {
      const rule = findRule(handler, p, slot) ?? movesElements(p);
      if (rule === undefined) throw missingRule(p, "interval arithmetic", slot, args);
      const bounds = rule(args.map((a) => payloadOf<Interval>(handler, a) ?? { lo: a, hi: a }), params);
      return lift(handler, bounds, bounds.lo.aval);
    },
  };
  return handler;
};

// Linear in its only operand, and not elementwise: a shape operation, or a sum. Such keep the order of bounds.
function movesElements(p: AnyPrimitive): Bounds | undefined {
  const { linearIn, elementwise } = p.traits;
  return elementwise === undefined && linearIn?.length === 1 && linearIn[0] === 0 ? increasing(p)[1][slot] : undefined;
}

/**
 * Bounds of the values of `f` over an interval. `more` are rules for further operations.
 * @throws MissingRuleError for an operation whose bounds are not known
 */
export function bounds(f: (x: Tensor) => Tensor, more: typeof rules = []): (lo: TensorLike, hi: TensorLike) => Interval {
  return (lo, hi) => {
    const handler = intervalHandler(new Map([...rules, ...more]));
    const from = toTensor(lo, "bounds");
    return withHandler(handler, () => {
      const out = f(lift(handler, { lo: from, hi: toTensor(hi, "bounds") } satisfies Interval, from.aval));
      return payloadOf<Interval>(handler, out) ?? { lo: out, hi: out };
    });
  };
}
