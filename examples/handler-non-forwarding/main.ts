// A third party's handlers that do not forward, by public API alone, inside and outside of each transformation. Expected, for
// f(x) = Σ sin x · cos x over three numbers:
//   a dry run answers with shapes. Inside a transformation it sees the function, of one example under vmap; outside, what the
//   transformation makes of it: f32[3] for a gradient, [2,3] for a batch. The backend computes nothing either way.
//   Its values are of its own kind: one that is taken out of its extent is refused, and has no JS number inside.
//   A mock answers sin with 0.25. A constant has no derivative: inside grad, that of sin(x)·x is 0.25; outside grad, what
//   grad performs is answered, and sin's derivative is still cos: cos(x)·x + 0.25, which is 0.7903 at 1.

import { report, type Row } from "@gradus/example-table";
import { array, backend, grad, jit, jvp, mul, reduceSum, sin, sinP, straightThrough, type Tensor, vmap, withHandler } from "gradus";
import { bareDryRun, dryRun, noPlan } from "./dry-run.js";
import { mocking } from "./mock.js";

const f = (x: Tensor): Tensor => reduceSum(mul(sin(x), x.cos()));
const x = array([1, 2, 3]);
const batch = array([[1, 2, 3], [4, 5, 6]]);

/** What a dry run inside a transformation finds, while the function itself is what is transformed. */
function inside(run: (f: (x: Tensor) => Tensor) => unknown): string[] {
  const found: string[] = [];
  run((x) => {
    const plan = noPlan();
    dryRun(f, plan)(x);
    found.push(...plan.applications);
    return f(x);
  });
  return found;
}
const seen = "[sin f32[3], cos f32[3], mul f32[3], reduce_sum f32[]]";
const work = (): number => backend.stats().kernels! + backend.stats().elementwise!;

report("a dry run", [
  ["eager", "f32[]", () => dryRun(f)(x)],
  ["of a tree", "{double: f32[3], half: f64[2]}", () => dryRun((t: { a: Tensor; b: Tensor }) => ({ double: t.a.mul(2), half: t.b.div(2) }))({ a: x, b: array([1, 2], { dtype: "float64" }) })],
  ["computes nothing", "0", () => { const before = work(); dryRun(grad(f))(x); return work() - before; }],

  ["inside grad", seen, () => inside((g) => grad(g)(x))],
  ["outside grad", "f32[3]", () => dryRun(grad(f))(x)],
  ["outside grad(grad)", "f32[3]", () => dryRun(grad((x: Tensor) => reduceSum(grad(f)(x))))(x)],
  ["outside jvp", "[f32[], f32[]]", () => dryRun((x, dx) => jvp(f, [x], [dx]))(x, x)],
  ["inside vmap: one example", seen, () => inside((g) => vmap(g)(batch))],
  ["outside vmap", "f32[2]", () => dryRun(vmap(f))(batch)],
  ["outside vmap(grad)", "f32[2,3]", () => dryRun(vmap(grad(f)))(batch)],
  ["inside jit, called twice", seen, () => inside((g) => { const j = jit(g); j(x); j(x); })],
  ["outside jit", "f32[]", () => dryRun(jit(f))(x)],
  ["outside jit(grad)", "f32[3]", () => dryRun(jit(grad(f)))(x)],
  ["outside grad(jit)", "f32[3]", () => dryRun(grad(jit(f)))(x)],
  ["of a custom rule", "f32[]", () => dryRun(straightThrough(f, reduceSum))(x)],
  ["of a custom rule outside grad", "f32[3]", () => dryRun(grad(straightThrough(f, (x: Tensor) => reduceSum(x))))(x)],
  ["1000 × 1000 at no cost", "1000001", () => { const plan = noPlan(); dryRun((x) => x.exp().reduceSum(), plan)(array(0).broadcastTo([1000, 1000])); return plan.elements; }],
] satisfies Row[]);

const bare = (x: Tensor): Tensor => withHandler(bareDryRun(), () => sin(x));
report("values that leave the dry run", [
  ["used afterwards", "EscapedTracerError: @acme/dry-run, which has ended", () => bare(x).add(1)],
  ["returned from grad", "EscapedTracerError: @acme/dry-run, which has ended", () => grad((x) => reduceSum(bare(x)))(x)],
  ["returned from grad, as it is", "EscapedTracerError: @acme/dry-run, which has ended", () => grad(bare)(1)],
  ["returned from vmap", "EscapedTracerError: @acme/dry-run, which has ended", () => vmap(bare)(x)],
  ["returned from jit", "EscapedTracerError: @acme/dry-run, which has ended", () => jit(bare)(x)],
  ["read inside", "ConcretizationError: Nothing is computed in a dry run", () => dryRun((x: Tensor) => x.mul(reduceSum(x).item()))(x)],
] satisfies Row[]);

const g = (x: Tensor): Tensor => mul(sin(x), x);
const quarter = new Map([[sinP, 0.25]]);
/** A function that is run with sin answered by 0.25. */
const mocked = <A extends unknown[], R>(f: (...args: A) => R) => (...args: A): R => mocking(quarter, () => f(...args));

report("sin answered by 0.25", [
  ["eager", "[0.25, 0.5, 0.75]", () => mocked(g)(x)],
  ["inside grad", "0.25", () => grad(mocked(g))(1)],
  ["outside grad: cos 1 + 0.25", "0.7903", () => mocked(grad(g))(1)],
  ["inside vmap", "[0.25, 0.5, 0.75]", () => vmap(mocked(g))(x)],
  ["outside vmap", "[0.25, 0.5, 0.75]", () => mocked(vmap(g))(x)],
  ["inside jit, afterwards as well", "[0.25, 0.25]", () => { const j = jit(mocked(g)); return [j(array(1)), j(array(1))]; }],
  ["outside jit, afterwards not: sin 1", "[0.25, 0.8415]", () => { const j = jit(g); return [mocked(j)(array(1)), j(array(1))]; }],
  ["inside jit(grad)", "0.25", () => jit(grad(mocked(g)))(array(1))],
  ["outside grad(jit)", "0.7903", () => mocked(grad(jit(g)))(array(1))],
] satisfies Row[]);
