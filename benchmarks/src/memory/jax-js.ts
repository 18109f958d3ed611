// jax-js, by the rules ("owned") or with .ref wherever a value is used, which is what it takes to run at all ("ref").

import { init, numpy as np, valueAndGrad } from "@jax-js/jax";
import { columns, data, rate, rows } from "./training.js";
import { watch } from "./watch.js";

await init("wasm");
const owned = process.argv[2] === "owned";
const x = np.array(data.x).reshape([rows, columns]);
const y = np.array(data.y);
let w: np.Array = np.array(data.w);
let last: np.Array | undefined;

/** A use of a value: by the rules the last one takes the value itself. */
const use = (a: np.Array, isLast: boolean): np.Array => (owned && isLast ? a : a.ref);

const loss = (weights: np.Array): np.Array => {
  const error = np.tanh(np.matmul(x.ref, use(weights, true))).sub(y.ref);
  return np.sum(np.square(use(error, true))).mul(1 / rows);
};
const gradient = valueAndGrad(loss);

watch(
  1000,
  () => {
    const [value, dw] = gradient(w.ref) as [np.Array, np.Array];
    w = use(w, true).sub(use(dw, true).mul(rate));
    if (owned) last?.dispose();
    // Unread results keep all that they are to be computed from: reading the loss is part of the loop.
    value.ref.dataSync();
    last = value;
  },
  () => (last as np.Array).ref.dataSync()[0] as number,
);
