import { add, grad, mul, stopGradient, tanh } from "gradus";
import type { Tensor, TensorLike } from "gradus";

const steps = 20;

/** h ← tanh(w · h + 0.4); gradients look back `k` steps. */
const unroll = (k: number) => (w: TensorLike) => {
  let h: TensorLike = 0.1;
  for (let t = 0; t < steps; t++) {
    if (t === steps - k) h = stopGradient(h);
    h = tanh(add(mul(w, h), 0.4));
  }
  return h as Tensor;
};

const w = -0.9;
for (const k of [1, 2, 4, 8, steps]) {
  const gradient = grad(unroll(k))(w).item().toFixed(4);
  console.log(`last ${k} steps`.padEnd(14), gradient);
}
console.log("always the value", unroll(1)(w));

export const plots = {
  "all 20 steps": unroll(steps),
  "last 4": unroll(4),
  "last 1": unroll(1),
};
export const range = [-2, 2];
export const at = w;
