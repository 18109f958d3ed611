// jax-js by its documentation: whatever is used again is passed with .ref, and results are consumed. It computes nothing
// before it has to, so an iteration ends with dataSync(), which also gives the reference back; results of 1000 elements and
// more wait for blockUntilReady() instead, so that no copy is billed.

import { grad, jit, jvp, numpy as np } from "@jax-js/jax";
import { chain, fractions, leaves, matrix, point, ramp } from "../inputs.js";
import type { Suite, Task } from "../task.js";

type A = np.Array;

const task = (f: () => A): Task => ({ call: () => f().dataSync(), values: () => f().dataSync() });

const large = (f: () => A): Task => ({
  call: async () => {
    const y = f();
    await y.blockUntilReady();
    y.dispose();
  },
  values: () => f().dataSync(),
});

const product = (x: A): A => np.sin(x.ref).mul(np.cos(x));
const xSin = (x: A): A => x.ref.mul(np.sin(x));
const w1 = (x: A): A =>
  np.tanh(x.ref.mul(1.5).add(0.3)).mul(np.sin(x.ref)).add(np.exp(np.negative(x.ref.mul(x))));

function chained(x: A, repetitions: number): A {
  let y = x.ref;
  for (let i = 0; i < repetitions; i++) y = np.cos(np.sin(y).add(x.ref).mul(0.9));
  x.dispose();
  return y;
}

/** The tasks of jax-js on its default device. */
export function jaxJs(): Suite {
  const x = np.array(point);
  const v = np.array(ramp(10));
  const [n3, n5, n6, positive] = [np.array(ramp(1e3)), np.array(ramp(1e5)), np.array(ramp(1e6)), np.array(fractions(1e6))];
  const matmul = (size: number): Task => {
    const [a, b] = [np.array(matrix(size, 1)).reshape([size, size]), np.array(matrix(size, 2)).reshape([size, size])];
    return large(() => np.matmul(a.ref, b.ref));
  };
  const one = np.array(1);
  const first = grad(product);
  const second = grad((y: A) => first(y) as A);
  const third = grad((y: A) => grad((z: A) => grad(xSin)(z) as A)(y) as A);
  const ofScalarChain = grad((y: A) => chained(y, chain.scalar));
  const ofArrayChain = grad((y: A) => np.sum(chained(y, chain.array)));
  const jitted = jit((y: A) => np.sin(y));
  const jittedMany = jit((d: Record<string, A>, y: A) => {
    for (const name of leaves) if (name !== "a") (d[name] as A).dispose();
    return (d["a"] as A).mul(y);
  });
  const jittedGradient = jit((y: A) => first(y) as A);
  const dictionary = (): Record<string, A> => Object.fromEntries(leaves.map((name) => [name, x.ref]));

  return {
    "sin, scalar": task(() => np.sin(x.ref)),
    "add, scalar": task(() => np.add(x.ref, x.ref)),
    "mul by a number": task(() => x.ref.mul(2)),
    "sin, length 10": task(() => np.sin(v.ref)),
    "add, length 10": task(() => np.add(v.ref, v.ref)),
    "read, length 10": task(() => v.ref),
    "jvp of sin·cos": task(() => {
      const [y, dy] = jvp(product, [x.ref], [one.ref]) as [A, A];
      y.dispose();
      return dy;
    }),
    "grad of sin·cos": task(() => first(x.ref) as A),
    "second derivative of sin·cos": task(() => second(x.ref) as A),
    "third derivative of x·sin x": task(() => third(x.ref) as A),
    "grad of a chain, scalar": task(() => ofScalarChain(x.ref) as A),
    "grad of a chain, length 10": task(() => ofArrayChain(v.ref) as A),
    "jit call, scalar": task(() => jitted(x.ref)),
    "jit call, 7 leaves": task(() => jittedMany(dictionary(), x.ref)),
    "jit of grad of sin·cos": task(() => jittedGradient(x.ref)),
    "W1, 1e3": large(() => w1(n3.ref)),
    "W1, 1e5": large(() => w1(n5.ref)),
    "W1, 1e6": large(() => w1(n6.ref)),
    "sum, 1e6": task(() => np.sum(positive.ref)),
    "matmul, 64": matmul(64),
    "matmul, 256": matmul(256),
  };
}
