// @gradus/ops-cpu: the CPU backend with the kernels of the whole catalogue.

import { ArgumentError } from "@gradus/core";
import { CpuBackend } from "./backend.js";

export * from "./eager.js";

export interface CpuOptions {
  /** How many threads to compute on. */
  readonly threads?: number;
}

/**
 * A CPU backend with all kernels.
 * @example useBackend(cpu());
 * @throws ArgumentError for more than one thread, which is not available yet
 */
export function cpu({ threads = 1 }: CpuOptions = {}): CpuBackend {
  if (threads !== 1) throw new ArgumentError(`cpu: ${threads} threads are not available yet; leave the option out.`);
  return new CpuBackend([]);
}
