// @gradus/custom-rules: derivatives replaced, on functions and on primitives.

export type { CustomJvp, CustomOptions, SymbolicZeros } from "./custom-jvp.js";
export { customJvp } from "./custom-jvp.js";
export type { CustomVjp, Perturbed } from "./custom-vjp.js";
export { customVjp } from "./custom-vjp.js";
export type { RuleSet } from "./define-rule.js";
export { defineRule } from "./define-rule.js";
export { linearCall, linearFunctionP } from "./linear-function.js";
export { closureConvert, customGradient } from "./custom-gradient.js";
export type { StraightThroughOptions } from "./straight-through.js";
export { straightThrough, zeroGradient } from "./straight-through.js";
export { withRules } from "./with-rules.js";
export type { RuleCallParams } from "./rule-call.js";
export { ruleCallP } from "./rule-call.js";
