// Gradus, results of 4 MB each in a synchronous loop, eager unless "compiled": does the collector keep up?

import { add, array, jit, type Tensor } from "gradus";
import { fractions } from "../inputs.js";
import { watch } from "./watch.js";

const [how, iterations = "1000"] = (process.argv[2] ?? "").split(" ");
const double = (v: Tensor): Tensor => add(v, v);
const f = how === "compiled" ? jit(double) : double;
const x = array(fractions(1e6));
let last: Tensor = x;

watch(
  Number(iterations),
  () => {
    last = f(x);
  },
  () => last.dataSync()[5e5] as number,
);
