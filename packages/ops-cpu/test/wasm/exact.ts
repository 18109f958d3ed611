// What functions of one float32 are held against: the host's functions of doubles, and a distance in units of the last place. What it
// is at most, over all float32, is recorded in whole-range.json by sweep.ts.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface Exact {
  readonly f: (x: number) => number;
  /** Of f(−x) and f(x), where they are equal (1) or opposite (−1). */
  readonly symmetry?: 1 | -1;
  /** Whether from x on, away from 0, all values are one, ∞ or NaN, or the host's in compiled programs as well. */
  readonly isFlat: (x: number) => boolean;
}

const { exp, expm1, log, log2, log1p, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh, cbrt, sqrt, abs } = Math;
// erf x = 2/√π·e^(−x²)·Σ 2ⁿ·x²ⁿ⁺¹/(2n + 1)!!, whose terms are all of one sign: https://dlmf.nist.gov/7.6.E2. The host has none.
function erf(x: number): number {
  if (!(abs(x) < 6)) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; abs(term) > 1e-17 * abs(sum); n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return 2 / sqrt(Math.PI) * exp(-x * x) * sum;
}
const odd = -1;
const even = 1;
const never = (): boolean => false;
const isNegative = (x: number): boolean => x < 0;
const isBeyond = (size: number) => (x: number): boolean => abs(x) > size;

/** Functions that vectors of float32 compute without the host, and those that are made of a few such steps. */
export const functions: { readonly [N in Name]: Exact } = {
  exp: { f: exp, isFlat: (x) => x > 89 || x < -104 },
  exp2: { f: (x) => 2 ** x, isFlat: isBeyond(151) },
  expm1: { f: expm1, isFlat: (x) => x > 89 || x < -18 },
  log: { f: log, isFlat: isNegative },
  log2: { f: log2, isFlat: isNegative },
  log1p: { f: log1p, isFlat: (x) => x < -1 },
  sin: { f: sin, symmetry: odd, isFlat: isBeyond(2 ** 20) },
  cos: { f: cos, symmetry: even, isFlat: isBeyond(2 ** 20) },
  tan: { f: tan, symmetry: odd, isFlat: isBeyond(2 ** 20) },
  asin: { f: asin, symmetry: odd, isFlat: isBeyond(1) },
  acos: { f: acos, isFlat: isBeyond(1) },
  atan: { f: atan, symmetry: odd, isFlat: never },
  sinh: { f: sinh, symmetry: odd, isFlat: isBeyond(90) },
  cosh: { f: cosh, symmetry: even, isFlat: isBeyond(90) },
  tanh: { f: tanh, symmetry: odd, isFlat: isBeyond(10) },
  asinh: { f: asinh, symmetry: odd, isFlat: never },
  acosh: { f: acosh, isFlat: isNegative },
  atanh: { f: atanh, symmetry: odd, isFlat: isBeyond(1) },
  cbrt: { f: cbrt, symmetry: odd, isFlat: never },
  sqrt: { f: sqrt, isFlat: isNegative },
  rsqrt: { f: (x) => 1 / sqrt(x), isFlat: isNegative },
  erf: { f: erf, symmetry: odd, isFlat: isBeyond(4) },
  sigmoid: { f: (x) => 1 / (1 + exp(-x)), isFlat: isBeyond(104) },
};
export type Name =
  | "exp" | "exp2" | "expm1" | "log" | "log2" | "log1p" | "sin" | "cos" | "tan" | "asin" | "acos" | "atan" | "sinh" | "cosh" | "tanh" | "asinh" | "acosh" | "atanh"
  | "cbrt" | "sqrt" | "rsqrt" | "erf" | "sigmoid";

const view = new DataView(new ArrayBuffer(4));

/** The distance of float32 numbers beside x, which is rounded to one. */
function unit(x: number): number {
  view.setFloat32(0, x);
  const exponent = (view.getInt32(0) >> 23) & 255;
  return 2 ** (Math.min(Math.max(exponent, 1), 254) - 150);
}

/** How far a float32 is from an exact value: 0 for the nearest one, ∞ where one is NaN, or a zero has the other's sign. */
export function errorOf(value: number, exact: number): number {
  const rounded = Math.fround(exact);
  if (Object.is(value, rounded)) return 0;
  if (value === 0 && rounded === 0) return Infinity;
  // Beyond the largest number lies ∞, one step further.
  if (!Number.isFinite(rounded) || !Number.isFinite(value)) return Math.abs(value) >= 3.4028234e38 && Math.abs(exact) > 3.4028234e38 && value * exact > 0 ? 1 : Infinity;
  return Math.abs(value - exact) / unit(exact);
}

/** The greatest error, and where, without and with products fused to sums. */
export interface WholeRange {
  readonly unfused: { readonly ulps: number; readonly at: number };
  readonly fused: { readonly ulps: number; readonly at: number };
}

export const recorded: string = fileURLToPath(new URL("whole-range.json", import.meta.url));
export const wholeRange = (): { readonly [N in Name]?: WholeRange } => JSON.parse(readFileSync(recorded, "utf8")) as { readonly [N in Name]?: WholeRange };
