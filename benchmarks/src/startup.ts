// From the start of a process to its first gradient, and what the bundle of that program weighs. The programs take turns;
// the time is that of the whole process, less that of Node running an empty module.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle, gzippedSize, output } from "./bundle.js";
import { median } from "./statistics.js";

export interface Startup {
  readonly title: string;
  /** Milliseconds over bare Node: of the quickest runs of both, and in the median over turns. */
  readonly least: number;
  readonly median: number;
  /** Of the bundle, for browsers, minified and compressed by gzip; undefined where nothing is bundled. */
  readonly bytes: number | undefined;
}

export interface Startups {
  /** Milliseconds of Node running an empty module. */
  readonly node: { readonly least: number; readonly median: number };
  readonly programs: readonly Startup[];
}

const programs = [
  { title: "Gradus, what it uses", entry: "gradus" },
  { title: "Gradus, the umbrella package", entry: "gradus-umbrella" },
  { title: "Gradus, not bundled", entry: "gradus", external: true },
  { title: "tfjs cpu, registered by hand", entry: "tfjs-by-hand" },
  { title: "tfjs cpu", entry: "tfjs" },
  { title: "jax-js", entry: "jax-js" },
];

/** A program that did not print the derivative of sin at 1. */
export class WrongStartError extends Error {
  override readonly name = "WrongStartError";
}

function run(file: string, expected: string): number {
  const start = performance.now();
  const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: "utf8" });
  const time = performance.now() - start;
  const printed = stdout.trim();
  if (!printed.startsWith(expected)) throw new WrongStartError(`${file} printed "${printed}", expected ${expected}…\n${stderr.slice(-1000)}`);
  return time;
}

/** Measures all programs, each `runs` times. `source` takes Gradus from its sources, which then cannot go unbundled. */
export async function measureStartups(runs: number, source: boolean): Promise<Startups> {
  const bare = join(output, "empty.mjs");
  const chosen = programs.filter((p) => !(source && p.external));
  const files: string[] = [];
  const bytes: (number | undefined)[] = [];
  for (const { entry, external = false } of chosen) {
    const path = `src/first-gradient/${entry}.ts`;
    const name = `first-gradient-${entry}${external ? "-external" : ""}`;
    files.push(await bundle(path, name, { source, external, minify: true, commonJs: entry.startsWith("tfjs") }));
    bytes.push(external ? undefined : gzippedSize(await bundle(path, `${name}-browser`, { source, minify: true, browser: true })));
  }
  writeFileSync(bare, "");
  const bareTimes: number[] = [];
  const times = files.map((): number[] => []);
  for (let i = -1; i < runs; i++) {
    // The first turn fills the caches of the file system.
    const all = [run(bare, ""), ...files.map((file) => run(file, "0.5403"))];
    if (i < 0) continue;
    bareTimes.push(all[0] as number);
    times.forEach((ts, k) => ts.push(all[k + 1] as number));
  }
  const node = { least: Math.min(...bareTimes), median: median(bareTimes) };
  return {
    node,
    programs: chosen.map(({ title }, k) => ({
      title,
      least: Math.min(...(times[k] as number[])) - node.least,
      median: median((times[k] as number[]).map((t, i) => t - (bareTimes[i] as number))),
      bytes: bytes[k],
    })),
  };
}
