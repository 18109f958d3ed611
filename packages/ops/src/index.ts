// @gradus/ops: the operation catalogue. Definitions with their rules, no backend; one function and one primitive each.

export * from "./arrangement.js";
export * from "./bits.js";
export * from "./comparison.js";
export * from "./contraction.js";
export * from "./convolution.js";
export * from "./cumulative.js";
export * from "./dynamic-slicing.js";
export * from "./error-function.js";
export * from "./exponential.js";
export * from "./extrema.js";
export * from "./fourier.js";
export * from "./gamma.js";
export * from "./hyperbolic.js";
export * from "./indexing.js";
export * from "./logic.js";
export * from "./nextafter.js";
export * from "./powers.js";
export * from "./quotient.js";
export * from "./reductions.js";
export * from "./rounding.js";
export * from "./scattering.js";
export * from "./slicing.js";
export * from "./sorting.js";
export * from "./structural.js";
export * from "./trigonometric.js";
export * from "./windows.js";
