// customJvp: a function whose derivative is given as a rule for tangents. Reverse mode follows by transposing the rule, which
// must be linear in the tangents.

import { add, ArgumentError, causeOf, isZero, type JvpRun, MissingRuleError, NonlinearError, type Tensor, treeAll, treeMap, Zero } from "@gradus/core";
import { type Call, makeCallable, nameOf, pair, tangentLeaves } from "./callable.js";
import type { FlatJvp, Tangent } from "./rule-call.js";

export interface CustomOptions {
  /** Arguments that are static: functions, options. They are handed to rules first, as they are. */
  readonly nondiffArgnums?: number | readonly number[];
  /** Rules meet `Zero` where there is no tangent, instead of arrays of zeros. */
  readonly symbolicZeros?: boolean;
  /** What errors and programs call the function: its own name unless given. */
  readonly name?: string;
}

export interface SymbolicZeros {
  readonly symbolicZeros?: boolean;
}

/** A function with a custom jvp. Called without a rule it throws MissingRuleError. */
export interface CustomJvp<A extends any[], R> {
  (...args: A): R;
  /** The rule `(…static, primals, tangents) => [out, tangentOut]`, linear in the tangents. Gives the function back. */
  defjvp(rule: (...args: any[]) => readonly [unknown, unknown], options?: SymbolicZeros): CustomJvp<A, R>;
  /** A rule per argument, `(t, out, …primals) => tangentOut`, or null for no contribution; contributions add up. */
  defjvps(...rules: (((t: any, out: any, ...primals: any[]) => unknown) | null)[]): CustomJvp<A, R>;
}

export const indices = (n: number | readonly number[] | undefined): readonly number[] => (n === undefined ? [] : typeof n === "number" ? [n] : n);

export const noRule = (name: string, kind: string): MissingRuleError =>
  new MissingRuleError(`${name} was made by ${kind} and has no rule yet: give it one with .${kind === "customJvp" ? "defjvp(rule) or .defjvps(…)" : "defvjp(fwd, bwd)"} before it is called.`);

/**
 * A function whose derivative a rule defines.
 * @example
 * const safeLog = customJvp((x) => log(x)).defjvp(([x], [dx]) => [safeLog(x), div(dx, max(x, 1e-6))]);
 * @throws MissingRuleError when called without a rule
 */
export function customJvp<A extends any[] = Tensor[], R = Tensor>(f: (...args: A) => R, options: CustomOptions = {}): CustomJvp<A, R> {
  const name = nameOf(f, "customJvp", options.name);
  const nondiff = indices(options.nondiffArgnums);
  let rule: ((call: Call) => FlatJvp) | undefined;
  const callable = makeCallable(f, name, nondiff, (call) => {
    if (rule === undefined) throw noRule(name, "customJvp");
    return { jvp: rule(call) };
  });
  const custom: CustomJvp<A, R> = Object.assign((...args: A): R => callable(...args) as R, {
    defjvp(user: (...args: any[]) => readonly [unknown, unknown], own: SymbolicZeros = {}): CustomJvp<A, R> {
      nameOf(user, `${name}.defjvp`);
      const symbolic = own.symbolicZeros ?? options.symbolicZeros ?? false;
      rule = (call) => flatJvp(call, (primals, tangents) => user(...call.statics, primals, tangents), symbolic);
      return custom;
    },
    defjvps(...rules: (((t: any, out: any, ...primals: any[]) => unknown) | null)[]): CustomJvp<A, R> {
      if (nondiff.length > 0) throw new ArgumentError(`${name}.defjvps does not go with nondiffArgnums: use defjvp.`);
      rule = (call) => (primals, tangents, instantiate) => sumOfRules(call, custom as (...args: any[]) => unknown, rules, primals, tangents, instantiate);
      return custom;
    },
  });
  return custom;
}

/** A user's rule of trees as a rule of leaves. */
export function flatJvp(call: Call, rule: (primals: unknown[], tangents: unknown[]) => unknown, symbolicZeros: boolean): FlatJvp {
  return (primals, tangents, instantiate) => {
    const given = symbolicZeros ? tangents : tangents.map(instantiate);
    const what = `The jvp rule of ${call.name}`;
    const [out, dout] = pair(linearRule(what, () => rule(call.dynamic(primals), call.dynamic(given))), what, "[out, tangentOut]");
    const outs = call.output(out, what);
    return [outs, tangentLeaves(dout, outs, call.outDef(), what)];
  };
}

function sumOfRules(
  call: Call,
  custom: (...args: any[]) => unknown,
  rules: readonly (((t: any, out: any, ...primals: any[]) => unknown) | null)[],
  primals: Tensor[],
  tangents: Tangent[],
  instantiate: JvpRun["instantiate"],
): [Tensor[], Tangent[]] {
  const args = call.dynamic(primals);
  if (rules.length > args.length) throw new ArgumentError(`${call.name}.defjvps was given ${rules.length} rules, and the call has ${args.length} argument(s).`);
  const out = custom(...args);
  const outs = call.output(out, call.name);
  let sum: Tangent[] = outs.map((o) => new Zero(o.aval, `no rule of ${call.name} contributes`));
  call.dynamic(tangents).forEach((t, i) => {
    const rule = rules[i];
    if (rule === null || rule === undefined || treeAll(isZero, t)) return;
    const full = treeMap((leaf: Tensor | Zero) => instantiate(leaf), t);
    const what = `Rule ${i} of ${call.name}.defjvps`;
    const result = linearRule(what, () => rule(full, out, ...args));
    if (result === null) return;
    const term = tangentLeaves(result, outs, call.outDef(), what);
    sum = sum.map((s, k) => plus(s, term[k] as Tangent));
  });
  return [outs, sum];
}

/** Runs a rule; where it turns out not to be linear in its tangents, the error names it. */
function linearRule<T>(what: string, f: () => T): T {
  try {
    return f();
  } catch (error) {
    if (error instanceof NonlinearError) throw new NonlinearError(`${what} is not linear in its tangents: ${causeOf(error)}`);
    throw error;
  }
}

const plus = (a: Tangent, b: Tangent): Tangent => (a instanceof Zero ? b : b instanceof Zero ? a : add(a, b));

