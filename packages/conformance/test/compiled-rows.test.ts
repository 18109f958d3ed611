// Loops over the same rows in compiled programs, block of rows after block of rows: in loops and branches of the program, and in gradients.

import { add, array, mul, reduceSum, reshape, type Tensor, useBackend } from "@gradus/core";
import { cond, foriLoop, scan } from "@gradus/control-flow";
import { div, exp, greater, log, reduceMax, sub } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { beforeEach, expect, test } from "vitest";
import { expectTree } from "../src/index.js";

beforeEach(() => useBackend(cpu()));

const shape = [301, 130]; // blocks of some rows, and vectors, do not fill it
const x = (): Tensor => array(Float32Array.from({ length: 301 * 130 }, (_, i) => Math.sin(1.3 * i)), { shape });
const column = (r: Tensor): Tensor => reshape(r, [301, 1]);
const softmax = (x: Tensor): Tensor => {
  const e = exp(sub(x, column(reduceMax(x, 1))));
  return div(e, column(reduceSum(e, 1)));
};
const logSoftmax = (x: Tensor): Tensor => sub(x, column(log(reduceSum(exp(x), 1))));
const weights = (): Tensor => array(Float32Array.from({ length: 301 * 130 }, (_, i) => Math.cos(0.7 * i)), { shape });

const programs: Record<string, (x: Tensor) => unknown> = {
  "in a loop": (x) => foriLoop(0, 3, (_i: Tensor, c: Tensor) => softmax(mul(c, 3)), x),
  "in a scan, whose steps are kept": (x) => scan((c: Tensor) => { const y = softmax(add(c, x)); return [y, reduceSum(y, 0)] as [Tensor, Tensor]; }, x, null, { length: 3 }),
  "in a branch": (x) => cond(greater(reduceMax(x), 0.5), (c: Tensor) => softmax(c), (c: Tensor) => exp(c), x),
  "in a gradient": (x) => grad((x: Tensor) => reduceSum(mul(softmax(x), weights())))(x),
  "in a gradient of a loop": (x) => grad((x: Tensor) => reduceSum(mul(foriLoop(0, 2, (_i: Tensor, c: Tensor) => logSoftmax(mul(c, 2)), x) as Tensor, weights())))(x),
  "after each other": (x) => { const y = softmax(x); return [y, softmax(sub(y, reduceSum(y, 0)))]; },
};

for (const [name, f] of Object.entries(programs)) {
  test(name, () => {
    const g = jit(f as (x: Tensor) => Tensor);
    expect(g.explainPlan(x())).toMatch(/rows at a time/);
    expectTree(g(x()), f(x()), "jit(f)");
  });
}
