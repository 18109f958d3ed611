// What is made of readings: a round counts if the machine was quiet during it, and gives its median; the figure of a
// workload is the least of the medians, since noise only ever adds.

import type { Reading } from "./timing.js";

/** The middle of some numbers. */
export function median(xs: readonly number[]): number {
  const s = [...xs].sort((a, b) => a - b);
  const m = s.length >> 1;
  return s.length % 2 === 1 ? (s[m] as number) : ((s[m - 1] as number) + (s[m] as number)) / 2;
}

/** What is reported of one workload in one library, in nanoseconds. */
export interface Figure {
  /** The least median of a round. */
  readonly best: number;
  /** The median of the medians. */
  readonly median: number;
  /** The fastest sample of all. */
  readonly min: number;
  /** The medians of the rounds that counted. */
  readonly rounds: readonly number[];
  /** How many rounds the machine was too busy for. If it was for all, all count. */
  readonly noisy: number;
}

/** How much slower than at its best the spin loop may be in a round that counts. */
export const quiet = 1.15;

/** Whether the machine was quiet while a reading was taken. */
export const isQuiet = ({ spins }: Reading, bestSpin: number): boolean => Math.max(...spins) <= quiet * bestSpin;

/** The figure of some readings. */
export function figureOf(readings: readonly Reading[], bestSpin: number): Figure {
  const good = readings.filter((r) => isQuiet(r, bestSpin));
  const counted = good.length > 0 ? good : readings;
  const rounds = counted.map((r) => median(r.samples));
  return {
    best: Math.min(...rounds),
    median: median(rounds),
    min: Math.min(...counted.flatMap((r) => r.samples)),
    rounds,
    noisy: readings.length - good.length,
  };
}
