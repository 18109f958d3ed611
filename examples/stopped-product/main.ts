// The stopped product. f(x) = sin x · cos x has a stationary point at π/4: its derivative there is cos 2x = 0. With cos x
// stopped the value is the same, and the derivative is that of sin alone, cos x · cos x = 0.5: "use this value, but treat
// it as a constant".

import { array, cos, grad, mul, sin, stopGradient, type Tensor } from "gradus";

const f = (x: Tensor): Tensor => mul(sin(x), cos(x));
const stopped = (x: Tensor): Tensor => mul(sin(x), stopGradient(cos(x)));

const show = (x: Tensor): number => Number(x.item().toFixed(4));
const x = array(Math.PI / 4);

console.log(`f(x) = sin x · cos x                 value ${show(f(x))}   gradient ${show(grad(f)(x))}`);
console.log(`f(x) = sin x · stopGradient(cos x)   value ${show(stopped(x))}   gradient ${show(grad(stopped)(x))}`);
// Derivatives of every order are cut: what is left is sin x · c with c = cos π/4, whose second derivative is −sin x · c.
console.log(`second derivative                    ${show(grad(grad(f))(x))} and ${show(grad(grad(stopped))(x))}`);
