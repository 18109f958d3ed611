// TensorFlow.js as its documentation has it: all gradients, all kernels of the cpu backend.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import "@tensorflow/tfjs-backend-cpu";

await tf.setBackend("cpu");
console.log(tf.grad((x) => tf.sin(x))(tf.scalar(1)).dataSync()[0]);
