// The kernel family of the special functions that take loops: the incomplete gamma and beta functions, and Hurwitz' zeta function.

import { roundTo } from "@gradus/core";
import { betaincP, igammacP, igammaP, zetaP } from "@gradus/ops";
import { dense } from "./copy.js";
import { logarithmRest, logGamma, lowerGamma, stirlingRest, upperGamma } from "./incomplete-gamma.js";
import type { Kernel, KernelFamily } from "./kernel.js";
import { fresh } from "./storage.js";

const pointwise =
  (f: (x: number, y: number, z: number) => number): Kernel<void> =>
  (args, _params, [out]) => {
    if (out!.ndim === 0) {
      // A weak number is a double.
      const [x, y, z] = args.map(({ payload, dtype }) => (out!.weak ? (payload as number) : roundTo(dtype, payload as number)));
      return f(x as number, y as number, (z ?? y) as number);
    }
    const result = fresh(out!.dtype, out!.size);
    const [x, y, z] = args.map((t) => dense(t));
    for (let i = 0; i < result.length; i++) result[i] = f(x![i] as number, y![i] as number, (z ?? y)![i] as number);
    return result;
  };

const tiny = 2 ** -54;

// I_x(a, b): the continued fraction converges fast below the mean, above which it is that of 1 − x. https://dlmf.nist.gov/8.17.E22
function incompleteBeta(a: number, b: number, x: number): number {
  if (!(a >= 0 && b >= 0 && x >= 0 && x <= 1) || (a === b && (a === 0 || a === Infinity))) return NaN;
  if (x === 0 || x === 1) return x;
  if (a === 0 || b === Infinity) return 1;
  if (b === 0 || a === Infinity) return 0;
  return x < (a + 1) / (a + b + 2) ? betaTail(a, b, x, 1 - x) : 1 - betaTail(b, a, 1 - x, x);
}

// With y = 1 − x, which may be known better than by subtraction.
function betaTail(a: number, b: number, x: number, y: number): number {
  const scale = betaFactor(a, b, x, y) / a;
  if (scale === 0) return 0;
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let h = d;
  const next = (p: number): number => {
    d = 1 / (1 + p * d);
    c = 1 + p / c;
    return (h *= c * d);
  };
  for (let m = 1, before = 0; Math.abs(h - before) > Math.abs(h) * tiny * 4; m++) {
    before = h;
    next((m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)));
    next((-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)));
  }
  return scale * h;
}

// xᵃyᵇ/B(a, b): for large a and b by how far x is from a/(a + b), since logarithms of large numbers would cancel.
function betaFactor(a: number, b: number, x: number, y: number): number {
  if (Math.min(a, b) < 8) return Math.exp(a * Math.log(x) + b * Math.log(y) + logGamma(a + b) - logGamma(a) - logGamma(b));
  const away = x <= y ? a - (a + b) * x : (a + b) * y - b;
  const exponent = a * logarithmRest(-away / a) + b * logarithmRest(away / b);
  const rest = stirlingRest(a) + stirlingRest(b) - stirlingRest(a + b);
  return Math.sqrt((a * b) / (2 * Math.PI * (a + b))) * Math.exp(-exponent - rest);
}

// B₂ₖ/(2k)! from k = 12 to 1.
const scaledBernoulli = [
  -1.3954464685812525e-19, 5.5090028283602295e-18, -2.174868698558062e-16, 8.586062056277845e-15, -3.3896802963225827e-13, 1.338253653068468e-11,
  -5.284190138687493e-10, 2.08767569878681e-8, -8.267195767195768e-7, 3.3068783068783064e-5, -0.001388888888888889, 0.08333333333333333,
];

// ζ(s, q) by the formula of Euler and Maclaurin; below 0 by the sum up to the pole and the sums on its two sides.
function hurwitzZeta(s: number, q: number): number {
  if (s === 1) return Number.isNaN(q) ? NaN : Infinity;
  if (!(s > 1) || Number.isNaN(q)) return NaN;
  if (q <= 0) {
    const f = q - Math.floor(q);
    if (f === 0 || q === -Infinity) return Infinity;
    if (!Number.isInteger(s)) return NaN;
    const below = positiveZeta(s, 1 - f) - positiveZeta(s, 1 - q);
    return positiveZeta(s, f) + (s % 2 === 0 ? below : -below);
  }
  return positiveZeta(s, q);
}

function positiveZeta(s: number, q: number): number {
  if (q === Infinity) return 0;
  if (s === Infinity) return q < 1 ? Infinity : q === 1 ? 1 : 0;
  let sum = 0;
  let w = q;
  // The tail converges where w exceeds s; often the sum has by then.
  let power = w ** -s;
  for (; w < 14 + s && power > sum * tiny; power = w ** -s) {
    sum += power;
    w++;
  }
  if (power <= sum * tiny) return sum;
  // Σ B₂ₖ/(2k)!·s(s + 1)…(s + 2k − 2)·w^(−2k + 1), by Horner from the last term.
  let tail = 0;
  scaledBernoulli.forEach((b, i) => {
    const k = scaledBernoulli.length - i;
    const step = k === 1 ? s / w : ((s + 2 * k - 3) * (s + 2 * k - 2)) / (w * w);
    tail = (b + tail) * step;
  });
  return sum + power * (w / (s - 1) + 0.5 + tail);
}

/** igamma, igammac, betainc and zeta. */
export const specialFunctions: KernelFamily = [
  [igammaP, /* @__PURE__ */ pointwise(lowerGamma)],
  [igammacP, /* @__PURE__ */ pointwise(upperGamma)],
  [betaincP, /* @__PURE__ */ pointwise(incompleteBeta)],
  [zetaP, /* @__PURE__ */ pointwise(hurwitzZeta)],
];
