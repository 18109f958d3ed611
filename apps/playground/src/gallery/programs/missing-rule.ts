import { applyUnary, definePrimitive, grad, mul } from "gradus";
import { scalar, stopGradient, straightThrough } from "gradus";
import type { TensorLike } from "gradus";

// An operation of our own, the fractional part of x. Nobody
// has written a derivative for it.
const fractionP = definePrimitive("@me/fraction", {
  elementwise: {
    accepts: "float",
    body: (x) => scalar.sub(x, scalar.floor(x)),
  },
});
const fraction = (x: TensorLike) => applyUnary(fractionP, x);
const fractionSt = straightThrough(fraction);

const none = (x: TensorLike) => mul(fraction(x), x);
const stopped = (x: TensorLike) =>
  mul(fraction(stopGradient(x)), x);
const ste = (x: TensorLike) => mul(fractionSt(x), x);

console.log("value   ", ste(2.7));
console.log("stopped ", grad(stopped)(2.7));
console.log("through ", grad(ste)(2.7));

// Without a rule, and without a decision of yours, there is
// no derivative to invent:
try {
  console.log("no rule ", grad(none)(2.7));
} catch (error) {
  console.error(error);
}

export const plots = {
  "no rule": none,
  stopGradient: stopped,
  "straight-through": ste,
};
export const range = [-2, 4];
export const at = 2.7;
