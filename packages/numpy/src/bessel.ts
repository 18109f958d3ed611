// The modified Bessel function of order 0, and the window that is made of it.

import { array, ArgumentError, cast, mul, reduceSum, type Tensor, type TensorLike } from "@gradus/core";
import { clamp, div, exp, expandDims } from "@gradus/ops";
import { floating } from "./operand.js";

// So many points of a circle: what they miss is I₂₅₆(x), below 1e-19 of I₀(x) where that is finite.
const points = 256;

/**
 * I₀(x) = (1/2π)∫e^(x cos t) dt, by the trapezoidal rule, which is all but exact for a periodic function: Trefethen & Weideman 2014,
 * https://doi.org/10.1137/130932132. It adds up 129 exponentials for each element.
 */
export function i0(x: TensorLike): Tensor {
  // Beyond, all is infinite.
  const t = clamp(-750, floating(x, "i0"), 750);
  const table = (f: (k: number) => number): Tensor => cast(array(Array.from({ length: points / 2 + 1 }, (_, k) => f(k)), { dtype: "float64" }), t.dtype);
  const heights = table((k) => Math.cos((2 * Math.PI * k) / points));
  const weights = table((k) => (k === 0 || 2 * k === points ? 1 : 2) / points);
  return reduceSum(mul(exp(mul(expandDims(t, -1), heights)), weights), -1);
}

/** I₀(β√(1 − t²))/I₀(β) for t from −1 to 1, float32. Kaiser & Schafer 1980, https://doi.org/10.1109/TASSP.1980.1163349 @throws ArgumentError unless n is a whole number */
export function kaiser(n: number, beta: TensorLike): Tensor {
  if (!Number.isInteger(n) || n < 0) throw new ArgumentError(`kaiser: the number of entries is ${String(n)}, and has to be a whole number.`);
  const roots = array(Array.from({ length: n }, (_, i) => Math.sqrt(1 - (n === 1 ? 0 : (2 * i) / (n - 1) - 1) ** 2)), { dtype: "float32" });
  return div(i0(mul(roots, beta)), i0(beta));
}
