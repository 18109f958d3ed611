// The modified Bessel functions of the first kind of orders 0 and 1, scaled so that they do not overflow. Series below 8:
// https://dlmf.nist.gov/10.25.E2. Above, √x e⁻ˣ I(x) is a polynomial in t = 16/x − 1, whose coefficients
// packages/conformance/test/operations/special-functions.py prints.

import { applyUnary, definePrimitive, mul, type Primitive, select, type Tensor, type TensorLike } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { less } from "./comparison.js";
import { abs } from "./extrema.js";
import { polynomial } from "./polynomial.js";
import { div, sub } from "./quotient.js";
import { sign } from "./rounding.js";

/** e^(−|x|) I₀(x). */
export const besselI0eP: Primitive = /* @__PURE__ */ definePrimitive("bessel_i0e", {
  elementwise: { accepts: "float", body: (x) => scaled(s.abs(x), 0, far0) },
  // d e^(−|x|)I₀(x) = (e^(−|x|)I₁(x) − sign x·e^(−|x|)I₀(x)) dx
  partials: [(x, out) => sub(besselI1e(x), mul(sign(x), out))],
});

/** e^(−|x|) I₁(x). */
export const besselI1eP: Primitive = /* @__PURE__ */ definePrimitive("bessel_i1e", {
  elementwise: { accepts: "float", body: (x) => s.mul(s.sign(x), scaled(s.abs(x), 1, far1)) },
  // d e^(−|x|)I₁(x) = (e^(−|x|)I₀(x) − (sign x + 1/x)·e^(−|x|)I₁(x)) dx, and ½ dx at 0
  partials: [
    (x, out) => {
      const isTiny = less(abs(x), 1e-30);
      const safe = select(isTiny, 1, x);
      return select(isTiny, 0.5, sub(sub(besselI0e(x), mul(sign(x), out)), div(out, safe)));
    },
  ],
});

// e^(−x)(x/2)ⁿ Σ (x²/4)ᵏ/(k!(k + n)!), or the polynomial over √x, for x ≥ 0.
function scaled(x: s.Expr, n: 0 | 1, far: readonly number[]): s.Expr {
  const half = s.mul(0.5, s.min(x, 8));
  const near = s.mul(s.exp(s.neg(x)), polynomial(s.mul(half, half), n === 0 ? series0 : series1));
  const large = s.max(x, 8);
  const beyond = s.div(polynomial(s.sub(s.div(16, large), 1), far), s.sqrt(large));
  const value = s.select(s.less(x, 8), n === 0 ? near : s.mul(half, near), beyond);
  return s.select(s.equal(x, x), value, x);
}

const terms = 34; // of which the last is below 1e-18 of the sum at 8
const factorial = (k: number): number => (k < 2 ? 1 : k * factorial(k - 1));
const seriesOf = (n: number): number[] => Array.from({ length: terms }, (_, i) => 1 / factorial(terms - 1 - i) / factorial(terms - 1 - i + n));
const series0 = /* @__PURE__ */ seriesOf(0);
const series1 = /* @__PURE__ */ seriesOf(1);

const far0 = [
  -2.4421972688131832e-11, 9.114760157514253e-11, 1.7698085539456536e-10, -6.494591114401118e-10, -6.327909921997027e-10, 2.163681278413876e-9,
  1.6084886155781772e-9, -4.5305710768621196e-9, -3.5862834111582305e-9, 6.522264862032271e-9, 7.600254486433509e-9, -5.0175940345046716e-9,
  -1.3427511481900905e-8, -6.856484545962442e-9, 7.559364098665437e-9, 2.156780676115673e-8, 3.932512321137824e-8, 8.872014585661555e-8,
  2.9735992084667734e-7, 1.4838476780922646e-6, 1.114303378845176e-5, 0.00013621607438951463, 0.0033605519836678913, 0.4021765094450081,
];
const far1 = [
  2.2421768596847442e-11, -9.491890392992048e-11, -1.6283264322621244e-10, 6.7727478454462e-10, 5.870664618471487e-10, -2.2624401109204446e-9,
  -1.5218214060680734e-9, 4.763780078020254e-9, 3.501765193290176e-9, -6.9444186339873875e-9, -7.687251308765992e-9, 5.5720183980930355e-9,
  1.4051746928735543e-8, 6.84757829926934e-9, -8.432168972932417e-9, -2.3394122958362557e-8, -4.3128498031006734e-8, -1.0001075046243961e-7,
  -3.4838563464253135e-7, -1.8349102493990178e-6, -1.5038547198221758e-5, -0.00021923576383137776, -0.009749577193235765, 0.38939845902587233,
];

/** e^(−|x|) I₀(x), with the modified Bessel function of order 0: 1 at 0, 0 at ±∞. Within 1 ulp in float32, 8 in float64. */
export function besselI0e(x: TensorLike): Tensor {
  return applyUnary(besselI0eP, x);
}

/** e^(−|x|) I₁(x), with the modified Bessel function of order 1: odd, 0 at 0 and ±∞. Within 1 ulp in float32, 8 in float64. */
export function besselI1e(x: TensorLike): Tensor {
  return applyUnary(besselI1eP, x);
}
