// Loops whose number of steps depends on values, against the same steps written out and against closed forms, in float64 and through
// the transformations and their compositions. JAX has no reverse mode here to compare with.

import { vmap } from "@gradus/batching";
import { cond, foriLoop, scan, switchCase, whileLoop } from "@gradus/control-flow";
import { add, array, mul, neg, reduceSum, type Tensor, type TensorLike, useBackend } from "@gradus/core";
import { jacfwd, jvp } from "@gradus/jvp";
import { abs, cos, div, exp, greater, less, log, sin, sqrt, stack, sub, take, tanh } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { checkProgram, jit, makeProgram } from "@gradus/tracing";
import { grad, hessian, jacrev, linearize, valueAndGrad, vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";

useBackend(cpu());

const f64 = (x: number | number[] | number[][]): Tensor => array(x as number[], { dtype: "float64" });
const flat = (t: unknown): number[] => {
  const x = t as Tensor;
  return x.ndim === 0 ? [x.item()] : Array.from(x.dataSync());
};
const close = (got: unknown, expected: unknown, tolerance = 1e-10): void => {
  const [a, b] = [flat(got), flat(expected)];
  expect((got as Tensor).shape).toEqual((expected as Tensor).shape);
  a.forEach((v, i) => (Number.isFinite(b[i]) ? expect(Math.abs(v - (b[i] as number)) / Math.max(1, Math.abs(b[i] as number))).toBeLessThan(tolerance) : expect(v).toBe(b[i])));
};

type F = (x: Tensor, w: Tensor) => Tensor;

/** A loop, the same with as many steps as `x` and `w` ask for, written out, and arguments that ask for different numbers of steps. */
interface Subject {
  readonly name: string;
  readonly looped: F;
  readonly step: (c: Tensor, x: Tensor, w: Tensor) => Tensor;
  readonly goes: (c: number, x: number) => boolean;
  readonly init: (x: Tensor) => Tensor;
  readonly xs: readonly number[];
}

const subjects: Subject[] = [
  {
    // Heron's iteration for √x: the square root's derivative, nearly.
    name: "a fixed point",
    looped: (x, w) => whileLoop((c: Tensor) => greater(abs(sub(mul(c, c), x)), 1e-3), (c: Tensor) => mul(w, add(c, div(x, c))), add(x, 1)) as Tensor,
    step: (c, x, w) => mul(w, add(c, div(x, c))),
    goes: (c, x) => Math.abs(c * c - x) > 1e-3,
    init: (x) => add(x, 1),
    xs: [2, 9, 0.3],
  },
  {
    // log of what is not positive is NaN, and infinite where the loop ends: neither may leave a step that was not made.
    name: "a loop that leaves its domain",
    looped: (x, w) => whileLoop((c: Tensor) => greater(c, 0.5), (c: Tensor) => mul(w, log(c)), x) as Tensor,
    step: (c, _x, w) => mul(w, log(c)),
    goes: (c) => c > 0.5,
    init: (x) => x,
    xs: [60, -2, 3, 0, 1],
  },
];

describe.each(subjects)("$name", (subject) => {
  const { looped, step, goes, init, xs } = subject;
  const w = f64(0.5);
  // As many steps as numbers say.
  const stepsOf = (x: number): number => {
    let c = init(f64(x));
    let n = 0;
    while (goes(c.item(), x)) {
      c = step(c, f64(x), w);
      n++;
    }
    return n;
  };
  const out = (n: number): F => (x, v) => {
    let c = init(x);
    for (let i = 0; i < n; i++) c = step(c, x, v);
    return c;
  };
  const batch = f64(xs.slice());
  const each = (f: (g: F, x: Tensor) => Tensor): Tensor => stack(xs.map((x) => f(out(stepsOf(x)), f64(x))));

  test("the examples make different numbers of steps", () => expect(new Set(xs.map(stepsOf)).size).toBeGreaterThan(2));

  const one: [string, (f: F) => (x: Tensor) => Tensor][] = [
    ["value", (f) => (x) => f(x, w)],
    ["jvp", (f) => (x) => jvp(f, [x, w], [f64(1), f64(2)])[1] as Tensor],
    ["grad by x", (f) => (x) => grad(f)(x, w)],
    ["grad by w", (f) => (x) => grad(f, { argnums: 1 })(x, w)],
    ["grad∘jit", (f) => (x) => grad(jit(f) as F, { argnums: 1 })(x, w)],
    ["jit∘grad", (f) => (x) => jit(grad(f, { argnums: 1 }))(x, w)],
    ["linearize", (f) => (x) => linearize(f, [x, w])[1](f64(1), f64(2)) as Tensor],
    ["grad∘grad", (f) => (x) => grad((v: Tensor) => grad(f, { argnums: 1 })(v, w))(x)],
    ["grad∘grad by w", (f) => (x) => grad((v: Tensor) => grad(f, { argnums: 1 })(x, v))(w)],
    ["jit∘grad∘grad", (f) => (x) => jit(grad((v: Tensor) => grad(f, { argnums: 1 })(v, w)))(x)],
    ["grad∘jit∘grad", (f) => (x) => grad((v: Tensor) => jit(grad(f, { argnums: 1 }))(v, w))(x)],
    ["grad∘grad∘jit", (f) => (x) => grad((v: Tensor) => grad(jit(f) as F, { argnums: 1 })(v, w))(x)],
    ["jvp∘grad", (f) => (x) => jvp((v: Tensor) => grad(f)(v, w), [x], [f64(1)])[1] as Tensor],
    ["grad∘jvp", (f) => (x) => grad((v: Tensor) => jvp((u: Tensor) => f(u, w), [v], [f64(1)])[1] as Tensor)(x)],
    ["jit∘jvp∘grad", (f) => (x) => jit((y: Tensor) => jvp((v: Tensor) => grad(f)(v, w), [y], [f64(1)])[1] as Tensor)(x)],
    ["hessian", (f) => (x) => reduceSum(hessian((p: Tensor) => f(take(p, 0), take(p, 1)))(stack([x, w])), 0)],
    ["jacfwd∘jacrev", (f) => (x) => reduceSum(jacfwd(jacrev((p: Tensor) => f(take(p, 0), take(p, 1))))(stack([x, w])), 0)],
    ["jacrev∘jacfwd", (f) => (x) => reduceSum(jacrev(jacfwd((p: Tensor) => f(take(p, 0), take(p, 1))))(stack([x, w])), 0)],
    ["jacrev∘jacrev", (f) => (x) => reduceSum(jacrev(jacrev((p: Tensor) => f(take(p, 0), take(p, 1))))(stack([x, w])), 0)],
    ["grad∘grad∘grad", (f) => (x) => grad(grad(grad((v: Tensor) => f(v, w))))(x)],
    ["jit∘grad∘grad∘grad", (f) => (x) => jit(grad(grad(grad((v: Tensor) => f(v, w)))))(x)],
    ["a pullback applied twice under grad", (f) => (x) => grad((v: Tensor) => {
      const [y, pullback] = vjp((u: Tensor) => f(u, w), [v]);
      return add(mul(y as Tensor, pullback(1)[0] as Tensor), pullback(2)[0] as Tensor);
    })(x)],
  ];
  test.each(one)("%s", (_name, transform) => {
    for (const x of xs) close(transform(looped)(f64(x)), transform(out(stepsOf(x)))(f64(x)));
  });
  test.each(one)("vmap∘%s", (_name, transform) => close(vmap(transform(looped))(batch), each((f, x) => transform(f)(x))));
  test.each(one)("jit∘vmap∘%s", (_name, transform) => close(jit(vmap(transform(looped)))(batch), each((f, x) => transform(f)(x))));
  // The sum over a batch, whose examples share w.
  test.each(one)("grad∘vmap∘%s by the shared factor", (_name, transform) => {
    const of = (f: F, v: Tensor) => transform((x, u) => mul(f(x, mul(v, mul(2, u))), 1));
    close(
      grad((v: Tensor) => reduceSum(vmap(of(looped, v))(batch)))(w),
      reduceSum(each((f, x) => grad((v: Tensor) => reduceSum(of(f, v)(x)))(w))),
      1e-9,
    );
  });
});
