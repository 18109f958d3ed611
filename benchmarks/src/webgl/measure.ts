// The measurement: row by row, agreement first, then rounds in which the libraries take turns.

import { DisagreementError, disagreement } from "../agreement.js";
import { type Figure, figureOf, isQuiet } from "../statistics.js";
import type { Reading } from "../timing.js";
import { type Workload, workload } from "../workloads.js";
import type { PageLibrary, WebGLLibrary } from "./browser.js";
import type { Start } from "./page.js";
import { keyOf, type Row } from "./rows.js";

/** One library at one row. */
export type Outcome =
  | {
      readonly figure: Figure;
      /** How much an iteration draws. */
      readonly draws: number;
      /** Nanoseconds of the first iteration, which comes after the result was checked. */
      readonly first: number;
    }
  | { readonly failure: string };

export interface MeasuredRow {
  readonly row: Row;
  readonly outcomes: { readonly [L in WebGLLibrary]?: Outcome };
}

const retries = 2; // of a reading that the machine was too busy for
const builtIn = 1e-3; // as far as the functions of a device may be off, which the peers take as they are
const long = 2e9; // an iteration that takes longer in nanoseconds is not repeated

// What is wrong with what a library computes, in a line; undefined if nothing.
async function complaint(library: PageLibrary, { name }: Row, wanted: readonly number[]): Promise<string | undefined> {
  const { tolerance = 1e-5 } = workload(name) as Workload;
  const got = await library.ask("check", name);
  return disagreement(got, { expected: () => wanted, tolerance: library.name === "gradus" ? tolerance : Math.max(tolerance, builtIn) });
}

/** Measures rows. What a peer cannot do is said in its place. @throws DisagreementError if Gradus computes something else */
export async function measureRows(libraries: readonly PageLibrary[], rows: readonly Row[], rounds: number, progress: (line: string) => void): Promise<MeasuredRow[]> {
  const seen: { row: Row; started: Map<PageLibrary, { start: Start; readings: Reading[] } | string> }[] = [];
  let bestSpin = Infinity;
  for (const row of rows) {
    const expected = Array.from(workload(row.name).expected());
    const started: (typeof seen)[number]["started"] = new Map();
    const fails = async (library: PageLibrary, error: unknown): Promise<void> => {
      if (library.name === "gradus") throw error;
      started.set(library, (error as Error).message);
      await library.restart();
    };
    for (const library of libraries) {
      try {
        const wrong = await complaint(library, row, expected);
        if (wrong !== undefined) throw new DisagreementError(wrong);
        const start = await library.ask("start", row.name, row.end);
        started.set(library, { start, readings: start.next > long ? [{ samples: [start.next], spins: [Infinity, Infinity] }] : [] });
      } catch (error) {
        await fails(library, error);
      }
    }
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < libraries.length; i++) {
        const library = libraries[(i + round) % libraries.length] as PageLibrary;
        const state = started.get(library) as { start: Start; readings: Reading[] } | string;
        if (typeof state === "string" || state.start.next > long) continue;
        try {
          for (let attempt = 0; attempt <= retries; attempt++) {
            const reading = await library.ask("read", row.name, row.end);
            state.readings.push(reading);
            bestSpin = Math.min(bestSpin, ...reading.spins);
            if (isQuiet(reading, bestSpin)) break;
          }
        } catch (error) {
          await fails(library, error);
        }
      }
    }
    progress(`${keyOf(row)}: ${[...started].map(([{ name }, s]) => `${name} ${typeof s === "string" ? s : `${(figureOf(s.readings, bestSpin).median / 1e6).toFixed(2)} ms, ${s.start.draws} draws`}`).join("; ")}`);
    seen.push({ row, started });
  }
  return seen.map(({ row, started }) => ({
    row,
    outcomes: Object.fromEntries(
      [...started].map(([{ name }, s]): [string, Outcome] => [name, typeof s === "string" ? { failure: s } : { figure: figureOf(s.readings, bestSpin), draws: s.start.draws, first: s.start.first }]),
    ),
  }));
}

