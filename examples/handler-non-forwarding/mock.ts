// Another handler that does not forward, for tests of one's own: chosen operations have a given answer, the same at every
// call, and the others are left alone.

import { type AnyPrimitive, full, type Handler, inferAvals, performBelow, withHandler } from "@gradus/core";

/** Runs `f` with the answers of some operations given. */
export function mocking<T>(answers: ReadonlyMap<AnyPrimitive, number>, f: () => T): T {
  const handler: Handler = {
    name: "@acme/mock",
    perform(p, args, params) {
      const answer = answers.get(p);
      if (answer === undefined) return performBelow(p, args, params);
      return inferAvals(p, args.map((a) => a.aval), params).map(({ shape, dtype }) => full(shape, answer, dtype));
    },
  };
  return withHandler(handler, f);
}
