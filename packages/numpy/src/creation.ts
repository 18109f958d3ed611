// Arrays from nothing, and matrices of ones and zeros.

import { add, ArgumentError, array, cast, type DType, full, isFloat, mul, select, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { expandDims, greaterEqual, iota, sub, take } from "@gradus/ops";
import { diagonal } from "./diagonal.js";

export { array, full } from "@gradus/core";
export { fullLike, ones, onesLike, zeros, zeros as empty, zerosLike, zerosLike as emptyLike } from "@gradus/ops";

/** Ones on the k-th diagonal of an n by m matrix, zeros elsewhere. @throws ShapeError for a negative size */
export function eye(n: number, m: number = n, k = 0, dtype: DType = "float32"): Tensor {
  const place = sub(iota([n, m], "int32", 1), iota([n, m], "int32", 0));
  return cast(both(greaterEqual(place, k), greaterEqual(k, place)), dtype);
}

const both = (a: Tensor, b: Tensor): Tensor => select(a, b, false);

/** {@link eye} of a square matrix. */
export const identity = (n: number, dtype: DType = "float32"): Tensor => eye(n, n, 0, dtype);

/**
 * start, start + step, … below stop; with one argument from 0. int32 if all are whole numbers, else float32, unless a dtype is
 * given. @throws ArgumentError for a step of 0 or numbers that are not finite
 * @example arange(1, 4) // [1, 2, 3]
 */
export function arange(startOrStop: number, stop?: number, step = 1, dtype?: DType): Tensor {
  const [start, end] = stop === undefined ? [0, startOrStop] : [startOrStop, stop];
  const n = Math.max(0, Math.ceil((end - start) / step));
  if (![start, end, step].every(Number.isFinite) || step === 0) throw new ArgumentError(`arange: expected finite numbers and a step other than 0, got ${start}, ${end}, ${step}.`);
  const whole = [start, end, step].every(Number.isInteger);
  return array(Array.from({ length: n }, (_, i) => start + i * step), { dtype: dtype ?? (whole ? "int32" : "float32") });
}

export interface LinspaceOptions {
  /** Whether stop is the last number. Yes unless given. */
  readonly endpoint?: boolean;
  /** float64 if an end is, else float32, unless given. */
  readonly dtype?: DType;
}

/** `num` numbers at equal distances from start to stop, which may be tensors of one shape; along a new first axis. @throws ArgumentError unless num is a whole number @throws ShapeError */
export function linspace(start: TensorLike, stop: TensorLike, num = 50, { endpoint = true, dtype }: LinspaceOptions = {}): Tensor {
  if (!Number.isInteger(num) || num < 0) throw new ArgumentError(`linspace: the number of entries is ${String(num)}, and has to be a whole number.`);
  const [a, b] = [toTensor(start, "linspace"), toTensor(stop, "linspace")];
  const type = dtype ?? (a.dtype === "float64" || b.dtype === "float64" ? "float64" : "float32");
  const steps = Math.max(endpoint ? num - 1 : num, 1);
  const ndim = Math.max(a.ndim, b.ndim);
  const host = (f: (i: number) => number): Tensor => {
    const t = array(Array.from({ length: num }, (_, i) => f(i)), { dtype: isFloat(type) ? type : "float32" });
    return Array.from({ length: ndim }).reduce<Tensor>((x) => expandDims(x, -1), t);
  };
  // Both ends exactly: (1 − t)·start + t·stop.
  return cast(add(mul(host((i) => 1 - i / steps), a), mul(host((i) => i / steps), b)), type);
}

/** Ones on and below the k-th diagonal of an n by m matrix. */
export function tri(n: number, m: number = n, k = 0, dtype: DType = "float32"): Tensor {
  return cast(lower([n, m], k), dtype);
}

const lower = (shape: readonly number[], k: number): Tensor =>
  greaterEqual(add(iota(shape, "int32", shape.length - 2), k), iota(shape, "int32", shape.length - 1));

function matrix(x: TensorLike, what: string): Tensor {
  const t = toTensor(x, what);
  if (t.ndim < 2) throw new ShapeError(`${what}: ${t.aval.toString()} is no matrix: it needs two axes at least.`);
  return t;
}

/** The entries of matrices on and below the k-th diagonal, zeros above. @throws ShapeError for fewer than two axes */
export function tril(x: TensorLike, k = 0): Tensor {
  const t = matrix(x, "tril");
  return select(lower(t.shape, k), t, t.dtype === "bool" ? false : 0);
}

/** The entries of matrices on and above the k-th diagonal, zeros below. @throws ShapeError for fewer than two axes */
export function triu(x: TensorLike, k = 0): Tensor {
  const t = matrix(x, "triu");
  return select(lower(t.shape, k - 1), t.dtype === "bool" ? false : 0, t);
}

/** The k-th diagonal of a matrix, or a matrix with the vector as k-th diagonal. @throws ShapeError for other ranks */
export function diag(x: TensorLike, k = 0): Tensor {
  const t = toTensor(x, "diag");
  if (t.ndim === 2) return diagonal(t, k);
  if (t.ndim !== 1) throw new ShapeError(`diag: ${t.aval.toString()} is neither a vector nor a matrix; diagonal takes any rank.`);
  const n = t.size + Math.abs(k);
  const rows = array(Array.from({ length: n }, (_, i) => Math.min(Math.max(k < 0 ? i + k : i, 0), Math.max(t.size - 1, 0))), { dtype: "int32" });
  if (t.size === 0) return full([n, n], 0, t.dtype);
  return select(eye(n, n, k, "bool"), expandDims(take(t, rows, 0), 1), t.dtype === "bool" ? false : 0);
}

/** A tensor of what may be one already: JS data, a number, or a tensor. @throws ArgumentError for anything else */
export const asarray = (x: TensorLike | Parameters<typeof array>[0]): Tensor => (Array.isArray(x) || ArrayBuffer.isView(x) ? array(x) : toTensor(x, "asarray"));
