// A layer whose output is the solution of an equation, z = f(w, z). How it was solved does not matter for its derivative: by the
// implicit function theorem, with all partial derivatives at the solution,
//   dz = ∂f/∂w dw + ∂f/∂z dz,   so a cotangent ct of z gives   w̄ = (∂f/∂w)ᵀ u   with   u = ct + (∂f/∂z)ᵀ u.
// The backward pass is a fixed point as well, of a linear map, and needs nothing from the steps of the forward one.

import { abs, add, array, customVjp, greater, reduceMax, sub, type Tensor, vjp, whileLoop } from "gradus";

const tolerance = 1e-12;

/** Applies `step` until the largest change is within the tolerance. */
function iterate(step: (z: Tensor) => Tensor, start: Tensor): Tensor {
  const [, solution] = whileLoop(
    ([last, z]: readonly [Tensor, Tensor]) => greater(reduceMax(abs(sub(z, last))), tolerance),
    ([, z]: readonly [Tensor, Tensor]) => [z, step(z)] as const,
    [start, step(start)] as const,
  );
  return solution;
}

export type Layer<W> = (w: W, z: Tensor) => Tensor;

/** The solution by iteration, differentiated through every step of it. */
export const unrolled =
  <W>(f: Layer<W>) =>
  (w: W, start: Tensor): Tensor =>
    iterate((z) => f(w, z), start);

/** The solution by iteration, differentiated implicitly. The start decides nothing, so it takes no gradient. */
export function fixedPoint<W>(f: Layer<W>): (w: W, start: Tensor) => Tensor {
  const solve = customVjp((w: W, start: Tensor): Tensor => iterate((z) => f(w, z), start)).defvjp(
    (w: W, start: Tensor) => {
      const z = solve(w, start);
      return [z, [w, z]];
    },
    ([w, z]: readonly [W, Tensor], ct: Tensor) => {
      const [, backToZ] = vjp((z: Tensor) => f(w, z), [z]);
      const u = iterate((u) => add(ct, backToZ(u)[0]), ct);
      const [, backToW] = vjp((w: any) => f(w, z), [w]);
      return [backToW(u)[0], null];
    },
  );
  return solve;
}

export const f64 = (data: number | number[] | number[][]): Tensor => array(data, { dtype: "float64" });
