// Rows of gather, the scatters and what is made of them.

import { type AnyPrimitive, type DType, isFloat, type Shape, type Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { at, type HostArray, indices, offsetOf } from "../host-array.js";
import type { Operation, Sample } from "../operation.js";
import { everything, indexOperand, operandsAreIndices, result, sample, structured, composed, total } from "./structured.js";

interface Addressing {
  readonly axes: readonly number[];
  readonly batchDims: number;
  readonly mode: "clip" | "drop";
}

/** Where in x entry `out` of the result comes from; undefined where it is dropped. The order of axes is that of gather. */
function sourceOf(x: Shape, index: HostArray, out: readonly number[], { axes, batchDims, mode }: Addressing): number[] | undefined {
  const queries = index.shape.length - 1;
  const rest = out.slice(queries);
  const source: number[] = [];
  let next = 0;
  for (let axis = 0; axis < x.length; axis++) {
    const component = axes.indexOf(axis);
    if (axis < batchDims) source.push(out[axis] as number);
    else if (component < 0) source.push(rest[next++] as number);
    else {
      const i = at(index, [...out.slice(0, queries), component]);
      const last = (x[axis] as number) - 1;
      if (mode === "drop" && (i < 0 || i > last)) return undefined;
      source.push(Math.min(Math.max(i, 0), last));
    }
  }
  return source;
}

const gatheredShape = (x: Shape, index: Shape, { axes, batchDims }: Addressing): number[] => [...index.slice(0, -1), ...x.filter((_, i) => i >= batchDims && !axes.includes(i))];

function gathering(label: string, x: Shape, index: Shape, values: readonly number[], options: Partial<Addressing> = {}): Sample {
  const batchDims = options.batchDims ?? 0;
  const k = index[index.length - 1] as number;
  const how: Addressing = { axes: options.axes ?? Array.from({ length: k }, (_, i) => i + batchDims), batchDims, mode: options.mode ?? "clip" };
  const expected = ([from, i]: readonly HostArray[]): HostArray =>
    result(gatheredShape(x, index, how), from!.dtype, (out) => {
      const source = sourceOf(x, i!, out, how);
      return source === undefined ? 0 : at(from!, source);
    });
  return sample(`gather ${label}`, (t, i) => ops.gather(t as Tensor, i as Tensor, options), [x, indexOperand(index, values)], expected, { dtypes: everything });
}

/** A gather in general terms, and how it reads and writes. */
interface General {
  readonly dims: Required<ops.GatherDimensionNumbers>;
  readonly sizes: Shape;
  readonly mode: "clip" | "fill";
}

/** Where in x entry `out` of the result comes from, by the definition of lax.gather. */
function generalSource(x: Shape, index: HostArray, out: readonly number[], { dims, sizes, mode }: General): number[] | undefined {
  const query = out.filter((_, a) => !dims.offsetDims.includes(a));
  const start = x.map(() => 0);
  let isInside = true;
  dims.startIndexMap.forEach((axis, k) => {
    const wanted = at(index, [...query, k]);
    start[axis] = Math.min(Math.max(wanted, 0), x[axis]! - sizes[axis]!);
    isInside &&= start[axis] === wanted;
  });
  dims.operandBatchingDims.forEach((axis, k) => (start[axis] = query[dims.startIndicesBatchingDims[k]!]!));
  const sliceAxes = x.map((_, a) => a).filter((a) => !dims.collapsedSliceDims.includes(a) && !dims.operandBatchingDims.includes(a));
  sliceAxes.forEach((axis, k) => (start[axis] = start[axis]! + out[dims.offsetDims[k]!]!));
  return isInside || mode === "clip" ? start : undefined;
}

// Slices of sizes [1, 1, 2] that begin at components of axes 2 and 1, axis 0 running along with axis 1 of the indices; of the result
// their axis is in the middle. The second and third slices are partly outside.
const generalDims = { offsetDims: [1], collapsedSliceDims: [1], startIndexMap: [2, 1], operandBatchingDims: [0], startIndicesBatchingDims: [1] };
const generalScatterDims = { updateWindowDims: [1], insertedWindowDims: [1], scatterDimsToOperandDims: [2, 1], operandBatchingDims: [0], scatterIndicesBatchingDims: [1] };
const [generalX, generalSizes, generalIndex, generalOut] = [[2, 3, 4], [1, 1, 2], indexOperand([3, 2, 2], [0, 1, 2, 2, 3, 0, -1, 1, 1, 2, 2, 0]), [3, 2, 2]] as const;

const generalGather = (mode: "clip" | "fill"): Sample =>
  sample(
    `gather of slices, in mode ${mode}`,
    (t, i) => ops.gather(t as Tensor, i as Tensor, { dimensionNumbers: generalDims, sliceSizes: generalSizes, mode, ...(mode === "fill" && { fillValue: 1 }) }),
    [generalX, generalIndex],
    ([from, i]) =>
      result(generalOut, from!.dtype, (out) => {
        const source = generalSource(generalX, i!, out, { dims: generalDims, sizes: generalSizes, mode });
        return source === undefined ? 1 : at(from!, source);
      }),
    { dtypes: everything },
  );

type Combine = (terms: readonly number[], dtype: DType) => number;
type Scatter = (x: Tensor, indices: Tensor, updates: Tensor, options: Partial<Addressing>) => Tensor;

/** Samples of a scatter: what it makes of an element and of all updates there, in the order of the updates. */
const scattering =
  (name: string, apply: Scatter, combine: Combine, extra: Partial<Sample> = {}) =>
  (label: string, x: Shape, index: Shape, values: readonly number[], options: Partial<Addressing> = {}): Sample => {
    const batchDims = options.batchDims ?? 0;
    const k = index[index.length - 1] as number;
    const how: Addressing = { axes: options.axes ?? Array.from({ length: k }, (_, i) => i + batchDims), batchDims, mode: options.mode ?? "drop" };
    const updates = gatheredShape(x, index, how);
    const expected = ([to, i, u]: readonly HostArray[]): HostArray => {
      const terms: number[][] = to!.data.map((v) => [v]);
      for (const out of indices(updates)) {
        const target = sourceOf(x, i!, out, how);
        if (target !== undefined) (terms[offsetOf(x, target)] as number[]).push(at(u!, out));
      }
      return result(x, to!.dtype, (place) => combine(terms[offsetOf(x, place)] as number[], to!.dtype));
    };
    return sample(`${name} ${label}`, (t, i, u) => apply(t as Tensor, i as Tensor, u as Tensor, options), [x, indexOperand(index, values), updates], expected, extra);
  };

/** A scatter in general terms. */
const generalScatter = (name: string, apply: (x: Tensor, indices: Tensor, updates: Tensor, options: ops.ScatterOptions) => Tensor, combine: Combine, mode: "clip" | "fill", extra: Partial<Sample> = {}): Sample =>
  sample(
    `${name} of slices, in mode ${mode}`,
    (t, i, u) => apply(t as Tensor, i as Tensor, u as Tensor, { dimensionNumbers: generalScatterDims, mode }),
    [generalX, generalIndex, generalOut],
    ([to, i, u]) => {
      const terms: number[][] = to!.data.map((v) => [v]);
      for (const out of indices(generalOut)) {
        const target = generalSource(generalX, i!, out, { dims: generalDims, sizes: generalSizes, mode });
        if (target !== undefined) (terms[offsetOf(generalX, target)] as number[]).push(at(u!, out));
      }
      return result(generalX, to!.dtype, (place) => combine(terms[offsetOf(generalX, place)] as number[], to!.dtype));
    },
    extra,
  );

/** The row of a scatter. */
function scatterRow(name: string, primitive: AnyPrimitive, apply: (...args: any[]) => Tensor, combine: Combine, extra: Partial<Sample> = {}): Operation {
  const of = scattering(name, apply, combine, extra);
  return structured(name, primitive, [
    of("rows", [4, 2], [2, 1], [3, 0]),
    of("repeated", [3], [4, 1], [1, 1, 2, 1]),
    of("elements", [2, 3], [2, 2], [0, 1, 1, 2]),
    of("out of range, dropped", [3], [3, 1], [-1, 3, 1]),
    of("out of range, clipped", [3], [3, 1], [-1, 3, 1], { mode: "clip" }),
    of("columns", [2, 3], [2, 1], [2, 0], { axes: [1] }),
    of("with a batch axis", [2, 3], [2, 2, 1], [0, 2, 1, 1], { batchDims: 1 }),
    of("nothing", [3], [0, 1], []),
    generalScatter(name, apply, combine, "clip", extra),
    generalScatter(name, apply, combine, "fill", extra),
  ], { apply, domain: extra.dtypes === undefined ? "number" : "any", derivative: "real", operands: [{ shape: [3] }, { shape: [1], dtype: "int32", integers: [0, 2] }, { shape: [] }], at: [2] }, { refuses: extra.dtypes === undefined ? ["bool", "float0"] : ["float0"] });
}

// Its derivative by the updates exists where positions are known not to repeat.
const multiply: Combine = (terms, dtype) => (isFloat(dtype) ? terms.reduce((a, b) => a * b, 1) : Number(BigInt.asIntN(32, terms.reduce((a, b) => a * BigInt(b), 1n))));
const multiplying = scattering("scatterMul", (x, i, u, options) => ops.scatterMul(x, i, u, { ...options, unique: true }), multiply);
const noReason = "reverse mode by updates at positions that may repeat is a MissingRuleError, as in JAX";
const noReverse = Object.fromEntries(["primal", "adjoint", "gradient", "secondOrder", "batchedDerivative", "compiledDerivative", "wellFormed", "optimized", "printed"].map((law) => [law, noReason]));
const scatterMul = structured("scatterMul", ops.scatterMulP, [
  multiplying("rows", [4, 2], [2, 1], [3, 0]),
  multiplying("elements", [2, 3], [2, 2], [0, 1, 1, 2]),
  multiplying("out of range, dropped", [3], [3, 1], [-1, 3, 1]),
  multiplying("columns", [2, 3], [2, 1], [2, 0], { axes: [1] }),
  multiplying("with a batch axis", [2, 3], [2, 2, 1], [0, 2, 1, 0], { batchDims: 1 }),
  scattering("scatterMul", ops.scatterMul, multiply, { dtypes: ["int32", "uint32"] })("of integers, repeated", [3], [4, 1], [1, 1, 2, 1]),
  scattering("scatterMul", ops.scatterMul, multiply, { except: noReverse })("repeated", [3], [4, 1], [1, 1, 2, 1]),
  generalScatter("scatterMul", (x, i, u, options) => ops.scatterMul(x, i, u, { ...options, uniqueIndices: true }), multiply, "fill"),
], { apply: (x, i, u) => ops.scatterMul(x, i, u, { unique: true }), domain: "number", derivative: "real", operands: [{ shape: [3] }, { shape: [1], dtype: "int32", integers: [0, 2] }, { shape: [] }], at: [2] }, {
  exports: ["scatterMul", "scatterMulP", "scatterMulTangentP"],
  primitives: [ops.scatterMulP, ops.scatterMulTangentP],
  refuses: ["bool", "float0"],
});

const taking = (label: string, x: Shape, index: Shape, values: readonly number[], axis: number, to: Shape, source: (out: number[], wanted: (q: number[]) => number) => number[]): Sample =>
  sample(
    `take ${label}`,
    (t, i) => ops.take(t as Tensor, i as Tensor, axis),
    [x, indexOperand(index, values)],
    ([from, i]) => {
      const n = x[axis < 0 ? axis + x.length : axis] as number;
      const wanted = (q: number[]): number => {
        const raw = at(i!, q);
        return Math.min(Math.max(raw < 0 ? raw + n : raw, 0), n - 1);
      };
      return result(to, from!.dtype, (out) => at(from!, source(out, wanted)));
    },
    { dtypes: everything },
  );

export const indexing: readonly Operation[] = [
  structured("gather", ops.gatherP, [
    gathering("rows", [4, 3], [2, 1], [3, 0]),
    gathering("elements", [3, 4], [3, 2], [0, 1, 2, 3, 0, 1]),
    gathering("columns", [2, 4], [3, 1], [3, 3, 0], { axes: [1] }),
    gathering("with repeated indices", [3], [2, 2, 1], [1, 1, 1, 2]),
    gathering("out of range, clipped", [3, 2], [3, 1], [-4, 7, 1]),
    gathering("out of range, dropped", [3, 2], [3, 1], [-4, 7, 1], { mode: "drop" }),
    gathering("with a batch axis", [2, 4], [2, 3, 1], [0, 3, 1, 2, 2, 0], { batchDims: 1 }),
    gathering("in crossed axes", [2, 3, 2], [2, 2], [1, 0, 0, 1], { axes: [2, 0] }),
    gathering("nothing", [3], [0, 1], []),
    generalGather("clip"),
    generalGather("fill"),
  ], operandsAreIndices),
  scatterRow("scatterAdd", ops.scatterAddP, ops.scatterAdd, total),
  scatterRow("scatter", ops.scatterP, ops.scatter, (terms) => terms[terms.length - 1] as number, { dtypes: everything }),
  scatterMul,
  composed("scatterSub", [
    scattering("scatterSub", (x, i, u, options) => ops.scatterSub(x, i, u, options), ([x, ...terms], dtype) => total([x!, ...terms.map((v) => -v)], dtype))("repeated", [3], [4, 1], [1, 1, 2, 1]),
  ], operandsAreIndices),
  scatterRow("scatterMax", ops.scatterMaxP, ops.scatterMax, (terms) => Math.max(...terms)),
  scatterRow("scatterMin", ops.scatterMinP, ops.scatterMin, (terms) => Math.min(...terms)),
  composed("take", [
    taking("along axis 0", [4, 2], [3], [2, -1, 0], 0, [3, 2], ([i, j], at) => [at([i!]), j!]),
    taking("along the last axis", [2, 3], [2, 2], [2, 0, -2, 5], -1, [2, 2, 2], ([i, j, k], at) => [i!, at([j!, k!])]),
    taking("one entry", [3, 2], [], [1], 0, [2], ([j], at) => [at([]), j!]),
    sample("take a JS index", (x) => ops.take(x as Tensor, -2, 1), [[2, 3]], ([x]) => result([2], x!.dtype, ([i]) => at(x!, [i!, 1])), { dtypes: everything }),
    sample("take JS indices of the flattened array", (x) => ops.take(x as Tensor, [5, 0, -1]), [[2, 3]], ([x]) => result([3], x!.dtype, ([i]) => x!.data[[5, 0, 5][i!] as number] as number), { dtypes: everything }),
  ], operandsAreIndices),
  composed("oneHot", [
    sample("oneHot", (i) => ops.oneHot(i as Tensor, 3), [indexOperand([2, 2], [0, 2, 1, -1])], ([i]) => result([2, 2, 3], "float32", ([a, b, c]) => Number(at(i!, [a!, b!]) === c)), { dtypes: ["int32"], derivative: "zero" }),
    sample("oneHot in int32", (i) => ops.oneHot(i as Tensor, 2, "int32"), [{ shape: [3], dtype: "uint32", values: [0, 1, 7] }], ([i]) => result([3, 2], "int32", ([a, c]) => Number(at(i!, [a!]) === c)), { dtypes: ["uint32"], derivative: "zero" }),
  ], operandsAreIndices),
];
