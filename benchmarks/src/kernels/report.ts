// The kernels as a table.

import type { Machine } from "../machine.js";
import { table, time } from "../report.js";
import { type Outcome, shareOf, verdictOf } from "./outcome.js";

const percent = (x: number): string => `${(100 * x).toFixed(Math.abs(x) < 0.1 ? 1 : 0)} %`;

function written({ unit }: Outcome, x: number): string {
  switch (unit) {
    case "GF/s":
      return `${x.toFixed(1)} GF/s`;
    case "ns per element":
      return `${x.toPrecision(x < 1 ? 2 : 3)} ns`;
    case "ns":
      return x < 0 ? `−${time(-x)}` : time(x);
    case "share":
      return percent(x);
    case "times":
      return `${x.toFixed(2)}×`;
    case "bytes":
      return `${(x / 1e6).toFixed(0)} MB`;
  }
}

/** A row of the table. */
export function cellsOf(outcome: Outcome): string[] {
  const { title, unit, value, ceiling, isNoted = false, isNoisy = false, must, good } = outcome;
  const share = shareOf(outcome);
  const verdict = verdictOf(outcome);
  return [
    unit === "ns per element" ? `${title}, per element` : title,
    value === undefined ? "–" : `${isNoisy ? "~" : ""}${written(outcome, value)}`,
    ceiling === undefined ? "" : isNoted ? `(${written(outcome, ceiling)})` : written(outcome, ceiling),
    share === undefined ? "" : percent(share),
    [must, good].map((target) => (ceiling === undefined ? written(outcome, target) : percent(target))).join(" / "),
    verdict === "missed" ? "**missed**" : verdict,
  ];
}

/** All of them, and what there is to say of some. */
export function kernelsMarkdown(machine: Machine, outcomes: readonly Outcome[]): string {
  const count = (verdict: string): number => outcomes.filter((o) => verdictOf(o) === verdict).length;
  const notes = outcomes.flatMap(({ title, note }) => (note === undefined ? [] : [`- ${title}: ${note}.`]));
  return [
    `Taken ${machine.date} on ${machine.cpu}, ${machine.cpus} CPUs, ${machine.platform}, Node ${machine.node} (V8 ${machine.v8}); Gradus ${machine.commit ?? ""}. ` +
      `${outcomes.length} figures: ${count("good")} good, ${count("met")} met, ${count("missed")} missed.`,
    table(["kernel", "Gradus", "ceiling", "share", "must / good", ""], outcomes.map(cellsOf)),
    ...(notes.length === 0 ? [] : [notes.join("\n")]),
  ].join("\n\n");
}
