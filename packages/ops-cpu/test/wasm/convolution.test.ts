import type { ConvGeneralParams } from "@gradus/ops";
import { expect, test } from "vitest";
import { emitConvolution, convolutionScratch } from "../../src/wasm/convolution.js";
import type { Convolution } from "../../src/wasm/convolution-plan.js";
import { ModuleBuilder } from "../../src/wasm/encoder.js";
import { emitGatheredGemm } from "../../src/wasm/gathered-gemm.js";
import { featuresOf, kinds } from "./loops.js";

const product = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);
const strides = (shape: readonly number[]): number[] => shape.map((_, i) => product(shape.slice(i + 1)));
/** All index vectors of a shape. */
function* indices(shape: readonly number[]): Generator<number[]> {
  for (let i = 0; i < product(shape); i++) yield strides(shape).map((s, a) => Math.floor(i / s) % (shape[a] as number));
}

/** The sum of its definition, in the order batch, features, places. */
function expected({ lhs, rhs, out, params }: Convolution, x: ArrayLike<number>, w: ArrayLike<number>): Float64Array {
  const { windowStrides, padding, lhsDilation, rhsDilation, dimensionNumbers, featureGroupCount, batchGroupCount } = params;
  const { lhsSpec, rhsSpec, outSpec } = dimensionNumbers;
  const place = (shape: readonly number[], spec: readonly number[], index: readonly number[]): number => index.reduce((p, v, i) => p + v * (strides(shape)[spec[i] as number] as number), 0);
  const size = (shape: readonly number[], spec: readonly number[]): number[] => spec.map((a) => shape[a] as number);
  const result = new Float64Array(product(out));
  const [batch, features] = size(out, outSpec) as [number, number];
  const [, perGroup, ...window] = size(rhs, rhsSpec) as [number, number, ...number[]];
  const spatial = size(lhs, lhsSpec).slice(2);
  for (const [n, o, ...s] of indices([batch, features, ...size(out, outSpec).slice(2)]) as Generator<[number, number, ...number[]]>) {
    const group = Math.floor(o / (features / (featureGroupCount * batchGroupCount)));
    const [firstFeature, firstExample] = featureGroupCount > 1 ? [group * perGroup, 0] : [0, group * batch];
    let sum = 0;
    for (const [c, ...k] of indices([perGroup, ...window]) as Generator<[number, ...number[]]>) {
      const at = k.map((v, a) => (s[a] as number) * (windowStrides[a] as number) + v * (rhsDilation[a] as number) - (padding[a]?.[0] ?? 0));
      const isThere = at.every((p, a) => p >= 0 && p % (lhsDilation[a] as number) === 0 && p / (lhsDilation[a] as number) < (spatial[a] as number));
      if (!isThere) continue;
      const q = at.map((p, a) => p / (lhsDilation[a] as number));
      sum += (x[place(lhs, lhsSpec, [firstExample + n, firstFeature + c, ...q])] as number) * (w[place(rhs, rhsSpec, [o, c, ...k])] as number);
    }
    result[place(out, outSpec, [n, o, ...s])] = sum;
  }
  return result;
}

function check(conv: Convolution & { readonly dtype: "float32" | "float64" }, kind: (typeof kinds)[number] = "vector"): void {
  const m = new ModuleBuilder();
  m.memory(40, "memory");
  const code = emitConvolution(m, emitGatheredGemm(m, { dtype: conv.dtype, features: featuresOf(kind) }), conv);
  (code as { exported?: string }).exported = "run";
  const { run, memory } = new WebAssembly.Instance(new WebAssembly.Module(m.assemble())).exports as { run: (...at: number[]) => void; memory: WebAssembly.Memory };
  const view = conv.dtype === "float32" ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer);
  view.fill(NaN);
  const size = view.BYTES_PER_ELEMENT;
  const [l, r, o] = [product(conv.lhs), product(conv.rhs), product(conv.out)];
  const at = [16, 16 + l + 16, 16 + l + 16 + r + 16] as const;
  const scratch = Math.ceil(((at[2] + o + 16) * size) / 16) * 16;
  for (let i = 0; i < l; i++) view[at[0] + i] = ((i * 7) % 23) - 11; // sums are exact
  for (let i = 0; i < r; i++) view[at[1] + i] = ((i * 5) % 13) - 6;
  run(at[0] * size, at[1] * size, at[2] * size, scratch);
  expect({ conv, out: Array.from(view.subarray(at[2], at[2] + o)) }).toEqual({ conv, out: Array.from(expected(conv, view.subarray(at[0]), view.subarray(at[1])), (v) => v + 0) });
  expect(Array.from(view.subarray(at[2] + o, at[2] + o + 8))).toEqual(Array.from({ length: 8 }, () => NaN));
  const end = (scratch + convolutionScratch(conv)) / size;
  expect(Array.from(view.subarray(Math.ceil(end), Math.ceil(end) + 8))).toEqual(Array.from({ length: 8 }, () => NaN));
}

