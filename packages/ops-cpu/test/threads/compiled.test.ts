// Compiled programs on several threads: the bits of every result are those of one thread, whoever computes what.

import { add, bind, type DType, mul, neg, reduceSum, reshape, type Tensor, transpose, withBackend } from "@gradus/core";
import { argmax, argmin, conv, cumlogsumexp, cumsum, div, dotGeneral, exp, floor, gather, greater, iota, pow, reduceMax, reduceMin, reduceWindow, rem, select, sin, sort, sqrt, sub, tanh, topK, windowPlaceP } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { afterAll, expect, test } from "vitest";
import { CompilingCpu } from "../../src/compiling.js";
import { convolution, windows } from "../../src/index.js";
import { type Features, features, scalarOnly } from "../../src/wasm/features.js";
import { families, values } from "../compiler/support.js";
import { until } from "./support.js";

const backends: CompilingCpu[] = [];
afterAll(() => backends.forEach((b) => b.dispose()));

/** Shares whatever can be shared. */
function sharing(threads: number, given?: Features, large?: number): CompilingCpu {
  const backend = new CompilingCpu([...families, convolution, windows], given, large, threads, 0);
  backends.push(backend);
  return backend;
}

const last = (x: Tensor): number => x.ndim - 1;
const along = (x: Tensor, r: Tensor): Tensor => reshape(r, [...x.shape.slice(0, -1), 1]);
const matmul = (x: Tensor, y: Tensor): Tensor => dotGeneral(x, y, { contract: [[1], [0]], batch: [[], []] });
const softmax = (x: Tensor): Tensor => {
  const e = exp(sub(x, along(x, reduceMax(x, last(x)))));
  return div(e, along(x, reduceSum(e, last(x))));
};

interface Case {
  readonly f: (...xs: Tensor[]) => Tensor | Tensor[];
  readonly shapes: readonly (readonly (readonly number[])[])[];
  readonly dtypes?: readonly DType[];
}

const one = (...shapes: (readonly number[])[]): (readonly number[])[][] => shapes.map((s) => [s]);
const matrices: readonly (readonly number[])[] = [[1, 1], [3, 17], [17, 3], [5, 64], [64, 5], [33, 50], [50, 33], [7, 259], [259, 7], [2, 5, 19], [3, 40, 21]];

