// A CPU profile by functions and by lines of the original sources.

import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame; readonly positionTicks?: readonly { line: number; ticks: number }[] }[];
  readonly samples: readonly number[];
  /** Microseconds from sample to sample. */
  readonly timeDeltas: readonly number[];
}

export interface Share {
  readonly what: string;
  /** Of all samples but idle ones, from 0 to 1. */
  readonly share: number;
}

/**
 * Functions by the time spent in themselves in the last `seconds`, and lines by that in the whole run, most first. The
 * source map is that of the bundle that was run.
 */
export function summarize(profileFile: string, mapFile: string, seconds: number): { functions: Share[]; lines: Share[] } {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(profileFile, "utf8")) as Profile;
  const map = new SourceMap(JSON.parse(readFileSync(mapFile, "utf8")));
  const place = (line: number, column: number): string => {
    const entry = map.findEntry(line, column) as { originalSource?: string; originalLine?: number };
    return entry.originalSource === undefined ? "" : `${entry.originalSource.replace(/^(\.\.\/)+/, "")}:${(entry.originalLine as number) + 1}`;
  };
  const own = new Map<number, number>();
  for (let i = samples.length - 1, time = 0; i >= 0 && time < seconds * 1e6; i--) {
    const id = samples[i] as number;
    own.set(id, (own.get(id) ?? 0) + 1);
    time += timeDeltas[i] as number;
  }
  const functions = new Map<string, number>();
  const lines = new Map<string, number>();
  let total = 0;
  const add = (to: Map<string, number>, key: string, n: number): void => void to.set(key, (to.get(key) ?? 0) + n);
  for (const { id, callFrame, positionTicks = [] } of nodes) {
    const { functionName, url, lineNumber, columnNumber } = callFrame;
    const ticks = own.get(id) ?? 0;
    if (ticks === 0 || functionName === "(idle)" || functionName === "(program)") continue;
    total += ticks;
    const isOurs = url.endsWith(".mjs") && !url.startsWith("node:");
    add(functions, `${functionName || "(anonymous)"}  ${isOurs ? place(lineNumber, columnNumber) : url}`, ticks);
    if (isOurs) for (const { line, ticks: n } of positionTicks) add(lines, place(line - 1, 1000), n);
  }
  const shares = (of: Map<string, number>): Share[] => [...of].map(([what, n]) => ({ what, share: n / total })).sort((a, b) => b.share - a.share);
  return { functions: shares(functions), lines: shares(lines) };
}
