// @gradus/ops-cpu/eager: the CPU backend without a compiler, with the kernels that a page names and no others.

import { CpuBackend } from "./backend.js";
import type { KernelFamily } from "./kernel.js";
import { arithmetic, type Loops } from "./loops.js";

export { CpuBackend } from "./backend.js";
export type { Buffer, Kernel, KernelFamily, Lowering, Payload } from "./kernel.js";
export type { Loop, Loops, ScalarFn } from "./loops.js";
export type { View } from "./view.js";

export interface EagerCpuOptions {
  /** Families beside the elementwise and structural operations, for example `[contraction]`. */
  readonly kernels?: readonly KernelFamily[];
  /** Loops that make more operations fast on large arrays than arithmetic alone: `loops` of `@gradus/ops-cpu`. */
  readonly loops?: Loops;
}

/**
 * A CPU backend that evaluates operation by operation.
 * @example useBackend(eagerCpu());
 */
export const eagerCpu = ({ kernels = [], loops = arithmetic }: EagerCpuOptions = {}): CpuBackend => new CpuBackend(kernels, loops);
