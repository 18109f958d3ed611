// What the plans of backends have in common as texts: counts, sizes, the loops and what is not in them.

import type { Remark } from "./fuse-options.js";
import type { LoopProgram, Step } from "./ir.js";
import { printLoops } from "./print.js";
import { innerSteps } from "./schedule.js";

/** "1 loop", "2 loops". */
export const plural = (n: number, one: string, many: string = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** A number of bytes in the unit that suits it. */
export const inBytes = (n: number): string => (n < 10240 ? `${n} bytes` : n < 10 * 2 ** 20 ? `${Math.round(n / 1024)} KiB` : `${Math.round(n / 2 ** 20)} MiB`);

/** How many steps of a kind there are, those within others included. */
export function countSteps(steps: readonly Step[], ...kinds: readonly Step["kind"][]): number {
  return steps.reduce((n, step) => n + Number(kinds.includes(step.kind)) + innerSteps(step).reduce((m, inner) => m + countSteps(inner, ...kinds), 0), 0);
}

/** How many loops and branches there are, if any: part of a line of totals. */
export function controlsIn({ steps }: LoopProgram): string[] {
  const n = countSteps(steps, "repeat", "while", "branch");
  return n > 0 ? [plural(n, "loop or branch", "loops and branches")] : [];
}

/** A line of totals, the loops, and what is not in loops, each remark once. */
export function planText(totals: string, loops: LoopProgram, remarks: readonly Remark[]): string {
  const grouped = new Map<string, number>();
  for (const { name, reason } of remarks) {
    const line = `  ${name}: ${reason}`;
    grouped.set(line, (grouped.get(line) ?? 0) + 1);
  }
  const outside = [...grouped].map(([line, n]) => (n === 1 ? line : `${line} (${n} times)`));
  return [totals, printLoops(loops), ...(outside.length > 0 ? ["not in loops:", ...outside] : [])].join("\n");
}
