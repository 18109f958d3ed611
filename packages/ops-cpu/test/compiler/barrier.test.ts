// A barrier in a compiled program: what is computed behind it is not merged with what is computed before it.

import { add, mul, type Tensor, withBackend } from "@gradus/core";
import { sin } from "@gradus/ops";
import { jit, optimizationBarrier } from "@gradus/tracing";
import { expect, test } from "vitest";
import { compiled, compiling, eager, values } from "./support.js";

const twice = (x: Tensor): Tensor => add(sin(x), mul(sin(optimizationBarrier(x)), 2));
const merged = (x: Tensor): Tensor => add(sin(x), mul(sin(x), 2));

test("equal computations before and behind it are both done", () => {
  const sines = (f: (x: Tensor) => Tensor): number => withBackend(eager, () => compiled(f, [values([100])])).simplified.equations.filter((eq) => eq.primitive.name === "sin").length;
  expect([sines(merged), sines(twice)]).toEqual([1, 2]);
});

test("values are as without, whatever the dtype", () => {
  const run = (f: (x: Tensor) => Tensor, x: Tensor): number[] => withBackend(compiling(), () => [...jit(f)(x).dataSync()]);
  withBackend(compiling(), () => {
    for (const dtype of ["float32", "float64", "int32", "bool"] as const) {
      const x = values([2, 3], dtype);
      expect(run((v) => optimizationBarrier([v, v])[1]!, x)).toEqual([...x.dataSync()]);
    }
  });
  const x = withBackend(compiling(), () => values([100]));
  expect(run(twice, x)).toEqual(run(merged, x));
});
