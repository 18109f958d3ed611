// Gradus, as its README says to write it: nothing is freed, nothing is warmed up but by use.

import { add, array, cos, dotGeneral, exp, grad, jit, jvp, mul, neg, reduceSum, sin, tanh, type Tensor } from "gradus";
import { chain, fractions, leaves, matrix, point, ramp } from "../inputs.js";
import type { Suite, Task } from "../task.js";

const task = (call: () => Tensor): Task => ({ call, values: () => call().dataSync() });

const product = (x: Tensor): Tensor => mul(sin(x), cos(x));
const xSin = (x: Tensor): Tensor => mul(x, sin(x));
const w1 = (x: Tensor): Tensor => add(mul(tanh(add(mul(x, 1.5), 0.3)), sin(x)), exp(neg(mul(x, x))));

function chained(x: Tensor, repetitions: number): Tensor {
  let y = x;
  for (let i = 0; i < repetitions; i++) y = cos(mul(add(sin(y), x), 0.9));
  return y;
}

/** The tasks of Gradus. */
export function gradus(): Suite {
  const x = array(point);
  const v = array(ramp(10));
  const [n3, n5, n6, positive] = [array(ramp(1e3)), array(ramp(1e5)), array(ramp(1e6)), array(fractions(1e6))];
  const square = (size: number): [Tensor, Tensor] => [
    array(matrix(size, 1), { shape: [size, size] }),
    array(matrix(size, 2), { shape: [size, size] }),
  ];
  const matmul = ([a, b]: [Tensor, Tensor]): Task => task(() => dotGeneral(a, b, { contract: [[1], [0]] }));

  const first = grad(product);
  const second = grad(first);
  const third = grad(grad(grad(xSin)));
  const ofScalarChain = grad((y: Tensor) => chained(y, chain.scalar));
  const ofArrayChain = grad((y: Tensor) => reduceSum(chained(y, chain.array)));
  const one = array(1);
  const jitted = jit((y: Tensor) => sin(y));
  const dictionary = Object.fromEntries(leaves.map((name) => [name, x]));
  const jittedMany = jit((d: Record<string, Tensor>, y: Tensor) => mul(d["a"] as Tensor, y));
  const jittedGradient = jit(first);

  return {
    "sin, scalar": task(() => sin(x)),
    "add, scalar": task(() => add(x, x)),
    "mul by a number": task(() => mul(x, 2)),
    "sin, length 10": task(() => sin(v)),
    "add, length 10": task(() => add(v, v)),
    "read, length 10": { call: () => v.dataSync(), values: () => v.dataSync() },
    "jvp of sin·cos": task(() => jvp(product, [x], [one])[1]),
    "grad of sin·cos": task(() => first(x)),
    "second derivative of sin·cos": task(() => second(x)),
    "third derivative of x·sin x": task(() => third(x)),
    "grad of a chain, scalar": task(() => ofScalarChain(x)),
    "grad of a chain, length 10": task(() => ofArrayChain(v)),
    "jit call, scalar": task(() => jitted(x)),
    "jit call, 7 leaves": task(() => jittedMany(dictionary, x)),
    "jit of grad of sin·cos": task(() => jittedGradient(x)),
    "W1, 1e3": task(() => w1(n3)),
    "W1, 1e5": task(() => w1(n5)),
    "W1, 1e6": task(() => w1(n6)),
    "sum, 1e6": task(() => reduceSum(positive)),
    "matmul, 64": matmul(square(64)),
    "matmul, 256": matmul(square(256)),
  };
}
