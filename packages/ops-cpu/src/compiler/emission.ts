// What the functions of a module share while they are written.

import type { Buffer } from "@gradus/loops";
import type { FunctionBuilder, I32, Local, ModuleBuilder } from "../wasm/encoder.js";
import type { Features } from "../wasm/features.js";
import type { HostFunctions } from "../wasm/lane-code.js";
import type { Parts } from "./parts.js";

export interface Emission {
  readonly module: ModuleBuilder;
  readonly features: Features;
  readonly host: HostFunctions;
  /** What threads do; undefined where there is one. */
  readonly parts: Parts | undefined;
  /** Where a buffer is in the arena, in bytes; undefined for one outside of it. */
  offsetOf(buffer: Buffer): number | undefined;
  /** The address of a place in a buffer; `base` is the start of the arena. */
  addressOf(base: I32, buffer: Buffer, bytes?: number): I32;
  /** What is made once for all that use it, by name. */
  shared<T>(name: string, make: () => T): T;
}

/** Writes a step with code of its own; `base` is the start of the arena. */
export type KernelCode = (e: Emission, f: FunctionBuilder, base: Local<"i32">) => void;
