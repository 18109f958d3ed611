import { cos, grad, mul, sin, stopGradient } from "gradus";
import type { Tensor, TensorLike } from "gradus";

const normal = (x: TensorLike) => mul(sin(x), cos(x));
const stopped = (x: TensorLike) =>
  mul(sin(x), stopGradient(cos(x)));

const x = Math.PI / 4;
const show = (y: Tensor) => y.item().toFixed(4);

console.log("value   ", show(normal(x)), show(stopped(x)));
console.log("normal  ", show(grad(normal)(x)), " cos 2x");
console.log("stopped ", show(grad(stopped)(x)), " cos² x");

export const plots = {
  "no control": normal,
  stopGradient: stopped,
};
export const range = [-Math.PI, Math.PI];
export const at = x;
