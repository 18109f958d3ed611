// Loops whose number of steps depends on values, against the same steps written out and against closed forms, in float64 and through
// the transformations and their compositions. JAX has no reverse mode here to compare with.

import { vmap } from "@gradus/batching";
import { cond, foriLoop, scan, switchCase, whileLoop } from "@gradus/control-flow";
import { add, array, bind, cast, definePrimitive, mul, NonlinearError, reduceSum, type Tensor, useBackend } from "@gradus/core";
import { customJvp, customVjp, straightThrough } from "@gradus/custom-rules";
import { jacfwd, jvp } from "@gradus/jvp";
import { abs, and as logicalAnd, cos, div, exp, greater, less, log, round, sin, sqrt, stack, sub, take, tanh } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { stopGradient } from "@gradus/stop-gradient";
import { checkProgram, evalProgram, jit, makeProgram, Program } from "@gradus/tracing";
import { checkpoint, grad, hessian, jacrev, linearize, linearTranspose, vjp } from "@gradus/vjp";
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

/** A function of x and w = 0.5 with loops, and the same written out, with as many steps as are made at x. */
interface Subject {
  readonly name: string;
  readonly looped: F;
  readonly written: (x: number) => F;
  readonly xs: readonly number[];
  /** Whether it goes through all compositions, or some. */
  readonly all?: boolean;
}

const int = (x: number): Tensor => array(x, { dtype: "int32" });
// What is decided at x is found out there, where values can be read, and then repeated: tangents play no part in it.
const decided = (f: (x: Tensor, w: Tensor, ask: (p: () => boolean) => boolean) => Tensor) => (x: number): F => {
  const answers: boolean[] = [];
  f(f64(x), f64(0.5), (p) => answers[answers.push(p()) - 1] as boolean);
  return (y, w) => {
    let next = 0;
    return f(y, w, () => answers[next++] as boolean);
  };
};
const unroll = (goes: (c: Tensor) => boolean, step: (c: Tensor) => Tensor, init: Tensor): Tensor => {
  let c = init;
  while (goes(c)) c = step(c);
  return c;
};
const times = (n: number, step: (c: Tensor, i: number) => Tensor, init: Tensor): Tensor => Array.from({ length: n }, (_, i) => i).reduce(step, init);

