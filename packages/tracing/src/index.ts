// @gradus/tracing: programs, their passes, and jit.

export type { Atom, Equation, ProgramParts } from "./program.js";
export { allPrograms, Literal, Program, Var } from "./program.js";
export type { Traced, TraceOptions } from "./tracer.js";
export { effectIn, evalProgram, traceFlat, TraceHandler } from "./tracer.js";
export type { ShapeDType, ShapesOf } from "./make-program.js";
export { evalShape, flattenAvals, makeProgram, traceTree } from "./make-program.js";
export type { Jitted, JitOptions } from "./jit.js";
export { jit } from "./jit.js";
export type { JitParams } from "./jit-call.js";
export { jitCallP } from "./jit-call.js";
export { eliminateCommonSubexpressions, eliminateDeadCode, literalKey, paramsKey } from "./passes.js";
export type { BatchedProgram, JvpProgram, TransposedProgram } from "./derive.js";
export { avalsOf, axisFirst, batchedAval, batchedProgram, bits, effectOf, jvpProgram, narrowed, permuted, transposedProgram } from "./derive.js";
export type { Partition } from "./partition.js";
export { partition } from "./partition.js";
export type { BarrierStructure, BranchStructure, CallStructure, ScanStructure, Structure, WhileStructure } from "./structure.js";
export { userPosition } from "./position.js";
export { checkProgram } from "./check.js";
export { Recent } from "./recent.js";
export { optimizationBarrier, optimizationBarrierP } from "./barrier.js";
