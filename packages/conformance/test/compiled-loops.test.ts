// Loops whose length the data say, compiled: what reverse mode saves of each step is on stacks in the memory of the module.

import { vmap } from "@gradus/batching";
import { add, array, mul, reduceSum, type Tensor, useBackend } from "@gradus/core";
import { cond, foriLoop, scan, whileLoop } from "@gradus/control-flow";
import { jvp } from "@gradus/jvp";
import { abs, div, exp, greater, less, sin, sub } from "@gradus/ops";
import { type CpuBackend, cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { checkpoint, grad, valueAndGrad, vjp } from "@gradus/vjp";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { expectTree } from "../src/index.js";

let backend: CpuBackend;
beforeEach(() => useBackend((backend = cpu())));

const int = (n: number | readonly number[]): Tensor => array(n as number[], { dtype: "int32" });

/** jit(f) gives what f gives, without a call of the host, and again when it is applied again. */
function compiledAlike(f: (...xs: any[]) => unknown, ...xs: unknown[]): void {
  const g = jit(f as never) as unknown as ((...xs: unknown[]) => unknown) & { explainPlan(...xs: unknown[]): string };
  const { hostCalls } = backend.stats();
  const got = g(...xs);
  expect(g.explainPlan(...xs)).toMatch(/^.*, 0 host calls;/);
  expect(backend.stats()["hostCalls"]).toBe(hostCalls);
  expectTree(got, f(...xs), "jit(f)");
  expectTree(g(...xs), got, "jit(f), applied again");
}

/** √a by Newton's iteration. */
const root = (a: Tensor): Tensor => whileLoop((x: Tensor) => greater(abs(sub(mul(x, x), a)), 1e-4), (x: Tensor) => mul(0.5, add(x, div(a, x))), add(a, 0)) as Tensor;
/** x ← sin(c·x), n times. */
const sines = (x: Tensor, n: Tensor): Tensor => foriLoop(0, n, (_i: Tensor, c: Tensor) => sin(mul(c, x)), x) as Tensor;
/** Loops of 0, 1, … n − 1 steps in a loop of n. */
const triangle = (x: Tensor, n: Tensor): Tensor => foriLoop(0, n, (i: Tensor, c: Tensor) => foriLoop(0, i, (_k: Tensor, d: Tensor) => mul(sin(d), x), c), x) as Tensor;

/** Of positive numbers the root, otherwise the square. */
const either = (x: Tensor): Tensor => cond(greater(x, 0.5), root, (c: Tensor) => mul(c, c), x) as Tensor;

describe("without a call of the host", () => {
  test("while: values, forward and reverse mode, of both orders", () => {
    for (const f of [root, grad(root), grad(grad(root)), (x: Tensor) => jvp(root, [x], [array(1)])]) compiledAlike(f as never, array(2));
    for (const f of [vmap(root), vmap(grad(root)), grad((x: Tensor) => reduceSum(vmap(root)(x) as Tensor))]) compiledAlike(f as never, array([2, 3, 4]));
  });
  test("foriLoop with bounds that are traced, of no step and of many", () => {
    for (const n of [-3, 0, 1, 2, 9, 100]) compiledAlike(valueAndGrad(sines) as never, array(0.8), int(n));
    compiledAlike(grad((x: Tensor, n: Tensor) => reduceSum(sines(x, n))) as never, array([0.3, 0.8, 1.1]), int(20));
    compiledAlike(grad(grad(sines)) as never, array(0.8), int(7));
    compiledAlike(vmap(grad(sines)) as never, array([0.3, 0.8, 1.1]), int([5, 0, 3]));
    compiledAlike(grad(sines) as never, array(0.8, { dtype: "float64" }), int(30));
  });
  test("loops of other lengths in a loop: stacks of stacks", () => {
    for (const n of [0, 1, 6]) compiledAlike(grad(triangle) as never, array(1.2), int(n));
    compiledAlike(grad(grad(triangle)) as never, array(1.2), int(5));
    compiledAlike(vmap(grad(triangle)) as never, array([1.2, 0.4]), int([4, 2]));
    const pyramid = (x: Tensor, n: Tensor): Tensor => foriLoop(0, n, (i: Tensor, c: Tensor) => triangle(add(c, x), i), x) as Tensor;
    compiledAlike(grad(pyramid) as never, array(0.9), int(5));
  });
  test("such a loop in a scan, and in a branch", () => {
    const f = (x: Tensor, n: Tensor): Tensor => (scan((c: Tensor, y: Tensor) => [sines(add(c, y), n), c], x, array([1, 0.2, -0.4])) as [Tensor, Tensor])[0];
    compiledAlike(grad(f) as never, array(0.8), int(5));
    compiledAlike(grad(grad(f)) as never, array(0.8), int(3));
    for (const x of [2, 0.2]) compiledAlike(valueAndGrad(either) as never, array(x));
    compiledAlike(vmap(grad(either)) as never, array([2, 0.2]));
    compiledAlike(grad((x: Tensor, n: Tensor) => foriLoop(0, n, (_k: Tensor, c: Tensor) => add(either(c), mul(x, 0.1)), x) as Tensor) as never, array(0.7), int(4));
  });
  test("a branch in such a loop, in a scan of scans, and with a carry that stays", () => {
    const f = (x: Tensor, n: Tensor): Tensor => foriLoop(0, n, (_k: Tensor, c: Tensor) => cond(greater(c, 0.5), (d: Tensor) => sin(mul(d, x)), (d: Tensor) => exp(mul(d, x)), c), x) as Tensor;
    for (const of of [grad(f), grad(grad(f))]) compiledAlike(of as never, array(0.8), int(6));
    compiledAlike(vmap(grad(f)) as never, array([0.8, 0.3]), int([6, 2]));
    const g = (x: Tensor): Tensor => (scan((c: Tensor, y: Tensor) => [(scan((d: Tensor, z: Tensor) => [cond(less(d, z), () => mul(d, x), () => sin(d)), z], add(c, y), array([0.1, 0.9])) as Tensor[])[0]!, null], x, array([0.5, -0.2, 1])) as Tensor[])[0]!;
    for (const of of [g, grad(g)]) compiledAlike(of as never, array(0.8));
    compiledAlike(grad((x: Tensor, n: Tensor) => (foriLoop(0, n, (_i: Tensor, [a, b]: Tensor[]) => [b!, mul(a!, x)], [x, array(2)]) as Tensor[])[0]!) as never, array(0.8), int(5));
  });
  test("checkpointed loops", () => {
    const f = (x: Tensor, n: Tensor): Tensor => foriLoop(0, n, (_i: Tensor, c: Tensor) => sin(mul(c, x)), x, { checkpointEvery: 3 }) as Tensor;
    for (const n of [0, 2, 3, 10]) compiledAlike(grad(f) as never, array(0.8), int(n));
    const g = (x: Tensor): Tensor => (scan((c: Tensor, y: Tensor) => [sin(mul(c, y)), c], x, array([1, 2, 3, 4, 5]), { checkpointEvery: 2 }) as Tensor[])[0]!;
    compiledAlike(grad(g) as never, array(0.8));
    compiledAlike(grad((x: Tensor, n: Tensor) => checkpoint((y: Tensor) => sines(y, n))(x) as Tensor) as never, array(0.8), int(5));
  });
});

test("the gradient of loops in loops has twice as many: what is saved is not copied from level to level", () => {
  const nested = (depth: number) => (x: Tensor): Tensor =>
    depth === 0 ? sin(x) : (scan((c: Tensor, y: Tensor) => [mul(nested(depth - 1)(c), y), null], x, array([0.9, 1.1, 0.7])) as Tensor[])[0]!;
  for (const depth of [1, 2, 3, 4]) {
    compiledAlike(grad(nested(depth)) as never, array(0.5));
    expect(jit(grad(nested(depth))).explainPlan(array(0.5))).toContain(` ${2 * depth} loops and branches`);
  }
});

test("slices that a loop collects again are where they were, backwards too, and slices that it does not read are left alone", () => {
  const xs = array([1, 2, 3]);
  for (const reverse of [false, true]) {
    const f = jit((x: Tensor) => scan((c: Tensor, [y, z]: Tensor[]) => [add(c, y!), [y!, z!, c]], array(0), [x, mul(x, 2)], { reverse }));
    expectTree(f(xs), [array(6), [xs, mul(xs, 2), array(reverse ? [5, 3, 0] : [0, 1, 3])]], "a scan");
    expect(f.explainPlan(xs).match(/= row of/g)).toHaveLength(1);
  }
  const two = jit((x: Tensor) => scan((c: Tensor, y: Tensor) => [c, [y, y]], array(0), x)[1]);
  expectTree(two(xs), [xs, xs], "the same slices, twice");
});

test("stacks leave a compiled program and come back", () => {
  for (const f of [(x: Tensor) => sines(x, int(5)), (x: Tensor) => triangle(x, int(5)), root, either]) {
    expectTree(grad(jit(f as never) as never)(1.2), grad(f)(1.2), "grad(jit(f))");
    expectTree(grad(grad(jit(f as never) as never) as never)(1.2), grad(grad(f))(1.2), "grad(grad(jit(f)))");
    const [, pull] = vjp(jit(f as never) as never, [array(1.2)]) as unknown as [Tensor, (ct: Tensor) => unknown];
    expectTree(pull(array(2)), pull(array(2)), "a cotangent pulled back twice");
  }
});

test("a loop that saves much gives its memory back, and does with what there is", () => {
  const f = jit(grad((x: Tensor, n: Tensor) => reduceSum(triangle(x, n))));
  const x = array(Float32Array.from({ length: 500 }, (_, i) => i / 500));
  const want = f(x, int(30)) as Tensor;
  const { memory } = backend.stats();
  for (let i = 0; i < 20; i++) f(x, int(i));
  expectTree(f(x, int(30)), want, "applied again");
  expect(backend.stats()["memory"]).toBe(memory);
});

describe("loops and branches at random", () => {
  /** What is done to a carry. Loops run as often as an integer says that is not known before, branches go by it; their bodies see the index. */
  type Body =
    | { readonly kind: "step"; readonly which: number }
    | { readonly kind: "for" | "scan" | "again"; readonly body: Body }
    | { readonly kind: "branch" | "both"; readonly first: Body; readonly second: Body };
  const { body } = fc.letrec<{ body: Body }>((tie) => ({
    body: fc.oneof(
      { maxDepth: 3, depthSize: "medium" },
      fc.record({ kind: fc.constant("step" as const), which: fc.nat(3) }),
      fc.record({ kind: fc.constantFrom("for" as const, "scan" as const, "again" as const), body: tie("body") }),
      fc.record({ kind: fc.constantFrom("branch" as const, "both" as const), first: tie("body"), second: tie("body") }),
    ) as fc.Arbitrary<Body>,
  }));
  const steps: ((c: Tensor, x: Tensor) => Tensor)[] = [(c, x) => sin(mul(c, x)), (c) => c, (c, x) => sub(x, mul(c, 0.5)), (_c, x) => mul(x, x)];

  function apply(b: Body, c: Tensor, x: Tensor, n: Tensor): Tensor {
    switch (b.kind) {
      case "step":
        return steps[b.which]!(c, x);
      case "both":
        return apply(b.second, apply(b.first, c, x, n), x, n);
      case "branch":
        return cond(greater(n, 1), (d: Tensor) => apply(b.first, d, x, n), (d: Tensor) => apply(b.second, d, x, n), c) as Tensor;
      case "for":
        return foriLoop(0, n, (i: Tensor, d: Tensor) => apply(b.body, d, x, i), c) as Tensor;
      case "again":
        return foriLoop(0, n, (i: Tensor, d: Tensor) => apply(b.body, d, x, add(i, 1)), c, { checkpointEvery: 2 }) as Tensor;
      case "scan": {
        const [last, all] = scan((d: Tensor, y: Tensor) => [apply(b.body, mul(d, y), x, n), d], c, array([0.9, 1.1], { dtype: "float64" })) as [Tensor, Tensor];
        return add(last, reduceSum(all, 0));
      }
    }
  }

  const check = (transform: (f: (x: Tensor, n: Tensor) => Tensor) => unknown, runs: number, seed: number) => (): void => {
    const x = array([0.7, -1.2], { dtype: "float64" });
    fc.assert(
      fc.property(body, fc.integer({ min: 0, max: 3 }), (b, n) => compiledAlike(transform((y, m) => reduceSum(apply(b, y, y, m))) as never, x, int(n))),
      { numRuns: runs, seed },
    );
  };
  test("their gradients", { timeout: 120_000 }, check((f) => valueAndGrad(f as never), 60, 1));
  test("derivatives of their gradients", { timeout: 120_000 }, check((f) => grad(((x: Tensor, n: Tensor) => reduceSum(sin(grad(f)(x, n) as Tensor))) as never), 20, 2));
  test("their gradients, mapped", { timeout: 120_000 }, check((f) => (x: Tensor, n: Tensor) => vmap(grad((y: Tensor, m: Tensor) => f(mul(array([1, 0.5], { dtype: "float64" }), y), m)) as never)(x, add(int([0, 1]), n)), 20, 3));
});
