import { add, grad, mul, stopGradient, sub } from "gradus";
import type { Tensor, TensorLike } from "gradus";

// One state, whose value is w. With equal chance the reward is
// 1 and all ends, or it is 0 and we are back in the state.
const gamma = 0.9;
const trueValue = 0.5 / (1 - 0.5 * gamma);

/** Squared error of w, when coming back is worth `next`. */
const loss = (w: TensorLike, next: TensorLike) => {
  const ended = sub(1, w);
  const returned = sub(mul(gamma, next), w);
  const sum = add(mul(ended, ended), mul(returned, returned));
  return mul(0.5, sum);
};

const through = (w: TensorLike) => loss(w, w);
const frozen = (w: TensorLike) => loss(w, stopGradient(w));

function train(f: (w: TensorLike) => Tensor) {
  let w = 0;
  for (let i = 0; i < 60; i++) w -= 0.2 * grad(f)(w).item();
  return w.toFixed(4);
}

console.log("true value         ", trueValue.toFixed(4));
console.log("target stopped     ", train(frozen));
console.log("through the target ", train(through));

export const plots = {
  "through the target": through,
  "target stopped": frozen,
};
export const range = [-0.5, 2];
export const at = trueValue;
