// The plan of a program as a text to act on: how many draws, of what, what kernels run in between, and why.

import { innerSteps, printLoops, type Step } from "@gradus/loops";
import { formatOf } from "../glsl-types.js";
import { type Compilation, withoutShader } from "./compile.js";
import { held } from "./loop-pass.js";

const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

const bytes = (n: number): string => (n < 10240 ? `${n} bytes` : n < 10 * 2 ** 20 ? `${Math.round(n / 1024)} KiB` : `${Math.round(n / 2 ** 20)} MiB`);

function count(steps: readonly Step[], counts: Map<Step["kind"], number>): Map<Step["kind"], number> {
  for (const step of steps) {
    counts.set(step.kind, (counts.get(step.kind) ?? 0) + 1);
    for (const inner of innerSteps(step)) count(inner, counts);
  }
  return counts;
}

/** A compilation as text: totals, the loop nests and their draws, and remarks on what was not fused. */
export function explain({ loops, plans, numbers, remarks }: Compilation): string {
  const known = [...numbers].filter((b) => b.element === undefined).length;
  const counts = count(loops.steps, new Map());
  const of = (kind: Step["kind"]): number => counts.get(kind) ?? 0;
  const passes = [...plans.values()].flatMap((p) => p.passes).filter((p) => p.size > 0);
  const shaders = new Set(passes.map((p) => p.source)).size;
  const controls = of("repeat") + of("while") + of("branch");
  const textures = passes.flatMap((p) => p.outs.map((b) => Math.ceil(b.size / 4) * formatOf(held(b.type)).bytesPerTexel)).reduce((n, b) => n + b, 0);
  const moved = remarks.filter((r) => r.reason === withoutShader).length;
  const totals = [
    `${plural(plans.size, "loop nest")} in ${plural(passes.length, "draw")} (${plural(shaders, "shader")})`,
    plural(of("host") - moved, "kernel"),
    ...(moved > 0 ? [plural(moved, "transfer")] : []),
    ...(controls > 0 ? [plural(controls, "loop or branch", "loops and branches")] : []),
    ...(known > 0 ? [plural(known, "number") + " on the host"] : []),
  ].join(", ");
  const grouped = new Map<string, number>();
  for (const { name, reason } of remarks) {
    const line = `  ${name}: ${reason}`;
    grouped.set(line, (grouped.get(line) ?? 0) + 1);
  }
  return [
    `${totals}; textures of ${bytes(textures)} are written${controls > 0 ? ", those in loops in every turn" : ""}`,
    printLoops(loops),
    ...(grouped.size > 0 ? ["not in loops:", ...[...grouped].map(([line, n]) => (n === 1 ? line : `${line} (${n} times)`))] : []),
  ].join("\n");
}
