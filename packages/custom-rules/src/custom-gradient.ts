// customGradient and closureConvert: rules that are closures. What they capture becomes explicit operands.

import { ArgumentError, assertFunction, type Aval, flattenArgs, flattenOutput, tangentAval, type Tensor, toTensor, treeUnflatten, type TreeDef, TreeMismatchError, Zero, zerosOf } from "@gradus/core";
import { traceFlat } from "@gradus/tracing";
import { makeCallable, nameOf, pair } from "./callable.js";
import { cotangentLeaves } from "./custom-vjp.js";
import type { FlatVjp } from "./rule-call.js";

/**
 * A function that gives its value and its pullback: `(...args) => [out, pullback]`. The pullback may capture intermediate values;
 * it is traced, so it must not branch on them. One of a single argument may return a bare cotangent.
 * @example const clipped = customGradient((x) => [x, (ct) => clamp(-1, ct, 1)]);
 */
export function customGradient<A extends any[] = Tensor[], R = Tensor>(f: (...args: A) => readonly [R, (ct: any) => unknown]): (...args: A) => R {
  const name = nameOf(f, "customGradient");
  const what = `The function of customGradient(${name})`;
  const split = (result: unknown): [unknown, (ct: unknown) => unknown] => {
    const [out, pullback] = pair(result, what, "[out, pullback]");
    assertFunction(pullback, `customGradient(${name}): the pullback`, "");
    return [out, pullback as (ct: unknown) => unknown];
  };
  const body = (...args: A): R => split(f(...args))[0] as R;
  return makeCallable(body, name, [], (call) => {
    const vjp: FlatVjp = (args) => {
      const [out, pullback] = split(f(...(call.args(args) as A)));
      const outs = call.output(out, what);
      const inAvals = args.map((a) => a.aval);
      let cts: (Tensor | Zero)[] = [];
      // Traced at once, while what it captured is alive: that is hoisted, and becomes the residuals.
      const { hoisted, run } = traceFlat(
        (xs) => {
          const result = pullback(treeUnflatten(call.outDef(), xs));
          cts = cotangentLeaves(call, Array.isArray(result) || call.argDefs.length !== 1 ? result : [result], inAvals);
          return cts.filter((c): c is Tensor => !(c instanceof Zero));
        },
        outs.map((o) => tangentAval(o.aval)),
      );
      return {
        outs,
        residuals: [...hoisted],
        bwd(residuals, given) {
          const results = run([...residuals, ...given.map((c) => (c instanceof Zero ? zerosOf(c.aval) : c))]);
          let next = 0;
          return cts.map((c) => (c instanceof Zero ? c : (results[next++] as Tensor)));
        },
      };
    };
    return { vjp };
  }) as (...args: A) => R;
}

/**
 * Makes what a function captured explicit: `[converted, hoisted]` with `converted(...args, ...hoisted)` equal to `f(...args)`. Hoisted are
 * the traced values, which may be differentiated; `examples` give the structure, shapes and dtypes of the arguments.
 * @throws TreeMismatchError if the converted function is called with arguments of another structure
 */
export function closureConvert<A extends any[], R>(f: (...args: A) => R, ...examples: A): [converted: (...args: any[]) => R, hoisted: Tensor[]] {
  assertFunction(f, "closureConvert");
  const [leaves, def] = flattenArgs(examples, "closureConvert");
  let outDef: TreeDef | undefined;
  const avals: Aval[] = leaves.map((x) => x.aval);
  const { hoisted, run } = traceFlat((xs) => {
    const [outs, d] = flattenOutput(f(...(treeUnflatten(def, xs) as A)), "closureConvert");
    outDef = d;
    return outs;
  }, avals);
  const converted = (...args: any[]): R => {
    if (args.length !== examples.length + hoisted.length) {
      throw new ArgumentError(`A converted function takes its ${examples.length} argument(s) and then the ${hoisted.length} hoisted value(s); it was given ${args.length}.`);
    }
    const [xs, got] = flattenArgs(args.slice(0, examples.length), "closureConvert");
    if (!got.equals(def)) throw new TreeMismatchError(`A converted function was called with the structure ${got}, and converted for ${def}.`);
    const captured = args.slice(examples.length).map((x) => toTensor(x, "closureConvert"));
    return treeUnflatten(outDef as TreeDef, run([...captured, ...xs])) as R;
  };
  return [converted, [...hoisted]];
}