/** A convolution from sizes in the order batch, features, places, laid out as specs say. */
function convolution(dtype: "float32" | "float64", n: number, c: number, o: number, spatial: readonly number[], window: readonly number[], given: Partial<ConvGeneralParams> = {}, specs?: readonly (readonly number[])[]): Convolution & { readonly dtype: "float32" | "float64" } {
  const natural = [0, 1, ...spatial.map((_, a) => a + 2)];
  const [lhsSpec, rhsSpec, outSpec] = (specs ?? [natural, natural, natural]) as [number[], number[], number[]];
  const ones = spatial.map(() => 1);
  const params: ConvGeneralParams = {
    windowStrides: ones, padding: spatial.map(() => [0, 0] as const), lhsDilation: ones, rhsDilation: ones, featureGroupCount: 1, batchGroupCount: 1, ...given,
    dimensionNumbers: { lhsSpec, rhsSpec, outSpec },
  };
  const counts = spatial.map((d, a) => {
    const extent = (e: number, by: number): number => (e - 1) * by + 1;
    const room = extent(d, params.lhsDilation[a] as number) + params.padding[a]![0] + params.padding[a]![1] - extent(window[a] as number, params.rhsDilation[a] as number);
    return Math.floor(room / (params.windowStrides[a] as number)) + 1;
  });
  const shaped = (spec: readonly number[], sizes: readonly number[]): number[] => spec.map((_, axis) => sizes[spec.indexOf(axis)] as number);
  return {
    dtype, params,
    lhs: shaped(lhsSpec, [n, c, ...spatial]),
    rhs: shaped(rhsSpec, [o, c / params.featureGroupCount, ...window]),
    out: shaped(outSpec, [n / params.batchGroupCount, o, ...counts]),
  };
}

const nhwc = [[0, 3, 1, 2], [3, 2, 0, 1], [0, 3, 1, 2]] as const;

test.each(kinds.filter((kind) => kind !== "scalar"))("%s: images of either layout, with the gradients' dilations", (kind) => {
  for (const dtype of ["float32", "float64"] as const) {
    for (const specs of [undefined, nhwc]) {
      check(convolution(dtype, 2, 3, 5, [9, 8], [3, 3], { padding: [[1, 1], [1, 1]] }, specs), kind);
      check(convolution(dtype, 2, 8, 20, [10, 11], [3, 3], { windowStrides: [2, 2], padding: [[0, 1], [0, 1]] }, specs), kind);
      // What the gradient by lhs of a stride of 2 looks like, and that by rhs.
      check(convolution(dtype, 2, 6, 4, [5, 5], [3, 3], { lhsDilation: [2, 2], padding: [[2, 2], [2, 1]] }, specs), kind);
      check(convolution(dtype, 3, 5, 7, [9, 9], [4, 4], { rhsDilation: [2, 2], padding: [[1, 0], [0, 1]] }, specs), kind);
    }
  }
});

test("all geometries of one axis", () => {
  for (const stride of [1, 2, 3]) for (const base of [1, 2, 3]) for (const dilation of [1, 2, 3]) for (const padding of [[0, 0], [2, 3], [-1, 2], [5, -2]] as const) {
    check(convolution("float32", 2, 3, 4, [7], [3], { windowStrides: [stride], lhsDilation: [base], rhsDilation: [dilation], padding: [padding] }));
  }
});

test("groups of features and of the batch", () => {
  for (const specs of [undefined, nhwc]) {
    check(convolution("float32", 2, 6, 4, [5, 6], [3, 2], { featureGroupCount: 2 }, specs));
    check(convolution("float32", 1, 4, 8, [5, 6], [3, 3], { featureGroupCount: 4, padding: [[1, 1], [1, 1]] }, specs));
    check(convolution("float32", 6, 3, 6, [5, 6], [2, 2], { batchGroupCount: 3 }, specs));
  }
});

test("no spatial axes, three of them, blocks of every kind, and nothing", () => {
  check(convolution("float32", 5, 4, 3, [], []));
  check(convolution("float32", 2, 2, 3, [4, 5, 3], [2, 3, 2], { padding: [[1, 0], [0, 2], [0, 0]] }));
  check(convolution("float32", 1, 70, 40, [12], [5])); // more than one block deep
  check(convolution("float32", 2, 40, 36, [5, 7], [3, 3], {}, nhwc)); // to the result at once, and added there
  check(convolution("float32", 2, 48, 32, [5, 6], [3, 3], { windowStrides: [2, 1], lhsDilation: [1, 2] }, nhwc)); // from long runs
  check(convolution("float64", 2, 40, 18, [5, 7], [3, 3], {}, nhwc));
  check(convolution("float32", 3, 2, 3, [300], [3])); // more columns than a block
  check(convolution("float32", 3, 2, 600, [3], [3]));
  check(convolution("float32", 2, 0, 3, [4], [2]));
  check(convolution("float32", 0, 2, 3, [4], [2]));
  check(convolution("float32", 2, 3, 0, [4], [2]));
  check(convolution("float32", 2, 3, 2, [1], [2], { padding: [[-3, 5]] }));
});
