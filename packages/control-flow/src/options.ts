// Options that loops share.

import { ArgumentError, describe } from "@gradus/core";

export interface LoopOptions {
  /**
   * Reverse mode saves the carry before every so many steps, and computes the steps in between again when it comes to them: for n
   * steps it keeps n/k carries and what k steps need, instead of what n steps need.
   */
  readonly checkpointEvery?: number | undefined;
}

/** @throws ArgumentError unless it is a number of steps, if it is given */
export function checkpointEvery({ checkpointEvery: k }: LoopOptions, what: string): number | undefined {
  if (k === undefined || (Number.isInteger(k) && k >= 1)) return k;
  throw new ArgumentError(`${what}: checkpointEvery is ${typeof k === "number" ? k : describe(k)}, and must be a number of steps, 1 or more.`);
}
