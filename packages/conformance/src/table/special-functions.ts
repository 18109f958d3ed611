// Rows of erf and gamma functions. References go other ways than the definitions: series and continued fractions of erf, its
// inversion by bisection, and the recurrence of the gamma function up to 40, where few terms of the asymptotic series do.

import * as ops from "@gradus/ops";
import type { Operation } from "../operation.js";
import { elementwise, type ElementwiseRow } from "./elementwise.js";

const row = (reference: (x: number) => number, tolerance: number, ...intervals: (readonly [number, number])[]): ElementwiseRow => ({
  domain: "float",
  operands: [intervals.length === 0 ? {} : { intervals }],
  reference,
  tolerance: { rtol: tolerance, atol: 1e-13 },
});

// Maclaurin's series up to 3, and beyond it the continued fraction of erfc, evaluated from far down.
function erf(x: number): number {
  if (Math.abs(x) > 3 || Number.isNaN(x)) return x < 0 ? erfc(-x) - 1 : 1 - erfc(x);
  let [sum, term] = [x, x];
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

function erfc(x: number): number {
  if (x < 2) return 1 - erf(x);
  if (x > 40) return 0;
  let fraction = x;
  for (let k = 200; k > 0; k--) fraction = x + k / 2 / fraction;
  return Math.exp(-x * x) / fraction / Math.sqrt(Math.PI);
}

function erfInv(x: number): number {
  if (!(Math.abs(x) <= 1)) return NaN;
  if (Math.abs(x) === 1) return x * Infinity;
  if (Math.abs(x) < 1e-8) return (x * Math.sqrt(Math.PI)) / 2;
  let [low, high] = [-6, 6];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (erf(middle) < x) low = middle;
    else high = middle;
  }
  return low;
}

const poles = (x: number): boolean => x <= 0 && Number.isInteger(x);

function lgamma(x: number): number {
  if (poles(x) || Math.abs(x) === Infinity) return Infinity;
  let logs = 0;
  for (; x < 40; x++) logs += Math.log(Math.abs(x));
  return x * Math.log(x) - x - Math.log(x / 2 / Math.PI) / 2 + 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5) - 1 / (1680 * x ** 7) - logs;
}

function digamma(x: number): number {
  if (x === 0) return -1 / x;
  if (poles(x) || x === -Infinity) return NaN;
  let sum = 0;
  for (; x < 40; x++) sum += 1 / x;
  return Math.log(x) - 1 / (2 * x) - 1 / (12 * x ** 2) + 1 / (120 * x ** 4) - 1 / (252 * x ** 6) + 1 / (240 * x ** 8) - sum;
}

function trigamma(x: number): number {
  if (x === -Infinity) return NaN;
  if (poles(x)) return Infinity;
  let sum = 0;
  for (; x < 40; x++) sum += 1 / x / x;
  return 1 / x + 1 / (2 * x * x) + 1 / (6 * x ** 3) - 1 / (30 * x ** 5) + 1 / (42 * x ** 7) - 1 / (30 * x ** 9) + sum;
}

const gammaIntervals = [[-2.8, -2.2], [-0.8, -0.2], [0.3, 9]] as const;

export const specialFunctions: readonly Operation[] = [
  elementwise("erf", ops.erf, ops.erfP, row(erf, 1e-6)),
  elementwise("erfc", ops.erfc, ops.erfcP, row(erfc, 1e-6)),
  elementwise("erfInv", ops.erfInv, ops.erfInvP, row(erfInv, 1e-6, [-0.9, 0.9])),
  elementwise("lgamma", ops.lgamma, ops.lgammaP, row(lgamma, 1e-6, ...gammaIntervals)),
  elementwise("digamma", ops.digamma, ops.digammaP, row(digamma, 1e-6, ...gammaIntervals)),
  { ...elementwise("trigamma", ops.trigamma, ops.polygammaP, row(trigamma, 1e-6, ...gammaIntervals)), exports: ["trigamma", "polygamma", "polygammaP"] },
];
