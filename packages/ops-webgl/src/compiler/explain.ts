// The plan of a program as a text to act on: how many draws, of what, what kernels run in between, and why.

import { controlsIn, countSteps, inBytes, planText, plural } from "@gradus/loops";
import { formatOf } from "../glsl-types.js";
import { type Compilation, withoutShader } from "./compile.js";
import { held } from "./loop-pass.js";

/** A compilation as text: totals, the loop nests and their draws, and remarks on what was not fused. */
export function explain({ loops, plans, numbers, remarks }: Compilation): string {
  const known = [...numbers].filter((b) => b.element === undefined).length;
  const passes = [...plans.values()].flatMap((p) => p.passes).filter((p) => p.size > 0);
  const shaders = new Set(passes.map((p) => p.source)).size;
  const controls = controlsIn(loops);
  const textures = passes.flatMap((p) => p.outs.map((b) => Math.ceil(b.size / 4) * formatOf(held(b.type)).bytesPerTexel)).reduce((n, b) => n + b, 0);
  const moved = remarks.filter((r) => r.reason === withoutShader).length;
  const totals = [
    `${plural(plans.size, "loop nest")} in ${plural(passes.length, "draw")} (${plural(shaders, "shader")})`,
    plural(countSteps(loops.steps, "host") - moved, "kernel"),
    ...(moved > 0 ? [plural(moved, "transfer")] : []),
    ...controls,
    ...(known > 0 ? [`${plural(known, "number")} on the host`] : []),
  ].join(", ");
  return planText(`${totals}; textures of ${inBytes(textures)} are written${controls.length > 0 ? ", those in loops in every turn" : ""}`, loops, remarks);
}
