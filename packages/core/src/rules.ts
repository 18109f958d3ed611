// Which rule applies, in one order for all handlers: the handler's overlay, the primitive's own slot, what the handler
// derives from the primitive's traits, and otherwise an error that says how to mend it.

import { MissingRuleError } from "./errors.js";
import type { Handler } from "./handler.js";
import type { AnyPrimitive, Rules } from "./primitive.js";
import type { Tensor } from "./tensor.js";

type Slot = keyof Rules<any>;

/** The rule of `primitive` under `handler` for a slot, or undefined where traits have to decide. */
export function findRule<S extends Slot>(handler: Handler, primitive: AnyPrimitive, slot: S): Rules<any>[S] | undefined {
  if (handler.overlay !== undefined) {
    const found = handler.overlay.get(primitive)?.[slot];
    if (found !== undefined) return found;
  }
  return primitive.rules[slot];
}

/** The error that no rule applies: it names operation, transformation, avals and the ways to mend it. */
export function missingRule(primitive: AnyPrimitive, transformation: string, slot: string, args: Arguments): MissingRuleError {
  if (slot === "jvp" || slot === "transpose") return missingDerivative(primitive, transformation, slot, args);
  return noRule(
    primitive,
    transformation,
    args,
    slot === "batch"
      ? "rules: { batch } or decompose in its definePrimitive; or defineRule(f, { batch }) for a function that applies it"
      : `rules: { ${JSON.stringify(slot)} } in its definePrimitive; or an entry for it in the overlay of the handler`,
  );
}

/** The same for derivatives: a function of its own, since most programs need no other. */
export const missingDerivative = (primitive: AnyPrimitive, transformation: string, slot: "jvp" | "transpose", args: Arguments): MissingRuleError =>
  noRule(
    primitive,
    transformation,
    args,
    "stopGradient(x) before it, if no gradient should flow; a surrogate by straightThrough, customJvp or withRules, if one should; " +
      `or ${slot === "jvp" && primitive.traits.elementwise ? "partials: […]" : `rules: { ${slot} }`} in its definePrimitive`,
  );

type Arguments = readonly { aval: unknown }[];

function noRule({ name }: AnyPrimitive, transformation: string, args: Arguments, mends: string): MissingRuleError {
  const avals = args.map((a) => String(a.aval)).join(", ");
  return new MissingRuleError(`${name} has no rule for ${transformation}, and a value that needs one reached it: ${name}(${avals}). Ways to mend it: ${mends}.`);
}

/** A rule's output as an array. */
export const outputs = (out: Tensor | Tensor[]): Tensor[] => (Array.isArray(out) ? out : [out]);
