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
  /**
   * Whether a nest costs much by itself, as a draw does: operations then join nests that they have nothing in common with, and what is
   * cheap to compute is computed again rather than stored by a nest that joins elements, where storing is a draw more.
   */
  readonly nestsAreDear?: boolean | undefined;
  /** Why a primitive is a step of the host: what plans say of it. */
  readonly whyHost?: ((primitive: AnyPrimitive) => string) | undefined;
  /** The first stage, for programs in loops. */
  readonly simplify: (program: Program) => Program;
}
