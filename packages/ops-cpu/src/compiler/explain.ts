// The plan of a program as a text to act on: how many loops, what they are, and what runs outside of them and why.

import { controlsIn, countSteps, inBytes, planText, plural } from "@gradus/loops";
import type { Compilation } from "./compile.js";

/** A compilation as text: totals, the loop nests, and remarks on what was not fused. */
export function explain({ loops, arena, modes, emitted, remarks }: Compilation): string {
  const kernels = countSteps(loops.steps, "kernel");
  const vectors = [...modes.values()].filter((m) => m.lanes > 1).length;
  const shared = emitted.chunks.filter((n) => n > 0).length;
  const totals = [
    `${plural(modes.size, "loop nest")} (${vectors} in vectors)`,
    ...(kernels > 0 ? [plural(kernels, "kernel")] : []),
    ...controlsIn(loops),
    plural(emitted.hosts.length, "host call"),
    ...(shared > 0 ? [`${shared} shared by threads`] : []),
  ].join(", ");
  return planText(`${totals}; arena of ${inBytes(arena.bytes)}, ${plural(arena.inPlace, "result")} in place; module of ${inBytes(emitted.bytes.length)}`, loops, remarks);
}
