// The incomplete gamma and beta functions, and Hurwitz' zeta function. Their derivatives by the last argument have closed forms.

import { add, definePrimitive, mul, neg, type Primitive, select, type Tensor, type TensorLike } from "@gradus/core";
import { equal } from "./comparison.js";
import { exp, log, log1p } from "./exponential.js";
import { lgamma } from "./gamma.js";
import { applyPointwise, pointwiseAval, pointwiseBatch, pointwiseJvp } from "./pointwise.js";
import { sub } from "./quotient.js";

/** igamma(a, x) = P(a, x) = 1/Γ(a) ∫₀ˣ tᵃ⁻¹e⁻ᵗ dt. */
export const igammaP: Primitive = /* @__PURE__ */ definePrimitive("igamma", {
  abstractEval: (avals) => pointwiseAval(avals, "igamma"),
  rules: {
    // dP(a, x) = xᵃ⁻¹e⁻ˣ/Γ(a) dx
    jvp: (args, tangents) => pointwiseJvp(igammaP, args, tangents, () => gammaDensity(args as [Tensor, Tensor])),
    batch: (args, axes, _params, axisSize) => pointwiseBatch(igammaP, args, axes, axisSize),
  },
});

/** igammac(a, x) = Q(a, x) = 1 − P(a, x). */
export const igammacP: Primitive = /* @__PURE__ */ definePrimitive("igammac", {
  abstractEval: (avals) => pointwiseAval(avals, "igammac"),
  rules: {
    // dQ(a, x) = −xᵃ⁻¹e⁻ˣ/Γ(a) dx
    jvp: (args, tangents) => pointwiseJvp(igammacP, args, tangents, () => neg(gammaDensity(args as [Tensor, Tensor]))),
    batch: (args, axes, _params, axisSize) => pointwiseBatch(igammacP, args, axes, axisSize),
  },
});

/** betainc(a, b, x) = I_x(a, b) = 1/B(a, b) ∫₀ˣ tᵃ⁻¹(1 − t)ᵇ⁻¹ dt. */
export const betaincP: Primitive = /* @__PURE__ */ definePrimitive("betainc", {
  abstractEval: (avals) => pointwiseAval(avals, "betainc"),
  rules: {
    // dI_x(a, b) = xᵃ⁻¹(1 − x)ᵇ⁻¹/B(a, b) dx
    jvp: (args, tangents) =>
      pointwiseJvp(betaincP, args, tangents, () => {
        const [a, b, x] = args as [Tensor, Tensor, Tensor];
        const logBeta = sub(add(lgamma(a), lgamma(b)), lgamma(add(a, b)));
        return exp(sub(add(times(sub(a, 1), log(x)), times(sub(b, 1), log1p(neg(x)))), logBeta));
      }),
    batch: (args, axes, _params, axisSize) => pointwiseBatch(betaincP, args, axes, axisSize),
  },
});

/** zeta(s, q) = Σₙ (q + n)⁻ˢ. */
export const zetaP: Primitive = /* @__PURE__ */ definePrimitive("zeta", {
  abstractEval: (avals) => pointwiseAval(avals, "zeta"),
  rules: {
    // dζ(s, q) = −s ζ(s + 1, q) dq
    jvp: (args, tangents) => pointwiseJvp(zetaP, args, tangents, () => neg(mul(args[0] as Tensor, zeta(add(args[0] as Tensor, 1), args[1] as Tensor)))),
    batch: (args, axes, _params, axisSize) => pointwiseBatch(zetaP, args, axes, axisSize),
  },
});

const gammaDensity = ([a, x]: [Tensor, Tensor]): Tensor => exp(sub(sub(times(sub(a, 1), log(x)), x), lgamma(a)));

// A product that is 0 where the first factor is, though the other be infinite.
const times = (x: Tensor, y: Tensor): Tensor => select(equal(x, 0), 0, mul(x, y));

/**
 * P(a, x), the regularized lower incomplete gamma function, for a, x ≥ 0; NaN elsewhere and where there is no limit, at (0, 0) and
 * (∞, ∞). Broadcast and promoted. Within 2 ulp in float32. Derivatives by a are a MissingRuleError. https://dlmf.nist.gov/8.2
 * @throws DTypeError for float0
 * @example igamma(1, array([1, 2])) // 1 − e⁻ˣ: [0.6321206, 0.8646647]
 */
export function igamma(a: TensorLike, x: TensorLike): Tensor {
  return applyPointwise(igammaP, [a, x], "igamma");
}

/** Q(a, x) = 1 − P(a, x) without cancellation, otherwise like {@link igamma}. Within 2 ulp in float32. @throws DTypeError for float0 */
export function igammac(a: TensorLike, x: TensorLike): Tensor {
  return applyPointwise(igammacP, [a, x], "igammac");
}

/**
 * I_x(a, b), the regularized incomplete beta function, for a, b ≥ 0 and x in [0, 1]; NaN elsewhere and where there is no limit.
 * Broadcast and promoted. Within 2 ulp in float32 for a + b to 10⁶. Derivatives by a and b are a MissingRuleError. https://dlmf.nist.gov/8.17
 * @throws DTypeError for float0
 * @example betainc(1, 3, array(0.5)) // 1 − (1 − x)³: 0.875
 */
export function betainc(a: TensorLike, b: TensorLike, x: TensorLike): Tensor {
  return applyPointwise(betaincP, [a, b, x], "betainc");
}

/**
 * ζ(s, q), Hurwitz' zeta function, for s ≥ 1: ∞ at s = 1 and at the poles q = 0, −1, −2, …; NaN for s < 1, and for other q < 0 unless s
 * is an integer. Broadcast and promoted. Within 2 ulp in float32. Derivatives by s are a MissingRuleError. https://dlmf.nist.gov/25.11
 * @throws DTypeError for float0
 * @example zeta(2, array(1)) // π²/6: 1.644934
 */
export function zeta(s: TensorLike, q: TensorLike): Tensor {
  return applyPointwise(zetaP, [s, q], "zeta");
}
