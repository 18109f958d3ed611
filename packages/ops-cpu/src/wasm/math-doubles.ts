// Exponential and logarithm of float64, within 1 ulp: the reductions of fdlibm (https://www.netlib.org/fdlibm/, e_exp.c and e_log.c),
// with minimax polynomials (Remez). Bodies of many steps compute in doubles on the way to a float32 too.

import type { I32, V128 } from "./code.js";
import { i32 } from "./scalar-ops.js";
import { choose, type VectorKit, type VectorOp } from "./vector-kit.js";
import { f64x2, i64x2, v128 } from "./vector-ops.js";

const magic = 1.5 * 2 ** 52;
// ln 2 in two parts, the first of which times an exponent is exact.
const [ln2High, ln2Low] = [0.6931471803691238, 1.9082149292705877e-10];

const p9 = [
  2.500006946358714e-8, 2.76302340888544e-7, 2.755758627569037e-6, 2.4801493135742285e-5, 0.00019841269506768984, 0.0013888888943598089,
  0.008333333333494338, 0.041666666666530267, 0.16666666666666413, 0.5000000000000011,
]; // e^r = 1 + r + r²·P(r) to 2⁻⁵⁷ for |r| ≤ ½ ln 2

// e^x = 2ⁿ·e^r
export const exp64: VectorOp = (k, x) => {
  const compute = (y: V128, scaled: (p: V128, t: V128) => V128): V128 => {
    const t = k.let(k.madd64(y, k.f64(Math.LOG2E), k.f64(magic)));
    const n = k.let(f64x2.sub(t, k.f64(magic)));
    const r = k.let(f64x2.sub(f64x2.sub(y, f64x2.mul(n, k.f64(ln2High))), f64x2.mul(n, k.f64(ln2Low))));
    const p = k.madd64(f64x2.mul(r, r), k.polynomial64(r, p9), r);
    return scaled(f64x2.add(k.f64(1), p), t);
  };
  // The bits of |x| are in the order of numbers, with NaN above.
  const isUnusual = i64x2.bitmask(i64x2.gtS(v128.and(x, k.bits64(0x7fffffffffffffffn)), k.f64(708)));
  return k.unless(isUnusual, compute(x, (p, t) => i64x2.add(p, i64x2.shl(t, i32.const(52)))), () => {
    // In two steps, which may lead to ∞ or to a subnormal number, rounded once.
    const within = f64x2.pmax(f64x2.pmin(x, k.f64(710)), k.f64(-746));
    return compute(k.let(within), (p, t) => {
      const n = k.let(i64x2.sub(t, k.f64(magic)));
      const half = k.let(i64x2.shrS(n, i32.const(1)));
      const power = (m: V128): V128 => i64x2.shl(i64x2.add(m, k.bits64(1023n)), i32.const(52));
      return f64x2.mul(f64x2.mul(p, power(half)), power(i64x2.sub(n, half)));
    });
  });
};

const artanh6 = [
  0.14795951096061494, 0.15314050421869088, 0.18183564330824145, 0.22222198573102078, 0.2857142874238834, 0.39999999999414676, 0.6666666666666734,
]; // 2 artanh s = 2s + s·z·P(z) to 2⁻⁵⁸ for z = s², m = (1 + s)/(1 − s) from √½ to √2

// ln x = e·ln 2 + ln m of normal positive numbers, with ln(1 + f) = f − f²/2 + s·(f²/2 + R) for f = m − 1, s = f/(2 + f).
function lnOfUsual(k: VectorKit, x: V128): V128 {
  const n = k.let(i64x2.shrS(i64x2.sub(x, k.bits64(0x3fe6a09e667f3bcdn)), i32.const(52)));
  const f = k.let(f64x2.sub(i64x2.sub(x, i64x2.shl(n, i32.const(52))), k.f64(1)));
  const e = k.let(f64x2.sub(i64x2.add(n, k.f64(magic)), k.f64(magic)));
  const s = k.let(f64x2.div(f, f64x2.add(f, k.f64(2))));
  const z = k.let(f64x2.mul(s, s));
  const half = k.let(f64x2.mul(f64x2.mul(f, f), k.f64(0.5)));
  const rest = f64x2.mul(s, k.madd64(z, k.polynomial64(z, artanh6), half));
  return f64x2.sub(f64x2.mul(e, k.f64(ln2High)), f64x2.sub(f64x2.sub(half, f64x2.add(rest, f64x2.mul(e, k.f64(ln2Low)))), f));
}

export const log64: VectorOp = (k, x) => {
  const smallest = k.bits64(0x0010000000000000n);
  const isUnusual: I32 = v128.anyTrue(v128.or(i64x2.ltS(x, smallest), i64x2.gtS(x, k.f64(Number.MAX_VALUE))));
  return k.unless(isUnusual, lnOfUsual(k, x), () => {
    const isSmall = k.let(f64x2.lt(x, smallest));
    const y = k.let(lnOfUsual(k, k.let(choose(isSmall, f64x2.mul(x, k.f64(2 ** 54)), x))));
    const value = choose(isSmall, f64x2.sub(y, k.f64(54 * Math.LN2)), y);
    const atEnds = choose(f64x2.eq(x, k.f64(0)), k.f64(-Infinity), choose(f64x2.eq(x, k.f64(Infinity)), x, value));
    return choose(f64x2.ge(x, k.f64(0)), atEnds, k.f64(NaN));
  });
};
