// Nests that read columns and compute with them, against the eager kernels.

import { add, cast, type DType, mul, neg, type Tensor, transpose, withBackend } from "@gradus/core";
import { concatenate, exp, iota } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { expect, test } from "vitest";
import { compiled, compiling, eager, values } from "./support.js";

const programs: Record<string, (x: Tensor) => Tensor> = {
  "alone": (x) => transpose(x),
  "doubled": (x) => mul(transpose(x), 2),
  "twice in one expression": (x) => add(mul(transpose(x), transpose(x)), exp(transpose(x))),
  "with the number of the column": (x) => add(transpose(x), cast(iota([...x.shape].reverse(), "int32", x.ndim - 1), x.dtype)),
  "as a part of what is joined": (x) => concatenate([mul(transpose(x), 3), neg(transpose(x))], 0),
  "of what is computed, with what is computed": (x) => {
    const y = neg(exp(x));
    return x.shape[0] === x.shape.at(-1) ? add(mul(y, 2), transpose(y)) : mul(y, 2);
  },
};

for (const [name, f] of Object.entries(programs)) {
  test(name, () => {
    const backend = compiling();
    for (const dtype of ["float32", "float64", "int32"] as DType[]) {
      for (const shape of [[9, 33], [40, 24], [20, 20], [33, 33], [3, 17, 12], [3, 10, 3], [300, 71], [2, 259, 40]]) {
        const g = dtype === "int32" && /twice|computed/.test(name) ? (x: Tensor): Tensor => mul(transpose(x), 3) : f;
        const x = withBackend(backend, () => values(shape, dtype));
        withBackend(backend, () => compiled(g, [x]));
        const wanted = withBackend(eager, () => g(values(shape, dtype)).dataSync());
        const got = withBackend(backend, () => (jit(g)(x) as Tensor).dataSync());
        expect(got.length).toBe(wanted.length);
        const wrong = got.findIndex((v, k) => !(Math.abs(Number(v) - Number(wanted[k])) <= 5e-6 * Math.max(1, Math.abs(Number(wanted[k])))));
        expect(wrong < 0 ? "" : `${dtype}[${shape}]: element ${wrong} is ${got[wrong]}, expected ${wanted[wrong]}`).toBe("");
      }
    }
  });
}

test("a sum with the array that the result would take the place of", () => {
  // y is read in both orders and not used again: its place must not be filled while it is still read.
  const f = (x: Tensor): Tensor => {
    const y = exp(x);
    return add(y, transpose(neg(exp(transpose(y)))));
  };
  const x = withBackend(eager, () => values([32, 32]));
  const wanted = withBackend(eager, () => f(x).dataSync());
  const got = withBackend(compiling(), () => (jit(f)(values([32, 32])) as Tensor).dataSync());
  got.forEach((v, k) => expect(Math.abs(Number(v) - Number(wanted[k]))).toBeLessThan(1e-4 * Math.max(1, Math.abs(Number(wanted[k])))));
});
