// Elementwise functions under NumPy's names, and those that are compositions. Their conventions at ties, boundaries and
// singular points are those of jax.numpy.

import { add, applyUnary, cast, castUnlessSame, definePrimitive, isFloat, isInteger, mul, neg, type Primitive, select, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import * as ops from "@gradus/ops";
import { logaddexp } from "@gradus/surrogates";
import { floating, truth } from "./operand.js";

export {
  abs, abs as absolute, abs as fabs, acos, acos as arccos, acosh, acosh as arccosh, add, and as bitwiseAnd, asin, asin as arcsin, asinh, asinh as arcsinh,
  astype, atan, atan as arctan, atan2, atan2 as arctan2, atanh, atanh as arctanh, cbrt, ceil, cos, cosh, equal, exp, exp2, expm1, floor, greater,
  greaterEqual, isFinite as isfinite, isNan as isnan, less, lessEqual, log, log1p, log2, max as maximum, min as minimum, mul as multiply, neg as negative,
  nextafter, not as bitwiseNot, not as bitwiseInvert, not as invert, notEqual, or as bitwiseOr, populationCount as bitwiseCount, pow, pow as power, rem as fmod,
  shiftLeft as bitwiseLeftShift, shiftLeft as leftShift, shiftRightArithmetic as bitwiseRightShift, shiftRightArithmetic as rightShift, sign, sin, sinh, sqrt, square,
  sub as subtract, tan, tanh, trunc, xor as bitwiseXor,
} from "@gradus/ops";
export { logaddexp } from "@gradus/surrogates";
export type { NanToNumOptions } from "./finite.js";
export { isinf, isneginf, isposinf, nanToNum } from "./finite.js";

const bothWhole = (x: TensorLike, y: TensorLike): boolean =>
  [x, y].every((v) => (typeof v === "number" ? Number.isInteger(v) : typeof v !== "boolean" && isInteger(v.dtype))) && [x, y].some((v) => typeof v === "object");

/** x/y as a float, integers too. @throws DTypeError for float0 */
export function divide(x: TensorLike, y: TensorLike): Tensor {
  const real = (v: TensorLike): TensorLike => (typeof v === "number" ? v : floating(v, "divide"));
  return ops.div(real(x), real(y));
}
export { divide as trueDivide };

/** x^y in float64, whatever the operands. */
export const floatPower = (x: TensorLike, y: TensorLike): Tensor => {
  const wide = (v: TensorLike): Tensor => castUnlessSame(toTensor(v, "floatPower"), { dtype: "float64", weak: false });
  return ops.pow(wide(x), wide(y));
};

/** ⌊x/y⌋, with derivative 0. @throws DTypeError for booleans */
export function floorDivide(x: TensorLike, y: TensorLike): Tensor {
  const r = ops.rem(x, y);
  const isBelow = ops.and(ops.notEqual(r, 0), ops.xor(ops.less(r, 0), ops.less(y, 0)));
  if (bothWhole(x, y)) return ops.sub(ops.div(x, y), cast(isBelow, r.dtype));
  // x − r is a multiple of y, up to rounding.
  return ops.round(ops.sub(ops.div(ops.sub(x, r), y), cast(isBelow, r.dtype)));
}

/** The remainder with the sign of y: x − ⌊x/y⌋·y. The derivative by y is −⌊x/y⌋. @throws DTypeError for booleans */
export function mod(x: TensorLike, y: TensorLike): Tensor {
  const r = ops.rem(x, y);
  const isOther = ops.and(ops.notEqual(r, 0), ops.xor(ops.less(r, 0), ops.less(y, 0)));
  return select(isOther, add(r, y), r);
}
export { mod as remainder };

/** [⌊x/y⌋, the remainder with the sign of y]. @throws DTypeError for booleans */
export const divmod = (x: TensorLike, y: TensorLike): [Tensor, Tensor] => [floorDivide(x, y), mod(x, y)];

/** min(max(x, low), high); null or absent bounds do not bound. The derivative at a bound is ½, unlike that of clamp. @throws DTypeError */
export function clip(x: TensorLike, low?: TensorLike | null, high?: TensorLike | null): Tensor {
  const t = toTensor(x, "clip");
  const above = low === undefined || low === null ? t : ops.max(t, low);
  return high === undefined || high === null ? above : ops.min(above, high);
}

/** 0 below 0, 1 above, and h at 0, from which alone there is a derivative, by h. */
export function heaviside(x: TensorLike, h: TensorLike): Tensor {
  const t = floating(x, "heaviside");
  const sides = select(ops.isNan(t), NaN, cast(ops.greater(t, 0), t.dtype));
  return select(ops.equal(t, 0), floating(h, "heaviside"), sides);
}

/** Whether the sign bit is set, of −0 too. */
export function signbit(x: TensorLike): Tensor {
  const t = toTensor(x, "signbit");
  if (!isFloat(t.dtype)) return ops.less(t, 0);
  return ops.or(ops.less(t, 0), ops.and(ops.equal(t, 0), ops.less(ops.div(1, t), 0)));
}

/** |x| with the sign bit of y. No derivative by y. */
export function copysign(x: TensorLike, y: TensorLike): Tensor {
  const size = ops.abs(floating(x, "copysign"));
  return select(signbit(floating(y, "copysign")), neg(size), size);
}

// The k-th derivative of sin(x)/x at 0, whatever x: (−1)^(k/2)/(k + 1) for even k.
const sincAtZeroP: Primitive<{ k: number }> = /* @__PURE__ */ definePrimitive<{ k: number }>("@gradus/sinc_at_zero", {
  elementwise: {
    accepts: "float",
    body: (x: s.Expr, { k }: { k: number }) => {
      const value = k % 2 === 1 ? 0 : (k % 4 === 0 ? 1 : -1) / (k + 1);
      return s.select(s.equal(x, 0), value, value);
    },
  },
  partials: [(x, _out, { k }) => applyUnary(sincAtZeroP, x, { k: k + 1 })],
});

/** sin(πx)/(πx), and 1 at 0, with all derivatives there: 0, −π²/3, 0, π⁴/5, … */
export function sinc(x: TensorLike): Tensor {
  const y = mul(floating(x, "sinc"), Math.PI);
  const isZero = ops.equal(y, 0);
  const safe = select(isZero, 1, y);
  return select(isZero, applyUnary(sincAtZeroP, y, { k: 0 }), ops.div(ops.sin(safe), safe));
}

/** The greater of two; where one is NaN, the other. At a tie the derivative goes to y. @throws DTypeError */
export const fmax = (x: TensorLike, y: TensorLike): Tensor => select(ops.or(ops.greater(x, y), isNanOf(y)), x, y);

/** The lesser of two; where one is NaN, the other. At a tie the derivative goes to y. @throws DTypeError */
export const fmin = (x: TensorLike, y: TensorLike): Tensor => select(ops.or(ops.less(x, y), isNanOf(y)), x, y);

const isNanOf = (x: TensorLike): Tensor => ops.notEqual(x, x);

/** log₂(2^x + 2^y) without overflow. Its derivatives are those of logaddexp: ½ each at equality. */
export const logaddexp2 = (x: TensorLike, y: TensorLike): Tensor =>
  mul(logaddexp(mul(floating(x, "logaddexp2"), Math.LN2), mul(floating(y, "logaddexp2"), Math.LN2)), Math.LOG2E);

/** x as it is. @throws ArgumentError for what is no tensor */
export const positive = (x: TensorLike): Tensor => toTensor(x, "positive");

/** 1/x, of floats. */
export const reciprocal = (x: TensorLike): Tensor => ops.div(1, floating(x, "reciprocal"));

/** The logarithm to base 10. */
export const log10 = (x: TensorLike): Tensor => mul(ops.log(floating(x, "log10")), Math.LOG10E);

/** Whether x and y are true, or not 0. */
export const logicalAnd = (x: TensorLike, y: TensorLike): Tensor => ops.and(truth(x, "logicalAnd"), truth(y, "logicalAnd"));
/** Whether x or y is true, or not 0. */
export const logicalOr = (x: TensorLike, y: TensorLike): Tensor => ops.or(truth(x, "logicalOr"), truth(y, "logicalOr"));
/** Whether either x or y is true, or not 0. */
export const logicalXor = (x: TensorLike, y: TensorLike): Tensor => ops.xor(truth(x, "logicalXor"), truth(y, "logicalXor"));
/** Whether x is false, or 0. */
export const logicalNot = (x: TensorLike): Tensor => ops.not(truth(x, "logicalNot"));

export interface CloseOptions {
  /** 1e-5 unless given. */
  readonly rtol?: number;
  /** 1e-8 unless given. */
  readonly atol?: number;
  /** Whether NaN is close to NaN. No unless given. */
  readonly equalNan?: boolean;
}

/** Whether |x − y| ≤ atol + rtol·|y|, elementwise; infinities are close to themselves. */
export function isclose(x: TensorLike, y: TensorLike, { rtol = 1e-5, atol = 1e-8, equalNan = false }: CloseOptions = {}): Tensor {
  const [a, b] = [floating(x, "isclose"), floating(y, "isclose")];
  const near = ops.lessEqual(ops.abs(ops.sub(a, b)), add(mul(ops.abs(b), rtol), atol));
  const finite = ops.and(ops.isFinite(a), ops.isFinite(b));
  const close = ops.or(ops.and(near, finite), ops.equal(a, b));
  return equalNan ? ops.or(close, ops.and(ops.isNan(a), ops.isNan(b))) : close;
}

/** Whether all elements are {@link isclose}, as a 0-d bool. */
export const allclose = (x: TensorLike, y: TensorLike, options: CloseOptions = {}): Tensor => ops.reduceAnd(isclose(x, y, options));

