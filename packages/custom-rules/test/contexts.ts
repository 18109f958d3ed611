// Everything that can happen to a function of one variable, with what must come out for its value and derivatives.

import { vmap } from "@gradus/batching";
import { array, type Handler, performBelow, type Tensor, withHandler } from "@gradus/core";
import { jacfwd, jvp } from "@gradus/jvp";
import { mul, reduceSum } from "@gradus/ops";
import { evalProgram, jit, makeProgram } from "@gradus/tracing";
import { grad, hessian, hvp, jacrev, linearize, linearTranspose, valueAndGrad, vjp } from "@gradus/vjp";

type F = (x: Tensor) => Tensor;

/** What is known of the function: value, first and second derivative. */
export interface Known {
  readonly v: (x: number) => number;
  readonly d: (x: number) => number;
  readonly dd: (x: number) => number;
}

/** A use of a function: results as numbers, and what they must be. */
export interface Context {
  readonly name: string;
  readonly run: (f: F) => Tensor | Tensor[];
  readonly expected: (k: Known) => number[];
}

const a = 0.7;
const b = [0.3, 0.7, 1.1];
const at = (): Tensor => array(a);
const batch = (): Tensor => array(b);
const total = (f: (xs: Tensor) => Tensor) => (xs: Tensor): Tensor => reduceSum(f(xs));

const one = (g: (k: Known) => (x: number) => number) => (k: Known): number[] => [g(k)(a)];
const each = (g: (k: Known) => (x: number) => number) => (k: Known): number[] => b.map(g(k));
const v = (k: Known): Known["v"] => k.v;
const d = (k: Known): Known["d"] => k.d;
const dd = (k: Known): Known["dd"] => k.dd;
const both = (k: Known): number[] => [k.v(a), 2 * k.d(a)];
const grads = (f: F): F => grad(f) as F;

const pullbackAt = (f: F) => (ct: Tensor): Tensor => vjp(f, [at()])[1](ct)[0]!;

const observer: Handler = { name: "observer", perform: performBelow };

