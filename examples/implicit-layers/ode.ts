// A layer that is a differential equation, dx/dt = f(x, θ) from t = 0 to T. Differentiating through the solver keeps every step.
// The adjoint method (Pontryagin; Chen, Rubanova, Bettencourt & Duvenaud 2018, "Neural ordinary differential equations",
// https://arxiv.org/abs/1806.07366) keeps only the end: the adjoint a(t) = dL/dx(t) obeys a differential equation of its own,
//   da/dt = −aᵀ ∂f/∂x,   and   dL/dθ = ∫ aᵀ ∂f/∂θ dt,
// which is solved backwards in time together with x itself.

import { add, customVjp, mul, neg, scan, type Tensor, tree, vjp } from "gradus";

export type Field = (x: Tensor, theta: Tensor) => Tensor;

/** x + h·k, leaf by leaf. */
const along = <T>(x: T, h: number, k: T): T => tree.map((a: Tensor, b: Tensor) => add(a, mul(b, h)), x as any, k as any) as T;

/** The classical Runge–Kutta method of order 4 in so many equal steps, for a state of any structure. */
function rungeKutta<T>(f: (x: T) => T, start: T, time: number, steps: number): T {
  const h = time / steps;
  const step = (x: T): readonly [T, null] => {
    const k1 = f(x);
    const k2 = f(along(x, h / 2, k1));
    const k3 = f(along(x, h / 2, k2));
    const k4 = f(along(x, h, k3));
    return [along(along(along(along(x, h / 6, k1), h / 3, k2), h / 3, k3), h / 6, k4), null];
  };
  return scan(step as any, start as any, null, { length: steps })[0] as T;
}

/** x(T), differentiated through every step of the solver. */
export const odeThroughSolver =
  (f: Field, time: number, steps: number) =>
  (x0: Tensor, theta: Tensor): Tensor =>
    rungeKutta((x: Tensor) => f(x, theta), x0, time, steps);

/** x(T), differentiated by the adjoint equation: memory does not grow with the number of steps. */
export function ode(f: Field, time: number, steps: number): (x0: Tensor, theta: Tensor) => Tensor {
  const solve = customVjp((x0: Tensor, theta: Tensor): Tensor => odeThroughSolver(f, time, steps)(x0, theta)).defvjp(
    (x0, theta) => {
      const x = solve(x0, theta);
      return [x, [x, theta]];
    },
    ([x, theta]: readonly [Tensor, Tensor], ct: Tensor) => {
      interface Adjoint {
        x: Tensor;
        a: Tensor;
        g: Tensor;
      }
      // With s = T − t every derivative changes its sign.
      const backwards = ({ x, a }: Adjoint): Adjoint => {
        const [dx, pullback] = vjp(f, [x, theta]);
        const [da, dg] = pullback(a);
        return { x: neg(dx), a: da, g: dg };
      };
      const end = rungeKutta(backwards, { x, a: ct, g: mul(theta, 0) }, time, steps);
      return [end.a, end.g];
    },
  );
  return solve;
}
