// A checkpointed function is the function: every word of transformations over every named program, with loops, branches and custom
// rules inside and around, and in loops the residuals that are left.
import { array, type Handler, mul, performBelow, reduceSum, type Tensor, tree, useBackend, withHandler } from "@gradus/core";
import { cond, foriLoop, scan, whileLoop } from "@gradus/control-flow";
import { customJvp, customVjp, straightThrough, withRules } from "@gradus/custom-rules";
import { jvp } from "@gradus/jvp";
import { add, greater, less, round, scatterAdd, sin, sinP, square, tanh } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { stopGradient } from "@gradus/stop-gradient";
import { jit, makeProgram } from "@gradus/tracing";
import { checkpoint, type CheckpointOptions, checkpointName, checkpointPolicies, grad, hessian, linearize, vjp } from "@gradus/vjp";
import { vmap } from "@gradus/batching";
import { describe, expect, test } from "vitest";
import { expectAll, nestingWords } from "../src/index.js";
import { programs } from "../src/words/programs.js";

useBackend(cpu());

type F = (x: Tensor) => Tensor;
const f64 = (data: number | number[]): Tensor => array(data, { dtype: "float64" });
const numbers = (t: unknown): number[] => tree.leaves(t).flatMap((x) => [...(x as Tensor).dataSync()].map(Number));

const { nothingSaveable, everythingSaveable, dotsSaveable } = checkpointPolicies;
const everyOther: CheckpointOptions["policy"] & {} = ({ primitive }) => primitive.id % 2 === 0;

test.each(Object.keys(programs))("all words of length 2 of %s, by four policies", { timeout: 60_000 }, async (name) => {
  const { f, reference, args } = programs[name]!;
  const wrapped = Object.entries({ nothingSaveable, everythingSaveable, dotsSaveable, everyOther }).map(([policy, p]) => [policy, { f: checkpoint(f, { policy: p }), reference, args }] as const);
  const { passed } = await expectAll(nestingWords({ length: 2, programs: Object.fromEntries(wrapped) }));
  expect(passed).toBe(4 * 30);
});

test.each(["sin·cos", "custom rules", "trees in and out"])("all words of length 3 of %s, checkpointed twice and jitted", { timeout: 60_000 }, async (name) => {
  const { f, reference, args } = programs[name]!;
  const { passed } = await expectAll(nestingWords({ programs: { nested: { f: checkpoint((...xs: any[]) => checkpoint(jit(f))(...xs)), reference, args } } }));
  expect(passed).toBe(155);
});

// Each in two forms: plain, and with checkpoint where the form says.
type Wrap = <G extends (...args: any[]) => any>(f: G) => G;
const bare: Wrap = (f) => f;
const checkpointed: Wrap = (f) => checkpoint(f) as never;
const inLoop: Wrap = (f) => checkpoint(f, { preventCse: false }) as never;

