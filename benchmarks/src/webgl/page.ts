// What runs in the page of a library: it answers the command's questions, one at a time, and counts what is drawn.

import { digest } from "../agreement.js";
import type { Task } from "../task.js";
import { type Reading, spin, Stopwatch } from "../timing.js";
import type { WorkloadName } from "../workloads.js";
import type { End } from "./rows.js";

/** A task, and how it is read without waiting. */
export interface PageTask extends Task {
  readonly readAsync?: () => Promise<unknown>;
}

export type PageSuite = { readonly [N in WorkloadName]?: PageTask };

const reading = 120e6; // nanoseconds

let draws = 0;

/** Counts draws of every context from here on; to be called before a library takes hold of the functions. */
export function countDraws(): void {
  const { prototype } = WebGL2RenderingContext;
  for (const name of ["drawArrays", "drawElements"] as const) {
    const draw = prototype[name] as (...args: number[]) => void;
    prototype[name] = function (this: WebGL2RenderingContext, ...args: number[]): void {
      draws++;
      draw.apply(this, args);
    };
  }
}

export interface Start {
  readonly first: number;
  readonly next: number;
  readonly draws: number;
}

/** What the command calls. */
export interface Agent {
  /** The digest of the result. */
  check(name: WorkloadName): number[];
  /** The first iteration: how long it takes, in nanoseconds. The next: the same, and how much it draws. */
  start(name: WorkloadName, end: End): Promise<Start>;
  read(name: WorkloadName, end: End): Promise<Reading>;
}

/** Offers a suite to the command. `around` runs an iteration of what is read at once, and frees what it made. */
export function present(suite: PageSuite, around: (f: () => unknown) => unknown = (f) => f()): void {
  const watches = new Map<string, Stopwatch>();
  for (let i = 0; i < 50; i++) spin();
  const iteration = (name: WorkloadName, end: End): (() => unknown) => {
    const task = suite[name] as PageTask;
    return end === "await" ? (task.readAsync as () => unknown) : () => around(task.read ?? task.values);
  };
  const agent: Agent = {
    check: (name) => around(() => digest((suite[name] as PageTask).values())) as number[],
    async start(name, end) {
      const f = iteration(name, end);
      const timed = async (): Promise<number> => {
        const before = performance.now();
        await f();
        return (performance.now() - before) * 1e6;
      };
      const first = await timed();
      const drawn = draws;
      const next = await timed();
      return { first, next, draws: draws - drawn };
    },
    async read(name, end) {
      const key = `${name} ${end}`;
      let watch = watches.get(key);
      if (watch === undefined) {
        watches.set(key, (watch = await Stopwatch.of({ call: iteration(name, end) })));
        await watch.calibrate();
      }
      return watch.read(reading);
    },
  };
  Object.assign(globalThis, { agent });
}
