// A handler that does not forward: it answers every application itself, from shapes and dtypes alone, and nothing is computed.
// What a function would apply, and how much memory its results would take, is known without a backend.

import { type Arguments, type Aval, defineTransform, type Handler, inferAvals, lift, type MapTree, type Tensor, type TensorLike } from "@gradus/core";

/** What a dry run of a function finds out. */
export interface Plan {
  /** Each application with its results, as `sin f32[3]`. */
  readonly applications: string[];
  /** How many elements the results have, all together. */
  elements: number;
}

export const noPlan = (): Plan => ({ applications: [], elements: 0 });

const dryHandler = (plan: Plan): Handler => {
  const handler: Handler = {
    name: "@acme/dry-run",
    mend: "Nothing is computed in a dry run: run the function itself for its values.",
    perform(p, args, params) {
      const avals = inferAvals(p, args.map((a) => a.aval), params);
      plan.applications.push(`${p.name} ${avals.join(" ")}`);
      plan.elements += avals.reduce((n, aval) => n + aval.size, 0);
      return avals.map((aval) => lift(handler, null, aval));
    },
  };
  return handler;
};

/** The avals of the results of `f`, in its structure. What it would apply is added to `plan`. */
export function dryRun<A extends any[] = Tensor[], R = Tensor>(f: (...args: A) => R, plan: Plan = noPlan()): (...args: Arguments<A>) => MapTree<R, TensorLike, Aval> {
  return defineTransform({
    name: "dryRun",
    handler: () => dryHandler(plan),
    lift: (x, handler) => lift(handler, null, x.aval),
    strip: (x): Aval => x.aval,
  })(f);
}

/** The handler by itself, for one who forgets to take its values off. */
export const bareDryRun = (): Handler => dryHandler(noPlan());
