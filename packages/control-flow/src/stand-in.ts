// What an example computes with where a step or a branch is not its own: results that are not used, and gradients that must be zero
// whatever the derivative there is. So nothing flows back to it, and where it can it borrows the values of an example in its domain.

import { type Aval, avalOf, bind, broadcastInDim, cast, definePrimitive, isLinear, type Primitive, reshape, select, type Tensor, Zero, zerosOf } from "@gradus/core";
import { argmax, take } from "@gradus/ops";
import { axisFirst } from "@gradus/tracing";

/** One flag per example, along the leading axes, beside values of these. */
export const along = (flags: Tensor, x: Tensor): Tensor => broadcastInDim(flags, x.shape, flags.shape.map((_, i) => i));

// The identity where the flag, the first operand, is set, and elsewhere a value that carries no gradient. Transposes to zeros there.
// Linear in the values, the last operand, since those that stand in are used for nothing.
function standIn(name: string, values: (args: Tensor[]) => Tensor, again: (flags: Tensor, x: Tensor) => Tensor): Primitive {
  const kept = (flags: Tensor, x: Tensor): Tensor => select(along(flags, x), x, zerosOf(x.aval));
  const primitive: Primitive = definePrimitive(name, {
    abstractEval: (avals) => avals.at(-1) as Aval,
    decompose: values,
    rules: {
      jvp(args, tangents) {
        const dx = tangents.at(-1) as Tensor | Zero;
        return [bind(primitive, args), dx instanceof Zero ? dx : kept(args[0] as Tensor, dx)];
      },
      transpose: (ct: Tensor, args) => args.map((x, i) => (i === args.length - 1 && isLinear(x) ? kept(args[0] as Tensor, ct) : null)),
      batch(args, axes, _params, axisSize) {
        const first = (i: number): Tensor => axisFirst(args.at(i) as Tensor, axes.at(i) as number | null, axisSize);
        return [again(first(0), first(-1)), 0];
      },
    },
  });
  return primitive;
}

/** Operands: flags, and values of examples. The others keep theirs, as constants. */
export const holdP: Primitive = /* @__PURE__ */ standIn("hold", ([, x]) => x as Tensor, hold);

/** Operands: flags, the place of the first that is set, and values of examples. The others get those at that place. */
export const borrowP: Primitive = /* @__PURE__ */ standIn(
  "borrow",
  ([flags, place, x]) => {
    const [goes, value] = [flags, x] as [Tensor, Tensor];
    const own = value.shape.slice(goes.ndim);
    if (value.size === 0) return value;
    const lent = take(reshape(value, [goes.size, ...own]), place as Tensor, 0);
    return select(along(goes, value), value, broadcastInDim(lent, value.shape, own.map((_, i) => i + goes.ndim)));
  },
  (flags, x) => borrowing(flags)(x),
);

export function hold(flags: Tensor, x: Tensor): Tensor {
  return x.aval.element === undefined ? bind(holdP, [flags, x]) : x;
}

/** What lends to examples whose flag is not set. A stack stays as it is. */
export function borrowing(flags: Tensor): (x: Tensor) => Tensor {
  const place = flags.size === 0 ? zerosOf(avalOf([], "int32")) : argmax(cast(reshape(flags, [flags.size]), "int32"), 0);
  return (x) => (x.aval.element === undefined ? bind(borrowP, [flags, place, x]) : x);
}
