import { abs, add, array, div, grad, greater } from "gradus";
import { jit, mul, sub, whileLoop } from "gradus";
import type { Tensor } from "gradus";

/** √a by Newton's method, until it is right to 1e-5. */
const root = (a: Tensor) =>
  whileLoop(
    (x: Tensor) => greater(abs(sub(mul(x, x), a)), 1e-5),
    (x: Tensor) => mul(0.5, add(x, div(a, x))),
    add(mul(a, 0.5), 0.5),
  );

const two = array(2);
// Reverse mode of a loop whose length depends on the data:
// its steps are recorded while it runs, and walked back.
console.log("√2       ", root(two));
console.log("gradient ", grad(root)(two));
console.log("1/(2√2)  ", 1 / (2 * Math.sqrt(2)));
console.log("compiled ", jit(grad(root))(two));

export const plots = { "√a by Newton": root };
export const range = [0.5, 9];
export const at = 2;
