// Under a predicate that differs between examples all branches are computed for all of them. What is NaN or infinite in a branch
// that an example did not take must not reach its value or its gradients of any order, nor those of what examples share.

import { vmap } from "@gradus/batching";
import { cond, foriLoop, scan, switchCase } from "@gradus/control-flow";
import { add, array, cast, mul, reduceSum, type Tensor, useBackend } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { abs, div, exp, greater, less, log, neg, pow, sqrt, stack, sub, take } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad, hessian, linearTranspose, linearize } from "@gradus/vjp";
import { describe, expect, test } from "vitest";

useBackend(cpu());

const f64 = (x: number | number[]): Tensor => array(x, { dtype: "float64" });
const flat = (x: Tensor): number[] => (x.ndim === 0 ? [x.item()] : Array.from(x.dataSync()));
const close = (got: Tensor, expected: Tensor): void => {
  const [a, b] = [flat(got), flat(expected)];
  expect(b.every(Number.isFinite)).toBe(true);
  expect(a.length).toBe(b.length);
  a.forEach((v, i) => expect(Math.abs(v - (b[i] as number))).toBeLessThan(1e-10 * Math.max(1, Math.abs(b[i] as number))));
};

type F = (x: Tensor, w: Tensor) => Tensor;

interface Subject {
  readonly name: string;
  readonly chosen: F;
  /** The branch that is taken at x, by itself. */
  readonly taken: (x: number) => F;
  readonly xs: readonly number[];
}

const subjects: Subject[] = [
  {
    name: "a logarithm of what may be negative or zero",
    chosen: (x, w) => cond(greater(x, 0), (v: Tensor) => mul(w, log(v)), (v: Tensor) => mul(w, v), x),
    taken: (n) => (n > 0 ? (x, w) => mul(w, log(x)) : (x, w) => mul(w, x)),
    xs: [2, 0, -3],
  },
  {
    name: "a root of what was captured",
    chosen: (x, w) => cond(greater(x, 1), () => mul(w, sqrt(sub(x, 1))), () => div(w, sub(x, 2))),
    taken: (n) => (n > 1 ? (x, w) => mul(w, sqrt(sub(x, 1))) : (x, w) => div(w, sub(x, 2))),
    xs: [2, 1, 0, 5],
  },
  {
    name: "three branches, each singular where the others are taken",
    chosen: (x, w) => switchCase(cast(x, "int32"), [(v: Tensor) => div(w, sub(v, 1)), (v: Tensor) => div(w, sub(v, 2)), (v: Tensor) => log(mul(w, sub(v, 1)))], x),
    taken: (n) => [(x: Tensor, w: Tensor) => div(w, sub(x, 1)), (x: Tensor, w: Tensor) => div(w, sub(x, 2)), (x: Tensor, w: Tensor) => log(mul(w, sub(x, 1)))][Math.min(Math.max(Math.trunc(n), 0), 2)] as F,
    xs: [0, 1, 2, 3, -4],
  },
  {
    name: "a choice in a choice",
    chosen: (x, w) =>
      cond(
        less(x, 0),
        (v: Tensor) => cond(less(v, -1), (u: Tensor) => mul(w, sqrt(neg(add(u, 1)))), (u: Tensor) => log(neg(mul(u, w))), v),
        (v: Tensor) => cond(greater(v, 1), (u: Tensor) => div(w, sub(u, 1)), (u: Tensor) => mul(u, exp(w)), v),
        x,
      ),
    taken: (n) => (n < -1 ? (x, w) => mul(w, sqrt(neg(add(x, 1)))) : n < 0 ? (x, w) => log(neg(mul(x, w))) : n > 1 ? (x, w) => div(w, sub(x, 1)) : (x, w) => mul(x, exp(w))),
    xs: [-3, -0.5, 0, 1, 2],
  },
  {
    name: "a choice in scan",
    chosen: (x, w) => scan((c: Tensor, i: Tensor) => [cond(greater(c, i), (v: Tensor) => mul(w, sqrt(sub(v, i))), (v: Tensor) => add(mul(w, v), pow(abs(sub(i, 3)), w)), c), null], x, f64([0, 1, 2]))[0] as Tensor,
    taken: (n) => (x, w) => {
      let [c, v] = [x, n];
      for (const i of [0, 1, 2]) {
        const isGreater = v > i;
        c = isGreater ? mul(w, sqrt(sub(c, i))) : add(mul(w, c), pow(f64(3 - i), w));
        v = isGreater ? 0.7 * Math.sqrt(v - i) : 0.7 * v + (3 - i) ** 0.7;
      }
      return c;
    },
    xs: [5, 0, -2, 1],
  },
  {
    name: "a loop in a choice, of another length for each example",
    chosen: (x, w) => cond(greater(x, 1), (v: Tensor) => foriLoop(0, cast(v, "int32"), (_i, c: Tensor) => mul(w, log(add(c, v))), sqrt(sub(v, 1))) as Tensor, (v: Tensor) => div(w, sub(v, 2)), x),
    taken: (n) => (n > 1 ? (x, w) => Array.from({ length: Math.trunc(n) }).reduce<Tensor>((c) => mul(w, log(add(c, x))), sqrt(sub(x, 1))) : (x, w) => div(w, sub(x, 2))),
    xs: [3.5, 1, 2, -1, 6],
  },
];

