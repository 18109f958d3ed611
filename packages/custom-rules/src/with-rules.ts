// withRules: other rules for primitives, for the extent of a call and without touching the model. An override is applied where
// a primitive is bound, as a rule_call, so it holds in jit, vmap, and a pullback that is called after the extent.

import { type AnyPrimitive, assertSync, ArgumentError, type Handler, type Overrides, performBelow, Primitive, stack, type Tensor, withFrame } from "@gradus/core";
import { makeCallable } from "./callable.js";
import { alternatesOf, checkRules, type RuleSet } from "./define-rule.js";

// A frame that carries overrides and sees nothing: whatever is applied passes it.
const carrier: Handler = { name: "withRules", sees: "own", higherOrder: "forward", perform: performBelow };

/**
 * Overrides the rules of primitives while a function runs. Rules are as in {@link defineRule}; params of the primitive, where it
 * has any, follow as a last argument. A derivative that a rule takes of its primitive is the primitive's own; outside of the rule
 * the override holds at every order.
 * @example withRules([[roundP, { jvp: ([x], [dx]) => [round(x), dx] }]], () => grad(loss)(weights))
 * @throws ArgumentError unless given pairs of a primitive and rules
 */
export function withRules<T>(rules: readonly (readonly [AnyPrimitive, RuleSet])[], f: () => T): T {
  const overrides = new Map(stack.top.overrides ?? []);
  const isPairs = Array.isArray(rules) && rules.every((entry) => Array.isArray(entry) && entry[0] instanceof Primitive);
  if (!isPairs) throw new ArgumentError("withRules takes an array of pairs [primitive, rules]: the primitive constant, for example roundP, not the function round.");
  for (const [primitive, set] of rules) {
    checkRules(set, `withRules: ${primitive.name}`);
    overrides.set(primitive, (args, params) => applyWith(primitive, set, stack.top.overrides as Overrides, args, params));
  }
  if (typeof f !== "function") throw new ArgumentError("withRules takes the function to run as its second argument: withRules(rules, () => loss(x)).");
  return withFrame(carrier, () => assertSync(f(), "withRules"), overrides);
}

/** Applies a primitive as a rule_call; `extent` is what is in force where it is applied. */
function applyWith(primitive: AnyPrimitive, set: RuleSet, extent: Overrides, args: Tensor[], params: unknown): Tensor[] {
  const extra = params === undefined ? [] : [params];
  const others = without(extent, primitive);
  // What a rule applies passes this frame after the handlers that the rule installs itself, for which the primitive is what it was: for
  // those further out, at the next order, it is overridden again.
  const again: Handler = {
    name: "withRules",
    sees: "all",
    higherOrder: "forward",
    perform: (p, xs, ps) => (p === primitive && xs.some((x) => x.frame !== null) ? applyWith(p, set, extent, xs, ps) : performBelow(p, xs, ps)),
  };
  const inRule = <T>(f: () => T): T => withFrame(again, f, others);
  const { jvp, vjp, batch } = set;
  const rules: RuleSet = {
    ...(jvp && { jvp: (...a: [any, any]) => inRule(() => jvp(...a, ...(extra as []))) }),
    ...(vjp && {
      vjp: {
        fwd: (...a: any[]) => inRule(() => vjp.fwd(...a, ...extra)),
        bwd: (...a: [any, any]) => inRule(() => vjp.bwd(...a, ...(extra as []))),
      },
    }),
    ...(batch && { batch: (axisSize: number, inBatched: any, ...a: any[]) => inRule(() => batch(axisSize, inBatched, ...a, ...extra)) }),
  };
  const body = (...xs: Tensor[]): unknown => {
    const { overrides } = stack.top;
    const apply = (): Tensor[] => performBelow(primitive, xs, params);
    const outs = overrides?.has(primitive) ? withFrame(carrier, apply, without(overrides, primitive)) : apply();
    return primitive.multipleResults ? outs : outs[0];
  };
  const out = makeCallable(body, primitive.name, [], (call) => alternatesOf(call, rules))(...args) as Tensor | Tensor[];
  return Array.isArray(out) ? out : [out];
}

const without = (overrides: Overrides, primitive: AnyPrimitive): Overrides => new Map([...overrides].filter(([p]) => p !== primitive));
