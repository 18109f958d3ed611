// Elementwise functions under NumPy's names, and those that are compositions. Their conventions at ties, boundaries and
// singular points are those of jax.numpy.

import { add, applyUnary, cast, definePrimitive, type DType, isFloat, isInteger, mul, neg, type Primitive, select, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import * as ops from "@gradus/ops";

export {
  abs, abs as absolute, acos, acosh, add, and as bitwiseAnd, asin, asinh, astype, atan, atan2, atanh, cbrt, ceil, cos, cosh, equal, exp, exp2,
  expm1, floor, greater, greaterEqual, isFinite as isfinite, isNan as isnan, less, lessEqual, log, log1p, log2, max as maximum, min as minimum, mul as multiply, neg as negative,
  nextafter, not as bitwiseNot, notEqual, or as bitwiseOr, pow as power, rem as fmod, round, select as where, shiftLeft as leftShift,
  shiftRightArithmetic as rightShift, sign, sin, sinh, sqrt, square, sub as subtract, tan, tanh, trunc, xor as bitwiseXor,
} from "@gradus/ops";
export { logaddexp } from "@gradus/surrogates";

const floating = (x: TensorLike, what: string): Tensor => {
  const t = toTensor(x, what);
  return isFloat(t.dtype) ? t : cast(t, "float32");
};
const bothWhole = (x: TensorLike, y: TensorLike): boolean =>
  [x, y].every((v) => (typeof v === "number" ? Number.isInteger(v) : typeof v !== "boolean" && isInteger(v.dtype))) && [x, y].some((v) => typeof v === "object");

/** x/y as a float, integers too. @throws DTypeError for float0 */
export function divide(x: TensorLike, y: TensorLike): Tensor {
  const real = (v: TensorLike): TensorLike => (typeof v === "number" ? v : floating(v, "divide"));
  return ops.div(real(x), real(y));
}

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

/** [the fraction with the sign of x, the integer part]. */
export function modf(x: TensorLike): [fraction: Tensor, whole: Tensor] {
  const t = floating(x, "modf");
  const whole = ops.trunc(t);
  return [select(ops.equal(ops.abs(t), Infinity), 0, ops.sub(t, whole)), whole];
}

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

/** √(x² + y²). */
export const hypot = (x: TensorLike, y: TensorLike): Tensor => ops.sqrt(add(ops.square(floating(x, "hypot")), ops.square(floating(y, "hypot"))));

/** 1/x, of floats. */
export const reciprocal = (x: TensorLike): Tensor => ops.div(1, floating(x, "reciprocal"));

/** The logarithm to base 10. */
export const log10 = (x: TensorLike): Tensor => mul(ops.log(floating(x, "log10")), Math.LOG10E);

/** Whether x is ∞ or −∞. */
export const isinf = (x: TensorLike): Tensor => ops.equal(ops.abs(floating(x, "isinf")), Infinity);

const truth = (x: TensorLike): Tensor => {
  const t = toTensor(x, "logical");
  return t.dtype === "bool" ? t : ops.notEqual(t, 0);
};
/** Whether x and y are true, or not 0. */
export const logicalAnd = (x: TensorLike, y: TensorLike): Tensor => ops.and(truth(x), truth(y));
/** Whether x or y is true, or not 0. */
export const logicalOr = (x: TensorLike, y: TensorLike): Tensor => ops.or(truth(x), truth(y));
/** Whether either x or y is true, or not 0. */
export const logicalXor = (x: TensorLike, y: TensorLike): Tensor => ops.xor(truth(x), truth(y));
/** Whether x is false, or 0. */
export const logicalNot = (x: TensorLike): Tensor => ops.not(truth(x));

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

export interface NanToNumOptions {
  /** In place of NaN: 0 unless given. */
  readonly nan?: number;
  /** In place of ∞: the greatest finite number unless given. */
  readonly posinf?: number;
  /** In place of −∞: the least finite number unless given. */
  readonly neginf?: number;
}

const greatest: Partial<Record<DType, number>> = { float32: 3.4028234663852886e38, float64: Number.MAX_VALUE };

/** Finite numbers in place of NaN and infinities, whose derivative is 0. */
export function nanToNum(x: TensorLike, { nan = 0, posinf, neginf }: NanToNumOptions = {}): Tensor {
  const t = toTensor(x, "nanToNum");
  if (!isFloat(t.dtype)) return t;
  const top = greatest[t.dtype] as number;
  const low = select(ops.equal(t, -Infinity), neginf ?? -top, t);
  return select(ops.isNan(t), nan, select(ops.equal(t, Infinity), posinf ?? top, low));
}
