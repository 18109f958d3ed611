// Logarithms of float32, and inverse hyperbolic functions. x = 2ᵉ·m with √½ ≤ m < √2, and ln m by a minimax polynomial (Remez):
// of float32 in f = m − 1, of float64 in s = f/(2 + f), ln m = 2 artanh s.

import type { V128 } from "./code.js";
import { i32 } from "./scalar-ops.js";
import { choose, copySign, copySign64, inDoubles, type VectorKit, type VectorOp } from "./vector-kit.js";
import { f32x4, f64x2, i32x4, i64x2 } from "./vector-ops.js";

const p7 = [
  -0.07634765384046402, 0.12761735990619677, -0.13160151385378693, 0.1420173097709642, -0.16623357783093176, 0.20001228302062005, -0.2500082106245609,
  0.33333331683612644,
]; // ln(1 + f) = f − f²/2 + f³·P(f) to 2⁻²⁷
const sqrtHalfBits = 0x3f3504f3;

/** e as a number, f, and what ln(1 + f) is beyond f. */
function parts(k: VectorKit, x: V128): { e: V128; f: V128; rest: (e: V128) => V128 } {
  const n = k.let(i32x4.shrS(i32x4.sub(x, k.i32(sqrtHalfBits)), i32.const(23)));
  const f = k.let(f32x4.sub(i32x4.sub(x, i32x4.shl(n, i32.const(23))), k.f32(1)));
  const z = k.let(f32x4.mul(f, f));
  const cubic = f32x4.mul(f32x4.mul(f, z), k.polynomial(f, p7));
  return { e: k.let(f32x4.convertI32x4S(n)), f, rest: (low) => k.nmadd(z, k.f32(0.5), f32x4.add(cubic, low)) };
}

// A logarithm of normal positive numbers, made one of all numbers; `perScale` is what multiplication by 2²³ adds.
function ofAll(k: VectorKit, x: V128, perScale: number, compute: (x: V128) => V128): V128 {
  // As integers, bits from those of 2⁻¹²⁶ to below those of ∞, moved down to the least.
  return k.unlessAbove(0x7effffff - 2 ** 31, i32x4.add(x, k.i32(0x7f800000)), compute(x), () => {
    const isSmall = k.let(f32x4.lt(x, k.f32(2 ** -126)));
    const y = k.let(compute(k.let(choose(isSmall, f32x4.mul(x, k.f32(2 ** 23)), x))));
    const value = choose(isSmall, f32x4.sub(y, k.f32(perScale)), y);
    const atEnds = choose(f32x4.eq(x, k.f32(0)), k.f32(-Infinity), choose(f32x4.eq(x, k.f32(Infinity)), x, value));
    return choose(f32x4.ge(x, k.f32(0)), atEnds, k.f32(NaN));
  });
}

// ln 2 in two parts, the first of which times e is exact.
export const log: VectorOp = (k, x) =>
  ofAll(k, x, 23 * Math.LN2, (y) => {
    const { e, f, rest } = parts(k, y);
    return k.madd(e, k.f32(0.693359375), f32x4.add(f, rest(f32x4.mul(e, k.f32(-2.12194440e-4)))));
  });

export const log2: VectorOp = (k, x) =>
  ofAll(k, x, 23, (y) => {
    const { e, f, rest } = parts(k, y);
    return k.madd(f32x4.add(f, rest(k.f32(0))), k.f32(Math.LOG2E), e);
  });

const artanh3 = [0.23581447835668257, 0.2853734827132232, 0.40000334514697783, 0.6666666564872631]; // to 2⁻³⁷
const magic64 = 1.5 * 2 ** 52;

/** The exponent e of positive numbers, and ln m. */
export function log64parts(k: VectorKit, x: V128): { e: V128; ln: V128 } {
  const n = k.let(i64x2.shrS(i64x2.sub(x, k.bits64(0x3fe6a09e667f3bcdn)), i32.const(52)));
  const f = k.let(f64x2.sub(i64x2.sub(x, i64x2.shl(n, i32.const(52))), k.f64(1)));
  const e = f64x2.sub(i64x2.add(n, k.f64(magic64)), k.f64(magic64));
  const s = k.let(f64x2.div(f, f64x2.add(f, k.f64(2))));
  const z = k.let(f64x2.mul(s, s));
  return { e, ln: k.madd64(f64x2.mul(s, z), k.polynomial64(z, artanh3), f64x2.add(s, s)) };
}

// ln x of positive numbers; ∞ and NaN stay.
function logOf(k: VectorKit, x: V128): V128 {
  const { e, ln } = log64parts(k, x);
  return choose(f64x2.lt(x, k.f64(Infinity)), k.madd64(e, k.f64(Math.LN2), ln), x);
}

// 1 + x is exact unless x is so small that ln(1 + x) is x.
export const log1p: VectorOp = (k, x) =>
  inDoubles(k, (y) => {
    const u = k.let(f64x2.add(y, k.f64(1)));
    const value = choose(f64x2.le(u, k.f64(0)), choose(f64x2.eq(u, k.f64(0)), k.f64(-Infinity), k.f64(NaN)), logOf(k, u));
    return choose(f64x2.lt(f64x2.abs(y), k.f64(2 ** -27)), y, value);
  }, x);

const small = 2 ** -13; // below it, cubes do not count

// arsinh x = ln(x + √(x² + 1))
export const asinh: VectorOp = (k, x) =>
  copySign(k, inDoubles(k, (a) => {
    const u = k.let(f64x2.add(a, f64x2.sqrt(f64x2.add(f64x2.mul(a, a), k.f64(1)))));
    return choose(f64x2.lt(a, k.f64(small)), a, logOf(k, u));
  }, k.let(f32x4.abs(x))), x);

// arcosh x = ln(x + √(x² − 1))
export const acosh: VectorOp = (k, x) =>
  inDoubles(k, (y) => {
    const u = k.let(f64x2.add(y, f64x2.sqrt(f64x2.sub(f64x2.mul(y, y), k.f64(1)))));
    return choose(f64x2.ge(y, k.f64(1)), logOf(k, u), k.f64(NaN));
  }, x);

// artanh x = ½ ln(1 + 2x/(1 − x))
export const atanh: VectorOp = (k, x) =>
  inDoubles(k, (y) => {
    const a = k.let(f64x2.abs(y));
    const u = k.let(f64x2.add(k.f64(1), f64x2.div(f64x2.add(a, a), f64x2.sub(k.f64(1), a))));
    const value = choose(f64x2.le(a, k.f64(1)), f64x2.mul(k.f64(0.5), logOf(k, u)), k.f64(NaN));
    return copySign64(k, choose(f64x2.lt(a, k.f64(small)), a, value), y);
  }, x);
