// Angles: their units, the turns that a sequence of them made, and the length of (x, y).

import { add, mul, normalizeAxis, select, type Tensor, type TensorLike } from "@gradus/core";
import { abs, and, concatenate, cumsum, div, equal, greater, less, max, min, sliceAlong, sqrt, square, sub } from "@gradus/ops";
import { mod } from "./elementwise.js";
import { floating } from "./operand.js";

/** Degrees as radians. */
export const deg2rad = (x: TensorLike): Tensor => mul(floating(x, "deg2rad"), Math.PI / 180);
export { deg2rad as radians };

/** Radians as degrees. */
export const rad2deg = (x: TensorLike): Tensor => mul(floating(x, "rad2deg"), 180 / Math.PI);
export { rad2deg as degrees };

/** √(x² + y²) without overflow; ∞ where either is infinite. At the origin the derivatives are ½, those of max(|x|, |y|). */
export function hypot(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = [abs(floating(x, "hypot")), abs(floating(y, "hypot"))];
  const [long, short] = [max(a, b), min(a, b)];
  const isOrigin = equal(long, 0);
  const isInfinite = equal(long, Infinity);
  const safe = select(isOrigin, 1, select(isInfinite, 1, long));
  const ratio = div(select(isInfinite, 0, short), safe);
  const length = select(isOrigin, long, mul(long, sqrt(add(1, square(ratio)))));
  // Beside an infinity NaN does not count.
  return select(equal(a, Infinity), a, select(equal(b, Infinity), b, length));
}

export interface UnwrapOptions {
  /** Steps of less stay as they are: half a period unless given, which is the least that counts. */
  readonly discont?: number;
  /** 2π unless given. */
  readonly period?: number;
}

/** Angles along an axis, the last unless given, changed by whole periods so that no step is greater than half of one. @throws ShapeError for an axis out of range */
export function unwrap(x: TensorLike, axis = -1, { period = 2 * Math.PI, discont = period / 2 }: UnwrapOptions = {}): Tensor {
  const t = floating(x, "unwrap");
  const at = normalizeAxis(axis, t.ndim, "unwrap");
  const n = t.shape[at] as number;
  if (n < 2) return t;
  const rest = sliceAlong(t, at, 1, n);
  const step = sub(rest, sliceAlong(t, at, 0, n - 1));
  const within = sub(mod(add(step, period / 2), period), period / 2);
  const turned = select(and(equal(within, -period / 2), greater(step, 0)), period / 2, within);
  const correction = select(less(abs(step), discont), 0, sub(turned, step));
  return concatenate([sliceAlong(t, at, 0, 1), add(rest, cumsum(correction, at))], at);
}
