// Powers, cube roots and remainders of float32, computed in doubles.

import type { V128 } from "./code.js";
import type { HostFunction } from "./lane-code.js";
import { exp2of } from "./math-exponential.js";
import { log64parts } from "./math-logarithm.js";
import { choose, copySign, inDoubles, lows, promoteHigh, type VectorOp } from "./vector-kit.js";
import { f32x4, f64x2, i32x4, v128 } from "./vector-ops.js";

// |x|^y = 2^(y·log₂ |x|), negative for a negative x and an odd y.
export const pow: VectorOp = (k, x, y) =>
  inDoubles(k, (p, q) => {
    const a = k.let(f64x2.abs(p));
    const { e, ln } = log64parts(k, a);
    const log2 = k.madd64(ln, k.f64(Math.LOG2E), e);
    const isFinite = f64x2.lt(a, k.f64(Infinity));
    const log = choose(f64x2.eq(a, k.f64(0)), k.f64(-Infinity), choose(isFinite, log2, a));
    const t = k.let(f64x2.mul(q, log));
    const size = k.let(exp2of(k, k.let(f64x2.pmax(f64x2.pmin(t, k.f64(200)), k.f64(-200)))));
    const isInteger = f64x2.eq(f64x2.trunc(q), q);
    const half = k.let(f64x2.mul(q, k.f64(0.5)));
    const isOdd = v128.and(isInteger, f64x2.ne(f64x2.trunc(half), half));
    const signed = v128.xor(size, v128.and(v128.and(p, k.f64(-0)), isOdd));
    const hasNone = v128.and(v128.and(f64x2.lt(p, k.f64(0)), f64x2.gt(p, k.f64(-Infinity))), f64x2.ne(f64x2.trunc(q), q));
    const isOne = v128.or(v128.or(f64x2.eq(p, k.f64(1)), f64x2.eq(q, k.f64(0))), v128.and(f64x2.eq(p, k.f64(-1)), f64x2.eq(f64x2.abs(q), k.f64(Infinity))));
    return choose(isOne, k.f64(1), choose(hasNone, k.f64(NaN), signed));
  }, x, y);

// A third of the exponent, by the bits of a float32 as an integer, then two of Halley's steps y·(y³ + 2x)/(2y³ + x).
export const cbrt: VectorOp = (k, x) => {
  const a = k.let(f32x4.abs(x));
  const isSmall = k.let(f32x4.lt(a, k.f32(2 ** -126)));
  const normal = k.let(choose(isSmall, f32x4.mul(a, k.f32(2 ** 24)), a));
  const guess = i32x4.truncSatF32x4S(f32x4.add(f32x4.mul(f32x4.convertI32x4S(normal), k.f32(1 / 3)), k.f32(709958130)));
  const root = k.let(inDoubles(k, (y, c) => {
    let r = y;
    for (let i = 0; i < 2; i++) {
      const cube = k.let(f64x2.mul(f64x2.mul(r, r), r));
      r = k.let(f64x2.mul(r, f64x2.div(f64x2.add(cube, f64x2.add(c, c)), f64x2.add(f64x2.add(cube, cube), c))));
    }
    return r;
  }, k.let(guess), normal));
  const size = choose(isSmall, f32x4.mul(root, k.f32(2 ** -8)), root);
  const isRoot = v128.and(f32x4.gt(a, k.f32(0)), f32x4.lt(a, k.f32(Infinity)));
  return copySign(k, choose(isRoot, size, a), x);
};

const hostRem: HostFunction = { name: "rem", float: (x, y) => x % y, arity: 2 };

// x − y·trunc(x/y), exact while the quotient has at most 28 digits: then a double tells it from the next integer.
export const rem: VectorOp = (k, x, y) => {
  const pairs = [[f64x2.promoteLowF32x4(x), f64x2.promoteLowF32x4(y)], [promoteHigh(x), promoteHigh(y)]] as const;
  const quotients = pairs.map(([a, b]) => k.let(f64x2.trunc(f64x2.div(a, b))));
  const isUsual = (q: V128): V128 => f64x2.lt(f64x2.abs(q), k.f64(2 ** 28));
  const areUsual = v128.and(v128.and(isUsual(quotients[0] as V128), isUsual(quotients[1] as V128)), f32x4.ne(f32x4.abs(y), k.f32(Infinity)));
  const [low, upper] = pairs.map(([a, b], i) => f32x4.demoteF64x2Zero(f64x2.sub(a, f64x2.mul(b, quotients[i] as V128)))) as [V128, V128];
  return k.unlessAbove(-1, areUsual, copySign(k, lows(low, upper), x), () => k.host(hostRem, x, y));
};
