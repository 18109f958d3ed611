// First calls in Gradus.

import { array, jit } from "gradus";
import { ramp } from "../inputs.js";
import { gradusModels } from "../suites/gradus-models.js";
import { gradus } from "../suites/gradus.js";
import type { Task } from "../task.js";
import { chain, maxima } from "./long-chain.js";
import { watch } from "./watch.js";

const task = (f: typeof chain): Task => {
  const [g, x] = [jit(f), array(ramp(1000))];
  return { call: () => g(x), values: () => g(x).dataSync() };
};
await watch({ ...gradus(), ...gradusModels(), chain: task(chain), maxima: task(maxima) });
