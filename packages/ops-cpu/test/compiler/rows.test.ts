// Nests over the same rows, block after block of rows, against the eager kernels.

import { add, array, cast, type DType, mul, neg, reduceSum, reshape, type Tensor, transpose, withBackend } from "@gradus/core";
import { concatenate, div, equal, exp, greater, iota, reduceMax, reverse, select, slice, sqrt, sub } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { expect, test } from "vitest";
import { scalarOnly } from "../../src/wasm/features.js";
import { compiled, compiling, eager, loops, text, values } from "./support.js";

const along = (x: Tensor, r: Tensor): Tensor => reshape(r, [...x.shape.slice(0, -1), 1]);
const last = (x: Tensor): number => x.ndim - 1;

function softmax(x: Tensor): Tensor {
  const e = exp(sub(x, along(x, reduceMax(x, last(x)))));
  return div(e, along(x, reduceSum(e, last(x))));
}

function normalised(x: Tensor): Tensor {
  const n = x.shape.at(-1) as number;
  const centred = sub(x, along(x, div(reduceSum(x, last(x)), n)));
  return div(centred, sqrt(add(along(x, div(reduceSum(mul(centred, centred), last(x)), n)), 1e-5)));
}

const rowNumber = (x: Tensor): Tensor => cast(iota(x.shape, "int32", 0), x.dtype);

const programs: Record<string, { dtypes: readonly DType[]; f: (x: Tensor) => Tensor | Tensor[] }> = {
  "softmax": { dtypes: ["float32", "float64"], f: softmax },
  "normalised": { dtypes: ["float32", "float64"], f: normalised },
  "with what others need": { dtypes: ["float32"], f: (x) => { const y = exp(x); const s = reduceSum(y, last(x)); return [y, s, mul(y, along(x, s)), softmax(mul(y, 2))]; } },
  "with the number of the row": { dtypes: ["float32", "int32"], f: (x) => { const y = add(x, rowNumber(x)); return [reduceMax(y, last(x)), sub(y, along(x, reduceMax(y, last(x))))]; } },
  "of integers and booleans": { dtypes: ["int32", "uint32", "bool"], f: (x) => { const m = along(x, reduceMax(cast(x, "int32"), last(x))); return select(equal(cast(x, "int32"), m), cast(greater(m, 1), "int32"), m); } },
  "joined side by side": { dtypes: ["float32"], f: (x) => softmax(concatenate([exp(x), neg(x)], last(x))) },
  "backwards and shifted": { dtypes: ["float32"], f: (x) => softmax(reverse(slice(exp(x), x.shape.map((_, i) => Number(i === last(x))), [...x.shape]), [last(x)])) },
  "columns of the same array too": { dtypes: ["float32"], f: (x) => { const y = softmax(x); return [y, reduceSum(y, 0), div(y, add(reduceSum(y, 0), 1))]; } },
  "turned": { dtypes: ["float32"], f: (x) => { const y = softmax(x); return softmax(transpose(y)); } },
};

const shapes = [[5, 4], [7, 13], [12, 3], [9, 65], [2, 6, 10], [1, 9], [40, 1]];

for (const [engine, features] of [["vectors", undefined], ["single elements", scalarOnly]] as const) {
  for (const [name, { dtypes, f }] of Object.entries(programs)) {
    test(`${name}, ${engine}`, () => {
      for (const large of [0, 100, 500]) {
        const backend = compiling(features, large);
        for (const dtype of dtypes) {
          for (const shape of shapes) {
            const wanted = withBackend(eager, () => [f(values(shape, dtype))].flat());
            const got = withBackend(backend, () => [jit(f)(values(shape, dtype))].flat() as Tensor[]);
            withBackend(eager, () => compiled(f, [values(shape, dtype)], features, large));
            got.forEach((t, i) => {
              const [a, b] = [t.dataSync(), (wanted[i] as Tensor).dataSync()];
              expect(a.length).toBe(b.length);
              const wrong = a.findIndex((v, k) => !(v === b[k] || Math.abs(Number(v) - Number(b[k])) <= 2e-6 * Math.max(1, Math.abs(Number(b[k])))));
              expect(wrong < 0 ? "" : `large ${large}, ${dtype}[${shape}] result ${i}: element ${wrong} is ${a[wrong]}, expected ${b[wrong]}`).toBe("");
            });
          }
        }
      }
    });
  }
}

const rowSteps = (f: (x: Tensor) => unknown, shape: readonly number[]): string[] =>
  withBackend(eager, () => compiled(f as never, [values(shape)])).loops.steps.flatMap((s) => (s.kind === "kernel" ? [s.name] : []));

test("large arrays go block by block, and what passes between the nests has no more room than a block", () => {
  expect(rowSteps(softmax, [512, 256])).toEqual(["3 nests, 8 rows at a time, the last with the next first"]);
  expect(rowSteps(softmax, [509, 256])).toEqual(["3 nests, 8 rows at a time"]);
  const shares = (x: Tensor): Tensor => { const m = along(x, reduceMax(x, 1)); return div(x, along(x, reduceSum(exp(sub(x, m)), 1))); };
  expect(rowSteps(shares, [512, 256])).toEqual(["3 nests, 12 rows at a time"]); // the last reads what the first reads
  expect(rowSteps(softmax, [16, 256])).toEqual([]);
  const { arena } = withBackend(eager, () => compiled(softmax, [values([512, 256])]));
  expect(arena.bytes).toBeLessThan(20_000);
});

test("plans show the nests of a block", () => {
  expect(withBackend(eager, () => loops((x) => { const s = reduceSum(x, 1); return sub(x, along(x, mul(s, s))); }, values([512, 256])))).toBe(text`
    in b0:f32[512,256]
    b2:f32[131072] = kernel 2 nests, 12 rows at a time(b0:f32[131072])
      for i < 12, j < 256 (joined)
        b1[i] = add of b0[256·i + j], from 0
      for i < 12, j < 256
        b2[256·i + j] = sub(b0[256·i + j], mul(b1[i], b1[i]))
    out b2:f32[512,256]
  `);
});

test("nests that need all rows of another come after it", () => {
  expect(rowSteps((x) => div(exp(x), reduceSum(exp(x), 0)), [512, 256])).toEqual([]);
});

test("a NaN stays in its row", () => {
  const data = new Float32Array(100 * 64).fill(1);
  [0, 33, 99].forEach((row) => void (data[row * 64 + (row % 64)] = NaN));
  const got = withBackend(compiling(undefined, 1000), () => (jit(softmax)(array(data, { shape: [100, 64] })) as Tensor).dataSync() as Float32Array);
  for (let row = 0; row < 100; row++) expect(got.slice(row * 64, row * 64 + 64).every((v) => ([0, 33, 99].includes(row) ? Number.isNaN(v) : v === 1 / 64))).toBe(true);
});