export const contexts: readonly Context[] = [
  { name: "evaluated", run: (f) => f(at()), expected: one(v) },
  { name: "jit", run: (f) => jit(f)(at()), expected: one(v) },
  {
    name: "jit, from its cache",
    run: (f) => {
      const g = jit(f);
      g(array(5));
      return g(at());
    },
    expected: one(v),
  },
  { name: "jit∘jit", run: (f) => jit(jit(f))(at()), expected: one(v) },
  { name: "jit inline", run: (f) => jit(f, { inline: true })(at()), expected: one(v) },
  { name: "a program", run: (f) => evalProgram(makeProgram(f)(at()), [at()]), expected: one(v) },
  { name: "vmap", run: (f) => vmap(f)(batch()), expected: each(v) },
  { name: "vmap∘vmap", run: (f) => vmap(vmap(f))(array([b, b])), expected: (k) => [...b, ...b].map(k.v) },
  { name: "vmap∘jit", run: (f) => vmap(jit(f))(batch()), expected: each(v) },
  { name: "jit∘vmap", run: (f) => jit(vmap(f))(batch()), expected: each(v) },

  { name: "grad", run: (f) => grads(f)(at()), expected: one(d) },
  { name: "valueAndGrad", run: (f) => valueAndGrad(f)(at()), expected: (k) => [k.v(a), k.d(a)] },
  { name: "grad∘jit", run: (f) => grads(jit(f))(at()), expected: one(d) },
  {
    name: "grad∘jit, from its cache",
    run: (f) => {
      const g = jit(f);
      grads(g)(array(5));
      return grads(g)(at());
    },
    expected: one(d),
  },
  { name: "jit∘grad", run: (f) => jit(grads(f))(at()), expected: one(d) },
  { name: "jit∘grad∘jit", run: (f) => jit(grads(jit(f)))(at()), expected: one(d) },
  { name: "grad of a program", run: (f) => grad((x: Tensor) => evalProgram(makeProgram(f)(at()), [x])[0]!)(at()), expected: one(d) },
  { name: "vmap∘grad", run: (f) => vmap(grads(f))(batch()), expected: each(d) },
  { name: "grad∘vmap", run: (f) => grads(total(vmap(f)))(batch()), expected: each(d) },
  { name: "vmap∘jit∘grad", run: (f) => vmap(jit(grads(f)))(batch()), expected: each(d) },
  { name: "vmap∘grad∘jit", run: (f) => vmap(grads(jit(f)))(batch()), expected: each(d) },
  { name: "jit∘vmap∘grad", run: (f) => jit(vmap(grads(f)))(batch()), expected: each(d) },
  { name: "jit∘grad∘vmap", run: (f) => jit(grads(total(vmap(f))))(batch()), expected: each(d) },
  { name: "grad∘jit∘vmap", run: (f) => grads(jit(total(vmap(f))))(batch()), expected: each(d) },
  { name: "grad∘vmap∘jit", run: (f) => grads(total(vmap(jit(f))))(batch()), expected: each(d) },
  { name: "grad with the argument shared by a batch", run: (f) => grads((x) => reduceSum(vmap((s: Tensor) => mul(s, f(x)))(batch())))(at()), expected: (k) => [2.1 * k.d(a)] },
  {
    name: "grad of a batch of which one factor is shared",
    run: (f) => grads((x) => reduceSum(vmap((y: Tensor, z: Tensor) => f(mul(y, z)), [0, null])(batch(), x)))(array(1)),
    expected: (k) => [b.reduce((s, x) => s + x * k.d(x), 0)],
  },

  { name: "jvp", run: (f) => jvp(f, [at()], [2]), expected: both },
  { name: "jvp∘jit", run: (f) => jvp(jit(f), [at()], [2]), expected: both },
  { name: "jit∘jvp", run: (f) => jit((x: Tensor, t: Tensor) => jvp(f, [x], [t]))(at(), array(2)), expected: both },
  { name: "vmap∘jvp", run: (f) => vmap((x: Tensor) => jvp(f, [x], [2])[1])(batch()), expected: (k) => b.map((x) => 2 * k.d(x)) },
  { name: "jvp∘vmap", run: (f) => jvp(vmap(f), [batch()], [array([2, 2, 2])])[1], expected: (k) => b.map((x) => 2 * k.d(x)) },
  { name: "a batch of tangents", run: (f) => vmap((t: Tensor) => jvp(f, [at()], [t])[1])(batch()), expected: (k) => b.map((t) => t * k.d(a)) },
  { name: "a batch of tangents through jit", run: (f) => vmap((t: Tensor) => jvp(jit(f), [at()], [t])[1])(batch()), expected: (k) => b.map((t) => t * k.d(a)) },
  { name: "jacfwd", run: (f) => jacfwd(f)(at()), expected: one(d) },
  { name: "jacrev", run: (f) => jacrev(f)(at()), expected: one(d) },
  { name: "jacfwd∘vmap", run: (f) => jacfwd(total(vmap(f)))(batch()), expected: each(d) },
  { name: "jacrev∘vmap", run: (f) => jacrev(total(vmap(f)))(batch()), expected: each(d) },

  { name: "linearize", run: (f) => linearize(f, [at()])[1](2), expected: (k) => [2 * k.d(a)] },
  {
    name: "linearize, applied twice",
    run: (f) => {
      const [y, push] = linearize(f, [at()]);
      return [y, push(1), push(3)];
    },
    expected: (k) => [k.v(a), k.d(a), 3 * k.d(a)],
  },
  { name: "linearize∘jit", run: (f) => linearize(jit(f), [at()])[1](2), expected: (k) => [2 * k.d(a)] },
  { name: "a pushforward under vmap", run: (f) => vmap(linearize(f, [at()])[1] as F)(batch()), expected: (k) => b.map((t) => t * k.d(a)) },
  { name: "a pushforward transposed", run: (f) => linearTranspose(linearize(f, [at()])[1] as F, [at()])(2), expected: (k) => [2 * k.d(a)] },

  {
    name: "a pullback called later, twice",
    run: (f) => {
      const [y, pullback] = vjp(f, [at()]);
      return [y, ...pullback(1), ...pullback(3)];
    },
    expected: (k) => [k.v(a), k.d(a), 3 * k.d(a)],
  },
  { name: "a pullback of jit", run: (f) => vjp(jit(f), [at()])[1](2), expected: (k) => [2 * k.d(a)] },
  { name: "a pullback under vmap", run: (f) => vmap(vjp(f, [at()])[1])(batch()), expected: (k) => b.map((t) => t * k.d(a)) },
  { name: "a pullback of jit under vmap", run: (f) => vmap(vjp(jit(f), [at()])[1])(batch()), expected: (k) => b.map((t) => t * k.d(a)) },
  { name: "a pullback returned from jit", run: (f) => jit((x: Tensor) => vjp(f, [x])[1])(at())(2), expected: (k) => [2 * k.d(a)] },
  {
    name: "a pullback given to jit",
    run: (f) => jit((pullback: (ct: Tensor) => Tensor[], ct: Tensor) => pullback(ct))(vjp(f, [at()])[1], array(2)),
    expected: (k) => [2 * k.d(a)],
  },
  { name: "a pullback differentiated in its cotangent", run: (f) => grad((ct: Tensor) => pullbackAt(f)(ct))(at()), expected: one(d) },
  { name: "a pullback pushed forward", run: (f) => jvp(pullbackAt(f), [at()], [2]), expected: (k) => [a * k.d(a), 2 * k.d(a)] },
  { name: "a pullback mapped with its residuals", run: (f) => vmap((x: Tensor) => vjp(f, [x])[1](2)[0]!)(batch()), expected: (k) => b.map((x) => 2 * k.d(x)) },

  { name: "grad∘grad", run: (f) => grads(grads(f))(at()), expected: one(dd) },
  { name: "grad∘grad∘jit", run: (f) => grads(grads(jit(f)))(at()), expected: one(dd) },
  { name: "grad∘jit∘grad", run: (f) => grads(jit(grads(f)))(at()), expected: one(dd) },
  { name: "jit∘grad∘grad", run: (f) => jit(grads(grads(f)))(at()), expected: one(dd) },
  { name: "grad∘jit∘grad∘jit", run: (f) => grads(jit(grads(jit(f))))(at()), expected: one(dd) },
  { name: "vmap∘grad∘grad", run: (f) => vmap(grads(grads(f)))(batch()), expected: each(dd) },
  { name: "grad∘vmap∘grad", run: (f) => grads(total(vmap(grads(f))))(batch()), expected: each(dd) },
  { name: "vmap∘grad∘jit∘grad", run: (f) => vmap(grads(jit(grads(f))))(batch()), expected: each(dd) },
  { name: "jvp∘grad", run: (f) => jvp(grads(f), [at()], [2]), expected: (k) => [k.d(a), 2 * k.dd(a)] },
  { name: "jvp∘jit∘grad", run: (f) => jvp(jit(grads(f)), [at()], [2]), expected: (k) => [k.d(a), 2 * k.dd(a)] },
  { name: "jvp∘grad∘jit", run: (f) => jvp(grads(jit(f)), [at()], [2]), expected: (k) => [k.d(a), 2 * k.dd(a)] },
  { name: "grad∘jvp", run: (f) => grad((x: Tensor) => jvp(f, [x], [2])[1])(at()), expected: (k) => [2 * k.dd(a)] },
  { name: "grad∘jvp∘jit", run: (f) => grad((x: Tensor) => jvp(jit(f), [x], [2])[1])(at()), expected: (k) => [2 * k.dd(a)] },
  { name: "jvp∘jvp", run: (f) => jvp((x: Tensor) => jvp(f, [x], [1])[1], [at()], [2]), expected: (k) => [k.d(a), 2 * k.dd(a)] },
  { name: "linearize∘grad", run: (f) => linearize(grads(f), [at()])[1](2), expected: (k) => [2 * k.dd(a)] },
  { name: "grad through a pullback", run: (f) => grad((x: Tensor) => vjp(f, [x])[1](1)[0]!)(at()), expected: one(dd) },
  { name: "hessian", run: (f) => hessian(f)(at()), expected: one(dd) },
  { name: "hvp", run: (f) => hvp(f, [at()], [2]) as Tensor[], expected: (k) => [2 * k.dd(a)] },

  { name: "an observing handler outside", run: (f) => withHandler(observer, () => grads(f)(at())), expected: one(d) },
  { name: "an observing handler inside", run: (f) => grads((x) => withHandler(observer, () => f(x)))(at()), expected: one(d) },
  { name: "an observing handler inside jit", run: (f) => grads(jit((x: Tensor) => withHandler(observer, () => f(x))))(at()), expected: one(d) },
  { name: "an observing handler around vmap", run: (f) => grads((x) => withHandler(observer, () => reduceSum(vmap(f)(x))))(batch()), expected: each(d) },
];
