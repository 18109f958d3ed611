// The results on WebGL as a Markdown table.

import type { Machine } from "../machine.js";
import { ratio, table, time } from "../report.js";
import { type WebGLLibrary, webglLibraries, webglTitles } from "./browser.js";
import type { MeasuredRow, Outcome } from "./measure.js";
import { titleOf } from "./rows.js";

export interface WebGLResults {
  readonly machine: Machine;
  /** The version of Chromium. */
  readonly browser: string;
  readonly load: { readonly before: number; readonly after: number };
  /** Gradus from its sources in the place of its build. */
  readonly source: boolean;
  readonly rounds: number;
  readonly measured: readonly MeasuredRow[];
}

const cell = (outcome: Outcome | undefined): string => (outcome === undefined ? "–" : "failure" in outcome ? "fails" : `${time(outcome.figure.median)} (${outcome.draws})`);

const verdict = (target: number | undefined, outcome: Outcome | undefined): string => {
  if (target === undefined || outcome === undefined || "failure" in outcome) return "";
  return outcome.figure.median <= target * 1e6 ? "met" : "**missed**";
};

/** The results as Markdown. */
export function webglMarkdown({ machine, browser, load, source, rounds, measured }: WebGLResults): string {
  const present = webglLibraries.filter((l) => measured.some(({ outcomes }) => outcomes[l] !== undefined));
  const peers = present.filter((l) => l !== "gradus");
  const lines = measured.map(({ row, outcomes }) => {
    const own = outcomes.gradus;
    const ratios = peers.map((l) => {
      const other = outcomes[l];
      return own && other && !("failure" in own) && !("failure" in other) ? ratio(other.figure.median / own.figure.median) : "–";
    });
    return [titleOf(row), cell(own), row.target === undefined ? "" : `${row.target} ms`, verdict(row.target, own), ...peers.map((l) => cell(outcomes[l])), ...ratios];
  });
  const failures = measured.flatMap(({ row, outcomes }) =>
    peers.flatMap((l: WebGLLibrary) => {
      const outcome = outcomes[l];
      return outcome && "failure" in outcome ? [`- ${webglTitles[l]}, ${titleOf(row)}: ${outcome.failure.split("\n")[0]}`] : [];
    }),
  );
  const head = ["workload", "Gradus (draws)", "target", "", ...peers.map((l) => `${webglTitles[l]} (draws)`), ...peers.map((l) => `${webglTitles[l]} ÷ Gradus`)];
  return [
    `Taken ${machine.date} in headless Chromium ${browser} with its software rasteriser (SwiftShader) on ${machine.cpu}, ${machine.cpus} CPUs, ${machine.platform}; ` +
      `Gradus ${machine.commit ?? ""}${source ? " from its sources" : ""}, tfjs ${machine.versions["tfjs"]}, jax-js ${machine.versions["jax-js"]}. ` +
      `Load average ${load.before} before, ${load.after} after; ${rounds} rounds.`,
    table(head, lines),
    ...(failures.length > 0 ? [["What fails:", "", ...failures].join("\n")] : []),
  ].join("\n\n");
}
