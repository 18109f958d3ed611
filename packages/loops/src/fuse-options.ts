// What fusion is told, and what it tells beside its result.

import type { AnyPrimitive } from "@gradus/core";
import type { Program } from "@gradus/tracing";
import type { LoopProgram } from "./ir.js";
import type { KernelMaker } from "./maker.js";

/** Why an operation was not fused, or what runs it. */
export interface Remark {
  readonly name: string;
  readonly reason: string;
}

export interface Fused {
  readonly program: LoopProgram;
  readonly remarks: readonly Remark[];
}

/** Whether the user gave the backend a kernel for a primitive, which comes before anything made here. */
export type HasOwnKernel = (primitive: AnyPrimitive) => boolean;

/** What fusion knows of the backend, and of the stage before. */
export interface FuseOptions {
  /** What the backend makes steps with code of their own from. */
  readonly kernels: ReadonlyMap<AnyPrimitive, KernelMaker>;
  readonly hasOwnKernel: HasOwnKernel;
  /** Whether loops of unknown length and their stacks run where all else runs; otherwise they are steps of the host. */
  readonly hasStacks?: boolean | undefined;
  /** The first stage, for programs in loops. */
  readonly simplify: (program: Program) => Program;
}
