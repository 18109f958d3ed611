// Many long rows joined element by element: block after block of rows, against the eager kernels.

import { array, cast, type DType, mul, reduceSum, type Tensor, withBackend } from "@gradus/core";
import { exp, iota, reduceMax, reduceMin, reduceOr, reduceProd } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { expect, test } from "vitest";
import { compiling, eager, values } from "./support.js";

const programs: Record<string, { dtypes: readonly DType[]; axes: (rank: number) => number[]; f: (x: Tensor, axes: number[]) => Tensor | Tensor[] }> = {
  "sums and products": { dtypes: ["float32", "float64", "int32", "uint32"], axes: (rank) => [rank - 2], f: (x, axes) => [reduceSum(x, axes), reduceProd(x, axes)] },
  "extrema": { dtypes: ["float32", "float64", "int32", "uint32"], axes: (rank) => [rank - 2], f: (x, axes) => [reduceMax(x, axes), reduceMin(mul(x, x), axes)] },
  "any": { dtypes: ["bool"], axes: (rank) => [rank - 2], f: (x, axes) => reduceOr(x, axes) },
  "over several axes": { dtypes: ["float32", "int32"], axes: (rank) => (rank === 2 ? [0] : [0, rank - 2]), f: (x, axes) => reduceSum(x, axes) },
  "beside what is summed": { dtypes: ["float32"], axes: (rank) => [rank - 2], f: (x, axes) => { const e = exp(mul(x, 0.01)); return [reduceSum(e, axes), e]; } },
  "with the number of the row": { dtypes: ["float32"], axes: (rank) => [rank - 2], f: (x, axes) => reduceSum(mul(x, cast(iota(x.shape, "int32", x.ndim - 2), "float32")), axes) },
};

for (const [name, { dtypes, axes, f }] of Object.entries(programs)) {
  test(name, () => {
    const backend = compiling();
    for (const dtype of dtypes) {
      for (const shape of [[24, 256], [19, 259], [2, 33, 301], [3, 2, 18, 258]]) {
        const g = (x: Tensor): Tensor | Tensor[] => f(x, axes(shape.length));
        const wanted = withBackend(eager, () => [g(values(shape, dtype))].flat());
        const got = withBackend(backend, () => [jit(g)(values(shape, dtype))].flat() as Tensor[]);
        got.forEach((t, i) => {
          const [a, b] = [t.dataSync(), (wanted[i] as Tensor).dataSync()];
          expect(a.length).toBe(b.length);
          const wrong = a.findIndex((v, k) => !(v === b[k] || Math.abs(Number(v) - Number(b[k])) <= 1e-5 * Math.abs(Number(b[k])) + 1e-4));
          expect(wrong < 0 ? "" : `${dtype}[${shape}] result ${i}: element ${wrong} is ${a[wrong]}, expected ${b[wrong]}`).toBe("");
        });
      }
    }
  });
}

test("NaN wins in whatever block it is", () => {
  const data = new Float32Array(40 * 256).fill(1);
  [0, 7, 8, 20, 39].forEach((row, k) => void (data[row * 256 + k] = NaN));
  const f = (x: Tensor): Tensor => reduceMax(x, 0);
  const got = withBackend(compiling(), () => (jit(f)(array(data, { shape: [40, 256] })) as Tensor).dataSync());
  expect([...got].map((v) => Number.isNaN(v))).toEqual(Array.from({ length: 256 }, (_, k) => k < 5));
});
