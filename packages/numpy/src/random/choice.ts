// Drawing from a list: with or without putting back, evenly or by probabilities.

import { add, ArgumentError, mul, normalizeAxis, reshape, type Shape, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { cumsum, log, sliceAlong, sub, take, topK } from "@gradus/ops";
import { floating } from "../operand.js";
import { searchsorted } from "../searching.js";
import { gumbel } from "./distributions.js";
import { checkedShape, type FloatType, permutation, randint, uniform } from "./uniform.js";

export interface ChoiceOptions {
  /** Whether what was drawn may be drawn again. Yes unless given. */
  readonly replace?: boolean;
  /** The probability of each entry, which need not sum to 1: all are equal unless given. */
  readonly p?: TensorLike;
  /** The axis of an array whose entries are drawn: the first unless given. */
  readonly axis?: number;
}

/**
 * Numbers from 0 to n − 1, or entries of x along an axis, drawn at random: as many as the shape holds, which stands where the axis
 * was. @throws ArgumentError unless n is a positive whole number @throws ShapeError for more draws than entries without putting back, or probabilities that are
 * not one for each @throws DTypeError for what is no key
 * @example choice(key(0), 5, [3], { replace: false })
 */
export function choice(k: Tensor, nOrX: number | Tensor, shape: Shape = [], { replace = true, p, axis = 0 }: ChoiceOptions = {}): Tensor {
  const isNumber = typeof nOrX === "number";
  if (isNumber && !(Number.isInteger(nOrX) && nOrX > 0)) throw new ArgumentError(`random.choice: ${String(nOrX)} has to be a positive whole number.`);
  const x = isNumber ? undefined : toTensor(nOrX, "random.choice");
  const at = x === undefined ? 0 : normalizeAxis(axis, x.ndim, "random.choice");
  const n = x === undefined ? (nOrX as number) : (x.shape[at] as number);
  const count = checkedShape(shape, "choice").reduce((a, d) => a * d, 1);
  if (n === 0 && count > 0) throw new ShapeError(`random.choice: axis ${axis} of ${String(x?.aval)} is empty: there is nothing to draw.`);
  if (!replace && count > n) throw new ShapeError(`random.choice: ${count} draws of ${n} entries without putting back.`);
  if (!replace && p === undefined && x !== undefined) return placed(sliceAlong(permutation(k, x, { axis: at }), at, 0, count), at, shape);
  const index = p === undefined ? (replace ? randint(k, [count], 0, n) : sliceAlong(permutation(k, n), 0, 0, count)) : weighted(k, p, n, count, replace);
  return x === undefined ? reshape(index, shape) : placed(take(x, index, at), at, shape);
}

const placed = (x: Tensor, axis: number, shape: Shape): Tensor => reshape(x, [...x.shape.slice(0, axis), ...shape, ...x.shape.slice(axis + 1)]);

function weighted(k: Tensor, p: TensorLike, n: number, count: number, replace: boolean): Tensor {
  const chances = floating(p, "random.choice");
  if (chances.ndim !== 1 || chances.size !== n) throw new ShapeError(`random.choice: the probabilities ${chances.aval.toString()} are not one for each of ${n} entries.`);
  const dtype = chances.dtype as FloatType;
  // The greatest of the logarithms with Gumbel noise are draws without putting back: Vieira 2014; Efraimidis & Spirakis 2006, https://doi.org/10.1016/j.ipl.2005.11.003
  if (!replace) return topK(add(gumbel(k, [n], dtype), log(chances)), count)[1];
  const sums = cumsum(chances, 0);
  return searchsorted(sums, mul(take(sums, n - 1, 0), sub(1, uniform(k, [count], dtype))));
}
