// Comparisons and tests of floats. Their results are booleans: flat wherever they are defined, so they declare why no
// gradient passes. NaN compares false, except by notEqual.

import { applyBinary, applyUnary, broadcastShapes, definePrimitive, full, type Primitive, Tensor, type TensorLike } from "@gradus/core";
import * as s from "@gradus/core/scalar";

/** x = y, elementwise. */
export const equalP: Primitive = /* @__PURE__ */ definePrimitive("equal", {
  elementwise: { accepts: "any", body: s.equal, result: "bool" },
  zeroGradient: "a comparison is a step function",
});

/** x ≠ y, elementwise. */
export const notEqualP: Primitive = /* @__PURE__ */ definePrimitive("not_equal", {
  elementwise: { accepts: "any", body: s.notEqual, result: "bool" },
  zeroGradient: "a comparison is a step function",
});

/** x < y, elementwise. */
export const lessP: Primitive = /* @__PURE__ */ definePrimitive("less", {
  elementwise: { accepts: "any", body: s.less, result: "bool" },
  zeroGradient: "a comparison is a step function",
});

/** x ≤ y, elementwise. */
export const lessEqualP: Primitive = /* @__PURE__ */ definePrimitive("less_equal", {
  elementwise: { accepts: "any", body: s.lessEqual, result: "bool" },
  zeroGradient: "a comparison is a step function",
});

/** x > y, elementwise. */
export const greaterP: Primitive = /* @__PURE__ */ definePrimitive("greater", {
  elementwise: { accepts: "any", body: s.greater, result: "bool" },
  zeroGradient: "a comparison is a step function",
});

/** x ≥ y, elementwise. */
export const greaterEqualP: Primitive = /* @__PURE__ */ definePrimitive("greater_equal", {
  elementwise: { accepts: "any", body: s.greaterEqual, result: "bool" },
  zeroGradient: "a comparison is a step function",
});

/** Whether x is NaN. */
export const isNanP: Primitive = /* @__PURE__ */ definePrimitive("is_nan", {
  elementwise: { accepts: "float", body: (x: s.Expr) => s.notEqual(x, x), result: "bool" },
  zeroGradient: "a test for NaN is a step function",
});

/** Whether x is neither infinite nor NaN. */
export const isFiniteP: Primitive = /* @__PURE__ */ definePrimitive("is_finite", {
  elementwise: { accepts: "float", body: (x: s.Expr) => s.less(s.abs(x), Infinity), result: "bool" },
  zeroGradient: "a test for finiteness is a step function",
});

/** Whether x = y, broadcast and promoted, as a bool. float0 tensors hold no information, so they are equal. */
export function equal(x: TensorLike, y: TensorLike): Tensor {
  return ofFloat0(x, y, true) ?? applyBinary(equalP, x, y);
}

/** Whether x ≠ y, broadcast and promoted, as a bool. True where either is NaN. */
export function notEqual(x: TensorLike, y: TensorLike): Tensor {
  return ofFloat0(x, y, false) ?? applyBinary(notEqualP, x, y);
}

/** Whether x < y, broadcast and promoted, as a bool. */
export function less(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(lessP, x, y);
}

/** Whether x ≤ y, broadcast and promoted, as a bool. */
export function lessEqual(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(lessEqualP, x, y);
}

/** Whether x > y, broadcast and promoted, as a bool. */
export function greater(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(greaterP, x, y);
}

/** Whether x ≥ y, broadcast and promoted, as a bool. */
export function greaterEqual(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(greaterEqualP, x, y);
}

/** Whether x is NaN, as a bool; integers never are. */
export function isNan(x: TensorLike): Tensor {
  return applyUnary(isNanP, x);
}

/** Whether x is neither infinite nor NaN, as a bool; integers always are. */
export function isFinite(x: TensorLike): Tensor {
  return applyUnary(isFiniteP, x);
}

function ofFloat0(x: TensorLike, y: TensorLike, value: boolean): Tensor | undefined {
  const both = x instanceof Tensor && y instanceof Tensor && x.dtype === "float0" && y.dtype === "float0";
  return both ? full(broadcastShapes(x.shape, y.shape, "equal"), value) : undefined;
}
