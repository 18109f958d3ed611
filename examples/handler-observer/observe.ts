// A handler that watches: it reports every application, and passes it on unchanged. Whatever it is wrapped around computes
// what it would without it.

import { type AnyPrimitive, type Handler, performBelow, type Tensor, withHandler } from "@gradus/core";

/** Runs `f` and reports each application inside it, with its results. `whole` shows calls of jit as one application. */
export function observe<T>(f: () => T, report: (primitive: AnyPrimitive, outs: readonly Tensor[]) => void, { whole = false } = {}): T {
  const handler: Handler = {
    name: "@acme/observe",
    higherOrder: whole ? "forward" : "open",
    perform(primitive, args, params) {
      const outs = performBelow(primitive, args, params);
      report(primitive, outs);
      return outs;
    },
  };
  return withHandler(handler, f);
}
