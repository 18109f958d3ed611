// The plan of a program as a text to act on: how many loops, what they are, and what runs outside of them and why.

import { innerSteps, printLoops, type Step } from "@gradus/loops";
import type { Compilation } from "./compile.js";

const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

const bytes = (n: number): string => (n < 10240 ? `${n} bytes` : n < 10 * 2 ** 20 ? `${Math.round(n / 1024)} KiB` : `${Math.round(n / 2 ** 20)} MiB`);

function count(steps: readonly Step[], counts: Map<Step["kind"], number>): Map<Step["kind"], number> {
  for (const step of steps) {
    counts.set(step.kind, (counts.get(step.kind) ?? 0) + 1);
    for (const inner of innerSteps(step)) count(inner, counts);
  }
  return counts;
}

/** A compilation as text: totals, the loop nests, and remarks on what was not fused. */
export function explain({ loops, arena, modes, emitted, remarks }: Compilation): string {
  const counts = count(loops.steps, new Map());
  const of = (kind: Step["kind"]): number => counts.get(kind) ?? 0;
  const vectors = [...modes.values()].filter((m) => m.lanes > 1).length;
  const controls = of("repeat") + of("while") + of("branch");
  const totals = [
    `${plural(modes.size, "loop nest")} (${vectors} in vectors)`,
    ...(of("kernel") > 0 ? [plural(of("kernel"), "kernel")] : []),
    ...(controls > 0 ? [plural(controls, "loop or branch", "loops and branches")] : []),
    plural(emitted.hosts.length, "host call"),
    ...(emitted.chunks.some((n) => n > 0) ? [`${emitted.chunks.filter((n) => n > 0).length} shared by threads`] : []),
  ].join(", ");
  const grouped = new Map<string, number>();
  for (const { name, reason } of remarks) {
    const line = `  ${name}: ${reason}`;
    grouped.set(line, (grouped.get(line) ?? 0) + 1);
  }
  return [
    `${totals}; arena of ${bytes(arena.bytes)}, ${plural(arena.inPlace, "result")} in place; module of ${bytes(emitted.bytes.length)}`,
    printLoops(loops),
    ...(grouped.size > 0 ? ["not in loops:", ...[...grouped].map(([line, n]) => (n === 1 ? line : `${line} (${n} times)`))] : []),
  ].join("\n");
}
