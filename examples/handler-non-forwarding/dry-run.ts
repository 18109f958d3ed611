// A handler that does not forward: it answers every application itself, from shapes and dtypes alone, and nothing is computed.
// What a function would apply, and how much memory its results would take, is known without a backend.

import { type Aval, defineTransform, type Handler, inferAvals, lift } from "@gradus/core";

/** What a dry run of a function finds out. */
export interface Plan {
  /** Each application with its results, as `sin f32[3]`. */
  readonly applications: string[];
  /** How many elements the results have, all together. */
  elements: number;
}

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
export function dryRun(f: (...args: any[]) => unknown, plan: Plan = { applications: [], elements: 0 }): (...args: any[]) => any {
  return defineTransform({
    name: "dryRun",
    handler: () => dryHandler(plan),
    lift: (x, handler) => lift(handler, null, x.aval),
    strip: (x): Aval => x.aval,
  })(f);
}

/** The handler by itself, for one who forgets to take its values off. */
export const bareDryRun = (): Handler => dryHandler({ applications: [], elements: 0 });