const subjects: Subject[] = [
  {
    // Heron's iteration for √x: the square root's derivative, nearly.
    name: "a fixed point",
    looped: (x, w) => whileLoop((c: Tensor) => greater(abs(sub(mul(c, c), x)), 1e-3), (c: Tensor) => mul(w, add(c, div(x, c))), add(x, 1)) as Tensor,
    written: decided((x, w, ask) => unroll((c) => ask(() => Math.abs(c.item() ** 2 - x.item()) > 1e-3), (c) => mul(w, add(c, div(x, c))), add(x, 1))),
    xs: [2, 9, 0.3],
    all: true,
  },
  {
    // log of what is not positive is NaN, and infinite at 0: neither may leave a step that was not made.
    name: "a loop that leaves its domain",
    looped: (x, w) => whileLoop((c: Tensor) => greater(c, 0.5), (c: Tensor) => mul(w, log(c)), x) as Tensor,
    written: decided((x, w, ask) => unroll((c) => ask(() => c.item() > 0.5), (c) => mul(w, log(c)), x)),
    xs: [60, -2, 3, 0, 1],
    all: true,
  },
  {
    name: "a product with a bound that depends on x",
    looped: (x, w) => foriLoop(0, cast(x, "int32"), (i, c: Tensor) => mul(c, sin(add(w, mul(x, i)))), w) as Tensor,
    written: (n) => (x, w) => times(Math.trunc(n), (c, i) => mul(c, sin(add(w, mul(x, i)))), w),
    xs: [3.5, 0.2, 1.5, -1],
  },
  {
    name: "values that change places, beside integers and booleans",
    looped: (x, w) => {
      const [, , a, b] = whileLoop(
        ([on, i]: Tensor[]) => logicalAnd(on as Tensor, less(i as Tensor, 5)),
        ([, i, p, q]: Tensor[]) => [less(p as Tensor, 20), add(i as Tensor, 1), q as Tensor, mul(add(p as Tensor, w), x)],
        [true, 0, x, 1].map((v, i) => (i === 1 ? int(0) : i === 3 ? f64(1) : (v as Tensor))),
      ) as unknown as Tensor[];
      return add(mul(a as Tensor, 3), b as Tensor);
    },
    written: (n) => (x, w) => {
      let [on, p, q] = [true, x, f64(1)];
      let [a, b] = [n, 1];
      for (let i = 0; on && i < 5; i++) {
        on = a < 20;
        [a, b] = [b, (a + 0.5) * n];
        [p, q] = [q, mul(add(p, w), x)];
      }
      return add(mul(p, 3), q);
    },
    xs: [1.5, 30, 7],
  },
  {
    name: "a loop inside of scan",
    looped: (x, w) => reduceSum(scan((c: Tensor, v: Tensor) => {
      const d = whileLoop((u: Tensor) => less(u, 4), (u: Tensor) => add(mul(u, u), mul(w, exp(v))), mul(c, v)) as Tensor;
      return [tanh(mul(d, w)), mul(d, x)];
    }, x, f64([0.5, 1, -2]))[1] as Tensor),
    written: decided((x, w, ask) => {
      let [c, sum] = [x, f64(0)];
      for (const v of [0.5, 1, -2]) {
        const d = unroll((u) => ask(() => u.item() < 4), (u) => add(mul(u, u), mul(w, Math.exp(v))), mul(c, v));
        [c, sum] = [tanh(mul(d, w)), add(sum, mul(d, x))];
      }
      return sum;
    }),
    xs: [1.5, 30, -4],
  },
  {
    name: "a loop inside of a loop, with a scan in it",
    looped: (x, w) => whileLoop((c: Tensor) => less(c, 20), (c: Tensor) => {
      const d = whileLoop((u: Tensor) => less(u, 6), (u: Tensor) => add(u, exp(mul(w, u))), mul(c, x)) as Tensor;
      return add(d, scan((s: Tensor, v: Tensor) => [add(s, mul(v, cos(mul(s, w)))), null], c, f64([1, 2]))[0] as Tensor);
    }, x) as Tensor,
    written: decided((x, w, ask) => unroll((c) => ask(() => c.item() < 20), (c) => {
      const d = unroll((u) => ask(() => u.item() < 6), (u) => add(u, exp(mul(w, u))), mul(c, x));
      return add(d, [1, 2].reduce<Tensor>((s, v) => add(s, mul(v, cos(mul(s, w)))), c));
    }, x)),
    xs: [1.2, 5, 25],
  },
  {
    name: "a choice inside of a loop, and loops inside of a choice",
    looped: (x, w) => {
      const c = whileLoop((u: Tensor) => less(u, 10), (u: Tensor) => cond(less(u, 3), (v: Tensor) => mul(v, add(1, w)), (v: Tensor) => add(v, sqrt(sub(v, 3))), u), abs(x)) as Tensor;
      return switchCase(cast(greater(c, 12), "int32"), [
        (v: Tensor) => whileLoop((u: Tensor) => less(u, 100), (u: Tensor) => mul(u, add(w, log(v))), v) as Tensor,
        (v: Tensor) => whileLoop((u: Tensor) => greater(u, 2), (u: Tensor) => mul(u, w), mul(v, x)) as Tensor,
      ], c);
    },
    written: decided((x, w, ask) => {
      const c = unroll((u) => ask(() => u.item() < 10), (u) => (ask(() => u.item() < 3) ? mul(u, add(1, w)) : add(u, sqrt(sub(u, 3)))), abs(x));
      return ask(() => c.item() > 12)
        ? unroll((u) => ask(() => u.item() > 2), (u) => mul(u, w), mul(c, x))
        : unroll((u) => ask(() => u.item() < 100), (u) => mul(u, add(w, log(c))), c);
    }),
    xs: [1.2, 5, 25, -4.5],
  },
];

