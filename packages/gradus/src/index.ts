// gradus: everything in one import, with the CPU backend in place and methods on tensors. The only package whose import
// does something; those who count bytes import @gradus/… packages and call useBackend themselves.

import { useBackend } from "@gradus/core";
import { type CpuBackend, cpu } from "@gradus/ops-cpu";
import { installFluent } from "./install-fluent.js";

export * from "./core.js";
export * from "@gradus/ops";
export * as ops from "@gradus/ops";
export * from "./transformations.js";
export { stopGradient, stopGradientP, withoutGrad } from "@gradus/stop-gradient";
export * from "@gradus/custom-rules";
/** The names and the argument order of NumPy. */
export * as np from "@gradus/numpy";
/** Smooth stand-ins under the names of the hard functions. */
export * as surrogates from "@gradus/surrogates";
/** Activations, losses, first weights and, as `nn.optim`, optimisers. */
export * as nn from "@gradus/nn";
export { CpuBackend, type CpuOptions, cpu, type Lowering } from "@gradus/ops-cpu";
export type { Fluent } from "./fluent.js";

/** The backend that is in place after the import: for its `stats()`, and to give it kernels by `defineLowering`. */
export const backend: CpuBackend = cpu();

useBackend(backend);
installFluent();
