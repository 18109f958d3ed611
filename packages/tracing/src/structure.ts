// The structure of primitives that hold programs, or keep computations apart, for compilers: what runs, how often, and which
// operands go where. A compiler so needs to know none of these primitives by itself.

import type { Program } from "./program.js";

/** A program that is applied once, to all operands. */
export interface CallStructure {
  readonly kind: "call";
  readonly program: Program;
}

/**
 * A loop of `length` steps, or where that is null of as many as the first operand says, an int32. Then come constants, the initial
 * carry, inputs that are sliced along axis 0. The body takes constants, carry and slices, and gives the carry and results that are
 * stacked along axis 0. With `reverse` it runs from the last slice on. Inputs that are opaque give an element for each step, zeros
 * beyond the last; results that are opaque take one.
 */
export interface ScanStructure {
  readonly kind: "scan";
  readonly body: Program;
  readonly consts: number;
  readonly carry: number;
  readonly length: number | null;
  readonly reverse: boolean;
}

/**
 * A loop as long as a condition holds. Operands: those of the condition, those of the body, and the carry, which both take behind theirs.
 * Results of the body beyond the carry are collected in opaque results, an element for each step.
 */
export interface WhileStructure {
  readonly kind: "while";
  readonly condition: Program;
  readonly body: Program;
  readonly conditionConsts: number;
  readonly bodyConsts: number;
}

/** One of several programs, by the first operand, an int32 that is clamped to those there are. All take the other operands. */
export interface BranchStructure {
  readonly kind: "branch";
  readonly branches: readonly Program[];
}

/** The operands themselves, past which nothing is merged or moved: what reads a result comes after every operand. */
export interface BarrierStructure {
  readonly kind: "barrier";
}

/** How many elements the operand has, which is opaque. */
export interface LengthStructure {
  readonly kind: "length";
}

export type Structure = CallStructure | ScanStructure | WhileStructure | BranchStructure | BarrierStructure | LengthStructure;

declare module "@gradus/core" {
  interface Rules<P> {
    /** What a primitive that holds programs does with them, or with what is around it. */
    "tracing/structure"?(params: P): Structure | undefined;
  }
}
