// The exponential of matrices: a rational approximation of a matrix made small by halvings, and as many squarings. Higham 2005,
// "The scaling and squaring method for the matrix exponential revisited".

import { add, broadcastTo, mul, neg, reshape, select, ShapeError, type Tensor, type TensorLike } from "@gradus/core";
import { abs, ceil, exp2, greater, log2, max, solve, sub } from "@gradus/ops";
import { eye } from "../creation.js";
import { floating } from "../operand.js";
import { matmul } from "../products.js";
import * as reductions from "../reductions.js";

const degree = 13;
const reach = 5.371920351148152; // a 1-norm up to which the approximation of degree 13 is exact to double precision (table 2.3)
const mostSquarings = 16;

// The approximation is p(x)/p(−x), p(x) = Σ bₖxᵏ, with b₀ = 1 and bₖ₊₁/bₖ = (13 − k)/((26 − k)(k + 1)).
const coefficients: readonly number[] = /* @__PURE__ */ Array.from({ length: degree }).reduce((b: number[], _, k) => [...b, ((b[k] as number) * (degree - k)) / ((2 * degree - k) * (k + 1))], [1]);

/**
 * eˣ of square matrices, by powers: Σ xᵏ/k!. NaN where the 1-norm is more than 2¹⁶ times 5.37. @throws ShapeError unless square
 * @example expm(array([[0, 1], [0, 0]])) // [[1, 1], [0, 1]]
 */
export function expm(x: TensorLike): Tensor {
  const t = floating(x, "expm");
  const n = t.shape[t.ndim - 1] as number;
  if (t.ndim < 2 || n !== t.shape[t.ndim - 2]) throw new ShapeError(`expm: ${t.aval.toString()} is not square: it takes […,n,n].`);
  if (t.size === 0) return t;
  const norms = reductions.max(reductions.sum(abs(t), -2), -1);
  // How often to halve: flat, so that the derivative is that of the rest.
  const halvings = max(0, ceil(log2(mul(norms, 1 / reach))));
  const per = (s: Tensor): Tensor => reshape(s, [...s.shape, 1, 1]);
  const small = mul(t, per(exp2(neg(halvings))));
  let power = approximation(small, broadcastTo(eye(n, n, 0, t.dtype), t.shape));
  for (let k = 0; k < mostSquarings; k++) power = select(per(greater(halvings, k)), matmul(power, power), power);
  return select(per(greater(halvings, mostSquarings)), NaN, power);
}

function approximation(x: Tensor, one: Tensor): Tensor {
  const square = matmul(x, x);
  const fourth = matmul(square, square);
  const powers = [one, square, fourth, matmul(fourth, square)];
  // Every second coefficient from b_first on, of the powers 0, 2, 4, … of x: those from the eighth on have the sixth in common.
  const half = (first: number): Tensor => {
    const terms = (from: number, count: number): Tensor => powers.slice(0, count).map((p, i) => mul(p, coefficients[from + 2 * i] as number)).reduce((a, b) => add(a, b));
    const upper = powers.slice(1).map((p, i) => mul(p, coefficients[first + 8 + 2 * i] as number)).reduce((a, b) => add(a, b));
    return add(matmul(powers[3] as Tensor, upper), terms(first, 4));
  };
  const [even, odd] = [half(0), matmul(x, half(1))];
  return solve(sub(even, odd), add(even, odd));
}
