// The process of one library: answers the command's requests, one at a time, and is idle in between.

import { digest } from "./agreement.js";
import type { Suite } from "./task.js";
import { lastResult, type Reading, spin, Stopwatch } from "./timing.js";
import { type WorkloadName, workloadNames } from "./workloads.js";

export interface Request {
  readonly do: "list" | "check" | "warm" | "read";
  readonly name?: WorkloadName;
  /** Nanoseconds. */
  readonly budget?: number;
}

export type Answer = { readonly value: WorkloadName[] | number[] | Reading | null } | { readonly error: string };

/** Serves a suite until the command ends. */
export function serve(suite: Suite): void {
  const watches = new Map<WorkloadName, Stopwatch>();
  for (let i = 0; i < 50; i++) spin(); // compiled, before it measures anything
  const perform = async ({ do: what, name, budget = 0 }: Request): Promise<WorkloadName[] | number[] | Reading | null> => {
    if (what === "list") return workloadNames.filter((n) => suite[n] !== undefined);
    const task = name && suite[name];
    if (task === undefined || name === undefined) throw new RangeError(`no workload ${name}`);
    if (what === "check") return digest(task.values());
    let watch = watches.get(name);
    if (watch === undefined) watches.set(name, (watch = await Stopwatch.of(task)));
    if (what === "read") return watch.read(budget);
    await watch.warm(budget);
    return null;
  };
  const answer = (a: Answer): void => void process.send?.(a);
  process.on("message", (request: Request) => {
    perform(request).then(
      (value) => answer({ value }),
      (error: unknown) => answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.on("exit", () => lastResult());
}
