// TensorFlow.js on its WebAssembly backend, with SIMD. In Node it runs on one thread.

import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { serve } from "../child.js";
import { tfjs } from "../suites/tfjs.js";
import { tfjsModels } from "../suites/tfjs-models.js";

setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json"))}/dist/`);
await tf.setBackend("wasm");
serve({ ...tfjs(), ...tfjsModels() });
