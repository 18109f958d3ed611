// Gradus, results of 4 MB each in a synchronous loop: does the collector keep up?

import { add, array, type Tensor } from "gradus";
import { fractions } from "../inputs.js";
import { watch } from "./watch.js";

const x = array(fractions(1e6));
let last: Tensor = x;

watch(
  1000,
  () => {
    last = add(x, x);
  },
  () => last.dataSync()[5e5] as number,
);
