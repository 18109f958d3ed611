// Kernels of compiled programs against the eager ones: products and convolutions of integers, the k greatest, cumulative logarithms.

import { array, type DType, type Tensor, type TypedArray, withBackend } from "@gradus/core";
import { convGeneral, cumlogsumexp, dotGeneral, type DotGeneralParams, topK } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { describe, expect, test } from "vitest";
import { CompilingCpu } from "../../src/compiling.js";
import { contraction, convolution, cumulation, sorting } from "../../src/index.js";
import { TiledCpu } from "../../src/tiled.js";
import { featuresOf, kinds } from "../wasm/loops.js";
import { values } from "../wasm/values.js";

const families = [contraction, convolution, cumulation, sorting];
const eager = new TiledCpu(families);
const vectors = kinds.filter((kind) => kind !== "scalar");

interface Operand {
  readonly data: TypedArray;
  readonly shape: readonly number[];
  readonly dtype: DType;
}
const operand = (dtype: DType, shape: readonly number[], spread: number): Operand => ({ data: values(dtype, shape.reduce((n, d) => n * d, 1), spread), shape, dtype });

/** Compiled and evaluated, the results are the same to the last bit. */
function expectSame(compiling: CompilingCpu, f: (...xs: Tensor[]) => Tensor | Tensor[], ...operands: readonly Operand[]): void {
  const run = (backend: TiledCpu, g: (...xs: Tensor[]) => unknown): unknown =>
    withBackend(backend, () => ([g(...operands.map(({ data, ...of }) => array(data, of)))].flat() as Tensor[]).map((t) => [t.dtype, t.shape, ...t.dataSync()]));
  expect(run(compiling, jit(f) as (...xs: Tensor[]) => unknown)).toEqual(run(eager, f));
}

describe.each(vectors)("%s", (kind) => {
  test("products of integers, in all layouts, wrap around", () => {
    const compiling = new CompilingCpu(families, featuresOf(kind));
    const cases: readonly (readonly [readonly number[], readonly number[], DotGeneralParams])[] = [
      [[1, 1], [1, 1], { contract: [[1], [0]], batch: [[], []] }],
      [[5, 7], [7, 3], { contract: [[1], [0]], batch: [[], []] }],
      [[17, 20], [20, 35], { contract: [[1], [0]], batch: [[], []] }],
      [[20, 17], [33, 20], { contract: [[0], [1]], batch: [[], []] }],
      [[300], [300], { contract: [[0], [0]], batch: [[], []] }],
      [[40, 3], [3], { contract: [[1], [0]], batch: [[], []] }],
      [[4], [6], { contract: [[], []], batch: [[], []] }],
      [[3, 0], [0, 4], { contract: [[1], [0]], batch: [[], []] }],
      [[0, 3], [3, 4], { contract: [[1], [0]], batch: [[], []] }],
      [[2, 5, 6], [2, 6, 9], { contract: [[2], [1]], batch: [[0], [0]] }],
      [[5, 2, 6, 3], [3, 4, 6, 2], { contract: [[2, 3], [2, 0]], batch: [[1], [3]] }],
    ];
    for (const dtype of ["int32", "uint32"] as const) {
      for (const [x, y, params] of cases) expectSame(compiling, (a, b) => dotGeneral(a!, b!, params), operand(dtype, x, 1e5), operand(dtype, y, 1e5));
    }
    expect(compiling.stats()).toMatchObject({ programs: 2 * cases.length, hostCalls: 0 });
  });

  test("convolutions of integers", () => {
    const compiling = new CompilingCpu(families, featuresOf(kind));
    const nhwc = ["NHWC", "HWIO", "NHWC"] as const;
    for (const dtype of ["int32", "uint32"] as const) {
      expectSame(compiling, (x, k) => convGeneral(x!, k!), operand(dtype, [2, 3, 9, 8], 1e5), operand(dtype, [5, 3, 3, 2], 1e5));
      expectSame(compiling, (x, k) => convGeneral(x!, k!, { dimensionNumbers: nhwc, windowStrides: [2, 1], padding: "SAME" }), operand(dtype, [2, 7, 8, 4], 1e5), operand(dtype, [3, 3, 4, 18], 1e5));
      expectSame(compiling, (x, k) => convGeneral(x!, k!, { lhsDilation: [2, 3], rhsDilation: [1, 2], padding: [[2, 1], [0, 3]] }), operand(dtype, [1, 2, 5, 4], 1e5), operand(dtype, [3, 2, 2, 2], 1e5));
      expectSame(compiling, (x, k) => convGeneral(x!, k!, { featureGroupCount: 2 }), operand(dtype, [2, 4, 6], 1e5), operand(dtype, [6, 2, 3], 1e5));
      expectSame(compiling, (x, k) => convGeneral(x!, k!, { padding: [[0, 0]] }), operand(dtype, [2, 0, 6], 1e5), operand(dtype, [3, 0, 3], 1e5));
    }
    expect(compiling.stats()).toMatchObject({ programs: 10, hostCalls: 0 });
  });
});

describe.each(kinds)("%s", (kind) => {
  test("the k greatest of every line, a few, many or all", () => {
    const compiling = new CompilingCpu(families, featuresOf(kind));
    let programs = 0;
    for (const dtype of ["float32", "float64", "int32", "uint32", "bool"] as const) {
      for (const [shape, k] of [[[1], 1], [[7], 3], [[3, 50], 1], [[3, 50], 12], [[3, 50], 13], [[2, 2, 300], 32], [[200], 33], [[4, 20], 20], [[0, 3], 2], [[3, 4], 0]] as const) {
        for (const spread of [6, 1e6]) expectSame(compiling, (x) => topK(x!, k), operand(dtype, shape, spread));
        programs += 2;
      }
    }
    expect(compiling.stats()).toMatchObject({ programs, hostCalls: 0 });
  });

  test("cumulative logarithms of sums of exponentials", () => {
    const compiling = new CompilingCpu(families, featuresOf(kind));
    let programs = 0;
    for (const dtype of ["float32", "float64"] as const) {
      for (const shape of [[1], [30], [4, 9], [3, 5, 6], [0, 3], [3, 0]] as const) {
        for (const axis of shape.keys()) {
          for (const reverse of [false, true]) {
            // With infinities and NaN, then without; differences over which exponentials overflow.
            for (const spread of [9, 6000]) expectSame(compiling, (x) => cumlogsumexp(x!, axis, { reverse }), { ...operand(dtype, shape, spread), ...(spread === 6000 ? { data: values(dtype, shape.reduce<number>((n, d) => n * d, 1), spread).map((v) => (Number.isFinite(v) ? v : -Infinity)) } : {}) });
            programs += 2;
          }
        }
      }
    }
    expect(compiling.stats()).toMatchObject({ programs, hostCalls: 0 });
  });
});
