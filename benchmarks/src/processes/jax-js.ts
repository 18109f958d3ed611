// jax-js on its default device, wasm. Where there are no Workers, as in Node, it runs on one thread.

import { defaultDevice, init } from "@jax-js/jax";
import { serve } from "../child.js";
import { jaxJs } from "../suites/jax-js.js";
import { jaxJsModels } from "../suites/jax-js-models.js";

await init("wasm");
defaultDevice("wasm");
serve({ ...jaxJs(), ...jaxJsModels() });
