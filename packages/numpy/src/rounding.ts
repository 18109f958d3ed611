// Rounding, and numbers taken apart: fractions, powers of two, distances between neighbours.

import { ArgumentError, cast, isInteger, mul, select, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { copysign } from "./elementwise.js";
import { floating } from "./operand.js";

/**
 * The nearest number of so many decimals, of two equally near the even one; negative `decimals` round to tens, hundreds, …
 * Its derivative is 0. @throws ArgumentError unless decimals is a whole number @throws DTypeError for booleans
 * @example round(array([2.5, 1.256]), 2) // [2.5, 1.26]
 */
export function round(x: TensorLike, decimals = 0): Tensor {
  if (!Number.isInteger(decimals)) throw new ArgumentError(`round: the number of decimals is ${String(decimals)}, and has to be a whole number.`);
  const t = toTensor(x, "round");
  if (isInteger(t.dtype)) return decimals >= 0 ? t : cast(round(cast(t, "float64"), decimals), t.dtype);
  if (decimals === 0) return ops.round(t);
  const factor = 10 ** Math.abs(decimals);
  return decimals > 0 ? ops.div(ops.round(mul(t, factor)), factor) : mul(ops.round(ops.div(t, factor)), factor);
}
export { round as around };

/** The nearest whole number, of two equally near the even one, as a float. Its derivative is 0. */
export const rint = (x: TensorLike): Tensor => ops.round(floating(x, "rint"));

/** x without its fraction, as a float. Its derivative is 0. */
export const fix = (x: TensorLike): Tensor => ops.trunc(floating(x, "fix"));

/** [the fraction with the sign of x, the integer part]. */
export function modf(x: TensorLike): [fraction: Tensor, whole: Tensor] {
  const t = floating(x, "modf");
  const whole = ops.trunc(t);
  return [select(ops.equal(ops.abs(t), Infinity), 0, ops.sub(t, whole)), whole];
}

// 2^n for whole n of a float, in two factors: neither of them overflows where the product does not.
const timesPowerOfTwo = (x: Tensor, n: Tensor): Tensor => {
  const half = ops.floor(mul(n, 0.5));
  return mul(mul(x, ops.exp2(half)), ops.exp2(ops.sub(n, half)));
};

/**
 * [m, n] with x = m·2^n, ½ ≤ |m| < 1 and n an int32; 0, NaN and infinities give themselves and 0. The derivative of m is 2^−n.
 * @example frexp(array([6])) // [[0.75], [3]]
 */
export function frexp(x: TensorLike): [mantissa: Tensor, exponent: Tensor] {
  const t = floating(x, "frexp");
  const size = ops.abs(t);
  const isPlain = ops.and(ops.isFinite(t), ops.greater(size, 0));
  // Subnormal numbers are scaled up first; a logarithm may be off by one next to a power of two.
  const isSmall = ops.less(size, 2 ** -100);
  const scaled = select(isPlain, select(isSmall, mul(size, 2 ** 60), size), 1);
  const guess = ops.add(ops.floor(ops.log2(scaled)), 1);
  const m = timesPowerOfTwo(scaled, ops.neg(guess));
  const off = ops.sub(cast(ops.greaterEqual(m, 1), t.dtype), cast(ops.less(m, 0.5), t.dtype));
  const n = cast(ops.sub(ops.add(guess, off), select(isSmall, 60, 0)), "int32");
  const exponent = select(isPlain, n, 0);
  return [select(isPlain, timesPowerOfTwo(t, ops.neg(cast(exponent, t.dtype))), t), exponent];
}

/** x·2^n for whole n. The derivative by x is 2^n. @throws ArgumentError for a JS number n that is not whole @throws DTypeError unless a tensor n has whole numbers */
export function ldexp(x: TensorLike, n: TensorLike): Tensor {
  const t = floating(x, "ldexp");
  const exponent = typeof n === "number" ? n : toTensor(n, "ldexp");
  if (typeof exponent === "number" ? !Number.isInteger(exponent) : !isInteger(exponent.dtype)) {
    throw new ArgumentError(`ldexp: the exponent is ${typeof exponent === "number" ? exponent : exponent.aval.toString()}, and has to be whole: cast(n, "int32").`);
  }
  return timesPowerOfTwo(t, cast(exponent, t.dtype));
}

/** How far the next greater number in size is, with the sign of x. No derivative. */
export function spacing(x: TensorLike): Tensor {
  const t = floating(x, "spacing");
  const size = ops.abs(t);
  return copysign(ops.sub(ops.nextafter(size, Infinity), size), t);
}
