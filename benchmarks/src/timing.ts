// How long an iteration takes, in a process of its own library. Nothing here knows which.

import type { Task } from "./task.js";

/** What one round saw of one workload. Times in nanoseconds. */
export interface Reading {
  /** Of an iteration, one for each sample. */
  readonly samples: readonly number[];
  /** The fixed spin loop, before and after. */
  readonly spins: readonly [before: number, after: number];
}

const sampleTime = 2e6; // of one sample
const spinSteps = 4e5; // about half a millisecond

// Where results go, so that no compiler finds them unused.
let sink: unknown;

const now = (): number => performance.now() * 1e6;

/** Times `steps` dependent operations: the same work in every process, so that its time tells of the machine alone. */
export function spin(steps: number = spinSteps): number {
  const start = now();
  let x = 1;
  for (let i = 0; i < steps; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0;
  const time = now() - start;
  sink = x;
  return time;
}

/** The last result, for nobody. */
export const lastResult = (): unknown => sink;

function repeat(call: Task["call"], count: number): number {
  const start = now();
  for (let i = 0; i < count; i++) sink = call();
  return now() - start;
}

async function repeatAsync(call: Task["call"], count: number): Promise<number> {
  const start = now();
  for (let i = 0; i < count; i++) sink = await call();
  return now() - start;
}

/** Times one task: first `warm`, then any number of readings. */
export class Stopwatch {
  readonly #call: Task["call"];
  readonly #isAsync: boolean;
  /** Iterations in a sample. */
  #count = 1;

  private constructor(call: Task["call"], isAsync: boolean) {
    this.#call = call;
    this.#isAsync = isAsync;
  }

  static async of({ call }: Pick<Task, "call">): Promise<Stopwatch> {
    const result = call();
    await result;
    return new Stopwatch(call, result instanceof Promise);
  }

  async #run(count: number): Promise<number> {
    return this.#isAsync ? repeatAsync(this.#call, count) : repeat(this.#call, count);
  }

  /**
   * Runs until `budget` nanoseconds of processor time are spent, and five iterations at least unless they take very long, so that the engine has
   * optimised and sizes are known. Not of the clock: on a busy machine the engine's compiler waits its turn too.
   */
  async warm(budget: number): Promise<void> {
    const start = process.cpuUsage();
    const end = now() + 8 * budget;
    const spent = (): number => {
      const { user, system } = process.cpuUsage(start);
      return 1e3 * (user + system);
    };
    for (let runs = 0; (runs < 5 && (runs < 2 || now() < end)) || (spent() < budget && now() < end); runs++) {
      const time = await this.#run(this.#count);
      if (time < sampleTime) this.#count = Math.ceil(this.#count * Math.min(10, (1.2 * sampleTime) / time));
    }
    await this.calibrate();
  }

  /** Settles how many iterations a sample has, from how long they take now. */
  async calibrate(): Promise<void> {
    const time = await this.#run(this.#count);
    this.#count = Math.max(1, Math.round((this.#count * sampleTime) / time));
  }

  /** Samples for `budget` nanoseconds, three at least unless they take very long; what else ran meanwhile is shaken off first. */
  async read(budget: number): Promise<Reading> {
    const start = now();
    do await this.#run(this.#count);
    while (now() < start + budget / 2);
    const samples: number[] = [];
    const before = spin();
    const end = now() + budget;
    while (now() < end || (samples.length < 3 && now() < end + 3 * budget)) samples.push((await this.#run(this.#count)) / this.#count);
    return { samples, spins: [before, spin()] };
  }
}
