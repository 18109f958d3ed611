import { customVjp, grad, mul, round } from "gradus";
import { straightThrough } from "gradus";
import type { Tensor, TensorLike } from "gradus";

// Forwards it rounds. Backwards it hands the cotangent on, as
// if rounding were the identity.
const roundSt = customVjp((x: TensorLike) => round(x), {
  name: "roundSt",
}).defvjp(
  (x: Tensor) => [roundSt(x), null],
  (_residuals, ct: Tensor) => [ct],
);

const plain = (x: TensorLike) => mul(round(x), x);
const ste = (x: TensorLike) => mul(roundSt(x), x);

console.log("value        ", ste(2.7));
console.log("plain        ", grad(plain)(2.7), " round(x)");
console.log("through      ", grad(ste)(2.7), " round(x) + x");

// The same in one word:
const short = straightThrough((x: TensorLike) => round(x));
const sameSte = (x: TensorLike) => mul(short(x), x);
console.log("in one word  ", grad(sameSte)(2.7));

export const plots = {
  "plain round": plain,
  "straight-through": ste,
};
export const range = [-4, 4];
export const at = 2.7;
