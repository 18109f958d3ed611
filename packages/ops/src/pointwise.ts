// Operations on corresponding elements of floats that take loops of data-dependent length: a backend has a kernel for each, since
// the scalar IR has no loops. By their parameters they have no derivative, only by their last argument.

import { type Aval, avalOf, bind, broadcastShapes, broadcastTo, cast, DTypeError, isFloat, missingRule, mul, type Primitive, ShapeError, type Tensor, type TensorLike, Zero, zeroTangent } from "@gradus/core";
import { alignBatch } from "./batch-axis.js";
import { promoted } from "./promotion.js";

/** The aval of operands of one aval. @throws ShapeError @throws DTypeError */
export function pointwiseAval(avals: readonly Aval[], name: string): Aval {
  const first = avals[0] as Aval;
  for (const a of avals) {
    if (!isFloat(a.dtype) || a.dtype !== first.dtype) throw new DTypeError(`${name}: ${avals.join(", ")} are not floats of one dtype: use cast.`);
    if (a.shape !== first.shape) throw new ShapeError(`${name}: operands must have equal shapes, and these are ${avals.join(", ")}: use broadcastTo.`);
  }
  return avalOf(first.shape, first.dtype, avals.every((a) => a.weak));
}

/** The derivative by the last argument, given as a factor. */
export function pointwiseJvp(p: Primitive, args: Tensor[], tangents: readonly (Tensor | Zero)[], factor: () => Tensor): [Tensor, Tensor | Zero] {
  const last = tangents.length - 1;
  if (tangents.slice(0, last).some((t) => !(t instanceof Zero))) throw missingRule(p, "differentiation by its parameters, all arguments but the last", "jvp", args);
  const out = bind(p, args);
  const dx = tangents[last] as Tensor | Zero;
  return [out, dx instanceof Zero ? zeroTangent(out.aval) : mul(factor(), dx)];
}

/** All examples at once, along a common axis in front. */
export const pointwiseBatch = (p: Primitive, args: Tensor[], axes: readonly (number | null)[], axisSize: number): [Tensor, number] => [
  bind(p, args.map((x, i) => alignBatch(x, axes[i] ?? null, 0, axisSize))),
  0,
];

/** Applies the primitive to operands that are promoted, integers and booleans to float32, and broadcast. */
export function applyPointwise(p: Primitive, operands: readonly TensorLike[], what: string): Tensor {
  const args = promoted(operands, what);
  const shape = args.map((x) => x.shape).reduce((a, b) => broadcastShapes(a, b, what));
  return bind(p, args.map((x) => broadcastTo(isFloat(x.dtype) ? x : cast(x, "float32"), shape)));
}
