// The models in TensorFlow.js. It has no jit: the same task stands in both rows, eager and compiled.

import * as tf from "@tensorflow/tfjs-core";
import { matrix, ramp, shuffled } from "../inputs.js";
import { alongDirection, block, cnn, exampleWeight, heads, type Model, mlp, perExample, rnn } from "../models/data.js";
import type { Suite, Task } from "../task.js";

type Parameters = Record<string, tf.Tensor>;

function task(f: () => tf.Tensor): Task {
  const tidied = (): tf.Tensor => tf.tidy(f);
  return {
    call: () => tidied().dispose(),
    values: () => {
      const y = tidied();
      const values = y.dataSync();
      y.dispose();
      return values;
    },
  };
}

const tensor = ({ data, shape }: { data: Float32Array; shape: readonly number[] }): tf.Tensor => tf.tensor(data, [...shape]);

function training(model: Model, loss: (p: Parameters, x: tf.Tensor, y: tf.Tensor) => tf.Scalar, rate?: number): Task {
  const names = Object.keys(model.parameters);
  const values = names.map((name) => tensor(model.parameters[name]!));
  const [x, y] = [tensor(model.x), tensor(model.y)];
  const gradient = tf.valueAndGrads((...ps: tf.Tensor[]) => loss(Object.fromEntries(names.map((name, i) => [name, ps[i]!])), x, y));
  const step = (): tf.Scalar => {
    const { value, grads } = gradient(values);
    if (rate !== undefined) grads.forEach((g, i) => tf.sub(values[i]!, tf.mul(g, rate)));
    return value;
  };
  return {
    call: () => tf.tidy(() => void step()),
    read: () => tf.tidy(() => void step().dataSync()),
    values: () =>
      tf.tidy(() => {
        const { value, grads } = gradient(values);
        return [value.dataSync()[0] as number, alongDirection(model, Object.fromEntries(names.map((name, i) => [name, grads[i]!.dataSync()])))];
      }),
  };
}

const mlpTask = (): Task =>
  training(
    mlp,
    ({ w1, b1, w2, b2, w3, b3 }, x, y) => {
      const h1 = tf.relu(tf.add(tf.matMul(x as tf.Tensor2D, w1 as tf.Tensor2D), b1!));
      const h2 = tf.relu(tf.add(tf.matMul(h1 as tf.Tensor2D, w2 as tf.Tensor2D), b2!));
      const logits = tf.add(tf.matMul(h2 as tf.Tensor2D, w3 as tf.Tensor2D), b3!);
      return tf.neg(tf.mul(tf.sum(tf.mul(y, tf.logSoftmax(logits))), 1 / 128)) as tf.Scalar;
    },
    0.1,
  );

const cnnTask = (): Task =>
  training(
    cnn,
    ({ k1, k2, w3, b3, w4, b4 }, x, y) => {
      const convolved = (x: tf.Tensor, k: tf.Tensor, stride: number): tf.Tensor => tf.relu(tf.conv2d(x as tf.Tensor4D, k as tf.Tensor4D, stride, "same"));
      const features = tf.reshape(convolved(convolved(x, k1!, 1), k2!, 2), [32, 14 * 14 * 64]) as tf.Tensor2D;
      const hidden = tf.relu(tf.add(tf.matMul(features, w3 as tf.Tensor2D), b3!)) as tf.Tensor2D;
      const logits = tf.add(tf.matMul(hidden, w4 as tf.Tensor2D), b4!);
      return tf.neg(tf.mul(tf.sum(tf.mul(y, tf.logSoftmax(logits))), 1 / 32)) as tf.Scalar;
    },
    0.1,
  );

const normalised = (x: tf.Tensor): tf.Tensor => {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-5)));
};

const blockTask = (): Task =>
  training(block, ({ wq, wk, wv, wo, w1, w2 }, x, y) => {
    const flat = (t: tf.Tensor, w: tf.Tensor): tf.Tensor => tf.matMul(tf.reshape(t, [256, -1]) as tf.Tensor2D, w as tf.Tensor2D);
    const n = normalised(x);
    const split = (w: tf.Tensor): tf.Tensor => tf.transpose(tf.reshape(flat(n, w), [4, 64, heads.count, heads.size]), [0, 2, 1, 3]);
    const [q, k, v] = [split(wq!), split(wk!), split(wv!)];
    const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(heads.size));
    const mixed = tf.reshape(tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]), [4, 64, 128]);
    const attended = tf.add(x, tf.reshape(flat(mixed, wo!), [4, 64, 128]));
    const hidden = tf.relu(flat(normalised(attended), w1!));
    const out = tf.add(attended, tf.reshape(flat(hidden, w2!), [4, 64, 128]));
    return tf.mean(tf.square(tf.sub(out, y))) as tf.Scalar;
  });

const rnnTask = (): Task =>
  training(rnn, ({ wx, wh, b }, x, y) => {
    let h: tf.Tensor = tf.zeros([16, 64]);
    for (const xt of tf.unstack(x)) {
      h = tf.tanh(tf.add(tf.add(tf.matMul(xt as tf.Tensor2D, wx as tf.Tensor2D), tf.matMul(h as tf.Tensor2D, wh as tf.Tensor2D)), b!));
    }
    return tf.mean(tf.square(tf.sub(h, y))) as tf.Scalar;
  });

