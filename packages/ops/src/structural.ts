// The operations that core owns, because transformations perform them, under the names of the catalogue.

import { avalOf, type DType, full, fullOf, type Shape, type Tensor, type TensorLike, toTensor } from "@gradus/core";

export {
  add,
  addP,
  broadcastInDim,
  broadcastP,
  broadcastTo,
  cast,
  cast as astype,
  castP,
  full,
  fullP,
  moveAxis,
  mul,
  mulP,
  neg,
  negP,
  reduceSum,
  reduceSumP,
  reshape,
  reshapeP,
  select,
  select as where,
  selectP,
  transpose,
  transposeP,
} from "@gradus/core";
export type { AxesParams, BroadcastParams, CastParams, FullParams, ShapeParams, TransposeParams } from "@gradus/core";

/** Zeros: float32 unless a dtype is given. */
export const zeros = (shape: Shape, dtype?: DType): Tensor => full(shape, 0, dtype ?? "float32");

/** Ones: float32 unless a dtype is given. */
export const ones = (shape: Shape, dtype?: DType): Tensor => full(shape, 1, dtype ?? "float32");

/** An array of one value with the shape of `x`, and its dtype unless another is given. */
export function fullLike(x: TensorLike, value: number | boolean, dtype?: DType): Tensor {
  const { aval } = toTensor(x, "fullLike");
  return fullOf(dtype === undefined ? aval : avalOf(aval.shape, dtype), Number(value));
}

/** Zeros with the shape of `x`, and its dtype unless another is given. */
export const zerosLike = (x: TensorLike, dtype?: DType): Tensor => fullLike(x, 0, dtype);

/** Ones with the shape of `x`, and its dtype unless another is given. */
export const onesLike = (x: TensorLike, dtype?: DType): Tensor => fullLike(x, 1, dtype);
