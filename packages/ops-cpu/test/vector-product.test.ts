import { array, avalOf, type DType, reshape, type Tensor, useBackend } from "@gradus/core";
import { convGeneral, convGeneralP, dotGeneral, dotGeneralP } from "@gradus/ops";
import { expect, test } from "vitest";
import { contraction, convolution, cpu, eagerCpu } from "../src/index.js";

const [fast, plain] = [cpu(), eagerCpu({ kernels: [contraction, convolution] })];
type Params = { contract: number[][]; batch: number[][] };

/** Both backends on the same operands, whose sums of products are exact: fast and plain. */
function both(dtype: DType, x: readonly number[], y: readonly number[], params: Params): [ArrayLike<number>, ArrayLike<number>] {
  const data = (shape: readonly number[]): Float64Array => Float64Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => ((i * 7) % 11) - 5);
  const [a, b] = [data(x), data(y)];
  const make = (values: Float64Array) => (dtype === "float32" ? Float32Array.from(values) : dtype === "int32" ? Int32Array.from(values) : values);
  return [fast, plain].map((backend) => {
    const args = [backend.put(make(a), avalOf(x, dtype)), backend.put(make(b), avalOf(y, dtype))];
    return backend.read([backend.perform(dotGeneralP, args, params)].flat()[0] as Tensor);
  }) as unknown as [ArrayLike<number>, ArrayLike<number>];
}

const plainProduct: Params = { contract: [[1], [0]], batch: [[], []] };

test.each(["float32", "float64", "int32"] as const)("large products of %s are those of the plain kernel, in every layout", (dtype) => {
  for (const [x, y, params] of [
    [[12, 30], [30, 17], plainProduct],
    [[30, 12], [30, 17], { contract: [[0], [0]], batch: [[], []] }],
    [[12, 30], [17, 30], { contract: [[1], [1]], batch: [[], []] }],
    [[3, 12, 20], [3, 20, 11], { contract: [[2], [1]], batch: [[0], [0]] }],
    [[12, 3, 20], [20, 11, 3], { contract: [[2], [0]], batch: [[1], [2]] }],
    [[6, 8, 5, 4], [5, 6, 9], { contract: [[0, 2], [1, 0]], batch: [[], []] }],
    [[1, 50], [50, 40], plainProduct],
    [[40, 50], [50, 1], plainProduct],
  ] as const) {
    const [seen, expected] = both(dtype, x, y, params as unknown as Params);
    expect([...(seen as Float32Array)]).toEqual([...(expected as Float32Array)]);
  }
});

test("products of integers wrap around, in blocks as well", () => {
  for (const dtype of ["int32", "uint32"] as const) {
    for (const [m, k, n] of [[20, 30, 40], [1, 2 ** 22 + 100, 1], [3, 2000, 2]] as const) {
      const make = (size: number): Int32Array | Uint32Array => {
        const all = Int32Array.from({ length: size }, (_, i) => Math.imul(i + 1, 2654435761));
        return dtype === "int32" ? all : new Uint32Array(all.buffer);
      };
      const [x, y] = [make(m * k), make(k * n)];
      const [seen, expected] = [fast, plain].map((backend) => backend.read([backend.perform(dotGeneralP, [backend.put(x, avalOf([m, k], dtype)), backend.put(y, avalOf([k, n], dtype))], plainProduct)].flat()[0] as Tensor));
      expect([...seen!]).toEqual([...expected!]);
    }
  }
});

test("the whole backend multiplies by it, also within convolutions", () => {
  for (const p of [dotGeneralP, convGeneralP]) expect(fast.kernel(p)).not.toBe(plain.kernel(p));
  // Sums of float32 in float32 differ from those in doubles, rounded once.
  const rows = Array.from({ length: 64 }, (_, i) => Array.from({ length: 64 }, (_j, j) => Math.sin(i * 64 + j)));
  const [[a, c], [b, d]] = [fast, plain].map((backend) => {
    useBackend(backend);
    const x = array(rows, { dtype: "float32" });
    return [dotGeneral(x, x, { contract: [[1], [0]] }), convGeneral(reshape(x, [1, 64, 64]), reshape(x, [64, 64, 1]))].map((y) => (y.js() as number[][]).flat(2));
  }) as [[number[], number[]], [number[], number[]]];
  for (const [p, q] of [[a, b], [c, d]] as const) {
    const difference = Math.max(...p.map((v, i) => Math.abs(v - (q[i] as number))));
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(1e-5);
  }
});

test("operands larger than a block", { timeout: 30_000 }, () => {
  for (const [m, k, n] of [[1, 2 ** 22 + 1000, 1], [1, 3000, 1500], [1500, 3000, 1]] as const) {
    const [seen, expected] = both("float32", [m, k], [k, n], plainProduct);
    let wrong = -1;
    for (let i = 0; i < m * n && wrong < 0; i++) if (Math.abs((seen[i] as number) - (expected[i] as number)) > 1e-6 * k) wrong = i;
    expect([m, k, n, wrong]).toEqual([m, k, n, -1]);
  }
});
