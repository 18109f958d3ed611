// TensorFlow.js on its cpu backend, TIDY or as one would write it without thinking of memory.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import "@tensorflow/tfjs-backend-cpu";
import { columns, data, rate, rows } from "./training.js";
import { watch } from "./watch.js";

await tf.setBackend("cpu");
const tidy = process.argv[2] === "tidy";
const x = tf.tensor2d(data.x, [rows, columns]);
const y = tf.tensor2d(data.y, [rows, 1]);
let w: tf.Tensor = tf.tensor2d(data.w, [columns, 1]);
let last: tf.Scalar = tf.scalar(0);

const loss = (weights: tf.Tensor): tf.Tensor => tf.mul(tf.sum(tf.square(tf.sub(tf.tanh(tf.matMul(x, weights as tf.Tensor2D)), y))), 1 / rows);
const gradient = tf.valueAndGrad(loss);

function step(): [tf.Tensor, tf.Tensor] {
  const { value, grad } = gradient(w);
  return [tf.sub(w, tf.mul(grad, rate)), value];
}

watch(
  2000,
  () => {
    const [next, value] = tidy ? tf.tidy(step) : step();
    if (tidy) tf.dispose([w, last]);
    [w, last] = [next, value as tf.Scalar];
  },
  () => last.dataSync()[0] as number,
);
