// Exponentials of float32. e^x = 2ⁿ·e^r with n = ⌊x/ln 2⌉, |r| ≤ ½ ln 2, and e^r = 1 + r + r²·P(r) with P minimax (Remez). Numbers are
// rounded to integers by adding 1.5·2²³, whose low bits then hold the integer. Where a difference would lose digits, doubles.

import type { V128 } from "./code.js";
import { i32 } from "./scalar-ops.js";
import { bitsOf, choose, copySign, inDoubles, sizeBits, type VectorKit, type VectorOp } from "./vector-kit.js";
import { f32x4, f64x2, i32x4, i64x2, v128 } from "./vector-ops.js";

const magic = 1.5 * 2 ** 23;
const magic64 = 1.5 * 2 ** 52;
const p4 = [0.0013814627146004899, 0.00836871673643461, 0.04166838758226733, 0.1666652063455933, 0.4999999344937648]; // to 2⁻²⁸
const p5 = [0.00019962333506203143, 0.0013943212591101797, 0.00833321972357955, 0.04166632693884466, 0.16666666905783592, 0.5000000053068858]; // e^r − 1 to 2⁻³¹

/** e^r for small r. P in two halves, by Estrin's rule: neither waits for the other. */
function near0(k: VectorKit, r: V128): V128 {
  const square = k.let(f32x4.mul(r, r));
  const [c4, c3, c2, c1, c0] = p4.map((c) => k.f32(c)) as [V128, V128, V128, V128, V128];
  const p = k.madd(square, k.madd(square, c4, k.madd(r, c3, c2)), k.madd(r, c1, c0));
  return f32x4.add(k.f32(1), k.madd(square, p, r));
}

/** 2ⁿ·p, with n in the low bits of t = n + magic, while it is a normal number. */
const scaled = (p: V128, t: V128): V128 => i32x4.add(p, i32x4.shl(t, i32.const(23)));

// In two steps, which may lead to ∞ or to a subnormal number, rounded once.
function scaledTwice(k: VectorKit, p: V128, t: V128): V128 {
  const n = k.let(i32x4.sub(t, k.f32(magic)));
  const half = k.let(i32x4.shrS(n, i32.const(1)));
  const power = (m: V128): V128 => i32x4.shl(i32x4.add(m, k.i32(127)), i32.const(23));
  return f32x4.mul(f32x4.mul(p, power(half)), power(i32x4.sub(n, half)));
}

const within = (x: V128, k: VectorKit, low: number, high: number): V128 => f32x4.pmax(f32x4.pmin(x, k.f32(high)), k.f32(low));

function byPowers(k: VectorKit, x: V128, usual: number, low: number, high: number, split: (x: V128) => { t: V128; r: V128 }): V128 {
  const compute = (y: V128, scale: (p: V128, t: V128) => V128): V128 => {
    const { t, r } = split(y);
    return scale(near0(k, r), t);
  };
  // Products that underflow take long: what is certain to be 0, as masked elements are, is 0 before them.
  const atAll = (p: V128): V128 => v128.andnot(p, f32x4.lt(x, k.f32(low)));
  return k.unlessAbove(bitsOf(usual), sizeBits(k, x), compute(x, scaled), () => compute(k.let(within(x, k, low, high)), (p, t) => scaledTwice(k, atAll(p), t)));
}

// n = x/ln 2, rounded, and t: with fma one comes from the other, without it the rounding need not wait for a sum.
function rounded(k: VectorKit, x: V128): { t: V128; n: V128 } {
  if (k.hasFma) {
    const t = k.let(k.madd(x, k.f32(Math.LOG2E), k.f32(magic)));
    return { t, n: k.let(f32x4.sub(t, k.f32(magic))) };
  }
  const n = k.let(f32x4.nearest(f32x4.mul(x, k.f32(Math.LOG2E))));
  return { t: k.let(f32x4.add(n, k.f32(magic))), n };
}

// x − n·ln 2, ln 2 in two parts of which the first has so few digits that n times it is exact.
function reduced(k: VectorKit, x: V128): { t: V128; r: V128 } {
  const { t, n } = rounded(k, x);
  return { t, r: k.let(k.nmadd(n, k.f32(-2.12194440e-4), k.nmadd(n, k.f32(0.693359375), x))) };
}

