// The logarithm of the gamma function and its derivatives, which are one another's derivatives. All use the same steps: the
// argument is moved to the positive side by the reflection formula, then up by the recurrence, where the asymptotic series in 1/z
// converges fast. Formulas: https://dlmf.nist.gov/5.5 (recurrence, reflection), https://dlmf.nist.gov/5.11 (series) and
// https://dlmf.nist.gov/5.15 (polygamma functions). The coefficients are Bernoulli numbers, as printed by
// packages/conformance/test/operations/special-functions.py.

import { applyUnary, ArgumentError, definePrimitive, type Primitive, type Tensor, type TensorLike } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { polynomial } from "./polynomial.js";

/** ln |Γ(x)|. */
export const lgammaP: Primitive = /* @__PURE__ */ definePrimitive("lgamma", {
  elementwise: { accepts: "float", body: logGamma },
  // d ln|Γ(x)| = ψ(x) dx
  partials: [(x) => digamma(x)],
});

/** ψ(x) = Γ'(x)/Γ(x). */
export const digammaP: Primitive = /* @__PURE__ */ definePrimitive("digamma", {
  elementwise: { accepts: "float", body: psi },
  // dψ(x) = ψ′(x) dx
  partials: [(x) => polygamma(1, x)],
});

export interface PolygammaParams {
  /** Which derivative of digamma, from 1. */
  order: number;
}

/** The derivative ψ⁽ⁿ⁾(x) of digamma, of static order n. */
export const polygammaP: Primitive<PolygammaParams> = /* @__PURE__ */ definePrimitive<PolygammaParams>("polygamma", {
  elementwise: { accepts: "float", body: psiDerivative },
  // dψ⁽ⁿ⁾(x) = ψ⁽ⁿ⁺¹⁾(x) dx
  partials: [(x, _out, { order }) => polygamma(order + 1, x)],
});

const shift = 8;
const positive = (x: s.Expr): s.Expr => s.select(s.less(x, 0), s.sub(1, x), x);
/** How far x is from the nearest integer: π times this is reduced exactly. */
const fraction = (x: s.Expr): s.Expr => s.sub(x, s.round(x));

function logGamma(x: s.Expr): s.Expr {
  const y = positive(x);
  const low = s.less(y, shift);
  const z = s.select(low, s.add(y, shift), y);
  const w = s.div(1, z);
  const series = s.mul(w, polynomial(s.mul(w, w), [
    13.402864044168393, -1.3924322169059011, 0.17964437236883057, -0.029550653594771242, 0.00641025641025641, -0.0019175269175269176,
    0.0008417508417508417, -0.0005952380952380953, 0.0007936507936507937, -0.002777777777777778, 0.08333333333333333,
  ]));
  // ln Γ(z) = (z − ½)(ln z − 1) − ½ + ½ ln 2π + Σ B₂ₖ/(2k(2k − 1) z²ᵏ⁻¹)
  const high = s.add(s.mul(s.sub(z, 0.5), s.sub(s.log(z), 1)), s.add(0.4189385332046727, series));
  let product = s.min(y, shift);
  for (let k = 1; k < shift; k++) product = s.mul(product, s.add(s.min(y, shift), k));
  const value = s.select(low, s.sub(high, s.log(product)), high);
  // ln |Γ(x)| = ln π − ln |sin πx| − ln Γ(1 − x)
  const reflected = s.sub(s.sub(1.1447298858494002, s.log(s.abs(s.sin(s.mul(Math.PI, fraction(x)))))), value);
  return s.select(s.equal(x, -Infinity), Infinity, s.select(s.less(x, 0), reflected, value));
}

function psi(x: s.Expr): s.Expr {
  const y = positive(x);
  const low = s.less(y, shift);
  const z = s.select(low, s.add(y, shift), y);
  const w = s.div(1, z);
  const u = s.mul(w, w);
  // ψ(z) = ln z − 1/(2z) − Σ B₂ₖ/(2k z²ᵏ)
  const series = s.mul(u, polynomial(u, [
    281.46014492753625, -26.456212121212122, 3.0539543302701198, -0.4432598039215686, 0.08333333333333333, -0.021092796092796094,
    0.007575757575757576, -0.004166666666666667, 0.003968253968253968, -0.008333333333333333, 0.08333333333333333,
  ]));
  const high = s.sub(s.sub(s.log(z), s.mul(0.5, w)), series);
  let sum = s.div(1, s.add(y, shift - 1));
  for (let k = shift - 2; k > 0; k--) sum = s.add(sum, s.div(1, s.add(y, k)));
  sum = s.add(sum, s.div(1, y)); // not y + 0, which loses the sign of −0
  const value = s.select(low, s.sub(high, sum), high);
  // ψ(x) = ψ(1 − x) − π cot πx
  const f = fraction(x);
  const reflected = s.select(s.equal(f, 0), NaN, s.sub(value, s.div(Math.PI, s.tan(s.mul(Math.PI, f)))));
  return s.select(s.less(x, 0), reflected, value);
}

