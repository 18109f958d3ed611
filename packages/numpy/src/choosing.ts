// Choices between arrays, element by element, and comparisons of whole arrays.

import { asList, ArgumentError, array, broadcastShapes, broadcastTo, cast, full, isTensor, reshape, select as either, type Shape, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { and, clamp, equal, expandDims, isNan, or, reduceAnd, stack } from "@gradus/ops";
import { mod } from "./elementwise.js";
import { takeAlongAxis } from "./indexing.js";
import { alike, truth } from "./operand.js";
import { nonzero, type SizeOptions } from "./searching.js";

/**
 * x where the condition is true, or not 0, else y, broadcast; with the condition alone, {@link nonzero} of it. A gradient of 0 goes to
 * what is not taken, which times an infinite derivative is NaN: make the argument of such a function safe with another where.
 * @throws ShapeError @throws ArgumentError for x without y
 * @example where(greater(x, 0), x, 0)
 */
export function where(condition: TensorLike, x: TensorLike, y: TensorLike): Tensor;
export function where(condition: TensorLike, options?: SizeOptions): Tensor[];
export function where(condition: TensorLike, x?: TensorLike | SizeOptions, y?: TensorLike): Tensor | Tensor[] {
  if (y !== undefined) return either(truth(condition, "where"), x as TensorLike, y);
  if (x !== undefined && (typeof x !== "object" || x === null || isTensor(x))) throw new ArgumentError("where: x without y: give what stands where the condition is false too.");
  return nonzero(condition, x as SizeOptions | undefined);
}

/**
 * At each place the first of the choices whose condition is true there, the default where none is. As with where, the gradient of a
 * choice that is not taken is 0, but NaN where its derivative is infinite. @throws ArgumentError unless there is a choice for each condition @throws ShapeError
 */
export function select(conditions: readonly TensorLike[], choices: readonly TensorLike[], otherwise: TensorLike = 0): Tensor {
  if (asList(conditions, "select: the conditions").length !== asList(choices, "select: the choices").length || conditions.length === 0) throw new ArgumentError(`select: ${choices.length} choices for ${conditions.length} conditions: expected one for each, and one at least.`);
  const [last, ...all] = alike([otherwise, ...choices], "select") as [Tensor, ...Tensor[]];
  return conditions.reduceRight((rest: Tensor, c, i) => either(truth(c, "select"), all[i] as Tensor, rest), last);
}

/**
 * x through a function of its own wherever a condition holds, the last one that does; a function more than there are conditions is for
 * where none does, and else 0 stands there. A number stands for itself. All functions see all of x: one with an infinite derivative
 * elsewhere needs an argument that select made safe. @throws ArgumentError for another number of functions @throws ShapeError
 * @example piecewise(x, [less(x, 0), greaterEqual(x, 0)], [-1, (v) => mul(v, 2)])
 */
export function piecewise(x: TensorLike, conditions: readonly TensorLike[], functions: readonly (TensorLike | ((x: Tensor) => TensorLike))[]): Tensor {
  const t = toTensor(x, "piecewise");
  const n = asList(conditions, "piecewise: the conditions").length;
  if (asList(functions, "piecewise: the functions").length !== n && functions.length !== n + 1) throw new ArgumentError(`piecewise: ${functions.length} functions for ${n} conditions: expected as many, or one more.`);
  const value = (f: TensorLike | ((x: Tensor) => TensorLike) | undefined): Tensor => broadcastTo(cast(typeof f === "function" ? f(t) : (f ?? 0), t.dtype), t.shape);
  return conditions.reduce((out: Tensor, c, i) => either(truth(c, "piecewise"), value(functions[i]), out), value(functions[n]));
}

/** At each place the element of the choice that the index there names; indices out of range are clipped, or taken modulo. @throws ArgumentError for no choice, or another mode @throws ShapeError where shapes do not broadcast @throws DTypeError unless indices are integers */
export function choose(indices: TensorLike, choices: readonly TensorLike[], mode: "clip" | "wrap" = "clip"): Tensor {
  if (asList(choices, "choose: the choices").length === 0) throw new ArgumentError("choose: there is nothing to choose from; give at least one array.");
  if (mode !== "clip" && mode !== "wrap") throw new ArgumentError(`choose: the mode is ${String(mode)}, expected "clip" or "wrap".`);
  const all = alike(choices, "choose");
  const i = typeof indices === "number" ? array(indices, { dtype: "int32" }) : toTensor(indices, "choose");
  const shape = [i, ...all].map((t) => t.shape).reduce((a: Shape, b) => broadcastShapes(a, b, "choose"));
  const n = all.length;
  const within = mode === "wrap" ? mod(i, n) : clamp(0, i, n - 1);
  const rows = stack(all.map((t) => broadcastTo(t, shape)));
  return reshape(takeAlongAxis(rows, expandDims(broadcastTo(within, shape), 0), 0), shape);
}

/** Whether two arrays have one shape and equal elements, as a 0-d bool; NaN equals NaN with `equalNan`. */
export function arrayEqual(x: TensorLike, y: TensorLike, { equalNan = false }: { readonly equalNan?: boolean } = {}): Tensor {
  const [a, b] = alike([x, y], "arrayEqual") as [Tensor, Tensor];
  if (a.ndim !== b.ndim || a.shape.some((d, i) => d !== b.shape[i])) return full([], false);
  const same = equal(a, b);
  return reduceAnd(equalNan ? or(same, and(isNan(a), isNan(b))) : same);
}

/** Whether two arrays broadcast to one shape and are equal there, as a 0-d bool. */
export function arrayEquiv(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = alike([x, y], "arrayEquiv") as [Tensor, Tensor];
  try {
    broadcastShapes(a.shape, b.shape, "arrayEquiv");
  } catch (error) {
    if (error instanceof ShapeError) return full([], false);
    throw error;
  }
  return reduceAnd(equal(a, b));
}
