import { type AnyPrimitive, avalOf, type DType, type Tensor, type TypedArray } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { dynamicSliceP, dynamicUpdateSliceP, type GatherDimensionNumbers, gatherP, type IndexingParams, scatterAddP, scatterMaxP, scatterMinP, scatterMulP, scatterP } from "@gradus/ops";
import { expect, test } from "vitest";
import { cpu } from "../../src/index.js";
import type { CodesOf } from "../../src/wasm/cumulative.js";
import { Constants, ModuleBuilder } from "../../src/wasm/encoder.js";
import { dynamicIndexing, emitGather, emitScatter, type Indexing } from "../../src/wasm/indexing.js";
import { HostFunctions } from "../../src/wasm/lane-code.js";
import { laneCode } from "../../src/wasm/lanes.js";
import { featuresOf, type kinds } from "./loops.js";
import { values } from "./values.js";

const backend = cpu();
const tensor = (data: TypedArray, dtype: DType, shape: readonly number[]): Tensor => backend.put(data, avalOf(shape, dtype));
const eager = (p: AnyPrimitive, args: Tensor[], params: unknown): Tensor => [backend.perform(p, args, params)].flat()[0] as Tensor;
const product = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

const codesOf = (m: ModuleBuilder, f: Parameters<CodesOf>[0], kind: (typeof kinds)[number], host = new HostFunctions(m)): ReturnType<CodesOf> => {
  const context = { f, constants: new Constants(m, f), features: featuresOf(kind), host };
  return { one: laneCode(context, 1), ...(kind === "scalar" ? {} : { four: laneCode(context, 4) }) };
};

/** Runs code on (array, indices, slices) and gives back the bytes of one of them. */
function execute(kind: (typeof kinds)[number], emit: (m: ModuleBuilder, codes: CodesOf) => object, arrays: readonly TypedArray[], result: number): TypedArray {
  const m = new ModuleBuilder();
  m.memory(1, "memory");
  const host = new HostFunctions(m);
  const code = emit(m, (f) => codesOf(m, f, kind, host));
  (code as { exported?: string }).exported = "run";
  const { run, memory } = new WebAssembly.Instance(new WebAssembly.Module(m.assemble()), { math: host.imports as WebAssembly.ModuleImports }).exports as { run: (...at: number[]) => void; memory: WebAssembly.Memory };
  const all = new Uint8Array(memory.buffer).fill(255);
  arrays.forEach((a, k) => all.set(new Uint8Array(a.buffer, a.byteOffset, a.byteLength), 64 + 20000 * k));
  run(64, 20064, 40064);
  const out = (arrays[result] as TypedArray).slice();
  new Uint8Array(out.buffer).set(all.subarray(64 + 20000 * result, 64 + 20000 * result + out.byteLength));
  expect([...all.subarray(64 + 20000 * result + out.byteLength).subarray(0, 64)]).toEqual(Array.from({ length: 64 }, () => 255));
  return out;
}

const indexValues = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => ((i * 7) % 11) - 3);

type Case = readonly [array: readonly number[], indices: readonly number[], sliceSizes: readonly number[], numbers: GatherDimensionNumbers];
const cases: readonly Case[] = [
  [[6, 40], [5, 1], [1, 40], { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0] }], // rows
  [[4, 6], [5, 1], [4, 1], { offsetDims: [0], collapsedSliceDims: [1], startIndexMap: [1] }], // columns
  [[7], [3, 4, 1], [1], { offsetDims: [], collapsedSliceDims: [0], startIndexMap: [0] }], // single elements
  [[5, 6], [7, 2], [2, 3], { offsetDims: [1, 2], collapsedSliceDims: [], startIndexMap: [0, 1] }], // blocks
  [[5, 6, 9], [7, 2], [1, 3, 9], { offsetDims: [0, 1], collapsedSliceDims: [0], startIndexMap: [1, 0] }], // blocks before queries
  [[3, 5, 4], [3, 2, 1], [1, 1, 4], { offsetDims: [2], collapsedSliceDims: [1], startIndexMap: [1], operandBatchingDims: [0], startIndicesBatchingDims: [0] }],
  [[5, 3], [2, 3, 1], [1, 1], { offsetDims: [], collapsedSliceDims: [0], startIndexMap: [0], operandBatchingDims: [1], startIndicesBatchingDims: [1] }],
  [[6, 2, 3, 50], [4, 1], [1, 2, 3, 50], { offsetDims: [1, 2, 3], collapsedSliceDims: [0], startIndexMap: [0] }], // long runs
  [[4, 3], [0, 1], [1, 3], { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0] }],
  [[4, 0], [3, 1], [1, 0], { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0] }],
];
const dtypes: readonly DType[] = ["float32", "float64", "int32", "uint32", "bool"];
const opOf = (name: "add" | "mul" | "max" | "min"): s.Intrinsic => (s[name](0, 0) as Extract<s.Expr, { kind: "call" }>).op;

