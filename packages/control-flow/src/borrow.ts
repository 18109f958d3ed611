// borrow: an example that has finished, or never began, computes with the values of one that goes on. What it computes is not
// used; borrowed values keep it where the loop is defined, so that no derivative at a dead step is infinite.

import { broadcastInDim, cast, definePrimitive, isLinear, type Primitive, bind, reshape, type Tensor, select, Zero, zerosOf } from "@gradus/core";
import { argmax, take } from "@gradus/ops";
import { axisFirst } from "@gradus/tracing";

/** One flag per example beside values of these. */
export const along = (flags: Tensor, x: Tensor): Tensor => broadcastInDim(flags, x.shape, flags.shape.map((_, i) => i));

/** `x` where an example goes on, elsewhere zeros: the tangent of borrowing, and its transpose. */
const kept = (goes: Tensor, x: Tensor): Tensor => select(along(goes, x), x, zerosOf(x.aval));

/** Operands: which examples go on, along the leading axes, and their values. The others get the values of the first that does. */
export const borrowP: Primitive = /* @__PURE__ */ definePrimitive("borrow", {
  abstractEval: ([, x]) => x as NonNullable<typeof x>,
  decompose([goes, x]) {
    const flags = goes as Tensor;
    const value = x as Tensor;
    const own = value.shape.slice(flags.ndim);
    if (value.size === 0) return value;
    const lender = take(reshape(value, [flags.size, ...own]), argmax(cast(reshape(flags, [flags.size]), "int32"), 0), 0);
    return select(along(flags, value), value, broadcastInDim(lender, value.shape, own.map((_, i) => i + flags.ndim)));
  },
  rules: {
    jvp: ([goes, x], [, dx]) => [borrow(goes as Tensor, x as Tensor), dx instanceof Zero ? dx : kept(goes as Tensor, dx as Tensor)],
    transpose: (ct: Tensor, [goes, x]) => [null, isLinear(x) ? kept(goes as Tensor, ct) : null],
    batch: ([goes, x], axes, _params, axisSize) => {
      const [flags, value] = [goes, x].map((v, i) => axisFirst(v as Tensor, axes[i] as number | null, axisSize)) as [Tensor, Tensor];
      return [borrow(flags, value), 0];
    },
  },
});

export const borrow = (goes: Tensor, x: Tensor): Tensor => bind(borrowP, [goes, x]);
