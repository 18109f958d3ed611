/// <reference lib="esnext.disposable" preserve="true" />
// The methods that tensors have once this package is imported: each operation whose first argument is an array, as a
// method of it. Types only; install-fluent.ts holds the functions, and the compiler holds the two together.

import type { DType, Shape, Tensor, TensorLike } from "@gradus/core";
import type { DotGeneralOptions, IndexingOptions, PadEntry } from "@gradus/ops";

type AxisList = number | readonly number[] | null;

/** `x.op(…)` is `op(x, …)`, for concrete tensors and under every transformation. */
export interface Fluent {
  // Arithmetic.
  add(y: TensorLike): Tensor;
  sub(y: TensorLike): Tensor;
  mul(y: TensorLike): Tensor;
  div(y: TensorLike): Tensor;
  rem(y: TensorLike): Tensor;
  pow(y: TensorLike): Tensor;
  integerPow(n: number): Tensor;
  square(): Tensor;
  neg(): Tensor;
  abs(): Tensor;
  sign(): Tensor;
  max(y: TensorLike): Tensor;
  min(y: TensorLike): Tensor;
  /** `clamp(lo, x, hi)`. */
  clamp(lo: TensorLike, hi: TensorLike): Tensor;
  nextafter(y: TensorLike): Tensor;

  // Rounding: zero gradient.
  floor(): Tensor;
  ceil(): Tensor;
  round(): Tensor;
  trunc(): Tensor;

  // Elementary functions.
  sqrt(): Tensor;
  rsqrt(): Tensor;
  cbrt(): Tensor;
  exp(): Tensor;
  exp2(): Tensor;
  expm1(): Tensor;
  log(): Tensor;
  log2(): Tensor;
  log1p(): Tensor;
  sin(): Tensor;
  cos(): Tensor;
  tan(): Tensor;
  asin(): Tensor;
  acos(): Tensor;
  atan(): Tensor;
  atan2(x: TensorLike): Tensor;
  sinh(): Tensor;
  cosh(): Tensor;
  tanh(): Tensor;
  asinh(): Tensor;
  acosh(): Tensor;
  atanh(): Tensor;
  sigmoid(): Tensor;

  // Comparisons and logic.
  equal(y: TensorLike): Tensor;
  notEqual(y: TensorLike): Tensor;
  less(y: TensorLike): Tensor;
  lessEqual(y: TensorLike): Tensor;
  greater(y: TensorLike): Tensor;
  greaterEqual(y: TensorLike): Tensor;
  isNan(): Tensor;
  isFinite(): Tensor;
  not(): Tensor;
  and(y: TensorLike): Tensor;
  or(y: TensorLike): Tensor;
  xor(y: TensorLike): Tensor;
  shiftLeft(y: TensorLike): Tensor;
  shiftRightArithmetic(y: TensorLike): Tensor;
  shiftRightLogical(y: TensorLike): Tensor;
  /** `select(pred, onTrue, onFalse)`, of a bool tensor. */
  select(onTrue: TensorLike, onFalse: TensorLike): Tensor;

  // Types.
  cast(dtype: DType): Tensor;
  astype(dtype: DType): Tensor;

  // Reductions and contraction.
  reduceSum(axes?: AxisList): Tensor;
  reduceProd(axes?: AxisList): Tensor;
  reduceMax(axes?: AxisList): Tensor;
  reduceMin(axes?: AxisList): Tensor;
  reduceAnd(axes?: AxisList): Tensor;
  reduceOr(axes?: AxisList): Tensor;
  argmax(axis?: number | null): Tensor;
  argmin(axis?: number | null): Tensor;
  dotGeneral(y: TensorLike, options: DotGeneralOptions): Tensor;

  // Shape and place.
  reshape(shape: Shape): Tensor;
  transpose(perm?: readonly number[]): Tensor;
  broadcastTo(shape: Shape): Tensor;
  squeeze(axes?: AxisList): Tensor;
  expandDims(axis: number): Tensor;
  reverse(axes?: AxisList): Tensor;
  slice(start: readonly number[], limit: readonly number[], strides?: readonly number[]): Tensor;
  split(indicesOrParts: number | readonly number[], axis?: number): Tensor[];
  pad(value: TensorLike, config: readonly (readonly [number, number] | PadEntry)[]): Tensor;
  take(indices: TensorLike | readonly number[], axis?: number | null): Tensor;
  gather(indices: TensorLike, options?: IndexingOptions): Tensor;
  scatterAdd(indices: TensorLike, updates: TensorLike, options?: IndexingOptions): Tensor;
  oneHot(n: number, dtype?: DType): Tensor;

  // Gradient control.
  /** The same values as a constant: no gradient flows through them. */
  stopGradient(): Tensor;

  // Memory.
  /** `dispose(x)`: frees its elements at once. */
  dispose(): void;
  /** What `using y = f(x)` does at the end of a block. */
  [Symbol.dispose](): void;
}

declare module "@gradus/core" {
  interface Tensor extends Fluent {}
}
