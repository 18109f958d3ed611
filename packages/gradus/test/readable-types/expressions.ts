// Expressions whose inferred types are printed by the compiler, and compared in readable-types.test.ts with what a reader wants to
// see: structures with tensors at their leaves, not the types that they were computed with.

import { checkpoint, cond, evalShape, grad, hessian, hvp, jacfwd, jacrev, jit, jvp, linearize, linearTranspose, scan, stopGradient, straightThrough, type Tensor, type TensorLike, valueAndGrad, vjp, vmap } from "../../src/index.js";

interface Layer {
  readonly weight: Tensor;
  readonly bias: TensorLike;
}
interface Model {
  layers: Layer[];
  scale: TensorLike;
}
declare function loss(model: Model, x: Tensor): Tensor;
declare function net(model: Model, x: Tensor): { y: Tensor; parts: [Tensor, number] };
declare const model: Model;
declare const x: Tensor;

export const gradient = grad(loss)(model, x);
export const gradientFunction = grad(loss);
export const severalGradients = grad(loss, { argnums: [1, 0] })(model, x);
export const lastGradient = grad(loss, { argnums: -1 })(model, x);
export const valueAndGradient = valueAndGrad(loss)(model, x);
export const gradientWithAux = grad((a: Tensor) => [a, { note: "text" }], { hasAux: true })(1);
export const dual = jvp(net, [model, x], [model, x]);
export const linearized = linearize(net, [model, x]);
export const pulledBack = vjp(net, [model, x])[1]({ y: 1, parts: [x, 2] });
export const transposed = linearTranspose(net, [model, x])({ y: 1, parts: [x, 2] });
export const forwardJacobian = jacfwd((a: Tensor) => ({ y: a }))(x);
export const reverseJacobian = jacrev((a: { w: Tensor }) => ({ y: a.w }), { argnums: [0] })({ w: x });
export const secondDerivative = hessian((a: { w: Tensor; b: Tensor }) => a.w)({ w: x, b: x });
export const product = hvp((a: { w: Tensor }) => a.w, [{ w: x }], [{ w: x }]);
export const mapped = vmap(net, [null, 0]);
export const compiled = jit(net)(model, x);
export const again = checkpoint(net);
export const shapes = evalShape(net, model, x);
export const stopped = stopGradient(model);
export const through = straightThrough((a: Tensor) => a);
export const branch = cond(true, (a: Tensor) => ({ y: a }), (a: Tensor) => ({ y: a }), x);
export const loop = scan((carry: { h: Tensor }, a: Tensor) => [carry, [a, 1] as [Tensor, number]], { h: x }, x);
