// Gradus: nothing is freed, since there is nothing to free.

import { array, dotGeneral, reduceSum, sub, mul, square, tanh, type Tensor, valueAndGrad } from "gradus";
import { columns, data, rate, rows } from "./training.js";
import { watch } from "./watch.js";

const x = array(data.x, { shape: [rows, columns] });
const y = array(data.y);
let w = array(data.w);
let last: Tensor | undefined;

const loss = (weights: Tensor): Tensor => mul(reduceSum(square(sub(tanh(dotGeneral(x, weights, { contract: [[1], [0]] })), y))), 1 / rows);
const gradient = valueAndGrad(loss);

watch(
  4000,
  () => {
    const [value, dw] = gradient(w);
    w = sub(w, mul(dw, rate));
    last = value;
  },
  () => (last as Tensor).item(),
);
