// Index vectors, as gather and the scatter family share them: the general params of lax, the short options that stand for the
// usual ones, the shapes that follow.

import { ArgumentError, type Aval, avalOf, bind, cast, type DType, DTypeError, isFloat, isInteger, type Primitive, scalarTensor, type Shape, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { alignBatch } from "./batch-axis.js";

/**
 * What becomes of a slice that is not inside the array: it is moved inside (`"clip"`; `"promiseInBounds"` says that there is none),
 * or all of it reads a fill value and writes nothing (`"fill"`, `"drop"`, where reading gives 0 unless a value is given).
 */
export type IndexMode = "clip" | "fill" | "drop" | "promiseInBounds";

/** Which axes mean what in a gather of slices that begin at index vectors, as in lax.GatherDimensionNumbers. */
export interface GatherDimensionNumbers {
  /** The axes of the result that are axes of the slices. */
  readonly offsetDims: readonly number[];
  /** The axes of the array along which slices have one element, and which the result does not have. */
  readonly collapsedSliceDims: readonly number[];
  /** The axis of the array that each component of an index vector addresses. */
  readonly startIndexMap: readonly number[];
  /** Axes of the array and of the indices that run together, pairwise. */
  readonly operandBatchingDims?: readonly number[];
  readonly startIndicesBatchingDims?: readonly number[];
}

/** The same for scatters, as in lax.ScatterDimensionNumbers. */
export interface ScatterDimensionNumbers {
  /** The axes of the updates that are axes of the slices written. */
  readonly updateWindowDims: readonly number[];
  /** The axes of the array along which slices have one element, and which the updates do not have. */
  readonly insertedWindowDims: readonly number[];
  /** The axis of the array that each component of an index vector addresses. */
  readonly scatterDimsToOperandDims: readonly number[];
  /** Axes of the array and of the indices that run together, pairwise. */
  readonly operandBatchingDims?: readonly number[];
  readonly scatterIndicesBatchingDims?: readonly number[];
}

/** What is read or written: the params of the scatters are those of the gather of the same elements. */
export interface IndexingParams {
  dimensionNumbers: Required<GatherDimensionNumbers>;
  /** The shape of one slice, with all axes of the array. */
  sliceSizes: Shape;
  mode: "clip" | "drop";
}

/** What options of gather and scatter have in common. */
export interface IndexingOptions {
  /** The axes that index vectors address, of which each takes one element; the first ones after `batchDims` unless given. */
  readonly axes?: readonly number[];
  /** So many first axes of array and indices run together. */
  readonly batchDims?: number;
  readonly mode?: IndexMode;
  /** Promises that change no result: no position is addressed twice, index vectors ascend. */
  readonly uniqueIndices?: boolean;
  readonly indicesAreSorted?: boolean;
}

/** Addressed by `axes` and `batchDims`, or in general by `dimensionNumbers` and `sliceSizes`. */
export interface GatherOptions extends IndexingOptions {
  readonly dimensionNumbers?: GatherDimensionNumbers;
  readonly sliceSizes?: Shape;
  /** What is read outside in mode `"fill"`: NaN, the least int32, the greatest uint32 or true unless given. */
  readonly fillValue?: number;
}

/** Addressed by `axes` and `batchDims`, or in general by `dimensionNumbers`. */
export interface ScatterOptions extends IndexingOptions {
  readonly dimensionNumbers?: ScatterDimensionNumbers;
}

const naturals = (n: number, from = 0): number[] => Array.from({ length: n }, (_, i) => from + i);
const up = (axes: readonly number[]): number[] => axes.map((a) => a + 1);

/** The params for a new first axis of the array, of which all is read or written. */
export const withSliceAxis = ({ dimensionNumbers: d, sliceSizes, mode }: IndexingParams, size: number): IndexingParams => ({
  dimensionNumbers: {
    offsetDims: [0, ...up(d.offsetDims)],
    collapsedSliceDims: up(d.collapsedSliceDims),
    startIndexMap: up(d.startIndexMap),
    operandBatchingDims: up(d.operandBatchingDims),
    startIndicesBatchingDims: d.startIndicesBatchingDims,
  },
  sliceSizes: [size, ...sliceSizes],
  mode,
});

/** The params for a new first axis of the indices. */
export const withQueryAxis = ({ dimensionNumbers: d, sliceSizes, mode }: IndexingParams): IndexingParams => ({
  dimensionNumbers: { ...d, offsetDims: up(d.offsetDims), startIndicesBatchingDims: up(d.startIndicesBatchingDims) },
  sliceSizes,
  mode,
});

/** The params for a new first axis that array and indices share. */
export const withSharedAxis = ({ dimensionNumbers: d, sliceSizes, mode }: IndexingParams): IndexingParams => ({
  dimensionNumbers: {
    offsetDims: up(d.offsetDims),
    collapsedSliceDims: up(d.collapsedSliceDims),
    startIndexMap: up(d.startIndexMap),
    operandBatchingDims: [0, ...up(d.operandBatchingDims)],
    startIndicesBatchingDims: [0, ...up(d.startIndicesBatchingDims)],
  },
  sliceSizes: [1, ...sliceSizes],
  mode,
});

// Different axes below n, ascending unless `isMap`.
function checkAxes(axes: readonly number[], n: number, of: string, name: string, isMap = false): void {
  const good = Array.isArray(axes) && axes.every((a, k) => Number.isInteger(a) && a >= 0 && a < n && (isMap ? axes.indexOf(a) === k : k === 0 || (axes[k - 1] as number) < a));
  if (!good) throw new ShapeError(`${of}: ${name} [${String(axes)}] are not different${isMap ? "" : ", ascending"} axes below ${n}.`);
}

/** The shape of what is read or written at index vectors. @throws ShapeError @throws DTypeError */
export function gatheredShape(x: Aval, indices: Aval, { dimensionNumbers, sliceSizes, mode }: IndexingParams, name: string): number[] {
  const of = `${name}: ${x.toString()} at ${indices.toString()}`;
  const { offsetDims, collapsedSliceDims, startIndexMap, operandBatchingDims, startIndicesBatchingDims } = dimensionNumbers;
  if (indices.dtype !== "int32") throw new DTypeError(`${of}: indices must be int32: use cast(indices, "int32").`);
  if (indices.ndim < 1 || indices.shape[indices.ndim - 1] !== startIndexMap.length) {
    throw new ShapeError(`${of}: the last axis of the indices must hold ${startIndexMap.length} component(s), one for each addressed axis.`);
  }
  const queries = indices.shape.slice(0, -1);
  checkAxes(startIndexMap, x.ndim, of, "the addressed axes", true);
  checkAxes(collapsedSliceDims, x.ndim, of, "collapsedSliceDims (insertedWindowDims)");
  checkAxes(operandBatchingDims, x.ndim, of, "operandBatchingDims");
  checkAxes(startIndicesBatchingDims, queries.length, of, "the batching axes of the indices", true);
  checkAxes(offsetDims, queries.length + offsetDims.length, of, "offsetDims (updateWindowDims)");
  const dropped = [...collapsedSliceDims, ...operandBatchingDims];
  if (operandBatchingDims.some((a) => collapsedSliceDims.includes(a) || startIndexMap.includes(a))) {
    throw new ShapeError(`${of}: the batching axes [${operandBatchingDims}] of the array are neither collapsed nor addressed.`);
  }
  if (offsetDims.length + dropped.length !== x.ndim) {
    throw new ShapeError(`${of}: ${offsetDims.length} axes of slices and ${dropped.length} collapsed or batching ones are not the ${x.ndim} axes of the array.`);
  }
  if (operandBatchingDims.length !== startIndicesBatchingDims.length || operandBatchingDims.some((a, k) => x.shape[a] !== queries[startIndicesBatchingDims[k] as number])) {
    throw new ShapeError(`${of}: the axes [${operandBatchingDims}] of the array and [${startIndicesBatchingDims}] of the indices are shared, pairwise, and must be equal.`);
  }
  if (mode === "clip" && indices.size > 0 && collapsedSliceDims.some((a) => x.shape[a] === 0)) throw new ShapeError(`${of}: an addressed axis is empty: there is nothing to clip to.`);
  const fits = (n: number, a: number): boolean => (dropped.includes(a) ? n === 1 : Number.isInteger(n) && n >= 0 && n <= (x.shape[a] as number));
  if (sliceSizes.length !== x.ndim || !sliceSizes.every(fits)) {
    throw new ShapeError(`${of}: slices of sizes [${String(sliceSizes)}] are no part of it, or not 1 along collapsed and batching axes.`);
  }
  const offsets = sliceSizes.filter((_, a) => !dropped.includes(a));
  let query = 0;
  return naturals(queries.length + offsetDims.length).map((a) => (offsetDims.includes(a) ? offsets[offsetDims.indexOf(a)] : queries[query++]) as number);
}

/** The aval of a scatter of updates into x. @throws ShapeError @throws DTypeError */
export function scatteredAval([x, indices, updates]: readonly Aval[], params: IndexingParams, name: string, accepts: "number" | "any"): Aval {
  const [t, u] = [x as Aval, updates as Aval];
  const expected = avalOf(gatheredShape(t, indices as Aval, params, name), t.dtype, t.weak);
  if (u.shape !== expected.shape) throw new ShapeError(`${name}: the updates are ${u.toString()}, expected ${expected.toString()} for ${t.toString()} at ${String(indices)}.`);
  if (t.dtype !== u.dtype || t.dtype === "float0" || (accepts === "number" && t.dtype === "bool")) {
    throw new DTypeError(`${name}: ${t.toString()} and the updates ${u.toString()} must be ${accepts === "number" ? "numbers" : "values"} of one dtype: use cast.`);
  }
  return avalOf(t.shape, t.dtype, t.weak && u.weak);
}

/** The batching rule of a scatter of one kind of updates or more. */
export function batchedScatter<P extends IndexingParams>(p: Primitive<P>, args: readonly Tensor[], axes: readonly (number | null)[], params: P, axisSize: number): [Tensor, number] {
  const isShared = typeof axes[1] === "number";
  const fronts = args.map((x, k) => (k === 1 && !isShared ? x : alignBatch(x, axes[k] ?? null, 0, axisSize)));
  const more = isShared ? withSharedAxis(params) : withSliceAxis(params, axisSize);
  return [bind(p as Primitive<any>, fronts, { ...params, ...more }) as Tensor, 0];
}

/** int32 indices of anything integer. */
export function indexTensor(indices: TensorLike, what: string): Tensor {
  if (typeof indices === "number" && !Number.isInteger(indices)) throw new DTypeError(`${what}: the index ${indices} is no whole number.`);
  if (typeof indices === "number") return scalarTensor(indices, avalOf([], "int32"));
  const t = toTensor(indices, what);
  if (!isInteger(t.dtype)) {
    throw new DTypeError(`${what}: indices are ${t.aval.toString()}, and have to be integers: cast(indices, "int32")${t.aval.weak ? "; a JS number that was an argument of a transformed function is a float" : ""}.`);
  }
  return cast(t, "int32");
}

const modes: readonly string[] = ["clip", "fill", "drop", "promiseInBounds"];

function modeOf(mode: IndexMode, what: string): "clip" | "drop" {
  if (!modes.includes(mode)) throw new ArgumentError(`${what}: the mode is "${String(mode)}"; expected one of ${modes.join(", ")}.`);
  return mode === "fill" || mode === "drop" ? "drop" : "clip";
}

/** The params of index vectors that address whole axes: the rest of the array follows those of the indices. */
function shortParams(x: Tensor, indices: Tensor, { axes, batchDims = 0 }: IndexingOptions, mode: "clip" | "drop"): IndexingParams {
  const shared = naturals(batchDims);
  const addressed = axes ?? naturals(indices.shape[indices.ndim - 1] ?? 0, batchDims);
  const single = (a: number): boolean => a < batchDims || addressed.includes(a);
  return {
    dimensionNumbers: {
      offsetDims: naturals(x.shape.filter((_, a) => !single(a)).length, indices.ndim - 1),
      collapsedSliceDims: [...addressed].sort((a, b) => a - b),
      startIndexMap: addressed,
      operandBatchingDims: shared,
      startIndicesBatchingDims: shared,
    },
    sliceSizes: x.shape.map((d, a) => (single(a) ? 1 : d)),
    mode,
  };
}

function onlyOneWay({ axes, batchDims }: IndexingOptions, what: string): void {
  if (axes !== undefined || batchDims !== undefined) throw new ArgumentError(`${what}: give either dimensionNumbers, or axes and batchDims.`);
}

/** The params of a gather, and what it reads outside of the array. */
export function gatherParams(x: Tensor, indices: Tensor, options: GatherOptions, what: string): IndexingParams & { fillValue: number } {
  const { dimensionNumbers, sliceSizes, fillValue, mode = dimensionNumbers === undefined ? "clip" : "fill" } = options;
  const params = ((): IndexingParams => {
    if (dimensionNumbers === undefined) return shortParams(x, indices, options, modeOf(mode, what));
    onlyOneWay(options, what);
    if (sliceSizes === undefined) throw new ArgumentError(`${what}: dimensionNumbers need sliceSizes, the shape of one slice.`);
    const { operandBatchingDims = [], startIndicesBatchingDims = [], offsetDims, collapsedSliceDims, startIndexMap } = dimensionNumbers;
    return { dimensionNumbers: { offsetDims, collapsedSliceDims, startIndexMap, operandBatchingDims, startIndicesBatchingDims }, sliceSizes, mode: modeOf(mode, what) };
  })();
  return { ...params, fillValue: fillValue ?? (mode === "fill" ? fillOf(x.dtype) : 0) };
}

const fillOf = (dtype: DType): number => (isFloat(dtype) ? NaN : dtype === "int32" ? -(2 ** 31) : dtype === "uint32" ? 2 ** 32 - 1 : 1);

/** The params of a scatter. */
export function scatterParams(x: Tensor, indices: Tensor, updates: Tensor, options: ScatterOptions, what: string): IndexingParams {
  const { dimensionNumbers, mode = "drop" } = options;
  if (dimensionNumbers === undefined) return shortParams(x, indices, options, modeOf(mode, what));
  onlyOneWay(options, what);
  const { updateWindowDims, insertedWindowDims, scatterDimsToOperandDims, operandBatchingDims = [], scatterIndicesBatchingDims = [] } = dimensionNumbers;
  let window = 0;
  return {
    dimensionNumbers: { offsetDims: updateWindowDims, collapsedSliceDims: insertedWindowDims, startIndexMap: scatterDimsToOperandDims, operandBatchingDims, startIndicesBatchingDims: scatterIndicesBatchingDims },
    sliceSizes: x.shape.map((_, a) => (insertedWindowDims.includes(a) || operandBatchingDims.includes(a) ? 1 : (updates.shape[updateWindowDims[window++] as number] ?? -1))),
    mode: modeOf(mode, what),
  };
}
