// @gradus/jvp: forward mode.

export type { Differentiable, Gradient, Jacobian, Tensors } from "./derivative-types.js";
export { jvp, matchCotangent, matchTangent } from "./jvp.js";
export type { JacobianOptions } from "./jacfwd.js";
export { jacfwd, standardBasis } from "./jacfwd.js";
export type { Dual, DualTree, TangentSpace } from "./handler.js";
export { jvpFlat, JvpHandler, jvpTree } from "./handler.js";
