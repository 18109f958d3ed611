// A handler that rewrites: where it has a replacement for an operation, that is performed instead. What a replacement applies
// goes to the enclosing handler, so it may apply the very operation that it replaces.

import { type AnyPrimitive, type Handler, performBelow, type Tensor, withHandler } from "@gradus/core";

/** What is performed in the place of an operation. */
export type Replacements = ReadonlyMap<AnyPrimitive, (args: Tensor[], params: any) => Tensor>;

/** Runs `f` with operations replaced, inside functions that it calls and inside jitted ones as well. */
export function rewriting<T>(replacements: Replacements, f: () => T): T {
  const handler: Handler = {
    name: "@acme/rewrite",
    perform: (p, args, params) => replacements.get(p)?.(args, params) ?? performBelow(p, args, params),
  };
  return withHandler(handler, f);
}
