// customVjp: a function whose derivative is given as a rule for cotangents. Forward mode follows by transposing `bwd`, where
// that is linear and written with Gradus operations.

import { ArgumentError, assertSync, type Aval, describe, isTensor, tangentAval, type Tensor, treeFlatten, treeUnflatten, type TreeDef, TreeMismatchError, instantiate as zerosFor, Zero } from "@gradus/core";
import { type Call, makeCallable, nameOf, pair } from "./callable.js";
import { type CustomOptions, indices, noRule, type SymbolicZeros } from "./custom-jvp.js";
import type { FlatBwd } from "./linear-call.js";
import { matchLeaf } from "./match.js";
import type { FlatVjp, Tangent } from "./rule-call.js";

/** What `fwd` is given for a leaf with `symbolicZeros`. */
export interface Perturbed {
  readonly value: Tensor;
  /** Whether a cotangent of it is wanted. */
  readonly perturbed: boolean;
}

/** A function with a custom vjp. Called without a rule it throws MissingRuleError. */
export interface CustomVjp<A extends any[], R> {
  (...args: A): R;
  /**
   * `fwd(...args)` gives `[out, residuals]`, `bwd(…static, residuals, ct)` an array with one cotangent per differentiable argument;
   * null, also for a subtree, is zero. Gives the function back.
   */
  defvjp(
    fwd: (...args: any[]) => readonly [unknown, unknown],
    bwd: (...args: any[]) => readonly unknown[],
    options?: SymbolicZeros,
  ): CustomVjp<A, R>;
}

/**
 * A function whose reverse-mode derivative a pair of rules defines.
 * @example
 * const roundSt = customVjp((x) => round(x)).defvjp((x) => [roundSt(x), null], (_res, g) => [g]); // straight through
 * @throws MissingRuleError when called without a rule
 */
export function customVjp<A extends any[] = Tensor[], R = Tensor>(f: (...args: A) => R, options: CustomOptions = {}): CustomVjp<A, R> {
  const name = nameOf(f, "customVjp", options.name);
  let rule: ((call: Call) => FlatVjp) | undefined;
  const callable = makeCallable(f, name, indices(options.nondiffArgnums), (call) => {
    if (rule === undefined) throw noRule(name, "customVjp");
    return { vjp: rule(call) };
  });
  const custom: CustomVjp<A, R> = Object.assign((...args: A): R => callable(...args) as R, {
    defvjp(fwd: (...args: any[]) => readonly [unknown, unknown], bwd: (...args: any[]) => readonly unknown[], own: SymbolicZeros = {}): CustomVjp<A, R> {
      nameOf(fwd, `${name}.defvjp: fwd`);
      nameOf(bwd, `${name}.defvjp: bwd`);
      const symbolic = own.symbolicZeros ?? options.symbolicZeros ?? false;
      rule = (call) => flatVjp(call, fwd, (res, ct) => bwd(...call.statics, res, ct), symbolic);
      return custom;
    },
  });
  return custom;
}

/** A user's pair of rules on trees as one on leaves. */
export function flatVjp(
  call: Call,
  fwd: (...args: any[]) => unknown,
  bwd: (residuals: unknown, ct: unknown) => unknown,
  symbolicZeros: boolean,
): FlatVjp {
  return (args, perturbed) => {
    const given = symbolicZeros ? args.map((value, i): Perturbed => ({ value, perturbed: perturbed[i] as boolean })) : args;
    const what = `The fwd rule of ${call.name}`;
    const [out, res] = pair(fwd(...call.args(given)), what, "[out, residuals]");
    const outs = call.output(out, what);
    const outDef = call.outDef();
    const [leaves, resDef] = treeFlatten(res);
    // Residuals that are no tensors (numbers, booleans to branch on, functions) stay as they are.
    const isArray = leaves.map(isTensor);
    const inAvals = args.map((a) => a.aval);
    const outAvals = outs.map((o) => o.aval);
    const flat: FlatBwd = (residuals, cts) => {
      let next = 0;
      const filled = leaves.map((x, i) => (isArray[i] ? residuals[next++] : x));
      const ct = treeUnflatten(outDef, symbolicZeros ? cts : cts.map((c, i) => (c instanceof Zero ? zerosFor(new Zero(tangentAval(outAvals[i] as Aval))) : c)));
      return cotangentLeaves(call, bwd(treeUnflatten(resDef, filled), ct), inAvals);
    };
    return { outs, residuals: leaves.filter(isTensor), bwd: flat };
  };
}

/** What a bwd rule returned, as one cotangent per leaf of the differentiable arguments, checked. */
export function cotangentLeaves(call: Pick<Call, "name" | "argDefs">, result: unknown, inAvals: readonly Aval[]): Tangent[] {
  const { argDefs, name } = call;
  const what = `The bwd rule of ${name}`;
  assertSync(result, what);
  if (!Array.isArray(result) || result.length !== argDefs.length) {
    throw new ArgumentError(
      `${what} must return an array of ${argDefs.length} cotangent(s), one per differentiable argument (null for zero); it returned ${
        Array.isArray(result) ? `an array of ${result.length}` : describe(result)
      }.`,
    );
  }
  const out: Tangent[] = [];
  argDefs.forEach((def, i) => walk(def, result[i], `${what}: the cotangent of argument ${i}`, inAvals, out));
  return out;
}

// null stands for zero anywhere in the tree.
function walk(def: TreeDef, ct: unknown, what: string, inAvals: readonly Aval[], out: Tangent[]): void {
  if (ct === null || ct === undefined) {
    for (let i = 0; i < def.size; i++) out.push(new Zero(tangentAval(inAvals[out.length] as Aval), "null from a bwd rule"));
    return;
  }
  if (def.kind === "leaf") {
    out.push(matchLeaf(ct, tangentAval(inAvals[out.length] as Aval), what, true));
    return;
  }
  if (def.kind === "array" && Array.isArray(ct) && ct.length === def.children.length) {
    def.children.forEach((d, i) => walk(d, ct[i], what, inAvals, out));
    return;
  }
  if (def.kind === "object" && typeof ct === "object" && !isTensor(ct) && Object.keys(ct).sort().join() === def.keys.join()) {
    def.children.forEach((d, i) => walk(d, (ct as Record<string, unknown>)[def.keys[i] as string], what, inAvals, out));
    return;
  }
  const [leaves, got] = treeFlatten(ct);
  if (!got.equals(def)) throw new TreeMismatchError(`${what} has the structure ${got}, and the argument ${def}: they must be equal (* is a leaf, null is zero).`);
  for (const leaf of leaves) out.push(matchLeaf(leaf, tangentAval(inAvals[out.length] as Aval), what, true));
}
