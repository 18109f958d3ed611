// @gradus/conformance: the test kit. Every kit gives named cases, for any test runner.

export type { Case, Report } from "./case.js";
export { expectAll, runCases, skipTable } from "./case.js";
export type { CheckGradsOptions, Mode } from "./check-grads.js";
export { checkGrads } from "./check-grads.js";
export type { Tolerance } from "./compare.js";
export { expectTree, roundoff } from "./compare.js";
export type { HostArray } from "./host-array.js";
export type { DerivativeKind, Operand, Operation, Sample } from "./operation.js";
export type { OperationOptions, PrimitiveSample } from "./test-operation.js";
export { testOperation, testPrimitive } from "./test-operation.js";
export { operations, uncovered } from "./table/index.js";
export type { WordOptions } from "./words/words.js";
export { nestingWords } from "./words/words.js";
export { testNumbers } from "./test-numbers.js";
export type { HandlerOptions } from "./test-handler.js";
export { testHandler } from "./test-handler.js";
export type { CompareOptions, Divergence } from "./compare-backends.js";
export { compareBackends } from "./compare-backends.js";
export type { BackendOptions } from "./test-backend.js";
export { testBackend } from "./test-backend.js";
export type { RandomCheck, RandomProgramOptions } from "./test-random-programs.js";
export { testRandomPrograms } from "./test-random-programs.js";
