// TensorFlow.js by its documentation: results are disposed, and a computation of several operations runs in tf.tidy. Its
// cpu and wasm backends compute at once, so nothing has to be read to be timed. It has no forward mode and no jit.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import { chain, fractions, matrix, point, ramp } from "../inputs.js";
import type { Suite, Task } from "../task.js";

type F = (x: tf.Tensor) => tf.Tensor;

/** One operation, or a gradient, which tidies up by itself: its result is disposed. */
function task(f: () => tf.Tensor): Task {
  return {
    call: () => f().dispose(),
    values: () => {
      const y = f();
      const values = y.dataSync();
      y.dispose();
      return values;
    },
  };
}

/** Several operations: what they leave behind is tidied up, the result with it once it has been timed. */
const tidied = (f: () => tf.Tensor): Task => task(() => tf.tidy(f));

const product: F = (x) => tf.mul(tf.sin(x), tf.cos(x));
const xSin: F = (x) => tf.mul(x, tf.sin(x));
const w1: F = (x) => tf.add(tf.mul(tf.tanh(tf.add(tf.mul(x, 1.5), 0.3)), tf.sin(x)), tf.exp(tf.neg(tf.mul(x, x))));

function chained(x: tf.Tensor, repetitions: number): tf.Tensor {
  let y = x;
  for (let i = 0; i < repetitions; i++) y = tf.cos(tf.mul(tf.add(tf.sin(y), x), 0.9));
  return y;
}

/** The tasks of TensorFlow.js on the backend in place. */
export function tfjs(): Suite {
  const x = tf.scalar(point);
  const v = tf.tensor1d(ramp(10));
  const [n3, n5, n6, positive] = [tf.tensor1d(ramp(1e3)), tf.tensor1d(ramp(1e5)), tf.tensor1d(ramp(1e6)), tf.tensor1d(fractions(1e6))];
  const matmul = (size: number): Task => {
    const [a, b] = [tf.tensor2d(matrix(size, 1), [size, size]), tf.tensor2d(matrix(size, 2), [size, size])];
    return task(() => tf.matMul(a, b));
  };
  const first = tf.grad(product);
  const second = tf.grad((y) => first(y));
  const third = tf.grad((y) => tf.grad((z) => tf.grad(xSin)(z))(y));
  const ofScalarChain = tf.grad((y) => chained(y, chain.scalar));
  const ofArrayChain = tf.grad((y) => tf.sum(chained(y, chain.array)));

  return {
    "sin, scalar": task(() => tf.sin(x)),
    "add, scalar": task(() => tf.add(x, x)),
    "mul by a number": tidied(() => tf.mul(x, 2)),
    "sin, length 10": task(() => tf.sin(v)),
    "add, length 10": task(() => tf.add(v, v)),
    "read, length 10": { call: () => v.dataSync(), values: () => v.dataSync() },
    "grad of sin·cos": task(() => first(x)),
    "second derivative of sin·cos": task(() => second(x)),
    "third derivative of x·sin x": task(() => third(x)),
    "grad of a chain, scalar": task(() => ofScalarChain(x)),
    "grad of a chain, length 10": task(() => ofArrayChain(v)),
    "W1, 1e3": tidied(() => w1(n3)),
    "W1, 1e5": tidied(() => w1(n5)),
    "W1, 1e6": tidied(() => w1(n6)),
    "sum, 1e6": task(() => tf.sum(positive)),
    "matmul, 64": matmul(64),
    "matmul, 256": matmul(256),
  };
}
