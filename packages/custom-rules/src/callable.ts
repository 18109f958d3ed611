// From functions of trees to rule_call: flattening what a custom function and its rules take and return, and checking that
// they fit together.

import {
  ArgumentError,
  assertFunction,
  assertSync,
  bind,
  describe,
  EscapedTracerError,
  flattenArgs,
  flattenOutput,
  tangentAval,
  type Tensor,
  Tracer,
  treeFlatten,
  treeLeaves,
  treeUnflatten,
  type TreeDef,
  TreeMismatchError,
} from "@gradus/core";
import { matchLeaf } from "./match.js";
import { ruleCallP, type RuleCallParams, type Tangent } from "./rule-call.js";

/** One call of a custom function: how leaves become arguments again, for the function and for its rules. */
export interface Call {
  readonly name: string;
  /** All arguments, static ones in their places. */
  args(leaves: readonly unknown[]): unknown[];
  /** The differentiable arguments alone. */
  dynamic(leaves: readonly unknown[]): unknown[];
  readonly statics: readonly unknown[];
  /** The structure of each differentiable argument. */
  readonly argDefs: readonly TreeDef[];
  /** The leaves of a result, whose structure the call remembers. */
  output(out: unknown, what: string): Tensor[];
  /** The structure of the result. */
  outDef(): TreeDef;
}

export type Alternates = Pick<RuleCallParams, "jvp" | "vjp" | "batch" | "surrogate">;

/** A function that applies as a rule_call with the alternates that `rules` makes for the call. */
export function makeCallable(
  f: (...args: any[]) => unknown,
  name: string,
  nondiffArgnums: readonly number[],
  rules: (call: Call) => Alternates,
): (...args: any[]) => any {
  return (...args) => {
    const isStatic = (i: number): boolean => nondiffArgnums.includes(i) || nondiffArgnums.includes(i - args.length);
    const statics = args.filter((_, i) => isStatic(i));
    for (const leaf of treeLeaves(statics)) if (leaf instanceof Tracer) throw staticTracer(name, leaf);
    const dynamicArgs = args.filter((_, i) => !isStatic(i));
    const [leaves, def] = flattenArgs(dynamicArgs, name);
    let outDef: TreeDef | undefined;
    const call: Call = {
      name,
      statics,
      argDefs: def.children,
      dynamic: (xs) => treeUnflatten(def, xs) as unknown[],
      args(xs) {
        const dynamic = this.dynamic(xs);
        let next = 0;
        return args.map((a, i) => (isStatic(i) ? a : dynamic[next++]));
      },
      output(out, what) {
        const [outs, d] = flattenOutput(out, what);
        if (outDef !== undefined && !d.equals(outDef)) {
          throw new TreeMismatchError(`${what} gave a value of the structure ${d}, and ${name} one of ${outDef}: they must be equal (* is a leaf).`);
        }
        outDef = d;
        return outs;
      },
      outDef: () => outDef as TreeDef,
    };
    const body = (xs: Tensor[]): Tensor[] => call.output(f(...call.args(xs)), name);
    const outs = bind(ruleCallP, leaves, { name, body, ...rules(call) });
    return treeUnflatten(call.outDef(), outs);
  };
}

/** The name of a function for messages and programs. */
export const nameOf = (f: unknown, what: string, given?: string): string => {
  assertFunction(f, what);
  return given ?? ((f as { name: string }).name || "anonymous");
};

function staticTracer(name: string, x: Tensor): EscapedTracerError {
  return new EscapedTracerError(
    `${name}: a nondifferentiable argument (nondiffArgnums) holds a traced value ${x.toString()}. Make it a differentiable argument, and return null or a zero for it from the rules.`,
  );
}

/** `[a, b]` as a rule returns it. @throws ArgumentError naming `what` */
export function pair(result: unknown, what: string, parts: string): [unknown, unknown] {
  assertSync(result, what);
  if (!Array.isArray(result) || result.length !== 2) {
    throw new ArgumentError(`${what} must return ${parts}, an array of two; it returned ${Array.isArray(result) ? `an array of ${result.length}` : describe(result)}.`);
  }
  return result as [unknown, unknown];
}

/** The leaves of a tangent that a rule returned, checked against the values it belongs to. */
export function tangentLeaves(tangent: unknown, outs: readonly Tensor[], outDef: TreeDef, what: string): Tangent[] {
  const [leaves, def] = treeFlatten(tangent);
  if (!def.equals(outDef)) {
    throw new TreeMismatchError(`${what}: the tangent has the structure ${def}, and the value ${outDef}: they must be equal (* is a leaf).`);
  }
  return leaves.map((t, i) => matchLeaf(t, tangentAval((outs[i] as Tensor).aval), `${what}: tangent ${i}`, false));
}
