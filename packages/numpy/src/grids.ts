// Sequences in geometric steps, grids of coordinates, and the indices of parts of matrices.

import { asList, assertFunction, ArgumentError, array, cast, full, mul, reshape, type Shape, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { abs, cumprod, exp, iota, log, pow, reverse, sign, stack } from "@gradus/ops";
import { at } from "./at.js";
import { arange, diag, linspace, type LinspaceOptions } from "./creation.js";
import { index } from "./index-plan.js";
import { floats } from "./operand.js";
import { broadcastArrays } from "./shape.js";

/** `num` numbers from base^start to base^stop, in equal ratios, along a new first axis. @throws ArgumentError unless num is a whole number @throws ShapeError */
export function logspace(start: TensorLike, stop: TensorLike, num = 50, { base = 10, dtype, ...options }: LinspaceOptions & { readonly base?: TensorLike } = {}): Tensor {
  const exponents = linspace(start, stop, num, options);
  const out = pow(cast(toTensor(base, "logspace"), exponents.dtype), exponents);
  return dtype === undefined ? out : cast(out, dtype);
}

/** `num` numbers from start to stop in equal ratios, along a new first axis; both must have one sign, and not be 0. @throws ArgumentError unless num is a whole number, or for JS numbers of two signs or 0 @throws ShapeError */
export function geomspace(start: TensorLike, stop: TensorLike, num = 50, { dtype, ...options }: LinspaceOptions = {}): Tensor {
  if (typeof start === "number" && typeof stop === "number" && !(start * stop > 0)) throw new ArgumentError(`geomspace: ${start} and ${stop} have no ratio that is positive: both must have one sign.`);
  const [a, b] = floats([start, stop], "geomspace") as [Tensor, Tensor];
  const out = mul(exp(linspace(log(abs(a)), log(abs(b)), num, options)), sign(a));
  return dtype === undefined ? out : cast(out, dtype);
}

/** The index of each element along each axis of a shape, int32: `i32[k, …shape]`. */
export const indices = (shape: Shape): Tensor => (asList(shape, "indices: the shape").length === 0 ? full([0], 0, "int32") : stack(shape.map((_, axis) => iota(shape, "int32", axis))));

/** [start, stop, step]; step 1 unless given. With `[start, stop, "5"]` five numbers, stop among them. */
export type GridRange = readonly [start: number, stop: number, step?: number | `${number}`];

const along = (range: GridRange, what: string): Tensor => {
  if (!Array.isArray(range) || range.length < 2) throw new ArgumentError(`${what}: a range is [start, stop, step], and this is ${String(range)}.`);
  const [start, stop, step] = range;
  return typeof step === "string" ? linspace(start, stop, Number(step)) : arange(start, stop, step ?? 1);
};

/** The coordinates of an open grid, one vector per range along an axis of its own. @throws ArgumentError for what is no range */
export const ogrid = (...ranges: GridRange[]): Tensor[] =>
  ranges.map((r, i) => {
    const v = along(r, "ogrid");
    return reshape(v, ranges.map((_, k) => (k === i ? v.size : 1)));
  });

/** The coordinates of all points of a grid, `f[k, …]`. @throws ArgumentError for what is no range @example mgrid([0, 2], [0, 3]).shape // [2, 2, 3] */
export const mgrid = (...ranges: GridRange[]): Tensor => stack(broadcastArrays(...ogrid(...ranges)));

/** Vectors along an axis each, so that together they index a grid; booleans stand for the indices of those that are true. @throws ShapeError unless all are vectors @throws ConcretizationError for booleans that are not known */
export const ix = (...vectors: TensorLike[]): Tensor[] =>
  vectors.map((x, i) => {
    const t = toTensor(x, "ix");
    if (t.ndim !== 1) throw new ShapeError(`ix: ${t.aval.toString()} is no vector.`);
    return reshape(t, vectors.map((_, k) => (k === i ? t.size : 1)));
  });

/** What f gives of the indices along each axis of a shape, int32 arrays of that shape. */
export function fromfunction(f: (...indices: Tensor[]) => Tensor, shape: Shape): Tensor {
  assertFunction(f, "fromfunction");
  return f(...asList(shape, "fromfunction: the shape").map((_, axis) => iota(shape, "int32", axis)));
}

const pairs = (n: number, m: number, has: (i: number, j: number) => boolean): [rows: Tensor, columns: Tensor] => {
  const list = Array.from({ length: n * m }, (_, k): [number, number] => [Math.floor(k / m), k % m]).filter(([i, j]) => has(i, j));
  return [0, 1].map((part) => (list.length === 0 ? full([0], 0, "int32") : array(list.map((p) => p[part] as number), { dtype: "int32" }))) as [Tensor, Tensor];
};

/** The indices [rows, columns] of the entries on and below the k-th diagonal of an n by m matrix, row by row. */
export const trilIndices = (n: number, k = 0, m: number = n): [rows: Tensor, columns: Tensor] => pairs(n, m, (i, j) => j - i <= k);

/** The indices [rows, columns] of the entries on and above the k-th diagonal of an n by m matrix, row by row. */
export const triuIndices = (n: number, k = 0, m: number = n): [rows: Tensor, columns: Tensor] => pairs(n, m, (i, j) => j - i >= k);

/** {@link trilIndices} of a matrix. @throws ShapeError unless it is one */
export const trilIndicesFrom = (x: TensorLike, k = 0): [rows: Tensor, columns: Tensor] => {
  const [n, m] = matrixShape(x, "trilIndicesFrom");
  return trilIndices(n, k, m);
};

/** {@link triuIndices} of a matrix. @throws ShapeError unless it is one */
export const triuIndicesFrom = (x: TensorLike, k = 0): [rows: Tensor, columns: Tensor] => {
  const [n, m] = matrixShape(x, "triuIndicesFrom");
  return triuIndices(n, k, m);
};

/** The indices of the diagonal of an array of n along each of so many axes. */
export const diagIndices = (n: number, ndim = 2): Tensor[] => Array.from({ length: ndim }, () => iota(n));

/** The indices of the diagonal of an array whose axes have one length. @throws ShapeError for a vector, or axes of two lengths */
export function diagIndicesFrom(x: TensorLike): Tensor[] {
  const t = toTensor(x, "diagIndicesFrom");
  if (t.ndim < 2 || t.shape.some((d) => d !== t.shape[0])) throw new ShapeError(`diagIndicesFrom: ${t.aval.toString()} has no diagonal through all axes: they must be two at least, of one length.`);
  return diagIndices(t.shape[0] as number, t.ndim);
}

/** A copy of a matrix, or of an array whose axes have one length, with values on its diagonal. @throws ShapeError for a vector, or more axes of two lengths */
export function fillDiagonal(x: TensorLike, values: TensorLike): Tensor {
  const t = toTensor(x, "fillDiagonal");
  const places = t.ndim === 2 ? diagIndices(Math.min(...t.shape)) : diagIndicesFrom(t);
  return at(t, index(...places)).set(values);
}

function matrixShape(x: TensorLike, what: string): [number, number] {
  const t = toTensor(x, what);
  if (t.ndim !== 2) throw new ShapeError(`${what}: ${t.aval.toString()} is no matrix.`);
  return t.shape as [number, number];
}

/** A matrix with the flattened array as k-th diagonal. */
export function diagflat(x: TensorLike, k = 0): Tensor {
  const t = toTensor(x, "diagflat");
  return diag(reshape(t, [t.size]), k);
}

/** The powers of the entries of a vector as rows: x^(n−1), …, x, 1, or with `increasing` 1, x, …; as many as entries unless given. @throws ShapeError unless x is a vector @throws ArgumentError unless n is a whole number */
export function vander(x: TensorLike, n?: number, { increasing = false }: { readonly increasing?: boolean } = {}): Tensor {
  const t = toTensor(x, "vander");
  if (t.ndim !== 1) throw new ShapeError(`vander: ${t.aval.toString()} is no vector.`);
  const count = n ?? t.size;
  if (!Number.isInteger(count) || count < 0) throw new ArgumentError(`vander: the number of powers is ${String(count)}, and has to be a whole number.`);
  if (count === 0) return full([t.size, 0], 0, t.dtype);
  // As products, which are exact in integers, and differentiable at 0. The first factor is 1 whatever x is.
  const ones = full(t.shape, t.dtype === "bool" ? true : 1, t.dtype);
  const powers = cumprod(stack(Array.from({ length: count }, (_, k) => (k === 0 ? ones : t)), 1), 1);
  return increasing ? powers : reverse(powers, 1);
}
