// defineRule: any of a jvp, a vjp and a batch rule for one function; what is not given is derived.

import { ArgumentError, type Tensor, treeLeaves } from "@gradus/core";
import { type Alternates, type Call, makeCallable, nameOf, pair } from "./callable.js";
import { flatJvp } from "./custom-jvp.js";
import { flatVjp } from "./custom-vjp.js";
import type { FlatBatch } from "./rule-call.js";

/** Rules for one function: any non-empty subset. */
export interface RuleSet {
  /** `(primals, tangents) => [out, tangentOut]`, linear in the tangents. */
  readonly jvp?: (primals: any, tangents: any) => readonly [unknown, unknown];
  readonly vjp?: {
    /** `(...args) => [out, residuals]` */
    readonly fwd: (...args: any[]) => readonly [unknown, unknown];
    /** `(residuals, ct) => [cotangent per argument]`, null for zero. */
    readonly bwd: (residuals: any, ct: any) => readonly unknown[];
  };
  /** `(axisSize, inBatched, ...args) => [out, outBatched]`, with batch axes at 0; both flags are trees of booleans. */
  readonly batch?: (axisSize: number, inBatched: any, ...args: any[]) => readonly [unknown, unknown];
}

/** @throws ArgumentError for a set without rules, or with something that is none */
export function checkRules(rules: RuleSet, name: string): void {
  const { jvp, vjp, batch } = rules ?? {};
  if (jvp === undefined && vjp === undefined && batch === undefined) {
    throw new ArgumentError(`${name}: give at least one of the rules jvp, vjp: { fwd, bwd } and batch.`);
  }
  if (jvp !== undefined) nameOf(jvp, `${name}: jvp`);
  if (batch !== undefined) nameOf(batch, `${name}: batch`);
  if (vjp !== undefined) {
    nameOf(vjp.fwd, `${name}: vjp.fwd`);
    nameOf(vjp.bwd, `${name}: vjp.bwd`);
  }
}

/**
 * A function with rules of its own. A jvp alone transposes for reverse mode; a vjp alone transposes for forward mode.
 * @example const f = defineRule((x) => floor(x), { jvp: ([x], [dx]) => [f(x), dx] });
 * @throws ArgumentError for an empty set of rules
 */
export function defineRule<A extends any[] = Tensor[], R = Tensor>(f: (...args: A) => R, rules: RuleSet): (...args: A) => R {
  const name = nameOf(f, "defineRule");
  checkRules(rules, `defineRule(${name})`);
  return makeCallable(f, name, [], (call) => alternatesOf(call, rules)) as (...args: A) => R;
}

/** The alternates of a rule_call from a set of rules on trees. */
export function alternatesOf(call: Call, { jvp, vjp, batch }: RuleSet): Alternates {
  return {
    jvp: jvp && flatJvp(call, jvp, false),
    vjp: vjp && flatVjp(call, vjp.fwd, vjp.bwd, false),
    batch: batch && flatBatch(call, batch),
  };
}

function flatBatch(call: Call, rule: NonNullable<RuleSet["batch"]>): FlatBatch {
  return (axisSize, inBatched, args) => {
    const what = `The batch rule of ${call.name}`;
    const [out, outBatched] = pair(rule(axisSize, call.dynamic(inBatched), ...call.dynamic(args)), what, "[out, outBatched]");
    const outs = call.output(out, what);
    const flags = typeof outBatched === "boolean" ? outs.map(() => outBatched) : treeLeaves(outBatched);
    if (flags.length !== outs.length || !flags.every((b) => typeof b === "boolean")) {
      throw new ArgumentError(`${what}: outBatched must be a boolean, or a tree of booleans with the structure of the output.`);
    }
    return [outs, flags as boolean[]];
  };
}

