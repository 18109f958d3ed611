// Intrinsics on pairs of float64, and their way to 32-bit integers.

import type { V128 } from "./code.js";
import { exp64, log64 } from "./math-doubles.js";
import { choose, lows, type VectorKit, type VectorOp } from "./vector-kit.js";
import { f64x2, i32x4, v128 } from "./vector-ops.js";

const signBit = (k: VectorKit): V128 => k.f64(-0);

/** By name; what is not here the host computes, exactly as it does for the eager backend. exp and log are off by less than 1 ulp. */
export const float64Ops: Readonly<Record<string, VectorOp>> = {
  add: (_k, x, y) => f64x2.add(x, y),
  sub: (_k, x, y) => f64x2.sub(x, y),
  mul: (_k, x, y) => f64x2.mul(x, y),
  div: (_k, x, y) => f64x2.div(x, y),
  neg: (_k, x) => f64x2.neg(x),
  abs: (_k, x) => f64x2.abs(x),
  // ±0 and NaN stay what they are.
  sign: (k, x) => choose(v128.or(f64x2.eq(x, k.f64(0)), f64x2.ne(x, x)), x, choose(signBit(k), x, k.f64(1))),
  max: (_k, x, y) => f64x2.max(x, y),
  min: (_k, x, y) => f64x2.min(x, y),
  floor: (_k, x) => f64x2.floor(x),
  ceil: (_k, x) => f64x2.ceil(x),
  trunc: (_k, x) => f64x2.trunc(x),
  round: (_k, x) => f64x2.nearest(x),
  sqrt: (_k, x) => f64x2.sqrt(x),
  exp: exp64,
  log: log64,
  equal: (_k, x, y) => f64x2.eq(x, y),
  notEqual: (_k, x, y) => f64x2.ne(x, y),
  less: (_k, x, y) => f64x2.lt(x, y),
  lessEqual: (_k, x, y) => f64x2.le(x, y),
  greater: (_k, x, y) => f64x2.gt(x, y),
  greaterEqual: (_k, x, y) => f64x2.ge(x, y),
};

/** Four float64 to 32-bit integers as JavaScript's `|` converts them: truncated, modulo 2³²; 0 for NaN and ±∞. */
export const wrapFloat64 = (k: VectorKit, low: V128, high_: V128): V128 => lows(wrapPair(k, low), wrapPair(k, high_));

function wrapPair(k: VectorKit, x: V128): V128 {
  const t = k.let(f64x2.trunc(x));
  return i32x4.truncSatF64x2UZero(f64x2.sub(t, f64x2.mul(k.f64(2 ** 32), f64x2.floor(f64x2.mul(t, k.f64(2 ** -32))))));
}
