// Kernels in turns with the loops that bound them, in one process: whatever holds the machine up, holds up both.

import { setTimeout as sleep } from "node:timers/promises";
import { cpu, withBackend } from "gradus";
import { figureOf, type Figure, median } from "../statistics.js";
import { type Reading, spin, Stopwatch } from "../timing.js";
import type { Outcome, Unit } from "./outcome.js";
import { type Kernel, type KernelRow, kernelRows, sharedRows, smallKernel, wrongIn } from "./rows.js";
import { twoThreads } from "./two-threads.js";

/** A kernel whose result is wrong. */
export class WrongKernelError extends Error {
  override readonly name = "WrongKernelError";
}

export interface Effort {
  readonly rounds: number;
  /** Nanoseconds of warm-up, and of a reading. */
  readonly warm: number;
  readonly reading: number;
}

/** @throws WrongKernelError unless the result is right */
export function check(title: string, made: Kernel, row: Parameters<typeof wrongIn>[1]): Kernel {
  const complaint = wrongIn(made.values(), row);
  if (complaint !== undefined) throw new WrongKernelError(`${title}: ${complaint}`);
  return made;
}

let bestSpin = Infinity;

/** Times what is given, in turns. */
export async function inTurns(calls: readonly (() => unknown)[], { rounds, warm, reading }: Effort): Promise<Figure[]> {
  const watches: Stopwatch[] = [];
  for (const call of calls) {
    const watch = await Stopwatch.of({ call });
    await watch.warm(warm);
    watches.push(watch);
  }
  const readings = watches.map((): Reading[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, watch] of watches.entries()) {
      const seen = await watch.read(reading);
      bestSpin = Math.min(bestSpin, ...seen.spins);
      readings[i]?.push(seen);
    }
  }
  return readings.map((r) => figureOf(r, bestSpin));
}

const isNoisy = (...figures: readonly Figure[]): boolean => figures.some(({ noisy, rounds }) => noisy >= rounds.length && noisy > 0);

async function bounded(row: KernelRow, effort: Effort): Promise<Outcome> {
  const { title, must, good, flops, elements, bound } = row;
  const { call } = check(title, row.make(), row);
  const common = { title, must, good };
  const told = (time: number): number => (flops === undefined ? time / (elements as number) : flops / time);
  const unit: Unit = flops === undefined ? "ns per element" : "GF/s";
  if ("noted" in bound) {
    const [own] = (await inTurns([call], effort)) as [Figure];
    return { ...common, unit, value: told(own.best), ceiling: told(bound.noted), isNoted: true, isNoisy: isNoisy(own) };
  }
  const loop = bound.loop();
  const [own, peak] = (await inTurns([call, loop.call], effort)) as [Figure, Figure];
  const ceiling = loop.flops === undefined ? told(peak.best) : loop.flops / peak.best;
  return { ...common, unit, value: told(own.best), ceiling, isNoisy: isNoisy(own, peak) };
}

/** All kernels of one thread. */
export async function measureBounded(effort: Effort, report: (outcome: Outcome) => void): Promise<void> {
  for (let i = 0; i < 50; i++) bestSpin = Math.min(bestSpin, spin());
  for (const row of kernelRows) report(await bounded(row, effort));
}

/** Until threads have started and loaded what they are to compute. */
async function untilShared(two: ReturnType<typeof cpu>, call: () => unknown, attempts = 100): Promise<boolean> {
  for (let i = 0; i < attempts; i++) {
    const { helped = 0 } = two.stats() as { helped?: number };
    call();
    if (((two.stats() as { helped?: number }).helped ?? 0) > helped) return true;
    await sleep(10);
  }
  return false;
}

/** What two threads of the machine gain with certainty unless others want the second processor. */
const leastGain = 1.8;

/** What two threads gain, beside what the product loop gains by them, and what it takes to share. All in turns, over some seconds. */
export async function measureShared(effort: Effort, report: (outcome: Outcome) => void): Promise<void> {
  const [two, machine] = [cpu({ threads: 2 }), await twoThreads()];
  const calls: (() => unknown)[] = [machine.alone, machine.together];
  let isShared = true;
  const rows = sharedRows(two);
  for (const row of rows) {
    const [one, both] = [check(row.title, row.one(), row), check(row.title, row.two(), row)];
    isShared &&= await untilShared(two, both.call);
    calls.push(one.call, both.call);
  }
  const [alone, together, ...figures] = (await inTurns(calls, effort)) as [Figure, Figure, ...Figure[]];
  await machine.stop();
  const ceiling = alone.best / together.best;
  const gain = `two threads gain ${ceiling.toFixed(2)}× by the product loop`;
  const why = ceiling < leastGain ? `others want the second processor (${gain})` : isShared ? undefined : `nothing was shared here (${gain})`;
  rows.forEach(({ title }, i) => {
    const common = { title: `${title}, 2 threads beside 1`, unit: "times", must: 1.6 / 2, good: 1.85 / 2 } as const;
    const [one, both] = figures.slice(2 * i) as [Figure, Figure];
    report(why === undefined ? { ...common, value: one.best / both.best, ceiling, isNoisy: isNoisy(one, both) } : { ...common, value: undefined, ceiling, ...(i === 0 ? { note: why } : {}) });
  });
  await measureFork(two, effort, why, report);
  two.dispose();
}

/** What it takes to share: the smallest loop that is shared beside the same on one thread, over and over, and after a sleep. */
async function measureFork(two: ReturnType<typeof cpu>, effort: Effort, whyNot: string | undefined, report: (outcome: Outcome) => void): Promise<void> {
  const hot = { title: "sharing a loop, threads awake: time beyond half of one thread's", unit: "ns", must: 2e3, good: 600 } as const;
  const parked = { title: "the same, threads asleep: time beyond one thread's", unit: "ns", must: 80e3, good: 20e3 } as const;
  for (let size = 1000; whyNot === undefined && size < 1e6; size = Math.round(1.25 * size)) {
    const [one, both] = [smallKernel(size), withBackend(two, () => smallKernel(size))].map(({ call }) => call) as [() => unknown, () => unknown];
    const onTwo = (): unknown => withBackend(two, both);
    if (!(await untilShared(two, onTwo, 5))) continue;
    const [alone, shared] = (await inTurns([one, onTwo], effort)) as [Figure, Figure];
    const note = `exp of ${size} elements, ${(alone.best / 1e3).toFixed(1)} µs on one thread, ${(shared.best / 1e3).toFixed(1)} µs on two`;
    report({ ...hot, value: shared.best - alone.best / 2, isNoisy: isNoisy(alone, shared), note });
    const [rested, asleep]: [number[], number[]] = [[], []];
    for (let i = 0; i < 8 * effort.rounds; i++) {
      for (const [call, times] of [[one, rested], [onTwo, asleep]] as const) {
        await sleep(3);
        const start = performance.now();
        call();
        times.push(1e6 * (performance.now() - start));
      }
    }
    return report({ ...parked, value: median(asleep) - median(rested) });
  }
  report({ ...hot, value: undefined, note: whyNot ?? "nothing was shared here" });
  report({ ...parked, value: undefined });
}
