// The results as Markdown tables, put between the markers of a README.

import type { Duration, FirstCall } from "./first-calls.js";
import { type LibraryName, libraryNames, titles } from "./libraries.js";
import type { Outcome } from "./kernels/outcome.js";
import type { Machine } from "./machine.js";
import type { Memory } from "./memory.js";
import type { Measured } from "./rounds.js";
import type { Startups } from "./startup.js";
import { type Figure, quiet } from "./statistics.js";
import { type Workload, type WorkloadName, workload, workloadNames } from "./workloads.js";

export interface Results {
  readonly machine: Machine;
  readonly load: { readonly before: number; readonly after: number };
  /** Gradus from its sources in the place of its build. */
  readonly source: boolean;
  /** Why a library takes no part. */
  readonly missing: Partial<Record<LibraryName, string>>;
  readonly rounds: number;
  readonly measured: Measured;
  readonly startups?: Startups | undefined;
  readonly firstCalls?: readonly FirstCall[] | undefined;
  readonly memory?: readonly Memory[] | undefined;
  /** Told in a section of their own. */
  readonly kernels?: { readonly machine: Machine; readonly outcomes: readonly Outcome[] } | undefined;
}

/** A time in nanoseconds, to three digits, in the unit that suits it. */
export function time(ns: number): string {
  const [value, unit] = ns < 1e3 ? [ns, "ns"] : ns < 1e6 ? [ns / 1e3, "µs"] : [ns / 1e6, "ms"];
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(value >= 10 ? 3 : 2)} ${unit}`;
}

/** How many times as much, to two digits. */
export const ratio = (x: number): string => `${x >= 10 ? x.toFixed(0) : x.toPrecision(2)}×`;

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** A table, its numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), row(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(row)].join("\n");
}

function targets({ target }: Workload): string {
  if (target === undefined) return "";
  const { must, good, later } = target as { must?: number; good?: number; later?: boolean };
  const both = [must, good].map((t) => (t === undefined ? "–" : time(t))).join(" / ");
  return later ? `(${both})` : both;
}

function verdict({ target }: Workload, best: number | undefined): string {
  if (target === undefined || best === undefined) return "";
  const { must = Infinity, good, later } = target as { must?: number; good?: number; later?: boolean };
  if (good !== undefined && best <= good) return "good";
  if (best <= must) return must === Infinity ? "" : "met";
  return later ? "" : "**missed**";
}

function figureCell(name: WorkloadName, figure: Figure | undefined): string {
  if (figure === undefined) return "–";
  const { flops } = workload(name);
  const noisy = figure.noisy > 0 && figure.noisy >= figure.rounds.length ? "~" : "";
  return `${noisy}${time(figure.best)}${flops === undefined ? "" : `, ${(flops / figure.best).toPrecision(2)} GF/s`}`;
}

function speedTable({ figures }: Measured, missing: Results["missing"]): string {
  const libraries = libraryNames.filter((l) => Object.values(figures).some((f) => f?.[l] !== undefined));
  const peers = libraries.filter((l) => l !== "gradus");
  const absent = libraryNames.filter((l) => missing[l] !== undefined);
  const rows = workloadNames.flatMap((name) => {
    const of = (l: LibraryName): Figure | undefined => figures[name]?.[l];
    const own = of("gradus");
    if (figures[name] === undefined) return [];
    const ratios = peers.map((l) => {
      const other = of(l);
      return own && other ? ratio(other.best / own.best) : "–";
    });
    const w = workload(name);
    return [[w.title, figureCell(name, own), targets(w), verdict(w, own?.best), ...peers.map((l) => figureCell(name, of(l))), ...absent.map(() => "–"), ...ratios]];
  });
  return table(["workload", "Gradus", "must / good", "", ...peers.map((l) => titles[l]), ...absent.map((l) => `${titles[l]}: not on this machine`), ...peers.map((l) => `${titles[l]} ÷ Gradus`)], rows);
}

function startupTable({ node, programs }: Startups): string {
  const ms = (x: number): string => `${x.toFixed(0)} ms`;
  const rows = programs.map(({ title, least, median, bytes }) => [title, ms(least), ms(median), bytes === undefined ? "" : `${(bytes / 1000).toFixed(1)} kB`]);
  return table(["program", "over bare Node, least", "median", "bundle, min+gzip"], [...rows, ["Node itself", ms(node.least), ms(node.median), ""]]);
}

/** First calls as a table. */
export function firstCallTable(calls: readonly FirstCall[]): string {
  const ms = (x: number): string => time(1e6 * x);
  const cells = (d: Duration | undefined): string[] => (d === undefined ? ["–", "–"] : [ms(d.least), ms(d.median)]);
  const rows = calls.map((c) => [c.title, ...cells(c.gradus), ms(c.good), c.gradus.least <= c.good ? "good" : "", ...cells(c["jax-js"])]);
  return table(["first call, compiled", "Gradus, least", "median", "good", "", "jax-js, least", "median"], rows);
}

function memoryTable(memory: readonly Memory[]): string {
  const size = (bytes: number): string => (Math.abs(bytes) < 950 ? `${bytes.toFixed(0)} B` : `${(bytes / 1000).toFixed(1)} kB`);
  const rows = memory.map(({ title, failure, retained, resident, peak, iterations }) =>
    failure === undefined
      ? [title, String(iterations), size(retained as number), size(resident as number), `${((peak as number) / 1e6).toFixed(0)} MB`]
      : [title, failure, "–", "–", "–"],
  );
  return table(["loop", "iterations", "kept per iteration", "resident growth per iteration", "peak resident"], rows);
}

/** The results as Markdown. */
export function markdown(results: Results): string {
  const { machine, load, measured, missing, rounds, startups, firstCalls, memory, source } = results;
  const { best, median, worst } = measured.spin;
  const all = Object.values(measured.figures).flatMap((by) => Object.values(by ?? {}));
  const busy = all.reduce((n, f) => n + f.noisy, 0);
  const readings = all.reduce((n, f) => n + f.noisy + (f.noisy < f.rounds.length || f.noisy === 0 ? f.rounds.length : 0), 0);
  const parts = [
    `Taken ${machine.date} on ${machine.cpu}, ${machine.cpus} CPUs, ${machine.platform}, Node ${machine.node} (V8 ${machine.v8}); ` +
      `Gradus ${machine.commit ?? ""}${source ? " from its sources" : ""}, ${Object.entries(machine.versions).map((v) => v.join(" ")).join(", ")}. ` +
      `Load average ${load.before} before, ${load.after} after. ${rounds} rounds; the spin loop took ${time(best)} at best, ${time(median)} in the median, ` +
      `${time(worst)} at worst; ${busy} of ${readings} readings fell to a busy machine (spin over ${quiet}× the best) and were set aside.`,
    ...Object.entries(missing).map(([name, why]) => `${titles[name as LibraryName]} takes no part: it is not on this machine (${why}).`),
    speedTable(measured, missing),
  ];
  if (startups !== undefined) parts.push("From process start to the first gradient, and the bundle of that program:", startupTable(startups));
  if (firstCalls !== undefined) parts.push("The first call of a compiled function, in a process that has called nothing before:", firstCallTable(firstCalls));
  if (memory !== undefined) parts.push("Memory over a training loop:", memoryTable(memory));
  return parts.join("\n\n");
}

/** `text` with what is between the markers of a section replaced. @throws RangeError without markers */
export function replaceBetweenMarkers(text: string, content: string, section: string = "results"): string {
  const [begin, end] = [`<!-- ${section} -->`, `<!-- /${section} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new RangeError(`there is no ${begin} … ${end} to put the results in`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}
