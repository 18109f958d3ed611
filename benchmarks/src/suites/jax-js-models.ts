// The models in jax-js, eager and compiled. It has no scan: loops are unrolled.

import { blockUntilReady, grad, hessian, jit, lax, nn, numpy as np, tree, valueAndGrad, vmap } from "@jax-js/jax";
import { matrix, ramp, shuffled } from "../inputs.js";
import { alongDirection, block, cnn, exampleWeight, heads, type Model, mlp, perExample, rnn } from "../models/data.js";
import type { Suite, Task } from "../task.js";

type A = np.Array;
type Parameters = Record<string, A>;
type Loss = (p: Parameters, x: A, y: A) => A;

const large = (f: () => A): Task => ({
  call: async () => {
    const y = f();
    await y.blockUntilReady();
    y.dispose();
  },
  values: () => f().dataSync(),
});

const tensor = ({ data, shape }: { data: Float32Array; shape: readonly number[] }): A => np.array(data).reshape([...shape]);

function training(model: Model, loss: Loss, rate?: number): { eager: Task; compiled: Task } {
  const p: Parameters = Object.fromEntries(Object.entries(model.parameters).map(([name, leaf]) => [name, tensor(leaf)]));
  const [x, y] = [tensor(model.x), tensor(model.y)];
  const gradient = valueAndGrad(loss as any) as unknown as (p: Parameters, x: A, y: A) => [A, Parameters];
  const step = (p: Parameters, x: A, y: A): [A, Parameters] => {
    if (rate === undefined) return gradient(p, x, y);
    const [value, g] = gradient(tree.ref(p) as Parameters, x, y);
    return [value, tree.map((a: A, b: A) => a.sub(b.mul(rate)), p, g) as Parameters];
  };
  const arguments_ = (): [Parameters, A, A] => [tree.ref(p) as Parameters, x.ref, y.ref];
  const timed = (f: typeof step): Task["call"] => async () => {
    const result = f(...arguments_());
    await blockUntilReady(result);
    tree.dispose(result);
  };
  // What is read makes the device compute the other results of the program too.
  const read = (f: typeof step) => (): void => {
    const [value, rest] = f(...arguments_());
    value.dataSync();
    tree.dispose(rest);
  };
  const check = (f: typeof gradient) => (): number[] => {
    const [value, g] = f(...arguments_());
    return [value.dataSync()[0] as number, alongDirection(model, Object.fromEntries(Object.entries(g).map(([name, t]) => [name, t.dataSync()])))];
  };
  const compiledStep = jit(step as any) as unknown as typeof step;
  const compiledGradient = jit(gradient as any) as unknown as typeof gradient;
  return {
    eager: { call: timed(step), read: read(step), values: check(gradient) },
    compiled: { call: timed(compiledStep), read: read(compiledStep), values: check(compiledGradient) },
  };
}

const mlpLoss: Loss = ({ w1, b1, w2, b2, w3, b3 }, x, y) => {
  const h1 = nn.relu(np.matmul(x, w1!).add(b1!));
  const h2 = nn.relu(np.matmul(h1, w2!).add(b2!));
  return np.negative(np.sum(y.mul(nn.logSoftmax(np.matmul(h2, w3!).add(b3!)))).mul(1 / 128));
};

// Features come first here; they are last in the data, which is turned round on the way in and out.
const cnnLoss: Loss = ({ k1, k2, w3, b3, w4, b4 }, x, y) => {
  const convolved = (x: A, k: A, stride: number): A => nn.relu(lax.convGeneralDilated(x, np.transpose(k, [3, 2, 0, 1]), [stride, stride], "SAME"));
  const features = np.transpose(convolved(convolved(np.transpose(x, [0, 3, 1, 2]), k1!, 1), k2!, 2), [0, 2, 3, 1]).reshape([32, 14 * 14 * 64]);
  const hidden = nn.relu(np.matmul(features, w3!).add(b3!));
  return np.negative(np.sum(y.mul(nn.logSoftmax(np.matmul(hidden, w4!).add(b4!)))).mul(1 / 32));
};

const normalised = (x: A): A => {
  const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
  return centred.ref.mul(np.reciprocal(np.sqrt(np.mean(np.square(centred), -1, { keepdims: true }).add(1e-5))));
};

const blockLoss: Loss = ({ wq, wk, wv, wo, w1, w2 }, x, y) => {
  const n = normalised(x.ref);
  const split = (w: A): A => np.transpose(np.matmul(n.ref, w).reshape([4, 64, heads.count, heads.size]), [0, 2, 1, 3]);
  const [q, k, v] = [split(wq!), split(wk!), split(wv!)];
  n.dispose();
  const scores = np.matmul(q, np.transpose(k, [0, 1, 3, 2])).mul(1 / Math.sqrt(heads.size));
  const mixed = np.transpose(np.matmul(nn.softmax(scores, -1), v), [0, 2, 1, 3]).reshape([4, 64, 128]);
  const attended = x.add(np.matmul(mixed, wo!));
  const out = attended.ref.add(np.matmul(nn.relu(np.matmul(normalised(attended), w1!)), w2!));
  return np.mean(np.square(out.sub(y)));
};

const rnnLoss: Loss = ({ wx, wh, b }, x, y) => {
  let h = np.zeros([16, 64]);
  for (let t = 0; t < 50; t++) h = np.tanh(np.matmul(x.ref.slice(t), wx!.ref).add(np.matmul(h, wh!.ref)).add(b!.ref));
  for (const used of [x, wx!, wh!, b!]) used.dispose();
  return np.mean(np.square(h.sub(y)));
};

