// @gradus/ops-cpu: the CPU backend with the kernels of the whole catalogue.

import { ArgumentError } from "@gradus/core";
import type { CpuBackend } from "./backend.js";
import { bits } from "./bits.js";
import { CompilingCpu } from "./compiling.js";
import { contractionBy } from "./contraction.js";
import { convolutionBy } from "./convolution.js";
import { cumulation } from "./cumulative.js";
import { fft } from "./fourier.js";
import { indexing } from "./indexing.js";
import { linalg } from "./linalg/index.js";
import { reductionsBy } from "./reductions.js";
import { shaping } from "./shaping.js";
import { sorting } from "./sorting.js";
import { specialFunctions } from "./special-functions.js";
import { vectorGreatest, vectorLeast, vectorSum } from "./vector-folds.js";
import { vectorProduct } from "./vector-product.js";
import { windows } from "./windows.js";

export { bits } from "./bits.js";
export { contraction } from "./contraction.js";
export { convolution } from "./convolution.js";
export { cumulation } from "./cumulative.js";
export * from "./eager.js";
export { fft } from "./fourier.js";
export { indexing } from "./indexing.js";
export { linalg } from "./linalg/index.js";
export { reductions } from "./reductions.js";
export { shaping } from "./shaping.js";
export { sorting } from "./sorting.js";
export { specialFunctions } from "./special-functions.js";
export { windows } from "./windows.js";

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
  const families = [reductionsBy(vectorSum, vectorGreatest, vectorLeast), shaping, indexing, cumulation, sorting, bits, fft, windows, linalg, specialFunctions];
  return new CompilingCpu([...families, contractionBy(vectorProduct), convolutionBy(vectorProduct)]); // in place of those that families bring along
}