function psiDerivative(x: s.Expr, { order: n }: PolygammaParams): s.Expr {
  const y = positive(x);
  const steps = shift + 2 * n;
  const low = s.less(y, steps);
  const z = s.select(low, s.add(y, steps), y);
  const w = s.div(1, z);
  const power = (base: s.Expr, exponent: number): s.Expr => Array.from({ length: exponent - 1 }).reduce<s.Expr>((p) => s.mul(p, base), base);
  // |ψ⁽ⁿ⁾(z)| = (n − 1)!/zⁿ + n!/(2zⁿ⁺¹) + Σ B₂ₖ (2k + n − 1)!/((2k)! z²ᵏ⁺ⁿ)
  const terms = scaledBernoulli.map((b, i) => b * factorial(2 * (scaledBernoulli.length - i) + n - 1));
  const u = s.mul(w, w);
  const series = s.add(factorial(n - 1), s.add(s.mul(0.5 * factorial(n), w), s.mul(u, polynomial(u, terms))));
  const high = s.mul(power(w, n), series);
  let sum = power(s.div(1, s.add(y, steps - 1)), n + 1);
  for (let k = steps - 2; k > 0; k--) sum = s.add(sum, power(s.div(1, s.add(y, k)), n + 1));
  sum = s.add(sum, power(s.div(1, y), n + 1)); // not y + 0, which loses the sign of −0
  const size = s.select(low, s.add(high, s.mul(factorial(n), sum)), high);
  // ψ⁽ⁿ⁾(x) = −π dⁿ/dxⁿ cot πx − |ψ⁽ⁿ⁾(1 − x)|
  const f = fraction(x);
  const slope = cotDerivative(s.div(1, s.tan(s.mul(Math.PI, f))), n);
  const mirrored = s.sub(s.mul(-(Math.PI ** (n + 1)), slope), size);
  const reflected = n % 2 === 1 ? mirrored : s.select(s.equal(f, 0), NaN, mirrored);
  return s.select(s.less(x, 0), reflected, n % 2 === 1 ? size : s.neg(size));
}

// B₂ₖ/(2k)! from k = 12 to 1.
const scaledBernoulli = [
  -1.3954464685812525e-19, 5.5090028283602295e-18, -2.174868698558062e-16, 8.586062056277845e-15, -3.3896802963225827e-13, 1.338253653068468e-11,
  -5.284190138687493e-10, 2.08767569878681e-08, -8.267195767195768e-07, 3.3068783068783064e-05, -0.001388888888888889, 0.08333333333333333,
];

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

// d cot = −(1 + cot²): every derivative is a polynomial in the cotangent c, all of whose terms have one sign and one parity.
function cotDerivative(c: s.Expr, n: number): s.Expr {
  let p = [0, 1]; // by ascending powers of c
  for (let i = 0; i < n; i++) {
    const next = Array.from({ length: p.length + 1 }, () => 0);
    p.forEach((a, k) => {
      if (k === 0) return;
      next[k - 1] = (next[k - 1] as number) - a * k;
      next[k + 1] = (next[k + 1] as number) - a * k;
    });
    p = next;
  }
  const parity = (n + 1) % 2;
  const even = polynomial(s.mul(c, c), p.filter((_, k) => k % 2 === parity).reverse());
  return parity === 0 ? even : s.mul(c, even);
}

/**
 * ln |Γ(x)|, the logarithm of the absolute value of the gamma function: ∞ at its poles 0, −1, −2, … and at ±∞.
 * Within 1 ulp in float32 and 4 in float64; near its zeros within 2e-14.
 */
export function lgamma(x: TensorLike): Tensor {
  return applyUnary(lgammaP, x);
}

/**
 * ψ(x), the derivative of ln |Γ(x)|: ∓∞ at ±0, and NaN at the other poles −1, −2, …, which have no one-sided limit in common.
 * Within 1 ulp in float32 and 4 in float64; near its zeros within 2e-14.
 */
export function digamma(x: TensorLike): Tensor {
  return applyUnary(digammaP, x);
}

/** ψ′(x), the derivative of digamma: ∞ at its poles 0, −1, −2, … */
export function trigamma(x: TensorLike): Tensor {
  return polygamma(1, x);
}

/**
 * ψ⁽ⁿ⁾(x), the n-th derivative of digamma for a static order n ≥ 0. At the poles 0, −1, −2, … it is ∞ for odd n; for even n NaN,
 * at ±0 ∓∞. @throws ArgumentError unless n is an integer from 0 to 60
 */
export function polygamma(n: number, x: TensorLike): Tensor {
  if (!Number.isInteger(n) || n < 0 || n > 60) throw new ArgumentError(`polygamma: the order is ${n}; expected a static integer from 0 to 60.`);
  return n === 0 ? digamma(x) : applyUnary(polygammaP, x, { order: n });
}
