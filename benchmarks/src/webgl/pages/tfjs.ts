// TensorFlow.js with its WebGL backend, which would compute small arrays in JavaScript: this is about the device.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-webgl";
import { ramp } from "../../inputs.js";
import { tfjs } from "../../suites/tfjs.js";
import { tfjsModels } from "../../suites/tfjs-models.js";
import { countDraws, type PageTask, present } from "../page.js";

countDraws();
await tf.setBackend("webgl");
tf.env().set("WEBGL_CPU_FORWARD", false);

const suite = tfjs();
const x = tf.tensor1d(ramp(10));
const small: PageTask = {
  ...(suite["sin, length 10"] as PageTask),
  async readAsync() {
    const y = tf.sin(x);
    await y.data();
    y.dispose();
  },
};
present({ ...suite, ...tfjsModels(), "sin, length 10": small });
