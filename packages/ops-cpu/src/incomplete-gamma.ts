// The incomplete gamma functions of doubles: a series below a, a continued fraction above, another series near 0, and the uniform
// asymptotic expansion for large a. Sources: https://dlmf.nist.gov/8.7, 8.9 and 8.12.

import { arg } from "@gradus/core/scalar";
import { erfcP } from "@gradus/ops";
import { scalarFunction } from "./scalar-function.js";

const erfc: (x: number) => number = /* @__PURE__ */ scalarFunction(/* @__PURE__ */ erfcP.traits.elementwise!.body(arg(0)), ["float64"], "float64");

/** ln Γ(a) for a > 0: by the recurrence up to 8, from where Stirling's series holds. */
export function logGamma(a: number): number {
  let product = 1;
  for (; a < 8; a++) product *= a;
  return (a - 0.5) * Math.log(a) - a + 0.9189385332046727 + stirlingRest(a) - Math.log(product);
}

const tiny = 2 ** -54;
// From here on the expansion with two terms is exact to 1e-13, and below it loops are short.
const large = 1e5;

/** P(a, x), 1/Γ(a) ∫₀ˣ tᵃ⁻¹e⁻ᵗ dt. */
export function lowerGamma(a: number, x: number): number {
  const edge = edges(a, x);
  if (edge !== undefined) return edge;
  if (a >= large) return uniform(a, x, -1);
  return x > 1 && x > a ? 1 - upper(a, x) : lowerSeries(a, x);
}

/** Q(a, x) = 1 − P(a, x). */
export function upperGamma(a: number, x: number): number {
  const edge = edges(a, x);
  if (edge !== undefined) return 1 - edge;
  return a >= large ? uniform(a, x, 1) : upper(a, x);
}

// P at the ends of the domain and outside.
function edges(a: number, x: number): number | undefined {
  if (!(a >= 0 && x >= 0) || (a === x && (a === 0 || a === Infinity))) return NaN;
  if (x === 0 || a === Infinity) return 0;
  return a === 0 || x === Infinity ? 1 : undefined;
}

function upper(a: number, x: number): number {
  if (x > 1.1) return x < a ? 1 - lowerSeries(a, x) : upperFraction(a, x);
  const isSmall = x <= 0.5 ? -0.4 / Math.log(x) >= a : x * 1.1 >= a;
  return isSmall ? upperSeries(a, x) : 1 - lowerSeries(a, x);
}

/** μ − ln(1 + μ) without cancellation near 0. */
export function logarithmRest(mu: number): number {
  if (Math.abs(mu) > 0.4) return mu - Math.log1p(mu);
  // With r = μ/(2 + μ): ln(1 + μ) = 2(r + r³/3 + r⁵/5 + …), and μ = 2r/(1 − r).
  const r = mu / (2 + mu);
  let sum = 0;
  for (let k = 27; k >= 3; k -= 2) sum = sum * r * r + 1 / k;
  return 2 * r * r * (1 / (1 - r) - r * sum);
}

/** ln Γ(a) less Stirling's (a − ½) ln a − a + ½ ln 2π, for a ≥ 8. */
export function stirlingRest(a: number): number {
  const w = 1 / (a * a);
  return (((((((-0.029550653594771242 * w + 0.00641025641025641) * w - 0.0019175269175269176) * w + 0.0008417508417508417) * w - 0.0005952380952380953) * w + 0.0007936507936507937) * w - 0.002777777777777778) * w + 0.08333333333333333) / a;
}

// xᵃe⁻ˣ/Γ(a + 1)
function factor(a: number, x: number): number {
  if (a >= 8) return Math.exp(-a * logarithmRest((x - a) / a) - stirlingRest(a)) / Math.sqrt(2 * Math.PI * a);
  if (x > 1e-30 && x < 600) return (x ** a * Math.exp(-x)) / Math.exp(logGamma(a + 1));
  return Math.exp(a * Math.log(x) - x - logGamma(a + 1));
}

