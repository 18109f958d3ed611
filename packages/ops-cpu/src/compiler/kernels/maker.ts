// How a primitive that is no loop nest gets code of its own.

import type { Aval } from "@gradus/core";
import type { Features } from "../../wasm/features.js";
import type { I32 } from "../../wasm/encoder.js";
import { bytesOf, type KernelContext as LoopKernelContext, type MadeKernel as LoopMadeKernel, type Operand } from "@gradus/loops";
import type { Emission, KernelCode } from "../emission.js";
import type { Sharing } from "../parts.js";

export interface KernelContext extends LoopKernelContext {
  readonly features: Features;
  /** What threads share; undefined where there is one. */
  readonly sharing: Sharing | undefined;
}

export interface MadeKernel extends LoopMadeKernel {
  /** The code, once it is known where the results are. */
  code(outs: readonly Operand[]): KernelCode;
}

/** The address of the first element of an array. */
export const addressOf = (e: Emission, base: I32, { buffer, offset }: Operand): I32 => e.addressOf(base, buffer, offset * bytesOf[buffer.type]);

/** Makes the kernel of a primitive for operands in buffers, in whatever layout; undefined where there is none. */
export type KernelMaker = (params: any, args: readonly Operand[], outs: readonly Aval[], context: KernelContext) => MadeKernel | undefined;

/** The kernel of results without elements. */
export const nothing = (name: string): MadeKernel => ({ name, args: [], code: () => () => {} });
