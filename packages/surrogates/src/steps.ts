// Functions with jumps: the step, the sign and rounding. Each is smooth and increasing, and at a jump has the value half way.

import { add, mul, type Tensor, type TensorLike } from "@gradus/core";
import { atan2, cos, round as hardRound, sigmoid, sin, sub, tanh } from "@gradus/ops";
import { type SharpnessOptions, sharpnessOf } from "./sharpness.js";

/**
 * σ(kx), for the step that is 0 below 0 and 1 above; ½ at 0. The slope at the jump is k/4.
 * @throws ArgumentError for a sharpness that is not positive @throws DTypeError for float0
 * @example step(0) // 0.5
 */
export function step(x: TensorLike, options: SharpnessOptions = {}): Tensor {
  return sigmoid(mul(x, sharpnessOf(options, "step")));
}

/**
 * tanh(kx), for the sign; 0 at 0. It is the derivative of {@link abs} of the same sharpness. The slope at the jump is k.
 * @throws ArgumentError for a sharpness that is not positive @throws DTypeError for float0
 */
export function sign(x: TensorLike, options: SharpnessOptions = {}): Tensor {
  return tanh(mul(x, sharpnessOf(options, "sign")));
}

/**
 * Smooth rounding: analytic, increasing, equal to x at whole and half numbers, and for the rest moved towards the nearest
 * integer. The slope is 1 + k half way between integers, where the hard function jumps, and 1/(1 + k) at integers; as k goes
 * to 0 it is the identity. NaN of infinities. Its slope is the Poisson kernel of the circle, with ½ for a whole turn.
 * @throws ArgumentError for a sharpness that is not positive
 * @example round(2.7, { sharpness: 1000 }) // 2.9996
 */
export function round(x: TensorLike, options: SharpnessOptions = {}): Tensor {
  return rounded(x, 0, sharpnessOf(options, "round"));
}

/**
 * {@link round} of x − ½, for the floor: n − ½ at an integer n, where the hard function jumps.
 * @throws ArgumentError for a sharpness that is not positive
 */
export function floor(x: TensorLike, options: SharpnessOptions = {}): Tensor {
  return rounded(x, -0.5, sharpnessOf(options, "floor"));
}

/**
 * {@link round} of x + ½, for the ceiling: n + ½ at an integer n, where the hard function jumps.
 * @throws ArgumentError for a sharpness that is not positive
 */
export function ceil(x: TensorLike, options: SharpnessOptions = {}): Tensor {
  return rounded(x, 0.5, sharpnessOf(options, "ceil"));
}

// With n the nearest integer and u = y − n in [−½, ½]: n + atan(tan(πu)/(1 + k))/π. n is a constant between its own jumps, at
// which the two pieces join smoothly; atan2 spares the pole of the tangent there.
function rounded(x: TensorLike, shift: number, sharpness: number): Tensor {
  const y = shift === 0 ? x : add(x, shift);
  const n = hardRound(y);
  const angle = mul(sub(y, n), Math.PI);
  return add(n, mul(atan2(sin(angle), mul(cos(angle), 1 + sharpness)), 1 / Math.PI));
}