const cases: Record<string, Case> = {
  "elementwise": { f: (x) => add(mul(tanh(add(mul(x, 1.5), 0.3)), sin(x)), exp(neg(mul(x, x)))), shapes: one([1], [15], [16], [17], [100], [1001], ...matrices), dtypes: ["float32", "float64"] },
  "several results": { f: (x) => [mul(x, 2), greater(x, 0.5), floor(x)], shapes: one([5], [1003], [31, 33]) },
  "in the place of its operand": { f: (x) => { const y = exp(x); return add(sqrt(y), mul(y, y)); }, shapes: one([999], [37, 41]) },
  "broadcast along rows and columns": { f: (x, y) => add(mul(x, reshape(y, [y.size, 1])), reshape(x, [x.shape[0]!, x.shape[1]!])), shapes: [[[5, 7], [5]], [[40, 33], [40]], [[3, 1001], [3]]] },
  "with indices": { f: (x) => add(x, mul(sin(x), select(greater(x, 0), castIota(x, 0), castIota(x, last(x))))), shapes: one(...matrices), dtypes: ["float32"] },
  "sums along each axis": { f: (x) => x.shape.flatMap((_, axis) => [reduceSum(x, axis), reduceMax(exp(x), axis)]), shapes: one(...matrices, [40, 600], [3, 40, 300], [1000, 3]), dtypes: ["float32", "float64"] },
  "sums of little": { f: (x) => [reduceSum(x), reduceMax(x)], shapes: one([1000], [33, 50]) },
  "sums of everything": {
    f: (x) => { const y = exp(x); return [reduceSum(x), reduceMax(x), y, reduceSum(y), reduceMax(y), reduceSum(mul(tanh(add(x, y)), sin(castIota(x, 0)))), reduceMin(floor(y))]; },
    shapes: one([8207], [4096 * 3], [4096 * 3 + 16], [20_000], [40_003], [130, 150]),
    dtypes: ["float32", "float64"],
  },
  "integers": { f: (x) => [add(mul(x, 3), x), reduceSum(x, 0), reduceSum(x, last(x))], shapes: one([1001], [33, 50]), dtypes: ["int32", "uint32"] },
  "sums of all integers": { f: (x) => [reduceSum(mul(x, 3)), reduceMax(x)], shapes: one([9001], [33, 500]), dtypes: ["int32", "uint32"] },
  "rows and columns exchanged": { f: (x) => [transpose(x), add(transpose(x), 1), transpose(x, x.shape.map((_, i) => (i + 1) % x.ndim))], shapes: one([33, 50], [8, 1000], [1000, 8], [40, 33], [3, 17, 40], [5, 40, 17], [600, 70], [70, 600]), dtypes: ["float32", "float64", "int32"] },
  "block by block of rows": { f: softmax, shapes: one(...matrices, [101, 9], [64, 64]), dtypes: ["float32", "float64"] },
  "block by block, passed on and kept": { f: (x) => { const y = exp(x); const s = reduceSum(y, last(x)); return [y, s, softmax(mul(y, along(x, s)))]; }, shapes: one(...matrices, [101, 9]) },
  "lines that are sorted, searched and accumulated": {
    f: (x) => { const y = sin(mul(x, 9)); return [sort(y, 1), cumsum(y, 1), cumlogsumexp(y, 1), argmax(y, 1), argmin(y, 1), ...topK(y, 2)]; },
    shapes: one([17, 5], [7, 40], [2, 9, 3]),
    dtypes: ["float32", "float64"],
  },
  "windows": {
    f: (x) => {
      const pooling = { window: [1, 2, 2], strides: [1, 2, 2], padding: [[0, 0], [1, 0], [0, 0]], baseDilation: [1, 1, 1], windowDilation: [1, 1, 1] } as const;
      const sums = (window: readonly number[]): Tensor => reduceWindow(x, "sum", window, { padding: [[0, 0], [2, 1], [0, 3]], strides: [1, 2, 1] });
      return [reduceWindow(x, "max", [1, 2, 2]), sums([1, 2, 3]), sums([1, 7, 3]), bind(windowPlaceP, [x], { ...pooling, reduction: "max" })];
    },
    shapes: one([5, 12, 9], [1, 12, 9], [2, 7, 30]),
  },
  "rows that are looked up": {
    f: (x) => {
      const n = x.shape[0]!;
      const places = (...shape: number[]): Tensor => rem(mul(iota(shape, "int32", shape.length - 2), 7), n);
      const dimensionNumbers = { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0] };
      const rows = (mode: "clip" | "fill", shift: number): Tensor => gather(x, add(places(40, 1), shift), { dimensionNumbers, sliceSizes: [1, x.shape[1]!], mode });
      return [rows("clip", 0), rows("fill", 3), gather(x, places(3, 5, 1), { dimensionNumbers: { offsetDims: [0], collapsedSliceDims: [0], startIndexMap: [0] }, sliceSizes: [1, x.shape[1]!], mode: "clip" })];
    },
    shapes: one([17, 3], [40, 33], [5, 64]),
    dtypes: ["float32", "float64", "int32"],
  },
  "matrix products": {
    f: (x, y) => matmul(x, y),
    shapes: ([[1, 1, 1], [1, 300, 300], [300, 300, 1], [3, 40, 200], [200, 40, 3], [97, 33, 130], [130, 33, 97], [49, 5, 5], [145, 300, 63], [200, 1, 200], [60, 0, 130]] as const).map(([m, k, n]) => [[m, k], [k, n]]),
    dtypes: ["float32", "float64", "int32"],
  },
  "products of exchanged operands": { f: (x, y) => matmul(transpose(x), transpose(y)), shapes: [[[33, 97], [130, 33]], [[300, 1], [200, 300]], [[40, 200], [3, 40]]], dtypes: ["float32", "float64"] },
  "many products": { f: (x, y) => dotGeneral(x, y, { contract: [[2], [1]], batch: [[0], [0]] }), shapes: [[[5, 7, 9], [5, 9, 6]], [[2, 60, 9], [2, 9, 140]], [[1, 60, 9], [1, 9, 140]]], dtypes: ["float32"] },
  "convolutions": {
    f: (x, k) => [conv(x, k), conv(x, k, { padding: "SAME", strides: [2, 1] }), conv(x, k, { padding: [[2, 1], [0, 3]], inputDilation: [2, 2], dilation: [1, 2] })],
    shapes: [[[1, 1, 12, 11], [1, 1, 3, 3]], [[2, 3, 17, 9], [5, 3, 3, 2]], [[3, 2, 8, 8], [70, 2, 1, 1]], [[1, 50, 4, 4], [70, 50, 3, 3]]],
    dtypes: ["float32", "float64", "int32"],
  },
  "convolutions of channels last, and backwards": {
    f: (x, k) => [conv(x, k, { dimensionNumbers: ["NHWC", "HWIO", "NHWC"] }), conv(transpose(x, [3, 1, 2, 0]), k, { dimensionNumbers: ["CHWN", "HWIO", "NCHW"] })],
    shapes: [[[2, 13, 9, 3], [3, 2, 3, 4]], [[1, 20, 20, 1], [2, 2, 1, 33]], [[1, 4, 4, 5], [3, 3, 5, 70]], [[65, 4, 4, 1], [3, 3, 1, 5]]],
  },
  "convolutions of groups": { f: (x, k) => conv(x, k, { groups: 2 }), shapes: [[[2, 4, 9, 15], [6, 2, 2, 3]]] },
  "functions that only the caller has": { f: (x) => pow(exp(x), x), shapes: one([100], [33, 20]), dtypes: ["float64"] },
};