test.each(["clip", "drop"] as const)("short rows of a large array, some of them beyond it: %s", (mode) => {
  const [rows, width, last] = [4100, 65, 4099];
  const at = Int32Array.of(last, 0, -1, 4100, 17, 2 ** 31 - 1, 1, 2048, -(2 ** 31), last, 4098);
  const dimensionNumbers = { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0], operandBatchingDims: [], startIndicesBatchingDims: [] };
  for (const n of [1, 4, 7, 11]) {
    const m = new ModuleBuilder();
    m.memory(20, "memory");
    const code = emitGather(m, (f) => codesOf(m, f, "vector"), { dtype: "float32", array: [rows, width], indices: [n, 1], slices: [n, width], params: { mode, sliceSizes: [1, width], dimensionNumbers } }, 7);
    (code as { exported?: string }).exported = "run";
    const { run, memory } = new WebAssembly.Instance(new WebAssembly.Module(m.assemble())).exports as { run: (...at: number[]) => void; memory: WebAssembly.Memory };
    // The array is the last in memory, so that nothing can be read behind it.
    const inMemory = memory.buffer.byteLength - 4 * rows * width;
    const x = new Float32Array(memory.buffer, inMemory).map((_, i) => i % 65521);
    new Float32Array(memory.buffer, inMemory).set(x);
    new Int32Array(memory.buffer, 64).set(at.subarray(0, n));
    run(inMemory, 64, 1024);
    const row = (r: number): number[] => (mode === "drop" && (r < 0 || r > last) ? Array<number>(width).fill(7) : Array.from(x.subarray(Math.min(Math.max(r, 0), last) * width).subarray(0, width)));
    expect(Array.from(new Float32Array(memory.buffer, 1024, n * width))).toEqual([...at.subarray(0, n)].flatMap(row));
  }
});

test.each(["vector", "scalar"] as const)("%s: gathers and scatters as the eager kernels do", (kind) => {
  for (const dtype of dtypes) {
    for (const mode of ["clip", "drop"] as const) {
      for (const [array, indices, sliceSizes, numbers] of cases) {
        const params: IndexingParams & { fillValue: number } = { mode, sliceSizes, fillValue: dtype === "bool" ? 1 : 7, dimensionNumbers: { operandBatchingDims: [], startIndicesBatchingDims: [], ...numbers } };
        const [x, at] = [values(dtype, product(array), 9), indexValues(product(indices))];
        const t = [tensor(x, dtype, array), tensor(at, "int32", indices)];
        const gathered = eager(gatherP, t, params);
        const of: Indexing = { dtype, array, indices, slices: gathered.shape, params };
        const expected = backend.read(gathered);
        const seen = execute(kind, (m, codes) => emitGather(m, codes, of, params.fillValue), [x, at, expected.map(() => 1)], 2);
        expect({ of, out: [...seen] }).toEqual({ of, out: [...expected] });

        const updates = values(dtype, gathered.size, 9);
        const kinds_: [AnyPrimitive, s.Intrinsic | undefined][] = [[scatterP, undefined]];
        if (dtype !== "bool") kinds_.push([scatterAddP, opOf("add")], [scatterMulP, opOf("mul")], [scatterMaxP, opOf("max")], [scatterMinP, opOf("min")]);
        for (const [primitive, op] of kinds_) {
          const scattered = backend.read(eager(primitive, [...t, tensor(updates, dtype, gathered.shape)], params));
          const written = execute(kind, (m, codes) => emitScatter(m, codes, of, op), [x, at, updates], 0);
          expect({ of, op: op?.name, out: [...written] }).toEqual({ of, op: op?.name, out: [...scattered] });
        }
      }
    }
  }
});

test("slices at a computed start, read and written", () => {
  for (const dtype of dtypes) {
    for (const [array, sizes] of [[[5, 6], [2, 3]], [[5, 6], [5, 6]], [[9], [4]], [[3, 4, 8], [1, 4, 8]], [[3, 4], [0, 4]]] as const) {
      for (const start of [array.map(() => 1), array.map(() => -4), array.map(() => 100)]) {
        const of = dynamicIndexing(dtype, array, sizes);
        const [x, at, update] = [values(dtype, product(array), 9), Int32Array.from(start), values(dtype, product(sizes), 9)];
        const t = [tensor(x, dtype, array), tensor(at, "int32", [array.length])] as const;
        const read = execute("vector", (m, codes) => emitGather(m, codes, of), [x, at, update], 2);
        expect([...read]).toEqual([...backend.read(eager(dynamicSliceP, [...t], { sizes }))]);
        const written = execute("vector", (m, codes) => emitScatter(m, codes, of), [x, at, update], 0);
        expect([...written]).toEqual([...backend.read(eager(dynamicUpdateSliceP, [t[0], tensor(update, dtype, sizes), t[1]], undefined))]);
      }
    }
  }
});
