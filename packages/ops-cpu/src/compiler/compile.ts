// The stages of the compiler, one after the other: see each for what it does.

import { forEachNest, fuse, type HasOwnKernel, type IsKept, type LoopProgram, type Nest, type Remark, simplify } from "@gradus/loops";
import type { Program } from "@gradus/tracing";
import type { Features } from "../wasm/features.js";
import { type Arena, planArena } from "./arena.js";
import { type Emitted, emitModule } from "./emit-module.js";
import { kernelsFor } from "./kernels/index.js";
import { type LoopMode, modeOf } from "./loop-mode.js";
import type { Sharing } from "./parts.js";
import { inRows } from "./rows.js";

/** What the backend around the compiler has. */
export interface Target {
  readonly features: Features;
  readonly isKept: IsKept;
  readonly hasOwnKernel: HasOwnKernel;
  /** Arguments and constants of so many bytes are read where they are, and may stay there from call to call. */
  readonly large?: number | undefined;
  /** What threads share; undefined for one thread. */
  readonly sharing?: Sharing | undefined;
}

const large = 32768;

/** A program in all its forms. */
export interface Compilation {
  readonly simplified: Program;
  readonly loops: LoopProgram;
  readonly remarks: readonly Remark[];
  readonly modes: ReadonlyMap<Nest, LoopMode>;
  readonly arena: Arena;
  readonly emitted: Emitted;
}

export const compile = (program: Program, target: Target): Compilation => compileSimplified(simplify(program, target.isKept), target);

/** A program that has been through the first stage. */
export function compileSimplified(simplified: Program, { features, isKept, hasOwnKernel, large: least = large, sharing }: Target): Compilation {
  const { program: fused, remarks } = fuse(simplified, { kernels: kernelsFor(features, sharing), hasOwnKernel, hasStacks: true, simplify: (inner) => simplify(inner, isKept) });
  const modes = new Map<Nest, LoopMode>();
  const loops = inRows(fused, { large: least, simd: features.simd, sharing }, modes);
  forEachNest(loops.steps, (nest) => modes.set(nest, modeOf(nest, features.simd)));
  const arena = planArena(loops, modes, least);
  const emitted = emitModule(loops, modes, arena, features, sharing);
  return { simplified, loops, remarks, modes, arena: { ...arena, bytes: arena.bytes + emitted.room }, emitted };
}