describe.each(subjects)("$name", ({ looped, written, xs, all }) => {
  const w = f64(0.5);
  const batch = f64(xs.slice());
  const each = (f: (g: F, x: Tensor) => Tensor): Tensor => stack(xs.map((x) => f(written(x), f64(x))));

  const every: [string, (f: F) => (x: Tensor) => Tensor][] = [
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
  const some = ["value", "jvp", "grad by w", "jit∘grad", "grad∘jit", "grad∘grad", "jvp∘grad", "hessian"];
  const one = every.filter(([name]) => all === true || some.includes(name));
  test.each(one)("%s", (_name, transform) => {
    for (const x of xs) close(transform(looped)(f64(x)), transform(written(x))(f64(x)));
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

// x·2ᵏ for the first k that brings it to 100: its derivative is 2ᵏ.
const doubled = (x: Tensor): Tensor => whileLoop((c: Tensor) => less(c, 100), (c: Tensor) => mul(c, 2), x) as Tensor;

describe("programs", () => {
  test("count steps, collect on stacks and scan them backwards", () => {
    const program = makeProgram(grad((x: Tensor) => whileLoop((c: Tensor) => less(c, 100), (c: Tensor) => mul(c, c), x) as Tensor))(f64(3));
    checkProgram(program);
    expect(program.equations.map((eq) => `${eq.outputs.map((v) => v.aval).join(" ")} = ${eq.primitive.name}`)).toEqual(["i32[] f64[] stack<f64[]> = while_loop", "f64[] = scan"]);
    for (const eq of program.equations) for (const p of Object.values(eq.params as object)) if (p instanceof Program) checkProgram(p);
    expect(makeProgram((...xs: Tensor[]) => evalProgram(program, xs))(f64(3)).toString()).toBe(program.toString());
  });
  test("hold no stack where nothing is saved", () => {
    expect(makeProgram(grad(doubled))(f64(3)).toString()).not.toContain("stack");
  });
});

describe("linear maps of loops are values", () => {
  test("a pullback is returned from jit", () => {
    const [y, pullback] = jit((x: Tensor) => vjp((v: Tensor) => whileLoop((c: Tensor) => less(c, 100), (c: Tensor) => mul(c, c), v) as Tensor, [x]))(f64(3)) as unknown as [Tensor, (ct: Tensor) => Tensor[]];
    close(y, f64(6561));
    close(pullback(f64(1))[0], f64(8 * 3 ** 7));
    close(jit((p: typeof pullback) => p(f64(2))[0] as Tensor)(pullback), f64(16 * 3 ** 7));
  });
  test("pullbacks are made and applied per example", () => {
    const xs = f64([3, 9, 200]);
    const squared = (v: Tensor): Tensor => whileLoop((c: Tensor) => less(c, 100), (c: Tensor) => mul(c, c), v) as Tensor;
    const pullback = vmap((x: Tensor) => vjp(squared, [x])[1] as never)(xs) as unknown as (ct: Tensor) => Tensor[];
    close(vmap((p: typeof pullback, ct: Tensor) => p(ct)[0] as Tensor)(pullback, f64([1, 1, 5])), f64([8 * 3 ** 7, 4 * 9 ** 3, 5]));
  });
  test("a linear loop transposes", () => {
    const f = (n: Tensor) => (x: Tensor): Tensor => foriLoop(0, n, (i, c: Tensor) => mul(c, add(i, 1)), x) as Tensor;
    close(jit((n: Tensor) => linearTranspose(f(n), [f64(1)])(f64(1))[0] as Tensor)(int(4)), f64(24));
    expect(() => linearTranspose(doubled, [f64(1)])(1)).toThrow(NonlinearError);
  });
});

describe("many steps", () => {
  // A rotation by x in each of n steps: by n·x after all.
  const rotated = (n: Tensor) => (x: Tensor): Tensor =>
    whileLoop(
      ([i]: Tensor[]) => less(i as Tensor, n),
      ([i, a, b]: Tensor[]) => [add(i as Tensor, 1), sub(mul(a as Tensor, cos(x)), mul(b as Tensor, sin(x))), add(mul(a as Tensor, sin(x)), mul(b as Tensor, cos(x)))],
      [int(0), f64(1), f64(0)],
    )[1] as Tensor;
  const x = 1e-5;
  const cases: [string, number, (n: number) => Tensor, (n: number) => number][] = [
    ["eagerly", 100_000, (n) => grad(rotated(int(n)))(f64(x)), (n) => -n * Math.sin(n * x)],
    ["under jit", 100_000, (n) => jit((m: Tensor, v: Tensor) => grad(rotated(m))(v))(int(n), f64(x)), (n) => -n * Math.sin(n * x)],
    ["for a batch of different lengths", 2_000, (n) => take(vmap((m: Tensor, v: Tensor) => grad(rotated(m))(v), [0, null])(array([n, 3], { dtype: "int32" }), f64(x)), 0), (n) => -n * Math.sin(n * x)],
    ["second derivative", 20_000, (n) => grad(grad(rotated(int(n))))(f64(x)), (n) => -n * n * Math.cos(n * x)],
  ];
  test.each(cases)("%s: %i", (_name, n, run, expected) => close(run(n), f64(expected(n)), 1e-7), 60_000);
});

describe("what a body may hold", () => {
  const bump = (x: Tensor): Tensor => mul(sin(x), 1.2);
  const byJvp = customJvp(bump).defjvp(([x]: [Tensor], [dx]: [Tensor]) => [bump(x), mul(dx, cos(mul(x, 2)))]);
  const byVjp = customVjp(bump).defvjp((x: Tensor) => [bump(x), x], (x: Tensor, ct: Tensor) => [mul(ct, cos(mul(x, 2)))]);
  const parts: [string, (x: Tensor) => Tensor][] = [
    ["jit", jit(bump) as (x: Tensor) => Tensor],
    ["checkpoint", checkpoint(bump) as (x: Tensor) => Tensor],
    ["a custom jvp", byJvp as unknown as (x: Tensor) => Tensor],
    ["a custom vjp", byVjp as unknown as (x: Tensor) => Tensor],
    ["a straight-through estimator", straightThrough((x: Tensor) => round(mul(x, 8)), (x: Tensor) => mul(sin(x), 8)) as unknown as (x: Tensor) => Tensor],
    ["stopGradient", (x) => mul(x, stopGradient(cos(x)))],
    ["another gradient", (x) => grad((v: Tensor) => mul(bump(v), v))(x)],
    ["a jvp of a loop", (x) => jvp((v: Tensor) => foriLoop(0, cast(mul(v, 3), "int32"), (_i, c: Tensor) => sin(mul(c, v)), v) as Tensor, [x], [f64(0.5)])[1]],
    ["a gradient of a loop", (x) => grad((v: Tensor) => foriLoop(0, cast(mul(v, 3), "int32"), (_i, c: Tensor) => sin(mul(c, v)), v) as Tensor)(x)],
    ["vmap of a loop", (x) => reduceSum(vmap((v: Tensor) => foriLoop(0, cast(mul(v, 3), "int32"), (_i, c: Tensor) => sin(mul(c, v)), v) as Tensor)(stack([x, mul(x, 2)])))],
  ];
  test.each(parts)("%s", (_name, f) => {
    const looped = (n: Tensor) => (x: Tensor): Tensor => whileLoop(([i]: Tensor[]) => less(i as Tensor, n), ([i, c]: Tensor[]) => [add(i as Tensor, 1), add(f(c as Tensor), mul(x, 0.3))], [int(0), x])[1] as Tensor;
    const out = (n: number) => (x: Tensor): Tensor => times(n, (c) => add(f(c), mul(x, 0.3)), x);
    const x = f64(0.8);
    close(looped(int(3))(x), out(3)(x));
    close(grad(looped(int(3)))(x), grad(out(3))(x));
    close(jit((n: Tensor, v: Tensor) => grad(looped(n))(v))(int(3), x), grad(out(3))(x));
    close(jit((n: Tensor, v: Tensor) => grad(grad(looped(n)))(v))(int(3), x), grad(grad(out(3)))(x));
    close(vmap((n: Tensor, v: Tensor) => grad(looped(n))(v), [0, null])(array([3, 0, 1], { dtype: "int32" }), x), stack([3, 0, 1].map((n) => grad(out(n))(x))));
    close(grad((v: Tensor) => reduceSum(vmap((n: Tensor) => looped(n)(v))(array([3, 0, 1], { dtype: "int32" }))))(x), [3, 0, 1].map((n) => grad(out(n))(x)).reduce((a, b) => add(a, b)));
  });
});

test("what a step does beside computing it does once, on the way forward", () => {
  const seen: number[] = [];
  const tap = definePrimitive("@test/tap", { effect: "unordered", zeroGradient: "it only looks", abstractEval: ([x]) => x as NonNullable<typeof x>, decompose: ([x]) => (seen.push((x as Tensor).item()), x as Tensor) });
  const f = (x: Tensor): Tensor => whileLoop((c: Tensor) => less(c, 100), (c: Tensor) => {
    bind(tap, [c]);
    return mul(c, c);
  }, x) as Tensor;
  for (const run of [() => f(f64(3)), () => grad(f)(f64(3)), () => jit(grad(f))(f64(3)), () => jvp(f, [f64(3)], [f64(1)]), () => grad(grad(f))(f64(3))]) {
    seen.length = 0;
    run();
    expect(seen).toEqual([3, 9, 81]);
  }
});
