// What the first call of a compiled function costs: tracing, derivatives, compilation and the step itself, in a process that has
// called nothing before.

import { spawnSync } from "node:child_process";
import { bundle } from "./bundle.js";
import { operations } from "./first-call/long-chain.js";
import { median } from "./statistics.js";
import type { WorkloadName } from "./workloads.js";

/** Milliseconds, of the quickest run and in the median. */
export interface Duration {
  readonly least: number;
  readonly median: number;
}

export interface FirstCall {
  readonly title: string;
  readonly good: number;
  readonly gradus: Duration;
  readonly "jax-js": Duration | undefined;
}

interface Row {
  readonly name: WorkloadName | "chain" | "maxima";
  readonly title: string;
  /** Milliseconds. */
  readonly good: number;
}

const rows: readonly Row[] = [
  { name: "MLP step, jit", title: "MLP 784-512-256-10, batch 128, SGD step", good: 40 },
  { name: "CNN step, jit", title: "CNN 3×3×32, 3×3×64 /2, 128, 10, batch 32, SGD step", good: 60 },
  { name: "transformer block, jit", title: "transformer block, value and gradient", good: 60 },
  { name: "RNN, jit", title: "RNN, 50 steps, hidden 64, batch 16, value and gradient", good: 50 },
  { name: "Hessian of Rosenbrock, 32, jit", title: "Hessian of Rosenbrock, n = 32", good: 10 },
  { name: "Hessian of Rosenbrock, 100, jit", title: "Hessian of Rosenbrock, n = 100", good: 10 },
  { name: "chain", title: `a chain of ${operations} operations`, good: 1000 },
  { name: "maxima", title: `${operations} operations, ${operations / 5} of them maxima of all that was before`, good: 1000 },
];

/** A program that did not print how long it took. */
export class NoTimeError extends Error {
  override readonly name = "NoTimeError";
}

function run(file: string, name: string): number {
  const { stdout, stderr } = spawnSync(process.execPath, [file, name], { encoding: "utf8" });
  const time = Number.parseFloat(stdout);
  if (!Number.isFinite(time)) throw new NoTimeError(`${file} printed "${stdout.trim()}" for ${name}.\n${stderr.slice(-1000)}`);
  return time;
}

/** Measures all first calls, each `runs` times, in turns with those of jax-js where `peers` are asked for. */
export async function measureFirstCalls(runs: number, source: boolean, peers: boolean): Promise<FirstCall[]> {
  const [own, other] = [await bundle("src/first-call/gradus.ts", "first-call-gradus", { source }), peers ? await bundle("src/first-call/jax-js.ts", "first-call-jax-js", {}) : undefined];
  const summary = (times: readonly number[]): Duration => ({ least: Math.min(...times), median: median(times) });
  return rows.map(({ name, title, good }) => {
    const [mine, theirs]: [number[], number[]] = [[], []];
    for (let i = 0; i < runs; i++) {
      mine.push(run(own, name));
      // It takes many seconds to compile some of them: a few times tell enough.
      if (other !== undefined && i < 3 && name !== "chain" && name !== "maxima") theirs.push(run(other, name));
    }
    return { title, good, gradus: summary(mine), "jax-js": theirs.length === 0 ? undefined : summary(theirs) };
  });
}
