import { add, grad, greater, mul, select, sqrt } from "gradus";
import { stopGradient } from "gradus";
import type { TensorLike } from "gradus";

const positive = (x: TensorLike) => greater(x, 0);
const square = (x: TensorLike) => mul(x, x);

// √x where x > 0, and 0 elsewhere. The value is sound, but
// backwards the branch not taken gives 0 · ∞ = NaN.
const root = (x: TensorLike) => select(positive(x), sqrt(x), 0);
const naive = (x: TensorLike) => add(square(x), root(x));

// Isolated: the root's gradient is lost, the rest survives.
const isolated = (x: TensorLike) =>
  add(square(x), stopGradient(root(x)));

// Mended, which is better: √ never sees what it cannot take.
const safe = (x: TensorLike) => select(positive(x), x, 1);
const mended = (x: TensorLike) =>
  add(square(x), select(positive(x), sqrt(safe(x)), 0));

for (const x of [-0.5, 0.25]) {
  console.log(`gradient at ${x}`);
  console.log("  naive   ", grad(naive)(x).item());
  console.log("  isolated", grad(isolated)(x).item());
  console.log("  mended  ", grad(mended)(x).item());
}

export const plots = { naive, isolated, mended };
export const range = [-1, 1];
export const at = -0.5;
