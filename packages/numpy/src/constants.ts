// Numbers with names, what is known of dtypes, and of arrays without their values.

import { ArgumentError, type DType, DTypeError, isInteger, normalizeAxis, promote, type Shape, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { alike } from "./operand.js";

export const pi: number = Math.PI;
export const e: number = Math.E;
/** lim Σ 1/k − ln n. */
export const eulerGamma = 0.5772156649015329;
export const inf: number = Infinity;
export const nan: number = NaN;
/** A new axis of length 1, in an index. */
export const newaxis = null;

/** What a float dtype can hold. */
export interface FloatInfo {
  readonly bits: number;
  /** The distance from 1 to the next greater number. */
  readonly eps: number;
  readonly max: number;
  readonly min: number;
  /** The least positive number of full precision. */
  readonly tiny: number;
}

/** What a float dtype can hold. @throws DTypeError for another */
export function finfo(dtype: DType): FloatInfo {
  if (dtype === "float64") return { bits: 64, eps: Number.EPSILON, max: Number.MAX_VALUE, min: -Number.MAX_VALUE, tiny: 2 ** -1022 };
  if (dtype !== "float32") throw new DTypeError(`finfo: ${dtype} is not accepted here, expected "float32" or "float64".`);
  const max = (2 - 2 ** -23) * 2 ** 127;
  return { bits: 32, eps: 2 ** -23, max, min: -max, tiny: 2 ** -126 };
}

/** The least and the greatest number of an integer dtype. @throws DTypeError for another */
export function iinfo(dtype: DType): { readonly bits: number; readonly min: number; readonly max: number } {
  if (!isInteger(dtype)) throw new DTypeError(`iinfo: ${dtype} is not accepted here, expected "int32" or "uint32".`);
  return dtype === "int32" ? { bits: 32, min: -(2 ** 31), max: 2 ** 31 - 1 } : { bits: 32, min: 0, max: 2 ** 32 - 1 };
}

/** The dtype that values of two dtypes take together. @throws DTypeError where there is none */
export const promoteTypes = (a: DType, b: DType): DType => promote({ dtype: a, weak: false }, { dtype: b, weak: false }, "promoteTypes").dtype;

/** The dtype that operands take together; JS numbers yield to tensors. @throws DTypeError where there is none @throws ArgumentError for none */
export function resultType(...xs: TensorLike[]): DType {
  if (xs.length === 0) throw new ArgumentError("resultType: give one operand at least.");
  return (alike(xs, "resultType")[0] as Tensor).dtype;
}

/** The shape of an array, known without its values. */
export const shape = (x: TensorLike): Shape => toTensor(x, "shape").shape;
/** The number of axes. */
export const ndim = (x: TensorLike): number => toTensor(x, "ndim").ndim;
/** The number of elements, or the length of an axis. */
export const size = (x: TensorLike, axis?: number): number => {
  const t = toTensor(x, "size");
  return axis === undefined ? t.size : (t.shape[normalizeAxis(axis, t.ndim, "size")] as number);
};
