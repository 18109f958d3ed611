// jax-js on its device webgl.

import { defaultDevice, init, numpy as np } from "@jax-js/jax";
import { ramp } from "../../inputs.js";
import { jaxJs } from "../../suites/jax-js.js";
import { jaxJsModels } from "../../suites/jax-js-models.js";
import { countDraws, type PageTask, present } from "../page.js";

countDraws();
await init("webgl");
defaultDevice("webgl");

const suite = jaxJs();
const x = np.array(ramp(10));
const small: PageTask = { ...(suite["sin, length 10"] as PageTask), readAsync: () => np.sin(x.ref).data() };
present({ ...suite, ...jaxJsModels(), "sin, length 10": small });
