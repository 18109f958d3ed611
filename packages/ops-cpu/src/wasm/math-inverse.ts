// Inverse trigonometric functions of float32, computed in doubles with minimax polynomials (Remez).

import type { V128 } from "./code.js";
import { choose, copySign64, inDoubles, type VectorKit, type VectorOp } from "./vector-kit.js";
import { f64x2, v128 } from "./vector-ops.js";

const arcsine = [0.037529322508074114, 0.01442989871802819, 0.031809890109069566, 0.044516712034934625, 0.07500505352648361, 0.1666665997366154]; // to 2⁻³¹
const arctangent = [0.04743831117443514, -0.0847616682480914, 0.11044673684423403, -0.14282006327659144, 0.19999903857514748, -0.3333333249852691]; // to 2⁻³⁵
const tan8 = Math.SQRT2 - 1; // tan π/8

/** s + s·z·P(z) */
const odd = (k: VectorKit, s: V128, z: V128, p: readonly number[]): V128 => k.madd64(f64x2.mul(s, z), k.polynomial64(z, p), s);

// arcsin a of a = |x|: up to ½ by itself, from there as π/2 − 2 arcsin √((1 − a)/2).
function arcsineOf(k: VectorKit, a: V128): { isLarge: V128; p: V128 } {
  const isLarge = k.let(f64x2.gt(a, k.f64(0.5)));
  const z = k.let(choose(isLarge, f64x2.mul(f64x2.sub(k.f64(1), a), k.f64(0.5)), f64x2.mul(a, a)));
  const s = k.let(choose(isLarge, f64x2.sqrt(z), a));
  return { isLarge, p: k.let(odd(k, s, z, arcsine)) };
}

export const asin: VectorOp = (k, x) =>
  inDoubles(k, (y) => {
    const { isLarge, p } = arcsineOf(k, k.let(f64x2.abs(y)));
    return copySign64(k, choose(isLarge, f64x2.sub(k.f64(Math.PI / 2), f64x2.add(p, p)), p), y);
  }, x);

export const acos: VectorOp = (k, x) =>
  inDoubles(k, (y) => {
    const { isLarge, p } = arcsineOf(k, k.let(f64x2.abs(y)));
    const double = k.let(f64x2.add(p, p));
    const large = choose(f64x2.lt(y, k.f64(0)), f64x2.sub(k.f64(Math.PI), double), double);
    return choose(isLarge, large, f64x2.sub(k.f64(Math.PI / 2), copySign64(k, p, y)));
  }, x);

// arctan a = π/4 + arctan (a − 1)/(a + 1) = π/2 − arctan 1/a: the argument of the polynomial is tan π/8 at most.
export const atan: VectorOp = (k, x) =>
  inDoubles(k, (y) => {
    const a = k.let(f64x2.abs(y));
    const isMiddle = k.let(f64x2.gt(a, k.f64(tan8)));
    const isLarge = k.let(f64x2.gt(a, k.f64(1 / tan8)));
    const top = choose(isLarge, k.f64(-1), choose(isMiddle, f64x2.sub(a, k.f64(1)), a));
    const bottom = choose(isLarge, a, choose(isMiddle, f64x2.add(a, k.f64(1)), k.f64(1)));
    const base = choose(isLarge, k.f64(Math.PI / 2), v128.and(isMiddle, k.f64(Math.PI / 4)));
    const t = k.let(f64x2.div(top, bottom));
    return copySign64(k, f64x2.add(base, odd(k, t, k.let(f64x2.mul(t, t)), arctangent)), y);
  }, x);

export const atan2: VectorOp = (k, y, x) =>
  inDoubles(k, (q, p) => {
    const [a, b] = [k.let(f64x2.abs(q)), k.let(f64x2.abs(p))];
    const isSteep = k.let(f64x2.gt(a, b));
    // The smaller over the larger: 1 where both are infinite, 0 where both are 0.
    const larger = k.let(choose(isSteep, a, b));
    const areInfinite = k.let(v128.and(f64x2.eq(a, k.f64(Infinity)), f64x2.eq(b, k.f64(Infinity))));
    const s = k.let(choose(areInfinite, k.f64(1), choose(isSteep, b, a)));
    const l = k.let(choose(v128.or(areInfinite, f64x2.eq(larger, k.f64(0))), k.f64(1), larger));
    const isMiddle = k.let(f64x2.gt(s, f64x2.mul(l, k.f64(tan8))));
    const t = k.let(f64x2.div(choose(isMiddle, f64x2.sub(s, l), s), choose(isMiddle, f64x2.add(s, l), l)));
    const angle = k.let(f64x2.add(v128.and(isMiddle, k.f64(Math.PI / 4)), odd(k, t, k.let(f64x2.mul(t, t)), arctangent)));
    const first = k.let(choose(isSteep, f64x2.sub(k.f64(Math.PI / 2), angle), angle));
    // To the left of the origin, −0 included.
    const isLeft = f64x2.lt(copySign64(k, k.f64(1), p), k.f64(0));
    const value = copySign64(k, choose(isLeft, f64x2.sub(k.f64(Math.PI), first), first), q);
    const areNumbers = v128.and(f64x2.eq(q, q), f64x2.eq(p, p));
    return choose(areNumbers, value, k.f64(NaN));
  }, y, x);
