// @gradus/vjp: reverse mode.

export type { CheckpointOptions } from "./checkpoint.js";
export { checkpoint, remat } from "./checkpoint.js";
export type { CheckpointParams } from "./checkpoint-call.js";
export { checkpointCallP } from "./checkpoint-call.js";
export type { CheckpointPolicy, Saveable } from "./checkpoint-policies.js";
export { checkpointName, checkpointNameP } from "./checkpoint-name.js";
export * as checkpointPolicies from "./checkpoint-policies.js";
export {
  dotsSaveable,
  dotsWithNoBatchDimsSaveable,
  everythingSaveable,
  nothingSaveable,
  saveAnyNamesButThese,
  saveAnythingExceptTheseNames,
  saveFromBothPolicies,
  saveOnlyTheseNames,
} from "./checkpoint-policies.js";
export type { Differentiable, Gradient, Jacobian } from "@gradus/jvp";
export type { FwdAndBwdOptions, Residuals } from "./fwd-and-bwd.js";
export { fwdAndBwd } from "./fwd-and-bwd.js";
export type { GradOptions } from "./grad.js";
export { grad, valueAndGrad } from "./grad.js";
export { hessian, hvp, jacobian, jacrev } from "./jacobian.js";
export type { Linearized } from "./linearize.js";
export { linearizeTree } from "./linearize.js";
export type { Cotangents, Pullback } from "./vjp.js";
export { linearize, linearTranspose, vjp } from "./vjp.js";
