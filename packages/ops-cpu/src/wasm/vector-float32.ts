// Intrinsics on four float32. Elementary functions are in math-*.ts. How far they are at most from the real value, in units of the
// last place, with and without fma, over every 101st of all float32:
//   exp 1.02  exp2 1.03  log 0.87  log2 1.87  sin 1.57  cos 1.56  tanh 1.29, all others (computed in doubles) 0.51
// and over all of them in docs/accuracy.md, for those that test/wasm/whole-range.json has. The test of accuracy samples fewer at every run.

import type { V128 } from "./code.js";
import { cosh, exp, exp2, expm1, sinh, tanh } from "./math-exponential.js";
import { acos, asin, atan, atan2 } from "./math-inverse.js";
import { acosh, asinh, atanh, log, log1p, log2 } from "./math-logarithm.js";
import { cbrt, pow, rem } from "./math-powers.js";
import { cos, sin, tan } from "./math-trigonometric.js";
import { choose, type VectorKit, type VectorOp } from "./vector-kit.js";
import { f32x4, i32x4, v128 } from "./vector-ops.js";

export const float32Ops: Readonly<Record<string, VectorOp>> = {
  add: (_k, x, y) => f32x4.add(x, y),
  sub: (_k, x, y) => f32x4.sub(x, y),
  mul: (_k, x, y) => f32x4.mul(x, y),
  div: (_k, x, y) => f32x4.div(x, y),
  neg: (_k, x) => f32x4.neg(x),
  abs: (_k, x) => f32x4.abs(x),
  // ±0 and NaN stay what they are.
  sign: (k, x) => choose(v128.or(f32x4.eq(x, k.f32(0)), f32x4.ne(x, x)), x, choose(k.f32(-0), x, k.f32(1))),
  max: (_k, x, y) => f32x4.max(x, y),
  min: (_k, x, y) => f32x4.min(x, y),
  floor: (_k, x) => f32x4.floor(x),
  ceil: (_k, x) => f32x4.ceil(x),
  trunc: (_k, x) => f32x4.trunc(x),
  round: (_k, x) => f32x4.nearest(x),
  sqrt: (_k, x) => f32x4.sqrt(x),
  equal: (_k, x, y) => f32x4.eq(x, y),
  notEqual: (_k, x, y) => f32x4.ne(x, y),
  less: (_k, x, y) => f32x4.lt(x, y),
  lessEqual: (_k, x, y) => f32x4.le(x, y),
  greater: (_k, x, y) => f32x4.gt(x, y),
  greaterEqual: (_k, x, y) => f32x4.ge(x, y),
  exp,
  exp2,
  expm1,
  log,
  log2,
  log1p,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  atan2,
  sinh,
  cosh,
  tanh,
  asinh,
  acosh,
  atanh,
  pow,
  cbrt,
  rem,
};

/** Those that have a short way for usual arguments (see `unlessAbove`). */
export const withShortWay: ReadonlySet<string> = new Set(["exp", "exp2", "log", "log2", "sin", "cos", "tan", "rem"]);

/** max(x, c) and min(x, c) for a constant c that is a number: quicker than when both may be NaN or zeros of different signs. */
export function clampOp(name: "max" | "min", x: V128, c: number, k: VectorKit): V128 {
  if (name === "min") return Object.is(c, -0) ? f32x4.min(x, k.f32(c)) : f32x4.pmin(x, k.f32(c));
  const larger = f32x4.pmax(x, k.f32(c));
  return Object.is(c, 0) ? f32x4.add(larger, k.f32(0)) : larger; // −0 + 0 = 0
}

/** Four float32 to integers as JavaScript's `|` converts them: truncated, modulo 2³²; 0 for NaN and ±∞. */
export function wrapFloat32(k: VectorKit, x: V128): V128 {
  const t = k.let(f32x4.trunc(x));
  // t − 2³²·(t/2³², rounded) is exact, and from −2³¹ to 2³¹; the conversion takes the latter down by 1.
  const r = k.let(f32x4.sub(t, f32x4.mul(k.f32(2 ** 32), f32x4.nearest(f32x4.mul(t, k.f32(2 ** -32))))));
  return i32x4.sub(i32x4.truncSatF32x4S(r), f32x4.ge(r, k.f32(2 ** 31)));
}
