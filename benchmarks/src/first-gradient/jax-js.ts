// jax-js on its default device.

import { grad, init, numpy as np } from "@jax-js/jax";

await init("wasm");
console.log((grad(np.sin)(np.array(1)) as np.Array).dataSync()[0]);
