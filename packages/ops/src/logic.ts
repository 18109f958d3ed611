// Logic on booleans and on the bits of integers. Nothing here carries a gradient.

import { applyBinary, applyUnary, definePrimitive, DTypeError, type Primitive, Tensor, type TensorLike } from "@gradus/core";
import * as s from "@gradus/core/scalar";

/** Not x; all bits flipped in an integer. */
export const notP: Primitive = /* @__PURE__ */ definePrimitive("not", {
  elementwise: { accepts: "integer", body: s.not },
  zeroGradient: "logic has no real values",
});

/** x and y, bit by bit in integers. */
export const andP: Primitive = /* @__PURE__ */ definePrimitive("and", {
  elementwise: { accepts: "integer", body: s.and },
  zeroGradient: "logic has no real values",
});

/** x or y, bit by bit in integers. */
export const orP: Primitive = /* @__PURE__ */ definePrimitive("or", {
  elementwise: { accepts: "integer", body: s.or },
  zeroGradient: "logic has no real values",
});

/** Either x or y, bit by bit in integers. */
export const xorP: Primitive = /* @__PURE__ */ definePrimitive("xor", {
  elementwise: { accepts: "integer", body: s.xor },
  zeroGradient: "logic has no real values",
});

/** The bits of x moved y places up, filled with zeros. */
export const shiftLeftP: Primitive = /* @__PURE__ */ definePrimitive("shift_left", {
  elementwise: { accepts: "integer", body: s.shiftLeft },
  zeroGradient: "integers carry no gradient",
});

/** The bits of x moved y places down, filled with copies of the sign bit. */
export const shiftRightArithmeticP: Primitive = /* @__PURE__ */ definePrimitive("shift_right_arithmetic", {
  elementwise: { accepts: "integer", body: s.shiftRightArithmetic },
  zeroGradient: "integers carry no gradient",
});

/** The bits of x moved y places down, filled with zeros. */
export const shiftRightLogicalP: Primitive = /* @__PURE__ */ definePrimitive("shift_right_logical", {
  elementwise: { accepts: "integer", body: s.shiftRightLogical },
  zeroGradient: "integers carry no gradient",
});

/** Not x; all bits flipped in an integer. @throws DTypeError for floats */
export function not(x: TensorLike): Tensor {
  return applyUnary(notP, x);
}

/** x and y, bit by bit in integers; broadcast and promoted. @throws DTypeError for floats */
export function and(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(andP, x, y);
}

/** x or y, bit by bit in integers; broadcast and promoted. @throws DTypeError for floats */
export function or(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(orP, x, y);
}

/** Either x or y but not both, bit by bit in integers; broadcast and promoted. @throws DTypeError for floats */
export function xor(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(xorP, x, y);
}

/** x·2^y, wrapped: 0 for y ≥ 32. @throws DTypeError unless both are integers */
export function shiftLeft(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(shiftLeftP, number(x, "shiftLeft"), number(y, "shiftLeft"));
}

/** ⌊x/2^y⌋ of a signed integer: 0 or −1 for y ≥ 32. @throws DTypeError unless both are integers */
export function shiftRightArithmetic(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(shiftRightArithmeticP, number(x, "shiftRightArithmetic"), number(y, "shiftRightArithmetic"));
}

/** The bits of x moved y places down, with zeros from above: 0 for y ≥ 32. @throws DTypeError unless both are integers */
export function shiftRightLogical(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(shiftRightLogicalP, number(x, "shiftRightLogical"), number(y, "shiftRightLogical"));
}

function number(x: TensorLike, what: string): TensorLike {
  if (typeof x === "boolean" || (x instanceof Tensor && x.dtype === "bool")) {
    throw new DTypeError(`${what}: a bool has no bits to shift. Convert first: cast(x, "int32").`);
  }
  return x;
}
