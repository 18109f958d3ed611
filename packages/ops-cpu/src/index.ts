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
  /**
   * How many threads compiled programs compute on: 1 if nothing is said. More take Node, or a page that is cross-origin isolated; elsewhere
   * there is one, and `explainPlan` says why. Only what is large is shared.
   */
  readonly threads?: number;
}

/**
 * A CPU backend with all kernels. Threads start with the first program that is compiled, and end with `dispose`; whatever is called before
 * they have started is computed by one.
 * @example useBackend(cpu({ threads: 2 }));
 * @throws ArgumentError if `threads` is not a positive integer
 */
export function cpu({ threads = 1 }: CpuOptions = {}): CpuBackend {
  if (!Number.isInteger(threads) || threads < 1) throw new ArgumentError(`cpu: threads is ${String(threads)}, and has to be a positive integer; leave the option out for one thread.`);
  const families = [reductionsBy(vectorSum, vectorGreatest, vectorLeast), shaping, indexing, cumulation, sorting, bits, fft, windows, linalg, specialFunctions];
  return new CompilingCpu([...families, contractionBy(vectorProduct), convolutionBy(vectorProduct)], undefined, undefined, threads); // in place of those that families bring along
}
