// Loops that save every k-th carry: the same results as without, and memory and work as promised.

import { vmap } from "@gradus/batching";
import { type LoopOptions, foriLoop, scan, whileLoop } from "@gradus/control-flow";
import { add, array, type Handler, mul, performBelow, reduceSum, type Tensor, treeLeaves, useBackend, withHandler } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { exp, less, sin, take } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { checkProgram, jit, makeProgram } from "@gradus/tracing";
import { grad, hessian, linearize, vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";

useBackend(cpu());

const f64 = (x: number | number[]): Tensor => array(x, { dtype: "float64" });
const int = (x: number): Tensor => array(x, { dtype: "int32" });
const flat = (x: Tensor): number[] => (x.ndim === 0 ? [x.item()] : Array.from(x.dataSync()));
const close = (got: unknown, expected: unknown): void => {
  const [a, b] = [flat(got as Tensor), flat(expected as Tensor)];
  expect(a.length).toBe(b.length);
  a.forEach((v, i) => expect(Math.abs(v - (b[i] as number))).toBeLessThan(1e-10 * Math.max(1, Math.abs(b[i] as number))));
};

type Loop = (n: number, options: LoopOptions) => (x: Tensor) => Tensor;
const step = (c: Tensor, i: Tensor, x: Tensor): Tensor => sin(add(mul(c, x), mul(exp(mul(c, 0.1)), i)));

const loops: Record<string, Loop> = {
  whileLoop: (n, options) => (x) => whileLoop(([i]: Tensor[]) => less(i as Tensor, n), ([i, c]: Tensor[]) => [add(i as Tensor, 1), step(c as Tensor, i as Tensor, x)], [int(0), f64(0.3)], options)[1] as Tensor,
  "foriLoop with fixed bounds": (n, options) => (x) => foriLoop(0, n, (i, c: Tensor) => step(c, i, x), f64(0.3), options) as Tensor,
  "foriLoop with a bound that is traced": (n, options) => (x) => jit((m: Tensor, v: Tensor) => foriLoop(0, m, (i, c: Tensor) => step(c, i, v), f64(0.3), options) as Tensor)(int(n), x),
  scan: (n, options) => (x) => {
    const [c, ys] = scan((c: Tensor, i: Tensor) => [step(c, i, x), mul(c, x)], f64(0.3), f64(Array.from({ length: n }, (_, i) => i / n)), options);
    return add(c as Tensor, reduceSum(ys as Tensor));
  },
  "scan from the last": (n, options) => (x) => {
    const [c, ys] = scan((c: Tensor, i: Tensor) => [step(c, i, x), { y: mul(c, i) }], f64(0.3), f64(Array.from({ length: n }, (_, i) => i / n)), { ...options, reverse: true });
    return add(c as Tensor, reduceSum(mul((ys as unknown as { y: Tensor }).y, f64(Array.from({ length: n }, (_, i) => Math.sin(i))))));
  },
  "scan without inputs": (n, options) => (x) => scan((c: Tensor) => [step(c, x, x), null], f64(0.3), null, { ...options, length: n })[0] as Tensor,
};

const transforms: [string, (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor][] = [
  ["value", (f) => f],
  ["jvp", (f) => (x) => jvp(f, [x], [f64(1)])[1]],
  ["grad", (f) => grad(f)],
  ["jit∘grad", (f) => jit(grad(f))],
  ["grad∘jit", (f) => grad(jit(f) as typeof f)],
  ["linearize", (f) => (x) => linearize(f, [x])[1](f64(2)) as Tensor],
  ["grad∘grad", (f) => grad(grad(f))],
  ["jit∘grad∘grad", (f) => jit(grad(grad(f)))],
  ["hessian", (f) => hessian(f) as unknown as (x: Tensor) => Tensor],
  ["jvp∘grad", (f) => (x) => jvp(grad(f), [x], [f64(1)])[1]],
  ["vmap∘grad", (f) => (x) => vmap(grad(f))(f64([x.item(), 0.2]))],
  ["grad∘vmap", (f) => grad((x: Tensor) => reduceSum(vmap((v: Tensor) => f(mul(v, x)))(f64([1, 2]))))],
];

describe.each(Object.entries(loops))("%s with checkpoints", (_name, loop) => {
  test.each(transforms)("%s is that without", (_transform, transform) => {
    const expected = transform(loop(7, {}))(f64(0.7));
    for (const k of [1, 3, 7, 20]) close(transform(loop(7, { checkpointEvery: k }))(f64(0.7)), expected);
  });
  test("makes no steps where there are none to make", () => close(grad(loop(0, { checkpointEvery: 2 }))(f64(0.7)), f64(0)));
  test("is a program that checks", () => checkProgram(makeProgram(grad(loop(7, { checkpointEvery: 3 })))(f64(0.7))));
});

test("examples stop at different steps", () => {
  const f = (options: LoopOptions) => (n: Tensor, x: Tensor): Tensor => foriLoop(0, n, (i, c: Tensor) => step(c, i, x), f64(0.3), options) as Tensor;
  const [ns, xs] = [array([7, 0, 3, 12], { dtype: "int32" }), f64([0.7, 0.1, 0.5, 0.4])];
  close(vmap(grad(f({ checkpointEvery: 3 }), { argnums: 1 }))(ns, xs), vmap(grad(f({}), { argnums: 1 }))(ns, xs));
  close(grad((v: Tensor) => reduceSum(vmap((n: Tensor, x: Tensor) => f({ checkpointEvery: 3 })(n, mul(v, x)))(ns, xs)))(f64(1)), grad((v: Tensor) => reduceSum(vmap((n: Tensor, x: Tensor) => f({})(n, mul(v, x)))(ns, xs)))(f64(1)));
});

/** Bytes of all arrays in a tree, those on stacks included. */
const bytes = (tree: unknown): number => treeLeaves(tree).reduce<number>((sum, x) => sum + bytesOf(x as Tensor), 0);
const bytesOf = (x: Tensor): number => (x.aval.element === undefined ? x.size * (x.dtype === "bool" ? 1 : x.dtype === "float64" ? 8 : 4) : ((x.payload as Tensor[] | null) ?? []).reduce((sum, y) => sum + bytesOf(y), 0));

/** Sees what is collected: how many elements go on stacks, in all and at most on one. */
function collecting(): { handler: Handler; pushed: number; longest: number } {
  const seen = {
    pushed: 0,
    longest: 0,
    handler: {
      name: "collecting",
      perform(p, args, params) {
        if (p.name === "stack_of" && args[0]?.aval.element === undefined) {
          seen.pushed += args.length;
          seen.longest = Math.max(seen.longest, args.length);
        }
        return performBelow(p, args, params);
      },
    } as Handler,
  };
  return seen;
}

describe("memory", () => {
  const [n, k, size] = [400, 20, 16];
  const x = f64(Array.from({ length: size }, (_, i) => i / size));
  const f = (options: LoopOptions) => (v: Tensor): Tensor => reduceSum(whileLoop(([i]: Tensor[]) => less(i as Tensor, n), ([i, c]: Tensor[]) => [add(i as Tensor, 1), sin(mul(c as Tensor, v))], [int(0), x], options)[1] as Tensor);
  const residual = size * 8; // one array of the body

  test("a pullback holds what every step needs, or one carry in k steps", () => {
    const [plain, saving] = [{}, { checkpointEvery: k }].map((options) => bytes(vjp(f(options), [x])[1])) as [number, number];
    // v·cos(c·v) and c·cos(c·v), say: two arrays of each step
    expect(plain).toBeGreaterThanOrEqual(2 * n * residual);
    // the carry, and its counter, of n/k steps, and what is the same in all of them
    expect(saving).toBeLessThanOrEqual((n / k) * (residual + 4) + 4 * residual);
  });
  test("going back computes k steps at a time", () => {
    const seen = collecting();
    const [, pullback] = withHandler(seen.handler, () => vjp(f({ checkpointEvery: k }), [x]));
    expect(seen.longest).toBe(n / k);
    expect(seen.pushed).toBe(2 * (n / k)); // the carry and its counter
    seen.pushed = seen.longest = 0;
    withHandler(seen.handler, () => pullback(f64(1)));
    expect(seen.longest).toBe(k);
    expect(seen.pushed % n).toBe(0);
    expect(seen.pushed).toBeLessThanOrEqual(4 * n);
  });
  test("also under jit, where the linear part is a program, and for scan", () => {
    const held = (g: (v: Tensor) => Tensor): number => bytes(vjp(g, [x])[1]);
    expect(held(jit(f({ checkpointEvery: k })) as (v: Tensor) => Tensor)).toBe(held(f({ checkpointEvery: k })));
    const g = (options: LoopOptions) => (v: Tensor): Tensor => reduceSum(scan((c: Tensor) => [sin(mul(c, v)), null], x, null, { length: n, ...options })[0] as Tensor);
    expect(held(g({}))).toBeGreaterThanOrEqual(2 * n * residual);
    expect(held(g({ checkpointEvery: k }))).toBeLessThanOrEqual((n / k) * residual + 4 * residual);
    expect(held(jit(g({ checkpointEvery: k })) as (v: Tensor) => Tensor)).toBeLessThanOrEqual((n / k) * residual + 4 * residual);
  });
  test("10⁵ steps", () => {
    const long = (v: Tensor): Tensor => whileLoop(([i]: Tensor[]) => less(i as Tensor, 100_000), ([i, c]: Tensor[]) => [add(i as Tensor, 1), add(mul(c as Tensor, take(v, 0)), take(v, 1))], [int(0), f64(0)], { checkpointEvery: 316 })[1] as Tensor;
    const [a, b, m] = [0.99999, 2, 100_000];
    const [, pullback] = vjp(long, [f64([a, b])]);
    expect(bytes(pullback)).toBeLessThan(10_000);
    const [ct] = pullback(f64(1)) as [Tensor];
    // b·(1 − aᵐ)/(1 − a)
    const db = (1 - a ** m) / (1 - a);
    const da = b * (db - m * a ** (m - 1)) / (1 - a);
    const [ga, gb] = flat(ct) as [number, number];
    expect(Math.abs(ga / da - 1)).toBeLessThan(1e-8);
    expect(Math.abs(gb / db - 1)).toBeLessThan(1e-10);
  }, 60_000);
});
