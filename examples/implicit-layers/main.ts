// Implicit layers: outputs defined by an equation that they satisfy, and derivatives by what the equation says, not by the steps
// that solved it. The subject of a NeurIPS 2020 tutorial by Kolter, Duvenaud and Johnson, rebuilt from its mathematics with
// custom rules, loops of unknown length and scan, and checked against closed forms.

import { add, concatenate, div, grad, jit, mul, nn, np, reduceSum, slice, square, sub, tanh, type Tensor, valueAndGrad } from "gradus";
import { f64, fixedPoint, unrolled } from "./fixed-point.js";
import { type Field, ode, odeThroughSolver } from "./ode.js";

const show = (x: Tensor): string => Array.from(x.dataSync() as Float64Array, (v) => v.toFixed(7)).join(" ");

// 1. Newton's iteration z ← (z + a/z)/2 has the fixed point √a, so d√a/da = 1/(2√a).
const root = (w: Tensor, z: Tensor): Tensor => mul(0.5, add(z, div(w, z)));
const a = f64(7);
console.log("√7 as a fixed point");
console.log(`  value                 ${show(fixedPoint(root)(a, f64(1)))}   closed form ${Math.sqrt(7).toFixed(7)}`);
console.log(`  implicit derivative   ${show(grad((a: Tensor) => fixedPoint(root)(a, f64(1)))(a))}   closed form ${(0.5 / Math.sqrt(7)).toFixed(7)}`);
console.log(`  through the steps     ${show(grad((a: Tensor) => unrolled(root)(a, f64(1)))(a))}`);

// 2. A network of infinite depth with tied weights, z = tanh(Wz + x). With D = diag(1 − z²) at the solution, the theorem gives
//    dL/dx = D (I − WᵀD)⁻¹ dL/dz; for two neurons the inverse can be written out.
const W = [
  [0.3, -0.4],
  [0.5, 0.2],
] as const;
const layer = (x: Tensor, z: Tensor): Tensor => tanh(add(np.dot(f64(W.map((row) => [...row])), z), x));
const x = f64([0.5, -1]);
const energy = (solve: typeof fixedPoint) => (x: Tensor) => mul(0.5, reduceSum(square(solve(layer)(x, f64([0, 0])))));
const z = Array.from(fixedPoint(layer)(x, f64([0, 0])).dataSync());
const [d1, d2] = z.map((v) => 1 - v * v) as [number, number];
const [m11, m12, m21, m22] = [1 - W[0][0] * d1, -W[1][0] * d2, -W[0][1] * d1, 1 - W[1][1] * d2];
const det = m11 * m22 - m12 * m21;
const [z1, z2] = z as [number, number];
const closed = [(d1 * (m22 * z1 - m12 * z2)) / det, (d2 * (m11 * z2 - m21 * z1)) / det];
console.log("z = tanh(Wz + x), gradient of ½|z|² by x");
console.log(`  implicit              ${show(grad(energy(fixedPoint))(x))}`);
console.log(`  compiled              ${show(jit(grad(energy(fixedPoint)))(x))}`);
console.log(`  through the steps     ${show(grad(energy(unrolled))(x))}`);
console.log(`  closed form           ${closed.map((v) => v.toFixed(7)).join(" ")}`);

// 3. A damped oscillator, q″ = −ω²q − 2γq′ from q = 1 at rest. For γ < ω, with Ω² = ω² − γ²,
//    q(t) = e^(−γt) (cos Ωt + γ/Ω sin Ωt).
const oscillator: Field = (s, theta) => {
  const [q, p] = [slice(s, [0], [1]), slice(s, [1], [2])];
  const [omega, gamma] = [slice(theta, [0], [1]), slice(theta, [1], [2])];
  return concatenate([p, sub(mul(mul(square(omega), q), -1), mul(mul(gamma, p), 2))]);
};
const [T, steps] = [2, 200];
const q = (omega: number, gamma: number): number => {
  const w = Math.sqrt(omega ** 2 - gamma ** 2);
  return Math.exp(-gamma * T) * (Math.cos(w * T) + (gamma / w) * Math.sin(w * T));
};
/** ∂q/∂ω and ∂q/∂γ at time T, from the closed form. */
const slopes = (omega: number, gamma: number): readonly [number, number] => {
  const w = Math.sqrt(omega ** 2 - gamma ** 2);
  const [e, c, s] = [Math.exp(-gamma * T), Math.cos(w * T), Math.sin(w * T)];
  const byW = e * (-T * s + gamma * ((T * c) / w - s / w ** 2));
  return [(byW * omega) / w, -T * e * (c + (gamma / w) * s) + (e * s) / w - (byW * gamma) / w];
};
const start = f64([1, 0]);
const theta = f64([1.5, 0.3]);
const end = (solve: typeof ode) => (theta: Tensor) => reduceSum(slice(solve(oscillator, T, steps)(start, theta), [0], [1]));
console.log("q(2) of a damped oscillator with ω = 1.5, γ = 0.3");
console.log(`  value                 ${show(end(ode)(theta))}   closed form ${q(1.5, 0.3).toFixed(7)}`);
console.log(`  adjoint equation      ${show(grad(end(ode))(theta))}`);
console.log(`  through the solver    ${show(grad(end(odeThroughSolver))(theta))}`);
console.log(`  closed form           ${slopes(1.5, 0.3).map((v) => v.toFixed(7)).join(" ")}`);

// 4. Which oscillator was it? Frequency and damping from where it was at four times, by Adam on gradients of the adjoint equation.
const times = [0.5, 1, 2, 3];
const simulate = (theta: Tensor): Tensor => concatenate(times.map((t) => slice(ode(oscillator, t, 20)(start, theta), [0], [1])));
const observed = simulate(theta);
const misfit = jit(valueAndGrad((theta: Tensor) => reduceSum(square(sub(simulate(theta), observed)))));
const adam = nn.optim.adam(0.05);
let guess = f64([1, 0.05]);
let state = adam.init(guess);
for (let i = 0; i < 200; i++) {
  const [, g] = misfit(guess);
  const [updates, next] = adam.update(g, state, guess);
  guess = nn.optim.applyUpdates(guess, updates);
  state = next;
}
console.log("found from four observations");
console.log(`  ω and γ               ${Array.from(guess.dataSync(), (v) => v.toFixed(4)).join(" ")}`);
