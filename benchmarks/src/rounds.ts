// The measurement: agreement first, then warm-up, then rounds in which the libraries take turns at each workload.

import { checkAgreement } from "./agreement.js";
import type { Library, LibraryName } from "./libraries.js";
import { type Figure, figureOf, isQuiet } from "./statistics.js";
import type { Reading } from "./timing.js";
import { type WorkloadName, workloadNames } from "./workloads.js";

export interface Plan {
  readonly workloads: readonly WorkloadName[];
  readonly rounds: number;
  /** Nanoseconds of warm-up of each workload in each library. */
  readonly warm: number;
  /** Nanoseconds of each reading. */
  readonly reading: number;
}

export interface Measured {
  readonly figures: Partial<Record<WorkloadName, Partial<Record<LibraryName, Figure>>>>;
  /** Of the spin loop, in nanoseconds, over all readings: its least, median and greatest time. */
  readonly spin: { readonly best: number; readonly median: number; readonly worst: number };
}

const retries = 2; // of a reading that the machine was too busy for
const long = 1e9; // an iteration that takes longer is read in two rounds only

/** Measures. @throws DisagreementError before any timing, if a library computes something else */
export async function measure(libraries: readonly Library[], plan: Plan, progress: (line: string) => void): Promise<Measured> {
  const names = workloadNames.filter((n) => plan.workloads.includes(n));
  const able = (name: WorkloadName): Library[] => libraries.filter((l) => l.workloads.has(name));
  for (const name of names) {
    const results = new Map<string, number[]>();
    for (const library of able(name)) results.set(library.name, await library.check(name));
    checkAgreement(name, results);
  }
  progress(`agreed on ${names.length} workloads`);
  for (const library of libraries) for (const name of names) if (library.workloads.has(name)) await library.warm(name, plan.warm);
  progress("warm");

  const readings = new Map<WorkloadName, Map<LibraryName, Reading[]>>(names.map((n) => [n, new Map(able(n).map((l) => [l.name, []]))]));
  let bestSpin = Infinity;
  for (let round = 0; round < plan.rounds; round++) {
    for (const name of names) {
      const turn = able(name);
      for (let i = 0; i < turn.length; i++) {
        const library = turn[(i + round) % turn.length] as Library;
        for (let attempt = 0; attempt <= retries; attempt++) {
          const before = readings.get(name)?.get(library.name) ?? [];
          if (before.length >= 2 && Math.min(...before.flatMap((r) => r.samples)) > long) break;
          const reading = await library.read(name, plan.reading);
          readings.get(name)?.get(library.name)?.push(reading);
          bestSpin = Math.min(bestSpin, ...reading.spins);
          if (isQuiet(reading, bestSpin)) break;
        }
      }
    }
    progress(`round ${round + 1} of ${plan.rounds}`);
  }
  const figures: Measured["figures"] = {};
  for (const [name, by] of readings) figures[name] = Object.fromEntries([...by].map(([library, rs]) => [library, figureOf(rs, bestSpin)]));
  const spins = [...readings.values()].flatMap((by) => [...by.values()].flat()).flatMap((r) => r.spins).sort((a, b) => a - b);
  return { figures, spin: { best: bestSpin, median: spins[spins.length >> 1] as number, worst: spins.at(-1) as number } };
}
