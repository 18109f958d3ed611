// Index vectors, as gather and the scatter family share them: their params, the shapes that follow, and how they are batched.

import { type Aval, avalOf, bind, cast, DTypeError, isInteger, type Primitive, scalarTensor, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { alignBatch, shiftAxes } from "./batch-axis.js";

/** What becomes of an index out of range: the nearest end takes its place, or it reads 0 and writes nothing. */
export type IndexMode = "clip" | "drop";

export interface IndexingParams {
  /** The axes of the array that an index vector addresses, component by component. */
  axes: readonly number[];
  /** How many leading axes the array, the indices and the result have in common. */
  batchDims: number;
  mode: IndexMode;
}

export interface IndexingOptions {
  /** The axes that index vectors address; the first ones after `batchDims` unless given. */
  readonly axes?: readonly number[];
  readonly batchDims?: number;
  /** `"clip"` for gather, `"drop"` for scatterAdd, unless given. */
  readonly mode?: IndexMode;
}

/** The params for one more shared axis in front. */
export const deeper = ({ axes, batchDims, mode }: IndexingParams): IndexingParams => ({ axes: axes.map((a) => a + 1), batchDims: batchDims + 1, mode });

/** The shape of what is read or written at index vectors. @throws ShapeError @throws DTypeError */
export function gatheredShape(x: Aval, indices: Aval, { axes, batchDims, mode }: IndexingParams, name: string): number[] {
  const of = `${name}: ${x.toString()} at ${indices.toString()}`;
  if (indices.dtype !== "int32") throw new DTypeError(`${of}: indices must be int32: use cast(indices, "int32").`);
  if (indices.ndim <= batchDims || indices.shape[indices.ndim - 1] !== axes.length) {
    throw new ShapeError(`${of}: the last axis of the indices must hold ${axes.length} component(s), one for each addressed axis.`);
  }
  axes.forEach((a, k) => {
    if (!Number.isInteger(a) || a < batchDims || a >= x.ndim || axes.indexOf(a) !== k) {
      throw new ShapeError(`${of}: [${axes}] are not different axes after the first ${batchDims}, which are shared.`);
    }
  });
  for (let i = 0; i < batchDims; i++) {
    if (x.shape[i] !== indices.shape[i]) throw new ShapeError(`${of}: the first ${batchDims} axes are shared and must be equal.`);
  }
  if (mode === "clip" && indices.size > 0 && axes.some((a) => x.shape[a] === 0)) throw new ShapeError(`${of}: an addressed axis is empty: there is nothing to clip to.`);
  return [...indices.shape.slice(0, -1), ...x.shape.filter((_, i) => i >= batchDims && !axes.includes(i))];
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

/** The batching rule of a scatter. */
export function batchedScatter<P extends IndexingParams>(p: Primitive<P>, [x, indices, updates]: readonly Tensor[], [axisX, axisI, axisU]: readonly (number | null)[], params: P, axisSize: number): [Tensor, number] {
  const [t, i, u] = [x as Tensor, indices as Tensor, updates as Tensor];
  const { axes, batchDims } = params;
  const from = (axis: number | null | undefined): number | null => axis ?? null;
  if (typeof axisI !== "number") {
    const operands = [alignBatch(t, from(axisX), batchDims, axisSize), i, alignBatch(u, from(axisU), i.ndim - 1, axisSize)];
    return [bind(p as Primitive<any>, operands, { ...params, axes: shiftAxes(axes, batchDims) }) as Tensor, batchDims];
  }
  const operands = [alignBatch(t, from(axisX), 0, axisSize), alignBatch(i, axisI, 0, axisSize), alignBatch(u, from(axisU), 0, axisSize)];
  return [bind(p as Primitive<any>, operands, { ...params, ...deeper(params) }) as Tensor, 0];
}

/** The axes that index vectors address unless given. */
export const firstAxes = (indices: Tensor, batchDims: number): number[] => Array.from({ length: indices.shape[indices.ndim - 1] ?? 0 }, (_, k) => batchDims + k);

/** int32 indices of anything integer. */
export function indexTensor(indices: TensorLike, what: string): Tensor {
  if (typeof indices === "number") return scalarTensor(indices, avalOf([], "int32"));
  const t = toTensor(indices, what);
  if (!isInteger(t.dtype)) {
    throw new DTypeError(`${what}: indices are ${t.aval.toString()}, and have to be integers: cast(indices, "int32")${t.aval.weak ? "; a JS number that was an argument of a transformed function is a float" : ""}.`);
  }
  return cast(t, "int32");
}
