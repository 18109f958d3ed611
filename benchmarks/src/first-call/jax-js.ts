// First calls in jax-js.

import { defaultDevice, init } from "@jax-js/jax";
import { jaxJsModels } from "../suites/jax-js-models.js";
import { jaxJs } from "../suites/jax-js.js";
import { watch } from "./watch.js";

await init("wasm");
defaultDevice("wasm");
await watch({ ...jaxJs(), ...jaxJsModels() });
