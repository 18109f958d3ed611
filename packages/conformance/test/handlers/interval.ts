// Interval arithmetic: values of its own, a lower and an upper bound, both tensors, so that bounds can be differentiated too.
import { add, type AnyPrimitive, type Handler, lift, MissingRuleError, mul, neg, payloadOf, performBelow, type Tensor, withHandler } from "@gradus/core";
import { exp, max, min, sub } from "@gradus/ops";

export interface Interval {
  readonly low: Tensor;
  readonly high: Tensor;
}

const product = (x: Interval, y: Interval): Interval => {
  const corners = [mul(x.low, y.low), mul(x.low, y.high), mul(x.high, y.low), mul(x.high, y.high)];
  return { low: corners.reduce((a, b) => min(a, b)), high: corners.reduce((a, b) => max(a, b)) };
};
const rules: { readonly [name: string]: (...xs: Interval[]) => Interval } = {
  add: (x, y) => ({ low: add(x!.low, y!.low), high: add(x!.high, y!.high) }),
  sub: (x, y) => ({ low: sub(x!.low, y!.high), high: sub(x!.high, y!.low) }),
  neg: (x) => ({ low: neg(x!.high), high: neg(x!.low) }),
  exp: (x) => ({ low: exp(x!.low), high: exp(x!.high) }),
  mul: (x, y) => product(x!, y!),
};
/** Operations that only move elements, and sums: what they do to both bounds gives bounds. */
const structural = new Set(["broadcast", "reshape", "transpose", "reduce_sum", "cast"]);

export const intervals = (): Handler => {
  const handler: Handler = {
    name: "interval",
    sees: "own",
    perform(p: AnyPrimitive, args, params) {
      const xs = args.map((a): Interval => payloadOf<Interval>(handler, a) ?? { low: a, high: a });
      const apply = (end: keyof Interval): Tensor => performBelow(p, xs.map((x) => x[end]), params)[0] as Tensor;
      const rule = rules[p.name] ?? (structural.has(p.name) ? (): Interval => ({ low: apply("low"), high: apply("high") }) : undefined);
      if (rule === undefined) throw new MissingRuleError(`${p.name} has no interval rule.`);
      const bounds = rule(...xs);
      return lift(handler, bounds, bounds.low.aval);
    },
  };
  return handler;
};

/** Bounds of f over an interval. */
export function boundsOf(f: (x: Tensor) => Tensor, { low, high }: Interval): Interval {
  const handler = intervals();
  return withHandler(handler, () => {
    const out = f(lift(handler, { low, high } satisfies Interval, low.aval));
    return payloadOf<Interval>(handler, out) ?? { low: out, high: out };
  });
}
