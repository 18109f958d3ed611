// @gradus/ops: the operation catalogue. Definitions with their rules, no backend; one function and one primitive each.

export * from "./comparison.js";
export * from "./exponential.js";
export * from "./extrema.js";
export * from "./hyperbolic.js";
export * from "./logic.js";
export * from "./powers.js";
export * from "./quotient.js";
export * from "./rounding.js";
export * from "./structural.js";
export * from "./trigonometric.js";
