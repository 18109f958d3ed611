import { grad, greater, mul, select, sigmoid } from "gradus";
import type { Tensor, TensorLike } from "gradus";

const step = (x: TensorLike) => select(greater(x, 0), 1, 0);
const smooth = (k: number) => (x: TensorLike) =>
  sigmoid(mul(x, k));

const x = 0.1;
function show(name: string, f: (x: TensorLike) => Tensor) {
  const value = f(x).item().toFixed(4);
  const gradient = grad(f)(x).item().toFixed(4);
  console.log(name.padEnd(12), value, " gradient", gradient);
}

show("step", step);
for (const k of [4, 16, 64]) show(`sigmoid(${k}x)`, smooth(k));

export const plots = {
  step,
  "sigmoid(4x)": smooth(4),
  "sigmoid(16x)": smooth(16),
  "sigmoid(64x)": smooth(64),
};
export const range = [-1, 1];
export const at = x;
