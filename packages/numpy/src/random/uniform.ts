// Uniform numbers, and what is made of them by comparing, sorting and dividing.

import { add, ArgumentError, cast, type DType, DTypeError, full, isInteger, mul, normalizeAxis, reshape, select, type Shape, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { bitcast, iota, less, lessEqual, max, or, randomBits, rem, shiftRightLogical, sort, sub, take, threefry2x32 } from "@gradus/ops";
import { split } from "./keys.js";

/** The dtype of random numbers that are no integers. */
export type FloatType = "float32" | "float64";

/** @throws DTypeError for another dtype than a float */
export function floatType(dtype: DType, what: string): FloatType {
  if (dtype === "float32" || dtype === "float64") return dtype;
  throw new DTypeError(`random.${what}: ${dtype} is not accepted here, expected "float32" or "float64".`);
}

/** A list of whole numbers. @throws ShapeError for anything else */
export function checkedShape(shape: Shape, what: string): Shape {
  if (Array.isArray(shape) && shape.every((d) => Number.isInteger(d) && d >= 0)) return shape;
  throw new ShapeError(`random.${what}: the shape is ${Array.isArray(shape) ? `[${shape}]` : String(shape)}, and has to be a list of whole numbers, such as [3].`);
}

// From 0 up to 1, as many bits as the fraction of the dtype has.
function unit(k: Tensor, shape: Shape, dtype: FloatType): Tensor {
  if (dtype === "float32") {
    // The fraction of a number from 1 to 2.
    const bits = or(shiftRightLogical(randomBits(k, shape), 9), 0x3f800000);
    return sub(bitcast(bits, "float32"), 1);
  }
  const size = shape.reduce((n, d) => n * d, 1);
  const [high, low] = threefry2x32(k, full([size], 0, "uint32"), iota(size, "uint32"));
  return reshape(add(mul(cast(high, "float64"), 2 ** -32), mul(cast(shiftRightLogical(low, 12), "float64"), 2 ** -52)), shape);
}

/**
 * Uniform numbers from low (0 unless given) up to, not including, high (1), which broadcast to the shape; float32 unless a dtype
 * is given, before the bounds or behind them. @throws ShapeError @throws DTypeError for what is no key, or no float
 * @example uniform(key(0), [3], -1, 1); uniform(key(0), [3], "float64")
 */
export function uniform(k: Tensor, shape?: Shape, low?: TensorLike, high?: TensorLike, dtype?: FloatType): Tensor;
export function uniform(k: Tensor, shape: Shape, dtype: FloatType, low?: TensorLike, high?: TensorLike): Tensor;
export function uniform(k: Tensor, shape: Shape = [], ...rest: (TensorLike | FloatType | undefined)[]): Tensor {
  const [dtype = "float32", low = 0, high = 1] = (typeof rest[0] === "string" ? rest : [rest[2], rest[0], rest[1]]) as [FloatType?, TensorLike?, TensorLike?];
  const u = unit(k, checkedShape(shape, "uniform"), floatType(dtype, "uniform"));
  if (low === 0 && high === 1) return u;
  if (typeof low === "number" && typeof high === "number") {
    const round = dtype === "float32" ? Math.fround : (v: number): number => v;
    return max(add(mul(u, round(round(high) - round(low))), low), low);
  }
  const [a, b] = [cast(low, dtype), cast(high, dtype)];
  return max(add(mul(u, sub(b, a)), a), a);
}

/** True with probability p, which broadcasts to the shape. @throws ShapeError @throws DTypeError for what is no key */
export function bernoulli(k: Tensor, p: TensorLike = 0.5, shape: Shape = toTensor(p, "bernoulli").shape): Tensor {
  return less(uniform(k, shape, toTensor(p, "bernoulli").dtype === "float64" ? "float64" : "float32"), p);
}

/** 1 and −1 with probability ½, int32 unless a dtype is given. @throws ShapeError @throws DTypeError for what is no key */
export const rademacher = (k: Tensor, shape: Shape = [], dtype: DType = "int32"): Tensor => cast(sub(mul(cast(bernoulli(k, 0.5, shape), "int32"), 2), 1), dtype);

/**
 * Whole numbers from low up to, not including, high, which broadcast to the shape; low where high is not above it. Those of a range
 * that is no power of two differ in probability by 2^−32 at most. @throws ShapeError @throws DTypeError unless bounds and the dtype are integers
 * @throws ArgumentError for JS numbers that are not whole
 * @example randint(key(0), [5], 0, 10)
 */
export function randint(k: Tensor, shape: Shape, low: TensorLike, high: TensorLike, dtype: "int32" | "uint32" = "int32"): Tensor {
  if (!isInteger(dtype)) throw new DTypeError(`random.randint: ${String(dtype)} is not accepted here, expected "int32" or "uint32".`);
  const whole = (v: TensorLike): Tensor => {
    if (typeof v === "number" && !Number.isInteger(v)) throw new ArgumentError(`random.randint: the bound ${v} has to be a whole number.`);
    const t = toTensor(v, "random.randint");
    if (typeof v !== "number" && !isInteger(t.dtype)) throw new DTypeError(`random.randint: the bound ${t.aval.toString()} is no integer: cast(x, "int32").`);
    return cast(t, dtype);
  };
  checkedShape(shape, "randint");
  const [from, to] = [whole(low), whole(high)];
  const keys = split(k);
  const [upper, lower] = [0, 1].map((i) => randomBits(take(keys, i, 0), shape)) as [Tensor, Tensor];
  const isEmpty = lessEqual(to, from);
  const span = select(isEmpty, full([], 1, "uint32"), sub(cast(to, "uint32"), cast(from, "uint32")));
  // 2^32 mod span, by its root; (a·b) mod n is ((a mod n)·(b mod n)) mod n.
  const root = rem(full([], 2 ** 16, "uint32"), span);
  const factor = rem(mul(root, root), span);
  const offset = rem(add(mul(rem(upper, span), factor), rem(lower, span)), span);
  return add(from, cast(offset, dtype));
}

export interface PermutationOptions {
  /** The axis whose entries are permuted: the first unless given. */
  readonly axis?: number;
  /** Whether every line along the axis has an order of its own. No unless given. */
  readonly independent?: boolean;
}

/**
 * The numbers from 0 to n − 1, or the entries of x along an axis, in random order: sorted by random bits, again so often
 * that equal bits do not show. @throws ArgumentError unless n is a whole number @throws ShapeError for a scalar tensor @throws DTypeError for what is no key
 */
export function permutation(k: Tensor, nOrX: number | Tensor, { axis = 0, independent = false }: PermutationOptions = {}): Tensor {
  if (typeof nOrX !== "number") {
    const x = toTensor(nOrX, "random.permutation");
    if (x.ndim === 0) throw new ShapeError(`random.permutation: ${x.aval.toString()} has no axis to permute; a JS number n stands for 0 … n − 1.`);
    const at = normalizeAxis(axis, x.ndim, "random.permutation");
    return independent || x.ndim === 1 ? shuffled(k, x, at) : take(x, permutation(k, x.shape[at] as number), at);
  }
  if (!Number.isInteger(nOrX) || nOrX < 0) throw new ArgumentError(`random.permutation: ${String(nOrX)} has to be a whole number.`);
  return shuffled(k, iota(nOrX), 0);
}
export { permutation as shuffle };

function shuffled(k: Tensor, x: Tensor, axis: number): Tensor {
  let [order, rest] = [x, k];
  const rounds = Math.ceil((3 * Math.log(Math.max(1, x.size))) / Math.log(2 ** 32 - 1));
  for (let i = 0; i < rounds; i++) {
    const keys = split(rest);
    rest = take(keys, 0, 0);
    order = sort([randomBits(take(keys, 1, 0), x.shape), order], axis)[1] as Tensor;
  }
  return order;
}
