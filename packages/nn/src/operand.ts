// What the functions of this package take: floats, and integers converted to them.

import { cast, DTypeError, isFloat, isInteger, reshape, type Tensor, type TensorLike, toTensor } from "@gradus/core";

export type AxisList = number | readonly number[] | null;

/** The operand as a float: integers become float32. @throws DTypeError for bool and float0 */
export function floating(x: TensorLike, what: string): Tensor {
  const t = toTensor(x, what);
  if (isFloat(t.dtype)) return t;
  if (isInteger(t.dtype)) return cast(t, "float32");
  throw new DTypeError(`${what}: ${t.aval.toString()} is not accepted here, expected numbers: cast(x, "float32").`);
}

/** A reduction of x with the axes that it lost as axes of length 1. */
export const withAxes = (reduced: Tensor, x: Tensor, axes: readonly number[]): Tensor =>
  reshape(reduced, x.shape.map((d, i) => (axes.includes(i) ? 1 : d)));
