// A third party's observing handler, by public API alone, inside and outside of each transformation. Expected:
//   inside, it is part of the function, and sees what the function applies: for sin x · cos x three operations, of one
//     example under vmap, once while tracing under jit, and without the derivative under grad;
//   outside, it sees what the transformation makes of it: whole batches, each call of a jitted function, and for grad the
//     partials cos x and −sin x as well, four products of the backward pass, and the sum of both paths;
//   nowhere does it change a result.

import { report, type Row } from "@gradus/example-table";
import { array, grad, jit, jvp, makeProgram, mul, round, sin, straightThrough, type Tensor, vjp, vmap } from "gradus";
import { observe } from "./observe.js";

const f = (x: Tensor): Tensor => mul(sin(x), x.cos());
const x = array(1);
const xs = array([1, 2, 3]);

let seen: string[] = [];
/** `f` under observation; what is seen is collected. */
const watched = <A extends unknown[], R>(f: (...args: A) => R, options?: { whole: boolean }) => (...args: A): R =>
  observe(() => f(...args), (p, outs) => seen.push(`${p.name}:${outs.map((o) => o.aval).join()}`), options);

/** What is seen during a call, in order, or counted. */
const log = (f: () => unknown): string => {
  seen = [];
  f();
  return seen.join(" ") || "nothing";
};
const counts = (f: () => unknown): string => {
  const names = log(f).split(" ").map((entry) => entry.split(":")[0] as string).sort();
  return [...new Set(names)].map((name) => `${name} ${names.filter((n) => n === name).length}`).join(", ");
};

const rows: Row[] = [
  ["eager", "sin:f32[] cos:f32[] mul:f32[]", () => log(() => watched(f)(x))],
  ["broadcasting is visible", "sin:f32[3] broadcast:f32[3] mul:f32[3]", () => log(() => watched((x: Tensor) => mul(sin(xs), x))(x))],

  ["inside grad", "sin:f32[] cos:f32[] mul:f32[]", () => log(() => grad(watched(f))(x))],
  ["outside grad", "add 1, cos 2, mul 5, neg 1, sin 2", () => counts(() => watched(grad(f))(x))],
  ["inside jvp", "sin:f32[] cos:f32[] mul:f32[]", () => log(() => jvp(watched(f), [x], [1]))],
  ["inside vmap", "sin:f32[] cos:f32[] mul:f32[]", () => log(() => vmap(watched(f))(xs))],
  ["outside vmap", "sin:f32[3] cos:f32[3] mul:f32[3]", () => log(() => watched(vmap(f))(xs))],
  ["inside jit, called twice", "sin:f32[] cos:f32[] mul:f32[]", () => log(() => { const g = jit(watched(f)); g(x); g(x); })],
  ["outside jit, first call", "sin:f32[] cos:f32[] mul:f32[]", () => log(() => watched(jit(f))(x))],
  ["outside jit, second call", "sin:f32[] cos:f32[] mul:f32[]", () => { const g = jit(f); g(x); return log(() => watched(g)(x)); }],
  ["outside jit, whole", "jit_call:f32[]", () => log(() => watched(jit(f), { whole: true })(x))],
  ["inside grad(jit)", "sin:f32[] cos:f32[] mul:f32[]", () => log(() => grad(jit(watched(f)))(x))],
  ["between vmap and grad", "sin:f32[] cos:f32[] mul:f32[]", () => log(() => vmap(grad(watched(f)))(xs))],
  // The cotangent 1 is one for all examples: it is repeated for each of the two products that it enters.
  ["outside vmap(grad)", "add 1, broadcast 2, cos 2, mul 5, neg 1, sin 2", () => counts(() => watched(vmap(grad(f)))(xs))],
  // A pullback belongs to whatever is in place when it is called: backwards, four products and the sum of both paths.
  ["a pullback from inside, called outside", "nothing", () => { const [, pullback] = watched(() => vjp(f, [x]))(); return log(() => pullback(1)); }],
  ["a pullback from outside, called inside", "add 1, mul 4", () => { const [, pullback] = vjp(f, [x]); return counts(() => watched(pullback)(1)); }],

  ["inside a custom rule's function", "round:f32[]", () => log(() => watched(straightThrough(round))(x))],
  ["whose rule stays in force", "5.7", () => grad((x) => mul(watched(straightThrough(round))(x), x))(2.7)],
];

const unchanged: Row[] = [
  ["value", "0.4546", () => watched(f)(x)],
  ["inside grad: cos 2", "-0.4161", () => grad(watched(f))(x)],
  ["outside grad", "-0.4161", () => watched(grad(f))(x)],
  ["second order: −2 sin 2", "-1.8186", () => grad(watched(grad(watched(f))))(x)],
  ["inside vmap", "[0.4546, -0.3784, -0.1397]", () => vmap(watched(f))(xs)],
  ["outside vmap(grad): cos 2x", "[-0.4161, -0.6536, 0.9602]", () => watched(vmap(grad(f)))(xs)],
  ["inside jit", "0.4546", () => jit(watched(f))(x)],
  ["outside jit(grad)", "-0.4161", () => watched(jit(grad(f)))(x)],
  ["the program is the same", "true", () => String(makeProgram(watched(f))(x)) === String(makeProgram(f)(x))],
];

report("what an observer sees", rows);
report("what it changes: nothing", unchanged);