/** One gradient after the other: it has no vmap. */
function examples(): Task {
  const names = Object.keys(perExample.parameters);
  const values = names.map((name) => tensor(perExample.parameters[name]!));
  const xs = tf.unstack(tensor(perExample.x)).map((x) => tf.reshape(x, [1, 64]));
  const ys = tf.unstack(tensor(perExample.y));
  const all = (): { value: tf.Scalar; grads: tf.Tensor[] }[] =>
    xs.map((x, i) =>
      tf.valueAndGrads((w1: tf.Tensor, b1: tf.Tensor, w2: tf.Tensor) => {
        const h = tf.tanh(tf.add(tf.matMul(x as tf.Tensor2D, w1 as tf.Tensor2D), b1));
        return tf.square(tf.sub(tf.sum(tf.mul(h, w2)), ys[i]!)) as tf.Scalar;
      })(values),
    );
  return {
    call: () => tf.tidy(() => void names.map((_, n) => tf.stack(all().map(({ grads }) => grads[n]!)))),
    values: () =>
      tf.tidy(() => {
        let [loss, slope] = [0, 0];
        all().forEach(({ value, grads }, i) => {
          loss += exampleWeight(i) * (value.dataSync()[0] as number);
          slope += exampleWeight(i) * alongDirection(perExample, Object.fromEntries(names.map((name, n) => [name, grads[n]!.dataSync()])));
        });
        return [loss, slope];
      }),
  };
}

/** A gradient of each element of the gradient. */
function rosenbrockHessian(n: number): Task {
  const f = (x: tf.Tensor): tf.Tensor => {
    const [a, b] = [tf.slice(x, [0], [n - 1]), tf.slice(x, [1], [n - 1])];
    return tf.sum(tf.add(tf.mul(100, tf.square(tf.sub(b, tf.square(a)))), tf.square(tf.sub(1, a))));
  };
  const g = tf.grad(f);
  const x = tf.tensor1d(ramp(n));
  const units = tf.unstack(tf.eye(n));
  const rows = units.map((unit) => tf.grad((x: tf.Tensor) => tf.sum(tf.mul(g(x), unit))));
  return task(() => tf.stack(rows.map((row) => row(x))));
}

/** The tasks of TensorFlow.js that are models, or large. */
export function tfjsModels(): Suite {
  const of = (size: number, seed: number): tf.Tensor2D => tf.tensor2d(matrix(size, seed), [size, size]);
  const [a511, b511, a512, b512, a1024, b1024] = [of(511, 1), of(511, 2), of(512, 1), of(512, 2), of(1024, 1), of(1024, 2)];
  const square2048 = of(2048, 1);
  const line = tf.tensor1d(matrix(317, 1).slice(0, 1e5));
  const order = tf.neg(tf.tensor1d(shuffled(1e5)));
  const rowsOf = tf.tensor2d(matrix(800, 1), [10000, 64]);
  const places = tf.tensor1d(Int32Array.from({ length: 1e5 }, (_, i) => (i * 7919) % 10000), "int32");
  const w1 = (size: number): Task => {
    const x = tf.tensor1d(ramp(size));
    return task(() => tf.add(tf.mul(tf.tanh(tf.add(tf.mul(x, 1.5), 0.3)), tf.sin(x)), tf.exp(tf.neg(tf.mul(x, x)))));
  };
  const [m, t, r] = [mlpTask(), blockTask(), rnnTask()];
  return {
    "W1 jit, 1e3": w1(1e3),
    "W1 jit, 1e5": w1(1e5),
    "W1 jit, 1e6": w1(1e6),
    "matmul, 511": task(() => tf.matMul(a511, b511)),
    "matmul, 512": task(() => tf.matMul(a512, b512)),
    "matmul, 512, first transposed": task(() => tf.matMul(a512, b512, true, false)),
    "matmul, 512, second transposed": task(() => tf.matMul(a512, b512, false, true)),
    "matmul, 1024": task(() => tf.matMul(a1024, b1024)),
    "MLP step": m,
    "MLP step, jit": m,
    // Its WebAssembly has no gradient of a convolution.
    ...(tf.getBackend() === "wasm" ? {} : { "CNN step, jit": cnnTask() }),
    "transformer block": t,
    "transformer block, jit": t,
    "Hessian of Rosenbrock, 32, jit": rosenbrockHessian(32),
    "Hessian of Rosenbrock, 100, jit": rosenbrockHessian(100),
    "gradients of examples, jit": examples(),
    "RNN": r,
    "RNN, jit": r,
    "softmax of rows, jit": task(() => tf.softmax(a1024)),
    "logsumexp of rows, jit": task(() => tf.logSumExp(a1024, -1)),
    "normalised rows, jit": task(() => normalised(a1024)),
    "sum of all, jit": task(() => tf.sum(square2048)),
    "sum along axis 0, jit": task(() => tf.sum(square2048, 0)),
    "sum along axis 1, jit": task(() => tf.sum(square2048, 1)),
    "max along axis 1, jit": task(() => tf.max(square2048, 1)),
    "transposed, doubled, jit": task(() => tf.mul(tf.transpose(square2048), 2)),
    "cumsum, jit": task(() => tf.cumsum(line)),
    "argsort, jit": task(() => tf.topk(order, 1e5, true).indices),
    "rows gathered, jit": task(() => tf.gather(rowsOf, places)),
  };
}
