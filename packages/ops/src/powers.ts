// Powers and roots. A literal integer exponent is static (integer_pow), an array of integers is a family of whole powers
// (pow_whole), and everything else is pow: they differ in their derivatives at 0.

import { applyBinary, applyUnary, ArgumentError, checkAccepts, definePrimitive, DTypeError, isFloat, isInteger, mul, type Primitive, select, Tensor, type TensorLike, toTensor } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { equal } from "./comparison.js";
import { log } from "./exponential.js";
import { div, sub } from "./quotient.js";

export interface IntegerPowParams {
  /** The exponent, an integer of either sign. */
  n: number;
}

/** x^y. */
export const powP: Primitive = /* @__PURE__ */ definePrimitive("pow", {
  elementwise: { accepts: "number", body: s.pow },
  // d x^y = y·x^(y−1) dx + ln x·x^y dy, with ln x taken as 0 at x = 0
  partials: [(x, y) => mul(y, pow(x, sub(y, 1))), (x, _y, out) => mul(log(select(equal(x, 0), 1, x)), out)],
});

/** x^y of a float x, where y holds integers that were converted to the dtype of x. */
export const powWholeP: Primitive = /* @__PURE__ */ definePrimitive("pow_whole", {
  elementwise: { accepts: "float", body: s.pow },
  // d x^y = y·x^(y−1) dx. Where y = 0 the power is not taken, so that this is 0, at every order, at x = 0 too
  partials: [(x, y) => mul(y, applyBinary(powWholeP, x, sub(select(equal(y, 0), 1, y), 1))), null],
});

/** x^n for a static integer n. */
export const integerPowP: Primitive<IntegerPowParams> = /* @__PURE__ */ definePrimitive<IntegerPowParams>("integer_pow", {
  elementwise: { accepts: "number", body: (x: s.Expr, { n }: IntegerPowParams) => (n < 0 ? s.div(1, repeated(x, -n)) : repeated(x, n)) },
  // d x^n = n·x^(n−1) dx
  partials: [(x, _out, { n }) => (n < 2 && n >= 0 ? n : mul(n, integerPow(x, n - 1)))],
});

/** √x. */
export const sqrtP: Primitive = /* @__PURE__ */ definePrimitive("sqrt", {
  elementwise: { accepts: "float", body: s.sqrt },
  // d√x = dx/(2√x)
  partials: [(_x, out) => div(0.5, out)],
});

/** 1/√x. */
export const rsqrtP: Primitive = /* @__PURE__ */ definePrimitive("rsqrt", {
  elementwise: { accepts: "float", body: (x: s.Expr) => s.div(1, s.sqrt(x)) },
  // d x^−½ = −½·x^−½/x dx
  partials: [(x, out) => mul(-0.5, div(out, x))],
});

/** The real cube root. */
export const cbrtP: Primitive = /* @__PURE__ */ definePrimitive("cbrt", {
  elementwise: { accepts: "float", body: s.cbrt },
  // d∛x = dx/(3·∛x²)
  partials: [(_x, out) => mul(1 / 3, integerPow(out, -2))],
});

// By squaring: about 2·log₂ n multiplications.
function repeated(x: s.Expr, n: number): s.Expr {
  if (n === 0) return s.pow(x, 0);
  if (n === 1) return x;
  const half = repeated(x, Math.floor(n / 2));
  return n % 2 === 0 ? s.mul(half, half) : s.mul(s.mul(half, half), x);
}

/**
 * x^y, broadcast and promoted; 1 for y = 0, whatever x. A JS integer as exponent makes it {@link integerPow}, which is
 * differentiable at 0 as often as you like; with an array of integers as exponent, entries 0 have derivative exactly 0.
 * For a float y the derivative by x is y·x^(y−1), so NaN at x = y = 0, and by y it is ln x·x^y, and 0 at x = 0.
 * @throws DTypeError for booleans, and for integers to a negative literal power
 */
export function pow(x: TensorLike, y: TensorLike): Tensor {
  if (typeof y === "number" && Number.isInteger(y)) return integerPow(x, y);
  if (y instanceof Tensor && isInteger(y.dtype) && isFloatLike(x)) return applyBinary(powWholeP, x, y);
  return applyBinary(powP, x, y);
}

/** x^n for a static integer n. @throws ArgumentError unless n is one @throws DTypeError for an integer x with n < 0 */
export function integerPow(x: TensorLike, n: number): Tensor {
  if (!Number.isInteger(n)) throw new ArgumentError(`integerPow: the exponent is ${n}, and has to be an integer JS number. Use pow(x, y) for others.`);
  if (n < 0 && x instanceof Tensor && isInteger(x.dtype)) {
    throw new DTypeError(`integerPow: an integer ${x.aval.toString()} to the negative power ${n} is not an integer. Convert first: cast(x, "float32").`);
  }
  if (n !== 1) return applyUnary(integerPowP, x, { n });
  const t = toTensor(x, "integerPow");
  checkAccepts("integer_pow", "number", t.dtype);
  return t;
}

/** x². */
export function square(x: TensorLike): Tensor {
  return integerPow(x, 2);
}

/** √x; NaN below 0. Its derivative at 0 is ∞. */
export function sqrt(x: TensorLike): Tensor {
  return applyUnary(sqrtP, x);
}

/** 1/√x; ∞ at 0, where its derivative is −∞. */
export function rsqrt(x: TensorLike): Tensor {
  return applyUnary(rsqrtP, x);
}

/** The real cube root. Its derivative at 0 is ∞. */
export function cbrt(x: TensorLike): Tensor {
  return applyUnary(cbrtP, x);
}

const isFloatLike = (x: TensorLike): boolean => (x instanceof Tensor ? isFloat(x.dtype) : typeof x === "number" && !Number.isInteger(x));