function lowerSeries(a: number, x: number): number {
  let sum = 1;
  for (let term = 1, n = 1; term > sum * tiny; n++) sum += term *= x / (a + n);
  return sum * factor(a, x);
}

// Legendre's continued fraction, by Lentz' method.
function upperFraction(a: number, x: number): number {
  const scale = factor(a, x) * a;
  if (scale === 0) return 0;
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let n = 1, step = 0; Math.abs(step - 1) > tiny * 4; n++) {
    const p = n * (a - n);
    b += 2;
    d = 1 / (b + p * d);
    c = b + p / c;
    step = c * d;
    h *= step;
  }
  return scale * h;
}

// 1 − xᵃ/Γ(a + 1) − xᵃ/Γ(a) Σ (−x)ⁿ/(n!(a + n)), of which the first two are taken together.
function upperSeries(a: number, x: number): number {
  let sum = 0;
  for (let n = 1, power = 1, term = 1; Math.abs(term) > Math.abs(sum) * tiny; n++) {
    power *= -x / n;
    term = power / (a + n);
    sum += term;
  }
  const exponent = a * Math.log(x) - logGamma1p(a);
  return -Math.expm1(exponent) - a * Math.exp(exponent) * sum;
}

// (−1)ᵏ(ζ(k) − 1)/k from k = 2.
const zetaTerms = [
  0.3224670334241132, -0.0673523010531981, 0.020580808427784546, -0.007385551028673986, 0.0028905103307415234, -0.001192753911703261,
  0.0005096695247430425, -0.00022315475845357939, 9.945751278180853e-5, -4.492623673813314e-5, 2.050721277567069e-5, -9.439488275268397e-6,
  4.374866789907488e-6, -2.039215753801366e-6, 9.55141213040742e-7, -4.492469198764566e-7, 2.1207184805554665e-7, -1.0043224823968099e-7,
  4.7698101693639804e-8, -2.2711094608943164e-8, 1.0838659214896955e-8, -5.183475041970047e-9, 2.4836745438024785e-9, -1.1921401405860912e-9,
];

// ln Γ(1 + a) = −ln(1 + a) + a(1 − γ) + Σ (−1)ᵏ(ζ(k) − 1)aᵏ/k for |a| ≤ ½: https://dlmf.nist.gov/5.7.E3
function logGamma1p(a: number): number {
  if (a > 0.5) return a < 1.5 ? Math.log(a) + logGamma1p(a - 1) : logGamma(a + 1);
  const sum = zetaTerms.reduceRight((total, c) => total * a + c, 0);
  return a * (0.42278433509846713 + a * sum) - Math.log1p(a);
}

// Temme's expansion: ½ erfc(±η√(a/2)) ± e^(−aη²/2)/√(2πa) (c₀(η) + c₁(η)/a), with η²/2 = μ − ln(1 + μ) and μ = (x − a)/a. Where η is
// not small the exponential is 0. Source: N. M. Temme, "The asymptotic expansion of the incomplete gamma functions", SIAM J. Math.
// Anal. 10 (1979), https://doi.org/10.1137/0510071.
function uniform(a: number, x: number, sign: 1 | -1): number {
  const mu = (x - a) / a;
  const half = logarithmRest(mu);
  const eta = Math.sign(mu) * Math.sqrt(2 * half);
  const c0 = [0.00035273368606701937, 0.0011574074074074073, -0.014814814814814815, 0.08333333333333333, -0.3333333333333333].reduce((sum, c) => sum * eta + c, 0);
  const c1 = -0.001851851851851852 + eta * (-0.003472222222222222 + eta * 0.0026455026455026454);
  const density = Math.exp(-a * half) / Math.sqrt(2 * Math.PI * a);
  return 0.5 * erfc(sign * eta * Math.sqrt(a / 2)) + sign * (density === 0 ? 0 : density * (c0 + c1 / a));
}
