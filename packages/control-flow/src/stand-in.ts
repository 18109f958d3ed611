// What an example computes with where a step or a branch is not its own: results that are not used, and gradients that must be zero
// whatever the derivative there is. So nothing flows back to it, and where it can it borrows the values of an example in its domain.

import { bind, broadcastInDim, cast, definePrimitive, isLinear, type Primitive, reshape, select, type Tensor, Zero, zerosOf } from "@gradus/core";
import { argmax, take } from "@gradus/ops";
import { axisFirst } from "@gradus/tracing";

/** One flag per example, along the leading axes, beside values of these. */
export const along = (flags: Tensor, x: Tensor): Tensor => broadcastInDim(flags, x.shape, flags.shape.map((_, i) => i));

// The identity where the flag is set, and elsewhere a value that carries no gradient. Transposes to zeros there. Linear in the values,
// since those that stand in are used for nothing.
function standIn(name: string, values: (flags: Tensor, x: Tensor) => Tensor): Primitive {
  const kept = (flags: Tensor, x: Tensor): Tensor => select(along(flags, x), x, zerosOf(x.aval));
  const primitive: Primitive = definePrimitive(name, {
    abstractEval: ([, x]) => x as NonNullable<typeof x>,
    decompose: ([flags, x]) => values(flags as Tensor, x as Tensor),
    rules: {
      jvp: ([flags, x], [, dx]) => [bind(primitive, [flags as Tensor, x as Tensor]), dx instanceof Zero ? dx : kept(flags as Tensor, dx as Tensor)],
      transpose: (ct: Tensor, [flags, x]) => [null, isLinear(x) ? kept(flags as Tensor, ct) : null],
      batch: (args, axes, _params, axisSize) => [bind(primitive, args.map((v, i) => axisFirst(v, axes[i] as number | null, axisSize))), 0],
    },
  });
  return primitive;
}

/** Operands: flags, and values of examples. The others keep theirs, as constants. */
export const holdP: Primitive = /* @__PURE__ */ standIn("hold", (_flags, x) => x);

/** Operands: flags, and values of examples. The others get those of the first whose flag is set. */
export const borrowP: Primitive = /* @__PURE__ */ standIn("borrow", (flags, x) => {
  const own = x.shape.slice(flags.ndim);
  if (x.size === 0) return x;
  const lender = take(reshape(x, [flags.size, ...own]), argmax(cast(reshape(flags, [flags.size]), "int32"), 0), 0);
  return select(along(flags, x), x, broadcastInDim(lender, x.shape, own.map((_, i) => i + flags.ndim)));
});

export const hold = (flags: Tensor, x: Tensor): Tensor => bind(holdP, [flags, x]);
export const borrow = (flags: Tensor, x: Tensor): Tensor => bind(borrowP, [flags, x]);