describe.each(subjects)("$name", ({ chosen, taken, xs }) => {
  const w = f64(0.7);
  const transforms: [string, (f: F) => (x: Tensor) => Tensor][] = [
    ["value", (f) => (x) => f(x, w)],
    ["jvp", (f) => (x) => jvp(f, [x, w], [f64(1), f64(2)])[1] as Tensor],
    ["linearize", (f) => (x) => linearize(f, [x, w])[1](f64(1), f64(2)) as Tensor],
    ["grad by x", (f) => (x) => grad(f)(x, w)],
    ["grad by w", (f) => (x) => grad(f, { argnums: 1 })(x, w)],
    ["jit∘grad", (f) => (x) => jit(grad(f, { argnums: 1 }))(x, w)],
    ["grad∘jit", (f) => (x) => grad(jit(f) as F)(x, w)],
    ["grad∘grad", (f) => (x) => grad(grad((v: Tensor) => f(v, w)))(x)],
    ["hessian", (f) => (x) => reduceSum(hessian((p: Tensor) => f(take(p, 0), take(p, 1)))(stack([x, w])), 0)],
  ];
  test.each(transforms)("%s of each example", (_name, transform) => {
    const expected = stack(xs.map((x) => transform(taken(x))(f64(x))));
    close(stack(xs.map((x) => transform(chosen)(f64(x)))), expected);
    close(vmap(transform(chosen))(f64(xs.slice())), expected);
    close(jit(vmap(transform(chosen)))(f64(xs.slice())), expected);
    // Twice: one example in each of two batches.
    close(vmap(vmap(transform(chosen)))(stack([f64(xs.slice()), f64(xs.slice())])), stack([expected, expected]));
  });
  test.each(transforms)("grad∘vmap∘%s by what examples share", (_name, transform) => {
    const of = (f: F, v: Tensor) => transform((x, u) => f(x, mul(v, div(u, w))));
    const expected = xs.map((x) => grad((v: Tensor) => reduceSum(of(taken(x), v)(f64(x))))(w)).reduce(add);
    const got = (v: Tensor): Tensor => reduceSum(vmap(of(chosen, v))(f64(xs.slice())));
    close(grad(got)(w), expected);
    close(jit(grad(got))(w), expected);
  });
});

test("a choice between linear functions transposes, per example too", () => {
  const ps = array([true, false, true]);
  const f = (x: Tensor): Tensor => vmap((p: Tensor, v: Tensor) => cond(p, (u: Tensor) => mul(u, 2), (u: Tensor) => mul(u, 3), v))(ps, x);
  expect(flat((linearTranspose(f, [f64([0, 0, 0])])(f64([1, 10, 100])) as Tensor[])[0] as Tensor)).toEqual([2, 30, 200]);
});
