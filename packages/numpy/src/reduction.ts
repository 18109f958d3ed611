// What reductions have in common: `(x, axis?, { keepdims?, where?, initial? })`, and the axes that they reduce.

import { ArgumentError, normalizeAxes, reshape, select, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";

export type Axis = number | readonly number[] | null;

export interface ReductionOptions {
  /** Whether the axes that are reduced stay, with length 1. No unless given. */
  readonly keepdims?: boolean;
}

export interface MaskedOptions extends ReductionOptions {
  /** Which elements count, broadcast to the array: all unless given. */
  readonly where?: TensorLike;
}

export interface FoldOptions extends MaskedOptions {
  /** What the reduction starts from. */
  readonly initial?: TensorLike;
}

/** A reduction of x over axes, all of them unless given, which stay with length 1 if asked for. */
export function reduce(x: TensorLike, axis: Axis | undefined, { keepdims = false }: ReductionOptions, what: string, f: (x: Tensor, axes: readonly number[]) => Tensor): Tensor {
  const t = toTensor(x, what);
  const axes = normalizeAxes(axis, t.ndim, what);
  const out = f(t, axes);
  return keepdims ? reshape(out, t.shape.map((d, i) => (axes.includes(i) ? 1 : d))) : out;
}

/** How many elements there are along axes. */
export const sizeOf = (x: Tensor, axes: readonly number[]): number => axes.reduce((n, a) => n * (x.shape[a] as number), 1);

/** The array, if there is something along the axes. @throws ShapeError */
export function nonEmpty(x: Tensor, axes: readonly number[], what: string): Tensor {
  if (sizeOf(x, axes) > 0) return x;
  throw new ShapeError(`${what}: ${x.aval.toString()} has nothing along the axes [${axes}], and so no ${what}.`);
}

/** x where the mask is true, `other` elsewhere; x itself without a mask. @throws ArgumentError unless the mask holds booleans @throws ShapeError */
export function masked(x: Tensor, where: TensorLike | undefined, other: TensorLike, what: string): Tensor {
  if (where === undefined) return x;
  const mask = toTensor(where, what);
  if (mask.dtype !== "bool") throw new ArgumentError(`${what}: the option where is ${mask.aval.toString()}, and has to be bool: compare first, as in greater(x, 0).`);
  const out = select(mask, x, other);
  if (out.ndim !== x.ndim || out.shape.some((d, i) => d !== x.shape[i])) throw new ShapeError(`${what}: the mask ${mask.aval.toString()} does not broadcast to ${x.aval.toString()}.`);
  return out;
}
