import { array, avalOf, type DType, DTypeError, fullOf, ShapeError, type Tensor, transpose, useBackend } from "@gradus/core";
import { dotGeneral, type DotGeneralOptions } from "@gradus/ops";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { cpu } from "../src/index.js";
import { count, flat, indices, laidOut, numbers, sample, stored, values } from "./layouts.js";

beforeEach(() => useBackend(cpu()));

/** Σ a·b by the definition. */
function reference(a: readonly number[], sa: readonly number[], b: readonly number[], sb: readonly number[], { contract, batch = [[], []] }: DotGeneralOptions, dtype: DType): number[] {
  const free = (s: readonly number[], side: 0 | 1): number[] => s.map((_, i) => i).filter((i) => !contract[side].includes(i) && !batch[side].includes(i));
  const [fa, fb] = [free(sa, 0), free(sb, 1)];
  const outShape = [...batch[0].map((i) => sa[i] as number), ...fa.map((i) => sa[i] as number), ...fb.map((i) => sb[i] as number)];
  const sums = contract[0].map((i) => sa[i] as number);
  return indices(outShape).map((o) => {
    let sum = 0;
    for (const k of indices(sums)) {
      const ia: number[] = [];
      const ib: number[] = [];
      batch[0].forEach((axis, i) => (ia[axis] = o[i] as number));
      batch[1].forEach((axis, i) => (ib[axis] = o[i] as number));
      fa.forEach((axis, i) => (ia[axis] = o[batch[0].length + i] as number));
      fb.forEach((axis, i) => (ib[axis] = o[batch[0].length + fa.length + i] as number));
      contract[0].forEach((axis, i) => (ia[axis] = k[i] as number));
      contract[1].forEach((axis, i) => (ib[axis] = k[i] as number));
      const [x, y] = [a[flat(ia, sa)] as number, b[flat(ib, sb)] as number];
      sum = dtype.includes("int") ? (sum + Math.imul(x, y)) | 0 : sum + x * y;
    }
    return stored(dtype, sum);
  });
}

const cases: [string, number[], number[], DotGeneralOptions][] = [
  ["inner product", [5], [5], { contract: [[0], [0]] }],
  ["matrix by vector", [3, 4], [4], { contract: [[1], [0]] }],
  ["vector by matrix", [4], [4, 3], { contract: [[0], [0]] }],
  ["matrix product", [3, 4], [4, 5], { contract: [[1], [0]] }],
  ["left transposed", [6, 5], [6, 7], { contract: [[0], [0]] }],
  ["right transposed", [5, 6], [7, 6], { contract: [[1], [1]] }],
  ["outer product", [3], [4], { contract: [[], []] }],
  ["batched", [2, 3, 4], [2, 4, 5], { contract: [[2], [1]], batch: [[0], [0]] }],
  ["batch axes elsewhere", [3, 2, 4], [4, 5, 2], { contract: [[2], [0]], batch: [[1], [2]] }],
  ["two axes contracted", [2, 3, 4], [4, 3, 5], { contract: [[2, 1], [0, 1]] }],
  ["everything contracted", [2, 3], [3, 2], { contract: [[0, 1], [1, 0]] }],
  ["numbers", [], [3], { contract: [[], []] }],
  ["nothing to sum", [2, 0], [0, 3], { contract: [[1], [0]] }],
  ["nothing at all", [0, 2], [2, 3], { contract: [[1], [0]] }],
];
for (const [name, sa, sb, options] of cases) {
  test(name, () => {
    for (const dtype of numbers) {
      for (const a of laidOut(sa, dtype)) {
        for (const b of laidOut(sb, dtype, 2)) {
          expect(values(dotGeneral(a.x, b.x, options)), `${dtype} ${a.layout} ${b.layout}`).toEqual(reference(a.values, sa, b.values, sb, options, dtype));
        }
      }
    }
  });
}

test("sizes around the edges of tiles and blocks, in every layout", () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 10 }), fc.constantFrom(255, 257, 513));
  fc.assert(
    fc.property(size, size, size, fc.boolean(), fc.boolean(), (m, n, k, swapA, swapB) => {
      if (m * n * k > 3e6) return;
      const make = (rows: number, columns: number, swap: boolean, seed: number): [Tensor, number[]] => {
        const v = sample("float64", rows * columns, seed);
        if (!swap) return [array(v, { shape: [rows, columns], dtype: "float64" }), v];
        const t = Array.from({ length: rows * columns }, (_, i) => v[(i % rows) * columns + Math.floor(i / rows)] as number);
        return [transpose(array(t, { shape: [columns, rows], dtype: "float64" })), v];
      };
      const [a, va] = make(m, k, swapA, 1);
      const [b, vb] = make(k, n, swapB, 2);
      const got = values(dotGeneral(a, b, { contract: [[1], [0]] }));
      // Multiples of 1/16 below 2^53: exact in whatever order they are added.
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let q = 0; q < k; q++) sum += (va[i * k + q] as number) * (vb[q * n + j] as number);
          if (got[i * n + j] !== sum) expect(got[i * n + j], `${[m, n, k]} at ${[i, j]}`).toBe(sum);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("NaN and infinities stay in their rows and columns", () => {
  const a = array([[NaN, 1, 0, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, Infinity], [1, 0, 0, 0, 0], [0, 0, 0, 0, 1]]);
  const b = array(Array.from({ length: 5 }, () => [1, 2, 3, 4, 5]));
  const out = dotGeneral(a, b, { contract: [[1], [0]] }).js() as number[][];
  expect(out[0]).toEqual([NaN, NaN, NaN, NaN, NaN]);
  expect(out[1]).toEqual([5, 10, 15, 20, 25]);
  expect(out[2]).toEqual([Infinity, Infinity, Infinity, Infinity, Infinity]);
  expect(out[4]).toEqual([1, 2, 3, 4, 5]);
});

test("dtypes and shapes are checked, and the result is weak only if both operands are", () => {
  expect(() => dotGeneral(array([1]), array([1, 2]), { contract: [[0], [0]] })).toThrow(ShapeError);
  expect(() => dotGeneral(array([true]), array([true]), { contract: [[0], [0]] })).toThrow(DTypeError);
  const weak = fullOf(avalOf([2], "float32", true), 3);
  expect(dotGeneral(weak, weak, { contract: [[0], [0]] }).aval.toString()).toBe("~f32[]");
  expect(dotGeneral(weak, array([1, 2]), { contract: [[0], [0]] }).item()).toBe(9);
  expect(count(dotGeneral(array([1, 2]), 3, { contract: [[], []] }).shape)).toBe(2);
});
