// A linear operation with structure: sums of everything up to a place. It needs a shape rule, its transpose (the sums from
// the other end), where a batch axis goes, and a kernel. Forward mode follows from `linearIn`.

import { type Aval, bind, definePrimitive, DTypeError, isFloat, normalizeAxis, type Primitive, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import type { Lowering } from "@gradus/ops-cpu/eager";
import "./flops.js";

export interface PrefixSumParams {
  readonly axis: number;
  /** Sum from the end. */
  readonly reverse: boolean;
}

/** out[i] = x[0] + … + x[i] along an axis; of floats. */
export const prefixSumP: Primitive<PrefixSumParams> = /* @__PURE__ */ definePrimitive<PrefixSumParams>("@acme/prefix_sum", {
  abstractEval([x], { axis }) {
    const aval = x as Aval;
    if (!isFloat(aval.dtype)) throw new DTypeError(`@acme/prefix_sum: ${aval} is no float; cast it first.`);
    if (!(axis >= 0 && axis < aval.ndim)) throw new ShapeError(`@acme/prefix_sum: axis ${axis} is out of range for ${aval}.`);
    return aval;
  },
  linearIn: [0],
  rules: {
    // ⟨c, Lx⟩ = ⟨Lᵀc, x⟩, and Lᵀ sums from the other end.
    transpose: (ct: Tensor, _args, { axis, reverse }) => [bind(prefixSumP, [ct], { axis, reverse: !reverse })],
    batch: ([x], [at], { axis, reverse }) => [bind(prefixSumP, [x as Tensor], { axis: axis >= (at as number) ? axis + 1 : axis, reverse }), at as number],
    "@acme/flops:count": ([x]) => (x as Aval).size,
  },
});

/** The sums of all elements up to each place along an axis: `f32[…]` to `f32[…]`. @throws ShapeError @throws DTypeError */
export function prefixSum(x: TensorLike, axis = 0, reverse = false): Tensor {
  const t = toTensor(x, "prefixSum");
  return bind(prefixSumP, [t], { axis: normalizeAxis(axis, t.ndim, "prefixSum"), reverse });
}

export const prefixSumLowering: Lowering<PrefixSumParams> = ([x], { axis, reverse }, [out]) => {
  const { data, shape } = x!;
  const n = shape[axis] as number;
  const stride = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  for (let start = 0; start < data.length; start += n * stride) {
    for (let lane = 0; lane < stride; lane++) {
      let sum = 0;
      for (let i = 0; i < n; i++) {
        const at = start + (reverse ? n - 1 - i : i) * stride + lane;
        out!.data[at] = sum += data[at] as number;
      }
    }
  }
};
