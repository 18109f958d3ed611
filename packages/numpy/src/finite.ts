// Infinities and NaN: where they are, and finite numbers in their place.

import { type DType, isFloat, select, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { abs, equal, isNan } from "@gradus/ops";
import { floating } from "./operand.js";

/** Whether x is ∞ or −∞. */
export const isinf = (x: TensorLike): Tensor => equal(abs(floating(x, "isinf")), Infinity);

/** Whether x is ∞. */
export const isposinf = (x: TensorLike): Tensor => equal(floating(x, "isposinf"), Infinity);

/** Whether x is −∞. */
export const isneginf = (x: TensorLike): Tensor => equal(floating(x, "isneginf"), -Infinity);

export interface NanToNumOptions {
  /** In place of NaN: 0 unless given. */
  readonly nan?: number;
  /** In place of ∞: the greatest finite number unless given. */
  readonly posinf?: number;
  /** In place of −∞: the least finite number unless given. */
  readonly neginf?: number;
}

const greatest: Partial<Record<DType, number>> = { float32: 3.4028234663852886e38, float64: Number.MAX_VALUE };

/** Finite numbers in place of NaN and infinities, whose derivative is 0. */
export function nanToNum(x: TensorLike, { nan = 0, posinf, neginf }: NanToNumOptions = {}): Tensor {
  const t = toTensor(x, "nanToNum");
  if (!isFloat(t.dtype)) return t;
  const top = greatest[t.dtype] as number;
  const low = select(equal(t, -Infinity), neginf ?? -top, t);
  return select(isNan(t), nan, select(equal(t, Infinity), posinf ?? top, low));
}
