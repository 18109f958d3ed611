// The error function, its complement and its inverse. Each is stated in the scalar IR; the coefficients of erf and erfc come
// from packages/conformance/test/operations/special-functions.py.

import { applyUnary, definePrimitive, mul, neg, type Primitive, type Tensor, type TensorLike } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { exp } from "./exponential.js";
import { polynomial } from "./polynomial.js";

const twoOverRootPi = 1.1283791670955126;
const halfRootPi = 0.886226925452758;

/** erf x = 2/√π ∫₀ˣ e^(−t²) dt. */
export const erfP: Primitive = /* @__PURE__ */ definePrimitive("erf", {
  elementwise: {
    accepts: "float",
    body: (x) => s.select(s.less(s.abs(x), 0.5), near(x), s.mul(s.sign(x), s.sub(1, tail(s.abs(x))))),
    float32: single,
  },
  // d erf x = 2/√π·e^(−x²) dx
  partials: [(x) => density(x)],
});

/** erfc x = 1 − erf x. */
export const erfcP: Primitive = /* @__PURE__ */ definePrimitive("erfc", {
  elementwise: {
    accepts: "float",
    body(x: s.Expr) {
      const far = tail(s.abs(x));
      return s.select(s.less(s.abs(x), 0.5), s.sub(1, near(x)), s.select(s.less(x, 0), s.sub(2, far), far));
    },
  },
  // d erfc x = −2/√π·e^(−x²) dx
  partials: [(x) => neg(density(x))],
});

/** The y with erf y = x. */
export const erfInvP: Primitive = /* @__PURE__ */ definePrimitive("erf_inv", {
  elementwise: { accepts: "float", body: quantile },
  // d erf⁻¹ x = √π/2·e^((erf⁻¹ x)²) dx
  partials: [(_x, out) => mul(halfRootPi, exp(mul(out, out)))],
});

const density = (x: Tensor): Tensor => mul(twoOverRootPi, exp(neg(mul(x, x))));

// erf for |x| < ½, as x times a polynomial in x²: relative error below 5e-18.
function near(x: s.Expr): s.Expr {
  const u = s.min(s.mul(x, x), 0.25);
  return s.mul(x, polynomial(u, [
    1.4725865480556744e-6, -1.4845849259707869e-5, 0.00012053335124353741, -0.0008548297753674966, 0.00522397737302147,
    -0.026866170632887928, 0.11283791670925353, -0.37612638903183476, 1.1283791670955126,
  ]));
}

// erf of float32: below ¾ x + x·P(x²), to 2⁻²⁹, and from there 1 − e^Q(x), Q for ln erfc x, to 2⁻²⁸ of erf x. Both are
// minimax (Remez). From 4 on it is 1.
function single(x: s.Expr): s.Expr {
  const small = s.add(x, s.mul(x, polynomial(s.min(s.mul(x, x), 0.5625), [
    -0.000674951380451, 0.00511434562865, -0.026834624606, 0.112833765751, -0.376126187568, 0.1283791655,
  ])));
  const a = s.abs(x);
  const q = polynomial(s.min(a, 4), [
    -1.88328008e-5, 0.000408919747639, -0.00405052170589, 0.0248110972935, -0.107818169463, -0.633752490265, -1.12932151986, 0.000136007425852,
  ]);
  return s.select(s.less(a, 0.75), small, s.mul(s.sign(x), s.sub(1, s.exp(q))));
}