const cell = (w: Tensor, h: Tensor, x: Tensor): Tensor => tanh(add(mul(w, h), x));
const xs = f64([0.3, -0.2, 0.5, 0.1]);
const programsWith: Record<string, (c: Wrap) => F> = {
  "a scan": (c) => c((w) => reduceSum(scan((h: Tensor, x: Tensor) => [cell(w, h, x), square(h)], f64(0.1), xs)[1])),
  "the body of a scan": (c) => (w) => scan((h: Tensor, x: Tensor) => [c(cell)(w, h, x), null], f64(0.1), xs)[0],
  "the body of a scan, over a captured value": (c) => (w) => scan((h: Tensor, x: Tensor) => [c((g: Tensor) => cell(w, g, x))(h), null], f64(0.1), xs)[0],
  "both a scan and its body": (c) => c((w) => scan((h: Tensor, x: Tensor) => [c(cell)(w, h, x), null], f64(0.1), xs)[0]),
  "a loop of chunks": (c) => (w) => foriLoop(0, 3, (_i, h: Tensor) => c((g: Tensor, v: Tensor) => foriLoop(0, 2, (_j, k: Tensor) => cell(v, k, f64(0.2)), g))(h, w), f64(0.1)) as Tensor,
  "a loop of unknown length": (c) => c((w) => whileLoop((h: Tensor) => less(h, 5), (h: Tensor) => mul(h, add(square(w), 1.5)), square(w))),
  "the body of a loop of unknown length": (c) => (w) => whileLoop((h: Tensor) => less(h, 5), (h: Tensor) => c((v: Tensor, g: Tensor) => mul(g, add(square(v), 1.5)))(w, h), square(w)),
  "a branch": (c) => c((w) => cond(greater(w, 0), (v: Tensor) => sin(square(v)), (v: Tensor) => mul(v, 2), w)),
  "inside of a branch": (c) => (w) => cond(greater(w, 0), (v: Tensor) => c((u: Tensor) => sin(square(u)))(v), (v: Tensor) => mul(v, 2), w),
  "a jitted function": (c) => c(jit((w: Tensor) => sin(square(w))) as F),
  "inside of a jitted function": (c) => jit((w: Tensor) => sin(c((v: Tensor) => sin(square(v)))(w))) as F,
  "a mapped function": (c) => c((w) => reduceSum(vmap((x: Tensor) => sin(mul(w, x)))(xs))),
  "inside of a map": (c) => (w) => reduceSum(vmap((x: Tensor) => c((v: Tensor, y: Tensor) => sin(mul(v, y)))(w, x))(xs)),
  "a derivative": (c) => c((w) => grad((v: Tensor) => sin(mul(square(v), w)))(w)),
  "inside of a derivative": (c) => (w) => grad((v: Tensor) => c((u: Tensor) => sin(mul(square(u), w)))(v))(w),
  "a stopped value": (c) => c((w) => mul(sin(w), stopGradient(square(w)))),
};
const uses: [string, (f: F) => unknown][] = [
  ["value", (f) => f(f64(0.7))],
  ["jvp", (f) => jvp(f, [f64(0.7)], [f64(2)])],
  ["linearize", (f) => linearize(f, [f64(0.7)])[1](f64(2))],
  ["grad", (f) => grad(f)(f64(0.7))],
  ["jit∘grad", (f) => jit(grad(f))(f64(0.7))],
  ["vmap∘grad", (f) => vmap(grad(f))(f64([0.7, -0.4]))],
  ["grad∘vmap", (f) => grad((v: Tensor) => reduceSum(vmap(f)(v)))(f64([0.7, -0.4]))],
  ["grad∘grad", (f) => grad(grad(f))(f64(0.7))],
  ["hessian∘jit", (f) => hessian(jit(f) as F)(f64(0.7))],
  ["jit∘vmap∘grad∘grad", (f) => jit(vmap(grad(grad(f))))(f64([0.7, -0.4]))],
];
describe.each(Object.keys(programsWith))("checkpoint of %s changes nothing in", (name) => {
  test.each(uses)("%s", (_use, use) => {
    const make = programsWith[name]!;
    const wanted = numbers(use(make(bare)));
    for (const wrap of [checkpointed, inLoop]) {
      const got = numbers(use(make(wrap)));
      expect(got).toHaveLength(wanted.length);
      got.forEach((v, i) => expect(Math.abs(v - wanted[i]!)).toBeLessThan(1e-12));
    }
  });
});

describe("custom rules inside survive", () => {
  const steep: (x: Tensor) => Tensor = customVjp((x: Tensor) => square(x)).defvjp((x: Tensor) => [steep(x), x], (x: Tensor, ct: Tensor) => [mul(mul(5, x), ct)]);
  const odd: (x: Tensor) => Tensor = customJvp((x: Tensor) => sin(x)).defjvp(([x], [t]) => [odd(x), mul(t, mul(3, square(x)))]);
  const through = straightThrough((x: Tensor) => round(x));
  // First and second derivative of the rules at 0.7.
  test.each<[string, F, number, number]>([
    ["customVjp", steep, 3.5, 5],
    ["customJvp", odd, 3 * 0.49, 6 * 0.7],
    ["straightThrough", (x) => mul(through(x), x), 1.7, 2],
    ["withRules", (x) => withRules([[sinP, { jvp: ([v], [t]) => [sin(v), mul(t, mul(10, v))] }]], () => sin(x)), 7, 10],
  ])("%s", (_name, f, first, second) => {
    const c = checkpoint(f) as F;
    for (const g of [c, jit(c) as F, checkpoint(jit(f)) as F]) {
      expect(grad(g)(f64(0.7)).item()).toBeCloseTo(first, 10);
      expect(jvp(g, [f64(0.7)], [f64(1)])[1].item()).toBeCloseTo(first, 10);
      expect(vmap(grad(g))(f64([0.7]))!.js()).toEqual([expect.closeTo(first, 10)]);
      expect(grad(grad(g))(f64(0.7)).item()).toBeCloseTo(second, 10);
    }
  });
});

