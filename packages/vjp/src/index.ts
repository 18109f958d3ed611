// @gradus/vjp: reverse mode.

export type { Differentiable, Gradient, GradOptions } from "./grad.js";
export { grad, valueAndGrad } from "./grad.js";
export { hessian, hvp, jacobian, jacrev } from "./jacobian.js";
export type { Linearized } from "./linearize.js";
export { linearizeTree } from "./linearize.js";
export type { Cotangents, Pullback } from "./vjp.js";
export { linearize, linearTranspose, vjp } from "./vjp.js";
