// @gradus/ops-cpu/eager: the CPU backend without a compiler, with the kernels that a page names and no others.

import { CpuBackend } from "./backend.js";
import type { KernelFamily } from "./kernel.js";

export { CpuBackend } from "./backend.js";
export type { Buffer, Kernel, KernelFamily, Lowering, Payload } from "./kernel.js";
export type { View } from "./view.js";

export interface EagerCpuOptions {
  /** Families beside the elementwise and structural operations, for example `[contraction]`. */
  readonly kernels?: readonly KernelFamily[];
}

/**
 * A CPU backend that evaluates operation by operation, made to be small: on large arrays `cpu` is ten times faster.
 * @example useBackend(eagerCpu());
 */
export const eagerCpu = ({ kernels = [] }: EagerCpuOptions = {}): CpuBackend => new CpuBackend(kernels);