/** Cases in which nothing is kept apart, or only the caller can compute it; and without vectors, where products are calls of the host and sums are taken one by one. */
const notShared = ["sums of little", "functions that only the caller has"];
const needVectors = ["sums of everything", "sums of all integers", "matrix products", "products of exchanged operands", "many products", "convolutions", "convolutions of channels last, and backwards", "convolutions of groups"];

const castIota = (x: Tensor, axis: number): Tensor => iota(x.shape, x.dtype as DType, axis);

const bitsOf = (x: Tensor): Uint8Array => {
  const data = x.dataSync();
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
};

/** The first place where the bits of two lists of results differ. */
function difference(results: readonly Tensor[], wanted: readonly Tensor[]): string {
  for (const [i, x] of results.entries()) {
    const [a, b] = [bitsOf(x), bitsOf(wanted[i]!)];
    const at = a.findIndex((byte, k) => byte !== b[k]);
    if (at >= 0 || a.length !== b.length) return `result ${i} of ${x.shape.join("×")} ${x.dtype}, byte ${at}`;
  }
  return "";
}

const tensors = (x: Tensor | Tensor[]): Tensor[] => (Array.isArray(x) ? x : [x]);

for (const [engine, given] of [["vectors", undefined], ["single elements", scalarOnly]] as const) {
  const single = new CompilingCpu([...families, convolution, windows], given, 500);
  const [pair, many] = [sharing(2, given, 500), sharing(5, given, 500)];
  for (const [name, { f, shapes, dtypes = ["float32"] as const }] of Object.entries(cases)) {
    test(`${name}, ${engine}`, () => {
      const plans: string[] = [];
      for (const dtype of dtypes) {
        for (const list of shapes) {
          const run = (backend: CompilingCpu): Tensor[] => withBackend(backend, () => tensors(jit(f)(...list.map((s) => values(s, dtype))) as Tensor));
          const wanted = run(single);
          plans.push(withBackend(pair, () => jit(f).explainPlan(...list.map((s) => values(s, dtype)))));
          for (const backend of [pair, many]) expect(withBackend(backend, () => difference(run(backend), wanted)), `${dtype} [${list.join("] [")}]`).toBe("");
        }
      }
      expect(plans.some((plan) => /, [1-9]\d* shared by threads/.test(plan))).toBe(![...notShared, ...(given === undefined ? [] : needVectors)].includes(name));
    });
  }
}

for (const threads of [2, 3, 6]) {
  test(`${threads} threads compute what one computes`, async () => {
    const backend = sharing(threads, features(), 500);
    const step = (x: Tensor, w: Tensor): Tensor[] => {
      const y = tanh(matmul(x, w));
      return [softmax(y), reduceSum(mul(y, y), 0), matmul(transpose(x), y), exp(y)];
    };
    const inputs = (): [Tensor, Tensor] => [values([70, 130]), values([130, 97])];
    const wanted = withBackend(new CompilingCpu(families, undefined, 500), () => jit(step)(...inputs()) as Tensor[]);
    const before = withBackend(backend, () => {
      const f = jit(step);
      const args = inputs();
      return () => withBackend(backend, () => f(...args) as Tensor[]);
    });
    expect(difference(before(), wanted)).toBe("");
    await until(() => {
      const { helped = 0 } = backend.stats();
      for (let k = 0; k < 20; k++) expect(difference(before(), wanted)).toBe("");
      return helped > 50;
    });
    expect(backend.stats()["threads"]).toBe(threads);
  });
}
