// The transformations, and the programs that tracing makes.

export type { JacobianOptions, Tensors } from "@gradus/jvp";
export { jacfwd, jvp } from "@gradus/jvp";
export type { CheckpointOptions, CheckpointPolicy, Cotangents, Gradient, GradOptions, Jacobian, Pullback, Saveable } from "@gradus/vjp";
export { checkpoint, checkpointName, checkpointPolicies, fwdAndBwd, grad, hessian, hvp, jacobian, jacrev, linearize, linearTranspose, remat, valueAndGrad, vjp } from "@gradus/vjp";
export type { Axes, VmapOptions } from "@gradus/batching";
export { vmap } from "@gradus/batching";
export type { Equation, Jitted, JitOptions, TraceOptions } from "@gradus/tracing";
export { evalProgram, evalShape, jit, makeProgram, optimizationBarrier, Program } from "@gradus/tracing";
export type { AssociativeScanOptions, LoopOptions, ScanOptions } from "@gradus/control-flow";
export { associativeScan, cond, foriLoop, map, scan, switchCase, whileLoop } from "@gradus/control-flow";
