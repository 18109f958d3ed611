// withRules: other rules for primitives, for the extent of a call and without touching the model. An override is applied where
// a primitive is bound, as a rule_call, so it holds in jit, vmap, and a pullback that is called after the extent.

import { type AnyPrimitive, assertSync, ArgumentError, type Handler, type Overrides, performBelow, Primitive, stack, type Tensor, withFrame } from "@gradus/core";
import { makeCallable } from "./callable.js";
import { alternatesOf, checkRules, type RuleSet } from "./define-rule.js";

// A frame that carries overrides and sees nothing: whatever is applied passes it.
const carrier: Handler = { name: "withRules", sees: "own", higherOrder: "forward", perform: performBelow };

/**
 * Overrides the rules of primitives while a function runs. Rules are as in {@link defineRule}; params of the primitive, where it
 * has any, follow as a last argument. Inside its own rules a primitive is what it was.
 * @example withRules([[roundP, { jvp: ([x], [dx]) => [round(x), dx] }]], () => grad(loss)(weights))
 * @throws ArgumentError unless given pairs of a primitive and rules
 */
export function withRules<T>(rules: readonly (readonly [AnyPrimitive, RuleSet])[], f: () => T): T {
  const overrides = new Map(stack.top.overrides ?? []);
  const isPairs = Array.isArray(rules) && rules.every((entry) => Array.isArray(entry) && entry[0] instanceof Primitive);
  if (!isPairs) throw new ArgumentError("withRules takes an array of pairs [primitive, rules]: the primitive constant, for example roundP, not the function round.");
  for (const [primitive, set] of rules) {
    checkRules(set, `withRules: ${primitive.name}`);
    overrides.set(primitive, overrideOf(primitive, set));
  }
  return withFrame(carrier, () => assertSync(f(), "withRules"), overrides);
}

function overrideOf(primitive: AnyPrimitive, set: RuleSet): (args: Tensor[], params: unknown) => Tensor[] {
  return (args, params) => {
    const extra = params === undefined ? [] : [params];
    const masked = <T>(f: () => T): T => maskedFor(primitive, f);
    const { jvp, vjp, batch } = set;
    const rules: RuleSet = {
      ...(jvp && { jvp: (...a: [any, any]) => masked(() => jvp(...a, ...(extra as []))) }),
      ...(vjp && {
        vjp: {
          fwd: (...a: any[]) => masked(() => vjp.fwd(...a, ...extra)),
          bwd: (...a: [any, any]) => masked(() => vjp.bwd(...a, ...(extra as []))),
        },
      }),
      ...(batch && { batch: (axisSize: number, inBatched: any, ...a: any[]) => masked(() => batch(axisSize, inBatched, ...a, ...extra)) }),
    };
    const body = (...xs: Tensor[]): unknown => {
      const outs = masked(() => performBelow(primitive, xs, params));
      return primitive.multipleResults ? outs : outs[0];
    };
    const out = makeCallable(body, primitive.name, [], (call) => alternatesOf(call, rules))(...args) as Tensor | Tensor[];
    return Array.isArray(out) ? out : [out];
  };
}

// Runs with the primitive as it was, whatever overrides are in force where this is called.
function maskedFor<T>(primitive: AnyPrimitive, f: () => T): T {
  const { overrides } = stack.top;
  if (overrides === null || !overrides.has(primitive)) return f();
  const rest: Overrides = new Map([...overrides].filter(([p]) => p !== primitive));
  return withFrame(carrier, f, rest);
}
