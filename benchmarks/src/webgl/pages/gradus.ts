// Gradus with its WebGL backend. What an iteration makes is freed by a scope around it.

import { array, sin, useBackend } from "gradus";
import { webgl } from "@gradus/ops-webgl";
import { ramp } from "../../inputs.js";
import { gradus } from "../../suites/gradus.js";
import { gradusModels } from "../../suites/gradus-models.js";
import { countDraws, type PageTask, present } from "../page.js";

countDraws();
const backend = webgl();
useBackend(backend);

const x = array(ramp(10));
const small: PageTask = {
  call: () => sin(x),
  values: () => sin(x).dataSync(),
  async readAsync() {
    const y = sin(x);
    await y.data();
    backend.dispose(y);
  },
};
present({ ...gradus(), ...gradusModels(), "sin, length 10": small }, (f) => backend.scope(f));
