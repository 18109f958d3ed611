// Sine, cosine and tangent of float32. x = n·π/2 + r with |r| ≤ π/4, computed in doubles with π/2 in two parts: exact enough below
// 2²⁰. Beyond, where digits of π would be lost, and for ∞ and NaN, the host computes.

import type { V128 } from "./code.js";
import type { HostFunction } from "./lane-code.js";
import { i32 } from "./scalar-ops.js";
import { bitsOf, choose, evens, inDoubles, lows, promoteHigh, sizeBits, type VectorKit, type VectorOp } from "./vector-kit.js";
import { f32x4, f64x2, i32x4, i64x2, v128 } from "./vector-ops.js";

const magic64 = 1.5 * 2 ** 52;
const most = bitsOf(2 ** 20) - 1;
const halfPiHigh = 1.5707963267341256; // 33 digits: times n < 2²⁰ exact
const halfPiLow = 6.077100506506192e-11;

/** n in the low bits of t = n + magic64, and r. */
function reduced(k: VectorKit, x: V128): { t: V128; r: V128 } {
  const t = k.let(f64x2.add(f64x2.mul(x, k.f64(2 / Math.PI)), k.f64(magic64)));
  const n = k.let(f64x2.sub(t, k.f64(magic64)));
  return { t, r: k.let(f64x2.sub(f64x2.sub(x, f64x2.mul(n, k.f64(halfPiHigh))), f64x2.mul(n, k.f64(halfPiLow)))) };
}

// sin r = r + r³·S(r²), cos r = 1 − r²/2 + r⁴·C(r²), minimax (Remez) to 2⁻²⁸ and 2⁻³³. The next quarter turn exchanges them,
// the one after it changes the sign.
const sineOrCosine = (host: HostFunction, quarters: number): VectorOp => (k, x) => {
  const [low, upper] = [f64x2.promoteLowF32x4(x), promoteHigh(x)].map((half) => reduced(k, k.let(half))) as [{ t: V128; r: V128 }, { t: V128; r: V128 }];
  const bits = evens(low.t, upper.t);
  const n = k.let(quarters === 0 ? bits : i32x4.add(bits, k.i32(quarters)));
  const r = k.let(lows(f32x4.demoteF64x2Zero(low.r), f32x4.demoteF64x2Zero(upper.r)));
  const z = k.let(f32x4.mul(r, r));
  const sine = k.madd(f32x4.mul(r, z), k.polynomial(z, [-0.00019515283311295794, 0.008332160776194584, -0.16666654610163373]), r);
  const cosine = k.madd(f32x4.mul(z, z), k.polynomial(z, [2.443315740955046e-05, -0.0013887316256205985, 0.041666645682857995]), k.nmadd(z, k.f32(0.5), k.f32(1)));
  const isOdd = i32x4.shrS(i32x4.shl(n, i32.const(31)), i32.const(31));
  const sign = i32x4.shl(v128.and(n, k.i32(2)), i32.const(30));
  // A sine has the sign of r, also of a zero.
  const value = choose(isOdd, cosine, v128.or(sine, v128.and(r, k.f32(-0))));
  return k.unlessAbove(most, sizeBits(k, x), v128.xor(value, sign), () => k.host(host, x));
};

export const sin: VectorOp = sineOrCosine({ name: "sin", float: Math.sin, arity: 1 }, 0);
export const cos: VectorOp = sineOrCosine({ name: "cos", float: Math.cos, arity: 1 }, 1);

const hostTan: HostFunction = { name: "tan", float: Math.tan, arity: 1 };

// tan x = sin r/cos r, or −cos r/sin r in odd quarters.
export const tan: VectorOp = (k, x) => {
  const usual = inDoubles(k, (y) => {
    const { t, r } = reduced(k, y);
    const z = k.let(f64x2.mul(r, r));
    const sine = k.madd64(f64x2.mul(r, z), k.polynomial64(z, [2.7181214778643215e-06, -0.00019839312273191412, 0.008333329304959943, -0.16666666640799693]), r);
    const signed = k.let(v128.or(sine, v128.and(r, k.f64(-0))));
    const cosine = k.let(k.madd64(f64x2.mul(z, z), k.polynomial64(z, [-2.7205752524881004e-07, 2.4799460132637624e-05, -0.0013888883499981132, 0.04166666661948995]),
      f64x2.sub(k.f64(1), f64x2.mul(z, k.f64(0.5)))));
    const isOdd = k.let(i64x2.neg(v128.and(t, k.bits64(1n))));
    return f64x2.div(choose(isOdd, f64x2.neg(cosine), signed), choose(isOdd, signed, cosine));
  }, x);
  return k.unlessAbove(most, sizeBits(k, x), usual, () => k.host(hostTan, x));
};
