// Rows of erf, gamma, Bessel, incomplete and zeta functions. References go other ways than the definitions: series and continued fractions of erf, its
// inversion by bisection, and the recurrence of the gamma function up to 40, where few terms of the asymptotic series do.

import type { AnyPrimitive, Shape, Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { at, type HostArray } from "../host-array.js";
import type { Operand, Operation } from "../operation.js";
import { elementwise, type ElementwiseRow } from "./elementwise.js";
import { floats, result, sample, structured } from "./structured.js";

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

// Integrals of the densities by Simpson's rule, after a substitution that takes the power at 0 away; sums with many terms.
function integral(f: (t: number) => number, to: number): number {
  const n = 20000;
  let sum = f(0) + f(to);
  for (let i = 1; i < n; i++) sum += (i % 2 === 1 ? 4 : 2) * f((i * to) / n);
  return (sum * to) / n / 3;
}
// With t = u², for a ≥ ½ and x that are not at an end.
const lowerGamma = (a: number, x: number): number => integral((u) => 2 * u ** (2 * a - 1) * Math.exp(-u * u), Math.sqrt(x)) / Math.exp(lgamma(a));
const lowerBeta = (a: number, b: number, x: number): number => (integral((u) => 2 * u ** (2 * a - 1) * (1 - u * u) ** (b - 1), Math.sqrt(x)) * Math.exp(lgamma(a + b))) / Math.exp(lgamma(a) + lgamma(b));
function hurwitz(s: number, q: number): number {
  let sum = 0;
  for (let n = 0; n < 1000; n++) sum += (q + n) ** -s;
  const w = q + 1000;
  return sum + w ** (1 - s) / (s - 1) + w ** -s / 2 + (s / 12) * w ** (-s - 1);
}
// (1/π) ∫ e^(x cos t − |x|) cos nt dt over [0, π]: the trapezoidal rule is exact beyond all orders there.
function bessel(n: number, x: number): number {
  if (Math.abs(x) === Infinity) return n === 1 && x < 0 ? -0 : 0;
  const points = 4000;
  let sum = (Math.exp(x - Math.abs(x)) + Math.exp(-x - Math.abs(x)) * (-1) ** n) / 2;
  for (let i = 1; i < points; i++) sum += Math.exp(x * Math.cos((Math.PI * i) / points) - Math.abs(x)) * Math.cos((n * Math.PI * i) / points);
  return Math.abs(x) > 1e5 ? Math.sign(x) ** n / Math.sqrt(2 * Math.PI * Math.abs(x)) : n === 1 && Math.abs(x) < 1e-12 ? x / 2 : sum / points;
}

/** The row of a function of parameters, of which it has no derivative, and of an argument. */
function parametric(name: string, apply: (...xs: Tensor[]) => Tensor, primitive: AnyPrimitive, reference: (...xs: number[]) => number, intervals: readonly (readonly [number, number])[]): Operation {
  const parameters = intervals.length - 1;
  const of = (shape: Shape): Operand[] => intervals.map((interval) => ({ shape, intervals: [interval] }));
  const wanted = (xs: readonly HostArray[]): HostArray => result(xs[0]!.shape, xs[0]!.dtype, (index) => reference(...xs.map((x) => at(x, index))));
  const fixed = (last: Tensor): Tensor[] => intervals.slice(0, parameters).map(([low]) => ops.fullLike(last, low + 0.25));
  const tolerance = { rtol: 1e-6, atol: 1e-7 };
  return structured(
    name,
    primitive,
    [
      sample(`${name} of its argument`, (x) => apply(...fixed(x as Tensor), x as Tensor), of([2, 3]).slice(parameters), ([x]) => result([2, 3], x!.dtype, (index) => reference(...intervals.slice(0, parameters).map(([low]) => low + 0.25), at(x!, index))), { dtypes: floats, tolerance }),
      sample(`${name} 0-d`, (x) => apply(...fixed(x as Tensor), x as Tensor), of([]).slice(parameters), ([x]) => result([], x!.dtype, () => reference(...intervals.slice(0, parameters).map(([low]) => low + 0.25), x!.data[0] as number)), { dtypes: floats, tolerance }),
      sample(`${name} of parameters`, (...xs) => apply(...xs), of([4]), wanted, { dtypes: floats, derivative: "none", tolerance }),
      sample(`${name} of nothing`, (...xs) => apply(...xs), of([0, 2]), wanted, { dtypes: floats, derivative: "none" }),
    ],
    { apply, domain: "float", derivative: "none", operands: intervals.map((interval) => ({ shape: [3], intervals: [interval] })) },
  );
}

const gammaIntervals = [[-2.8, -2.2], [-0.8, -0.2], [0.3, 9]] as const;

export const specialFunctions: readonly Operation[] = [
  elementwise("erf", ops.erf, ops.erfP, row(erf, 1e-6)),
  elementwise("erfc", ops.erfc, ops.erfcP, row(erfc, 1e-6)),
  elementwise("erfInv", ops.erfInv, ops.erfInvP, row(erfInv, 1e-6, [-0.9, 0.9])),
  elementwise("lgamma", ops.lgamma, ops.lgammaP, row(lgamma, 1e-6, ...gammaIntervals)),
  elementwise("digamma", ops.digamma, ops.digammaP, row(digamma, 1e-6, ...gammaIntervals)),
  { ...elementwise("trigamma", ops.trigamma, ops.polygammaP, row(trigamma, 1e-6, ...gammaIntervals)), exports: ["trigamma", "polygamma", "polygammaP"] },
  elementwise("besselI0e", ops.besselI0e, ops.besselI0eP, row((x) => bessel(0, x), 1e-6)),
  elementwise("besselI1e", ops.besselI1e, ops.besselI1eP, row((x) => bessel(1, x), 1e-6, [-2, -0.2], [0.2, 2])),
  parametric("igamma", ops.igamma, ops.igammaP, lowerGamma, [[1, 4], [0.2, 6]]),
  parametric("igammac", ops.igammac, ops.igammacP, (a, x) => 1 - lowerGamma(a!, x!), [[1, 4], [0.2, 6]]),
  parametric("betainc", ops.betainc, ops.betaincP, lowerBeta, [[1, 4], [1, 4], [0.1, 0.9]]),
  parametric("zeta", ops.zeta, ops.zetaP, hurwitz, [[2, 6], [0.5, 4]]),
];
