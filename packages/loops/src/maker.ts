// How a primitive that is no loop nest gets code of its own.

import type { Aval } from "@gradus/core";
import type { Buffer, Type } from "./buffer.js";
import type { Operand } from "./ir.js";

export interface KernelContext {
  /** An operand with its axes in another order, copied if need be so that its elements are in that order. */
  rearranged(operand: number, perm: readonly number[]): Operand;
  /** An operand with its elements side by side in row-major order. */
  dense(operand: number): Operand;
  /** Room to work in. */
  scratch(type: Type, size: number): Buffer;
}

export interface MadeKernel {
  readonly name: string;
  readonly args: readonly Operand[];
  /** The code, once it is known where the results are: what the emitter of the backend takes. */
  code(outs: readonly Operand[]): unknown;
}

/** Makes the kernel of a primitive for operands in buffers, in whatever layout; undefined where there is none. */
export type KernelMaker = (params: any, args: readonly Operand[], outs: readonly Aval[], context: KernelContext) => MadeKernel | undefined;
