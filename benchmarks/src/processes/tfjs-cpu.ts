// TensorFlow.js on its JavaScript backend.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { serve } from "../child.js";
import { tfjs } from "../suites/tfjs.js";
import { tfjsModels } from "../suites/tfjs-models.js";

await tf.setBackend("cpu");
serve({ ...tfjs(), ...tfjsModels() });