describe("memory", () => {
  const residuals = (f: F): number => tree.leaves(vjp(f, [f64(0.7)])[1]).reduce((n: number, r) => n + (r as Tensor).size, 0);
  const steps = 50;
  const loop = (c: Wrap): F => (w) => scan((h: Tensor, _x: Tensor) => [c((v: Tensor, g: Tensor) => sin(sin(sin(sin(mul(v, g))))))(w, h), null], f64(0.1), f64(Array.from({ length: steps }, () => 0)))[0];

  test("the body of a scan keeps its carry per step, instead of every factor", () => {
    expect(residuals(loop(bare))).toBeGreaterThanOrEqual(5 * steps);
    expect(residuals(loop(checkpointed))).toBeLessThanOrEqual(steps + 2);
  });
  test("a checkpointed scan keeps what it was given", () => {
    expect(residuals(checkpoint(loop(bare)) as F)).toBeLessThanOrEqual(steps + 2);
    const known = makeProgram((w: Tensor) => vjp(checkpoint(loop(bare)), [w]))(f64(0.7)).equations[0]!;
    expect(known.outputs.map((v) => String(v.aval))).toEqual(["f64[]"]);
    expect(known.params.program.equations.at(-1).outputs.map((v: { aval: unknown }) => String(v.aval))).toEqual(["f64[]"]);
  });
  test("chunks of k steps keep one carry per chunk", () => {
    const chunked = (c: Wrap): F => (w) => scan((h: Tensor, chunk: Tensor) => [c((v: Tensor, g: Tensor, ys: Tensor) => scan((k: Tensor, _y: Tensor) => [sin(mul(v, k)), null], g, ys)[0])(w, h, chunk), null], f64(0.1), array(Array.from({ length: 10 }, () => [0, 0, 0, 0, 0]), { dtype: "float64" }))[0];
    expect(residuals(chunked(bare))).toBeGreaterThanOrEqual(2 * 50);
    expect(residuals(chunked(checkpointed))).toBeLessThanOrEqual(10 + 50 + 2);
    expect(grad(chunked(checkpointed))(f64(0.7)).item()).toBeCloseTo(grad(chunked(bare))(f64(0.7)).item(), 12);
  });
  test("a name in the body of a scan keeps that value", () => {
    const named = (c: Wrap): F => (w) => scan((h: Tensor, _x: Tensor) => [c((v: Tensor, g: Tensor) => sin(checkpointName(sin(mul(v, g)), "inner")))(w, h), null], f64(0.1), f64(Array.from({ length: steps }, () => 0)))[0];
    const keeping: Wrap = (f) => checkpoint(f, { policy: checkpointPolicies.saveOnlyTheseNames("inner") }) as never;
    expect(residuals(named(keeping)) - residuals(named(checkpointed))).toBe(steps);
  });
});

test("a handler inside of a derivative sees the body, and its values are computed again all the same", () => {
  const names: string[] = [];
  const observer: Handler = { name: "observer", perform: (p, args, params) => (names.push(p.name), performBelow(p, args, params)) };
  const f: F = (x) => withHandler(observer, () => checkpoint((v: Tensor) => sin(sin(v)))(x));
  const [, pullback] = vjp(f, [f64(0.7)]);
  expect(names.filter((n) => n === "sin")).toHaveLength(2);
  expect(tree.leaves(pullback)).toHaveLength(1);
  expect(pullback(f64(1))[0].item()).toBeCloseTo(Math.cos(Math.sin(0.7)) * Math.cos(0.7), 12);
});

test("captured arrays that the linear part alone reads are there when it is transposed", () => {
  // f is linear: its forward part, where nothing is computed, does not need the indices.
  const f = checkpoint((x: Tensor) => scatterAdd(x, array([[0], [0]], { dtype: "int32" }), x)) as (x: Tensor) => Tensor;
  const g = jit(grad((x: Tensor) => reduceSum(jit(f)(x) as Tensor)));
  expect(g(array([1, 2])).js()).toEqual([2, 2]);
  const loop = (xs: Tensor): Tensor => reduceSum((scan((c: Tensor, x: Tensor) => [c, f(x)], array(0), xs) as Tensor[])[1] as Tensor);
  expect(grad(loop)(array([[1, 2], [3, 4]])).js()).toEqual([[2, 2], [2, 2]]);
});
