// What the functions of this package do with operands first: floats of integers and booleans, one dtype for several, truth.

import { cast, castUnlessSame, type DType, isFloat, promote, type Promoted, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { notEqual } from "@gradus/ops";

/** The operand as a float: integers and booleans become float32. */
export function floating(x: TensorLike, what: string): Tensor {
  const t = toTensor(x, what);
  return isFloat(t.dtype) ? t : cast(t, "float32");
}

/** Booleans as int32, to be counted. */
export const counted = (x: Tensor): Tensor => (x.dtype === "bool" ? cast(x, "int32") : x);

/** Whether elements are true, or not 0. */
export function truth(x: TensorLike, what: string): Tensor {
  const t = toTensor(x, what);
  return t.dtype === "bool" ? t : notEqual(t, 0);
}

/** Operands of any shapes with one dtype: tensors decide, JS numbers join them. @throws DTypeError where there is none */
export function alike(xs: readonly TensorLike[], what: string): Tensor[] {
  const tensors = xs.map((x) => toTensor(x, what));
  const strong = tensors.filter((t, i) => typeof xs[i] !== "number");
  const { dtype } = (strong.length > 0 ? strong : tensors).map((t): Promoted => t.aval).reduce((a, b) => promote(a, b, what));
  const joined: DType = isFloat(dtype) || xs.every((x) => typeof x !== "number" || Number.isInteger(x)) ? (dtype === "bool" && strong.length < xs.length ? "int32" : dtype) : "float32";
  return tensors.map((t) => castUnlessSame(t, { dtype: joined, weak: false }));
}

/** {@link alike}, and floats. */
export function floats(xs: readonly TensorLike[], what: string): Tensor[] {
  return alike(xs, what).map((t) => floating(t, what));
}
