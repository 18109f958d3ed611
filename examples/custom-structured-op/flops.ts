// A slot of one's own: how many floating-point operations an application takes. Operations of this package say so in their
// rules; the handler brings the counts of operations that it does not own.

import { type AnyPrimitive, type Aval, findRule, type Handler, missingRule, type Overlay, performBelow, type Rules, withHandler } from "@gradus/core";
import { addP, broadcastP, mulP, reduceSumP, sinP } from "@gradus/ops";

declare module "@gradus/core" {
  interface Rules<P> {
    /** The number of floating-point operations of one application. */
    "@acme/flops:count"?(avals: Aval[], params: P): number;
  }
}

const onceEach: Rules<any>["@acme/flops:count"] = ([x]) => (x as Aval).size;
const others: Overlay = new Map<AnyPrimitive, Rules<any>>([
  [addP, { "@acme/flops:count": onceEach }],
  [mulP, { "@acme/flops:count": onceEach }],
  [sinP, { "@acme/flops:count": onceEach }],
  [reduceSumP, { "@acme/flops:count": onceEach }],
  [broadcastP, { "@acme/flops:count": () => 0 }],
]);

/** The number of floating-point operations that `f` performs. @throws MissingRuleError for an operation of unknown cost */
export function countFlops(f: () => unknown): number {
  let total = 0;
  const counter: Handler = {
    name: "@acme/flops",
    overlay: others,
    perform(p, args, params) {
      const rule = findRule(counter, p, "@acme/flops:count");
      if (rule === undefined) throw missingRule(p, "counting operations", "@acme/flops:count", args);
      total += rule(args.map((a) => a.aval), params);
      return performBelow(p, args, params);
    },
  };
  withHandler(counter, f);
  return total;
}
