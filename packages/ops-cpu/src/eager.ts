// @gradus/ops-cpu/eager: the CPU backend without a compiler, with the kernels that a page names and no others.

import { CpuBackend } from "./backend.js";
import type { Engine } from "./engine.js";
import type { KernelFamily } from "./kernel.js";
import { walking } from "./walking.js";

export { CpuBackend } from "./backend.js";
export type { Engine } from "./engine.js";
export type { Buffer, Kernel, KernelFamily, Lowering, Payload } from "./kernel.js";
export type { View } from "./view.js";

export interface EagerCpuOptions {
  /** Families beside the elementwise and structural operations, for example `[contraction]`. */
  readonly kernels?: readonly KernelFamily[];
  /** What arrays are computed with: a small engine unless given, or the fast one, `tiled` of `@gradus/ops-cpu`. */
  readonly engine?: Engine;
}

/**
 * A CPU backend that evaluates operation by operation.
 * @example useBackend(eagerCpu());
 */
export const eagerCpu = ({ kernels = [], engine = walking }: EagerCpuOptions = {}): CpuBackend => new CpuBackend(engine, kernels);