export const exp: VectorOp = (k, x) => byPowers(k, x, 87, -104, 89, (y) => reduced(k, y));

export const exp2: VectorOp = (k, x) =>
  byPowers(k, x, 126, -151, 129, (y) => {
    const t = k.let(f32x4.add(y, k.f32(magic)));
    return { t, r: k.let(f32x4.mul(f32x4.sub(y, f32x4.sub(t, k.f32(magic))), k.f32(Math.LN2))) };
  });

/** n in the low bits of t = n + magic64, and r. */
function reduced64(k: VectorKit, x: V128): { t: V128; r: V128 } {
  const t = k.let(f64x2.add(f64x2.mul(x, k.f64(Math.LOG2E)), k.f64(magic64)));
  return { t, r: k.let(f64x2.sub(x, f64x2.mul(f64x2.sub(t, k.f64(magic64)), k.f64(Math.LN2)))) };
}

const within64 = (k: VectorKit, x: V128, bound: number): V128 => f64x2.pmax(f64x2.pmin(x, k.f64(bound)), k.f64(-bound));

/** 2ⁿ from the low bits of t. */
const power64 = (k: VectorKit, t: V128): V128 => i64x2.add(i64x2.shl(t, i32.const(52)), k.f64(1));

// 2ⁿ·(e^r − 1) + (2ⁿ − 1) for |x| ≤ 100, which e^x of a float32 is beyond.
function expm1of(k: VectorKit, x: V128): V128 {
  const { t, r } = reduced64(k, k.let(within64(k, x, 100)));
  const power = k.let(power64(k, t));
  const p = k.madd64(f64x2.mul(r, r), k.polynomial64(r, p5), r);
  return k.madd64(p, power, f64x2.sub(power, k.f64(1)));
}

// The sign is that of x, also of a zero.
export const expm1: VectorOp = (k, x) => copySign(k, inDoubles(k, (y) => expm1of(k, y), x), x);

/** 2^x to 2⁻³¹, for |x| ≤ 200. */
export function exp2of(k: VectorKit, x: V128): V128 {
  const t = k.let(f64x2.add(x, k.f64(magic64)));
  const r = k.let(f64x2.mul(f64x2.sub(x, f64x2.sub(t, k.f64(magic64))), k.f64(Math.LN2)));
  const p = k.madd64(f64x2.mul(r, r), k.polynomial64(r, p5), r);
  return f64x2.mul(f64x2.add(p, k.f64(1)), power64(k, t));
}

// sinh x = ½(E + E/(E + 1)) with E = e^x − 1
export const sinh: VectorOp = (k, x) =>
  copySign(k, inDoubles(k, (y) => {
    const e = k.let(expm1of(k, y));
    return f64x2.mul(k.f64(0.5), f64x2.add(e, f64x2.div(e, f64x2.add(e, k.f64(1)))));
  }, k.let(f32x4.abs(x))), x);

// cosh x = ½(e^x + e^−x)
export const cosh: VectorOp = (k, x) =>
  inDoubles(k, (y) => {
    const e = k.let(f64x2.add(expm1of(k, y), k.f64(1)));
    return f64x2.mul(k.f64(0.5), f64x2.add(e, f64x2.div(k.f64(1), e)));
  }, k.let(f32x4.abs(x)));

const tanhNear0 = [0.0021429510142802555, -0.008177386034920332, 0.021700698246965026, -0.05394676220523688, 0.13333206003274672, -0.33333330802731476];

// tanh x = x + x³·P(x²) up to 0.625, from there 1 − 2/(e^2x + 1), which is 1 from 9.02 on.
export const tanh: VectorOp = (k, x) => {
  const a = k.let(f32x4.abs(x));
  const z = k.let(f32x4.mul(a, a));
  const small = k.madd(f32x4.mul(a, z), k.polynomial(z, tanhNear0), a);
  const { t, r } = reduced(k, k.let(f32x4.pmin(f32x4.add(a, a), k.f32(20))));
  const e = scaled(near0(k, r), t);
  const large = f32x4.sub(k.f32(1), f32x4.div(k.f32(2), f32x4.add(e, k.f32(1))));
  return copySign(k, choose(f32x4.ge(a, k.f32(0.625)), large, small), x); // a NaN is small
};

