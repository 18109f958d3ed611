// Pooling over windows of spatial axes, with features last: x is `[…batch, …spatial, features]`.

import { asList, mul, type Shape, ShapeError, type Tensor, type TensorLike } from "@gradus/core";
import { div, onesLike, type Padding, reduceWindow } from "@gradus/ops";
import { floating } from "./operand.js";

/** Per spatial axis, and the same along all of them if one number is given. */
export interface PoolOptions {
  /** The step from one window to the next, 1 unless given. */
  readonly strides?: number | readonly number[];
  /** `"VALID"` unless given; pairs are per spatial axis. */
  readonly padding?: Padding;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Whether padding counts as elements of value 0, as it does unless this is false. */
  readonly countIncludePad?: boolean;
}

function pooled(x: Tensor, reduction: "sum" | "max" | "min", window: Shape, { strides = 1, padding = "VALID" }: PoolOptions, what: string): Tensor {
  const n = asList(window, `${what}: the window`).length;
  if (n < 1 || x.ndim < n + 1) {
    throw new ShapeError(`${what}: a window [${String(window)}] of ${x.aval.toString()}; expected an entry for each spatial axis, of which there is at least one, before the features.`);
  }
  const before = x.ndim - n - 1;
  const spatial = <T>(list: readonly T[], name: string): readonly T[] => {
    if (asList(list, `${what}: ${name}`).length === n) return list;
    throw new ShapeError(`${what}: ${name} has ${list.length} entries, and needs one for each of ${n} spatial axes.`);
  };
  const all = <T>(list: readonly T[], other: T): T[] => [...Array.from({ length: before }, () => other), ...list, other];
  return reduceWindow(x, reduction, all(window, 1), {
    strides: all(typeof strides === "number" ? window.map(() => strides) : spatial(strides, "strides"), 1),
    padding: typeof padding === "string" ? padding : all<readonly [number, number]>(spatial(padding, "padding"), [0, 0]),
  });
}

/**
 * The greatest element of each window of the axes before the last; those before are batch axes. Its derivative goes to the first of
 * equal elements. @throws ShapeError @throws DTypeError for booleans
 * @example maxPool(array([[[1], [5], [2], [4]]]), [2], { strides: 2 }) // [[[5], [4]]]
 */
export function maxPool(x: TensorLike, window: Shape, options: PoolOptions = {}): Tensor {
  return pooled(floating(x, "maxPool"), "max", window, options, "maxPool");
}

/** The least element of each window, as {@link maxPool} has the greatest. @throws ShapeError @throws DTypeError for booleans */
export function minPool(x: TensorLike, window: Shape, options: PoolOptions = {}): Tensor {
  return pooled(floating(x, "minPool"), "min", window, options, "minPool");
}

/**
 * The mean of each window of the axes before the last; those before are batch axes. @throws ShapeError @throws DTypeError for booleans
 * @example avgPool(array([[[1], [5], [2]]]), [2], { strides: 2, padding: "SAME" }) // [[[3], [1]]]
 */
export function avgPool(x: TensorLike, window: Shape, { countIncludePad = true, ...options }: AvgPoolOptions = {}): Tensor {
  const t = floating(x, "avgPool");
  const sums = pooled(t, "sum", window, options, "avgPool");
  if (countIncludePad) return mul(sums, 1 / window.reduce((a, b) => a * b, 1));
  return div(sums, pooled(onesLike(t), "sum", window, options, "avgPool"));
}