// erfc for x ≥ ½, by (1 + 2x)·e^(x²)·erfc x as a polynomial in t = (x − 3)/(x + 3): relative error below 2e-18. The form is that
// of Shepherd and Laframboise, "Chebyshev approximation of (1 + 2x) exp(x²) erfc x in 0 ≤ x < ∞", Math. Comp. 36 (1981),
// https://doi.org/10.1090/S0025-5718-1981-0595058-X. Beyond 30 the result is 0 in every dtype.
function tail(absolute: s.Expr): s.Expr {
  const x = s.max(s.min(absolute, 30), 0.5);
  const scaled = polynomial(s.div(s.sub(x, 3), s.add(x, 3)), [
    -3.906166922958998e-9, -1.0926857038616775e-8, 3.300158178882872e-8, 9.950156127002298e-8, -1.3274749777737954e-7,
    -6.154805007787697e-7, 3.5154335753850033e-7, 3.472165401392901e-6, -7.295289710729455e-7, -2.0100593323111353e-5,
    4.9490153234906965e-6, 0.000125099381537821, -0.00010515973006004306, -0.0007798322798222287, 0.0018886903527686849,
    0.0025293918170999786, -0.023770514918278293, 0.06830802734390629, -0.11927366341532125, 0.12964515870276289,
    -0.04756229435345056, -0.1356211061245812, 1.2530080582697296,
  ]);
  // e^(−x²) = e^(−r²)·e^(−(x − r)(x + r)), where r has so few bits that r² is exact: x² itself would be rounded.
  const r = s.div(s.trunc(s.mul(x, 16)), 16);
  const gauss = s.mul(s.exp(s.neg(s.mul(r, r))), s.exp(s.neg(s.mul(s.sub(x, r), s.add(x, r)))));
  return s.div(s.mul(gauss, scaled), s.add(1, s.mul(2, x)));
}

// erf⁻¹ x = Φ⁻¹((x + 1)/2)/√2, with Φ⁻¹ by Wichura's PPND16: M. J. Wichura, "Algorithm AS 241: The percentage points of the
// normal distribution", Applied Statistics 37 (1988), https://doi.org/10.2307/2347330. Relative accuracy about 1e-16.
function quantile(x: s.Expr): s.Expr {
  const q = s.mul(x, 0.5);
  const r = s.sub(0.180625, s.mul(q, q));
  const central = s.div(
    s.mul(q, polynomial(r, [
      2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
      1971.5909503065513, 133.14166789178438, 3.3871328727963665,
    ])),
    polynomial(r, [
      5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
      687.1870074920579, 42.31333070160091, 1,
    ]),
  );
  const depth = s.sqrt(s.neg(s.log(s.mul(0.5, s.sub(1, s.abs(x))))));
  const a = s.sub(depth, 1.6);
  const middle = s.div(
    polynomial(a, [
      0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
      5.769497221460691, 4.630337846156546, 1.4234371107496835,
    ]),
    polynomial(a, [
      1.0507500716444169e-09, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
      1.6763848301838038, 2.053191626637759, 1,
    ]),
  );
  const b = s.sub(depth, 5);
  const outer = s.div(
    polynomial(b, [
      2.0103343992922881e-07, 2.7115555687434876e-05, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
      1.7848265399172913, 5.463784911164114, 6.657904643501103,
    ]),
    polynomial(b, [
      2.0442631033899397e-15, 1.421511758316446e-07, 1.8463183175100548e-05, 0.0007868691311456133, 0.014875361290850615,
      0.1369298809227358, 0.599832206555888, 1,
    ]),
  );
  const sides = s.mul(s.sign(x), s.select(s.less(depth, 5), middle, outer));
  const value = s.mul(s.select(s.lessEqual(s.abs(x), 0.85), central, sides), Math.SQRT1_2);
  // At the ends the depth is infinite, and outside [−1, 1] it is NaN.
  return s.select(s.equal(s.abs(x), 1), s.mul(x, Infinity), value);
}

/** The error function 2/√π ∫₀ˣ e^(−t²) dt: odd, ±1 at ±∞. Within 1 ulp in float32, 2 in float64. */
export function erf(x: TensorLike): Tensor {
  return applyUnary(erfP, x);
}

/**
 * 1 − erf x without cancellation: it keeps its relative accuracy down to the smallest numbers, near x = 10 in float32 and 27 in float64.
 * Within 1 ulp in float32, 4 in float64.
 */
export function erfc(x: TensorLike): Tensor {
  return applyUnary(erfcP, x);
}

/** The inverse of erf: ±∞ at ±1, NaN outside [−1, 1]. Its derivative at ±1 is ∞. Within 1 ulp in float32, 4 in float64. */
export function erfInv(x: TensorLike): Tensor {
  return applyUnary(erfInvP, x);
}
