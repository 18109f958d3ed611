// The first call of one task in a process that has called nothing before.

import type { Task } from "../task.js";

/** Prints its milliseconds: tracing, transforming, compiling, running. */
export async function watch(tasks: Readonly<Record<string, Task | undefined>>): Promise<void> {
  const name = process.argv[2] as string;
  const task = tasks[name];
  if (task === undefined) throw new RangeError(`no workload ${name}`);
  const start = performance.now();
  await task.call();
  console.log(performance.now() - start);
}
