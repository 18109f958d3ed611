// gradus: everything in one import, with the CPU backend in place and methods on tensors. The only package whose import
// does something; those who count bytes import @gradus/… packages and call useBackend themselves.

import { useBackend } from "@gradus/core";
import { cpu } from "@gradus/ops-cpu";
import { installFluent } from "./install-fluent.js";

export * from "./core.js";
export * from "@gradus/ops";
export * as ops from "@gradus/ops";
export * from "./transformations.js";
export { stopGradient, stopGradientP, withoutGrad } from "@gradus/stop-gradient";
export * from "@gradus/custom-rules";
export { type CpuOptions, cpu } from "@gradus/ops-cpu";
export type { Fluent } from "./fluent.js";

useBackend(cpu());
installFluent();
