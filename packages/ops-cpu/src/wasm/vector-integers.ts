// Intrinsics on four 32-bit integers, and on masks. JavaScript computes with them as numbers; the results here are the same
// modulo 2³². What integers have no instructions for goes through float64, which holds them exactly.

import type { V128 } from "./code.js";
import { wrapFloat64 } from "./vector-float64.js";
import { i32 } from "./scalar-ops.js";
import { choose, high, type VectorKit, type VectorOp } from "./vector-kit.js";
import { f64x2, i32x4, v128 } from "./vector-ops.js";

/** Four integers as pairs of float64. */
export const fromInt = (_k: VectorKit, x: V128, isSigned: boolean): readonly [V128, V128] => {
  const convert = isSigned ? f64x2.convertLowI32x4S : f64x2.convertLowI32x4U;
  return [convert(x), convert(high(x))];
};

// ⌊a/b⌋ towards zero. The quotient of 32-bit integers is far enough from the next integer for a double to tell.
function quotient(k: VectorKit, x: V128, y: V128, isSigned: boolean): V128 {
  const [a, b] = [fromInt(k, x, isSigned), fromInt(k, y, isSigned)];
  return wrapFloat64(k, f64x2.div(a[0], b[0]), f64x2.div(a[1], b[1]));
}

const isZero = (k: VectorKit, x: V128): V128 => i32x4.eq(x, k.i32(0));

const common: Readonly<Record<string, VectorOp>> = {
  add: (_k, x, y) => i32x4.add(x, y),
  sub: (_k, x, y) => i32x4.sub(x, y),
  mul: (_k, x, y) => i32x4.mul(x, y),
  neg: (_k, x) => i32x4.neg(x),
  floor: (_k, x) => x,
  ceil: (_k, x) => x,
  trunc: (_k, x) => x,
  round: (_k, x) => x,
  and: (_k, x, y) => v128.and(x, y),
  or: (_k, x, y) => v128.or(x, y),
  xor: (_k, x, y) => v128.xor(x, y),
  not: (_k, x) => v128.not(x),
  equal: (_k, x, y) => i32x4.eq(x, y),
  notEqual: (_k, x, y) => i32x4.ne(x, y),
  shiftLeft: (k, x, y) => v128.and(byLanes(k, x, y, i32.shl), small(k, y)),
  shiftRightLogical: (k, x, y) => v128.and(byLanes(k, x, y, i32.shrU), small(k, y)),
  shiftRightArithmetic: (k, x, y) => byLanes(k, x, k.let(i32x4.minU(y, k.i32(31))), i32.shrS),
};

export const int32Ops: Readonly<Record<string, VectorOp>> = {
  ...common,
  div: (k, x, y) => v128.or(quotient(k, x, y, true), isZero(k, y)), // −1 where y is 0
  rem: (k, x, y) => i32x4.sub(x, i32x4.mul(y, quotient(k, x, y, true))),
  abs: (_k, x) => i32x4.abs(x),
  sign: (k, x) => i32x4.sub(i32x4.ltS(x, k.i32(0)), i32x4.gtS(x, k.i32(0))),
  max: (_k, x, y) => i32x4.maxS(x, y),
  min: (_k, x, y) => i32x4.minS(x, y),
  // Negative powers are 0, but for the bases 1 and −1.
  pow: (k, x, y) => {
    const isNegative = k.let(i32x4.ltS(y, k.i32(0)));
    const isUnit = v128.or(i32x4.eq(x, k.i32(1)), i32x4.eq(x, k.i32(-1)));
    const power = positivePower(k, x, k.let(v128.bitselect(v128.and(y, k.i32(1)), y, isNegative)));
    return v128.and(power, v128.or(v128.not(isNegative), isUnit));
  },
  less: (_k, x, y) => i32x4.ltS(x, y),
  lessEqual: (_k, x, y) => i32x4.leS(x, y),
  greater: (_k, x, y) => i32x4.gtS(x, y),
  greaterEqual: (_k, x, y) => i32x4.geS(x, y),
};

export const uint32Ops: Readonly<Record<string, VectorOp>> = {
  ...common,
  div: (k, x, y) => v128.or(quotient(k, x, y, false), isZero(k, y)),
  rem: (k, x, y) => i32x4.sub(x, i32x4.mul(y, quotient(k, x, y, false))),
  abs: (_k, x) => x,
  sign: (k, x) => v128.andnot(k.i32(1), isZero(k, x)),
  max: (_k, x, y) => i32x4.maxU(x, y),
  min: (_k, x, y) => i32x4.minU(x, y),
  pow: (k, x, y) => positivePower(k, x, y),
  less: (_k, x, y) => i32x4.ltU(x, y),
  lessEqual: (_k, x, y) => i32x4.leU(x, y),
  greater: (_k, x, y) => i32x4.gtU(x, y),
  greaterEqual: (_k, x, y) => i32x4.geU(x, y),
};

/** On masks. Of numbers 0 and 1, a sum is not 0 where either is 1, a difference where they differ. */
export const boolOps: Readonly<Record<string, VectorOp>> = {
  add: (_k, x, y) => v128.or(x, y),
  sub: (_k, x, y) => v128.xor(x, y),
  mul: (_k, x, y) => v128.and(x, y),
  neg: (_k, x) => x,
  abs: (_k, x) => x,
  sign: (_k, x) => x,
  max: (_k, x, y) => v128.or(x, y),
  min: (_k, x, y) => v128.and(x, y),
  and: (_k, x, y) => v128.and(x, y),
  or: (_k, x, y) => v128.or(x, y),
  xor: (_k, x, y) => v128.xor(x, y),
  not: (_k, x) => v128.not(x),
  equal: (_k, x, y) => i32x4.eq(x, y),
  notEqual: (_k, x, y) => v128.xor(x, y),
  less: (_k, x, y) => v128.andnot(y, x),
  lessEqual: (_k, x, y) => v128.or(y, v128.not(x)),
  greater: (_k, x, y) => v128.andnot(x, y),
  greaterEqual: (_k, x, y) => v128.or(x, v128.not(y)),
};

// Shifts of each lane by its own number. Machines shift all lanes alike, and take the number modulo 32.
function byLanes(k: VectorKit, x: V128, y: V128, shift: typeof i32.shl): V128 {
  const result = k.let(x);
  for (let i = 0; i < 4; i++) k.f.set(result, i32x4.replace(result, i, shift(i32x4.extract(x, i), i32x4.extract(y, i))));
  return result;
}

const small = (k: VectorKit, y: V128): V128 => i32x4.ltU(y, k.i32(32));

// By repeated squaring, until the exponents of all lanes are used up.
function positivePower(k: VectorKit, x: V128, exponent: V128): V128 {
  const result = k.let(k.i32(1));
  const square = k.let(x);
  const rest = k.let(exponent);
  k.f.while(v128.anyTrue(rest), () => {
    k.f.set(result, choose(i32x4.eq(v128.and(rest, k.i32(1)), k.i32(0)), result, i32x4.mul(result, square)));
    k.f.set(square, i32x4.mul(square, square));
    k.f.set(rest, i32x4.shrU(rest, i32.const(1)));
  });
  return result;
}