const exampleLoss = ({ w1, b1, w2 }: Parameters, x: A, y: A): A => np.square(np.dot(np.tanh(np.dot(x, w1!).add(b1!)), w2!).sub(y));

const rosenbrock = (x: A): A => {
  const n = x.shape[0] as number;
  const [a, b] = [x.ref.slice([0, n - 1]), x.slice([1, n])];
  const one = np.subtract(1, a.ref);
  return np.sum(np.square(b.sub(np.square(a))).mul(100).add(np.square(one)));
};

const w1 = (x: A): A => np.tanh(x.ref.mul(1.5).add(0.3)).mul(np.sin(x.ref)).add(np.exp(np.negative(x.ref.mul(x))));

/** The tasks of jax-js that are models, or large. */
export function jaxJsModels(): Suite {
  const of = (size: number, seed: number): A => np.array(matrix(size, seed)).reshape([size, size]);
  const [a511, b511, a512, b512, a1024, b1024] = [of(511, 1), of(511, 2), of(512, 1), of(512, 2), of(1024, 1), of(1024, 2)];
  const square2048 = of(2048, 1);
  const line = np.array(matrix(317, 1).slice(0, 1e5));
  const rowsOf = np.array(matrix(800, 1)).reshape([10000, 64]);
  const places = np.array(Int32Array.from({ length: 1e5 }, (_, i) => (i * 7919) % 10000));
  const compiled = (f: (...xs: any[]) => A, ...xs: A[]): Task => {
    const g = jit(f) as (...xs: A[]) => A;
    return large(() => g(...xs.map((x) => x.ref)));
  };

  const examples = (): Task => {
    const p: Parameters = Object.fromEntries(Object.entries(perExample.parameters).map(([name, leaf]) => [name, tensor(leaf)]));
    const [x, y] = [tensor(perExample.x), tensor(perExample.y)];
    const over = [null, 0, 0] as any;
    const g = jit(vmap(grad(exampleLoss as any) as any, over) as any) as unknown as (p: Parameters, x: A, y: A) => Parameters;
    const run = (): Parameters => g(tree.ref(p) as Parameters, x.ref, y.ref);
    const weighted = (t: A): Float32Array => {
      const data = t.dataSync();
      const size = data.length / 128;
      const out = new Float32Array(size);
      data.forEach((v: number, i: number) => void (out[i % size]! += exampleWeight(Math.floor(i / size)) * v));
      return out;
    };
    return {
      call: async () => {
        const result = run();
        await blockUntilReady(result);
        tree.dispose(result);
      },
      values: () => {
        const losses = (vmap(exampleLoss as any, over) as any)(tree.ref(p), x.ref, y.ref).dataSync() as Float32Array;
        return [
          losses.reduce((s, v, i) => s + exampleWeight(i) * v, 0),
          alongDirection(perExample, Object.fromEntries(Object.entries(run()).map(([name, t]) => [name, weighted(t)]))),
        ];
      },
    };
  };

  const [m, t, r] = [training(mlp, mlpLoss, 0.1), training(block, blockLoss), training(rnn, rnnLoss)];
  const rosenbrockHessian = (n: number): Task => compiled(hessian(rosenbrock) as unknown as (x: A) => A, np.array(ramp(n)));
  return {
    "W1 jit, 1e3": compiled(w1, np.array(ramp(1e3))),
    "W1 jit, 1e5": compiled(w1, np.array(ramp(1e5))),
    "W1 jit, 1e6": compiled(w1, np.array(ramp(1e6))),
    "matmul, 511": large(() => np.matmul(a511.ref, b511.ref)),
    "matmul, 512": large(() => np.matmul(a512.ref, b512.ref)),
    "matmul, 512, first transposed": large(() => np.matmul(np.transpose(a512.ref), b512.ref)),
    "matmul, 512, second transposed": large(() => np.matmul(a512.ref, np.transpose(b512.ref))),
    "matmul, 1024": large(() => np.matmul(a1024.ref, b1024.ref)),
    "MLP step": m.eager,
    "MLP step, jit": m.compiled,
    "CNN step, jit": training(cnn, cnnLoss, 0.1).compiled,
    "transformer block": t.eager,
    "transformer block, jit": t.compiled,
    "Hessian of Rosenbrock, 32, jit": rosenbrockHessian(32),
    "Hessian of Rosenbrock, 100, jit": rosenbrockHessian(100),
    "gradients of examples, jit": examples(),
    "RNN": r.eager,
    "RNN, jit": r.compiled,
    "softmax of rows, jit": compiled((x: A) => nn.softmax(x, -1), a1024),
    "logsumexp of rows, jit": compiled((x: A) => nn.logsumexp(x, -1), a1024),
    "normalised rows, jit": compiled(normalised, a1024),
    "sum of all, jit": compiled((x: A) => np.sum(x), square2048),
    "sum along axis 0, jit": compiled((x: A) => np.sum(x, 0), square2048),
    "sum along axis 1, jit": compiled((x: A) => np.sum(x, 1), square2048),
    "max along axis 1, jit": compiled((x: A) => np.max(x, 1), square2048),
    "transposed, doubled, jit": compiled((x: A) => np.transpose(x).mul(2), square2048),
    "cumsum, jit": compiled((x: A) => np.cumsum(x, 0), line),
    "argsort, jit": compiled((x: A) => np.argsort(x, 0), np.array(shuffled(1e5))),
    "rows gathered, jit": compiled((x: A, i: A) => np.take(x, i, 0), rowsOf, places),
  };
}
