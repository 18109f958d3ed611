import { grad, mul, round, sub } from "gradus";
import { roundP, withRules } from "gradus";
import type { TensorLike } from "gradus";

console.log("round(2.7)       ", round(2.7));
console.log("its gradient     ", grad(round)(2.7));

// A loss that wants round(x) to be 3. Its gradient is zero
// everywhere, so descent never moves.
const loss = (x: TensorLike) => {
  const error = sub(round(x), 3);
  return mul(error, error);
};
console.log("gradient at 0.8  ", grad(loss)(0.8));

// Another rule for round, for an extent and without touching
// the loss: the tangent passes, as if round were the identity.
const passing = (x: TensorLike) =>
  withRules(
    [[roundP, { jvp: ([v], [dv]) => [round(v), dv] }]],
    () => loss(x),
  );
console.log("with another rule", grad(passing)(0.8));

export const plots = {
  "round’s own rule": loss,
  withRules: passing,
};
export const range = [-1, 7];
export const at = 0.8;
