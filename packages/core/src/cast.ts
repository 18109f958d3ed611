// Conversion between dtypes.

import { avalOf } from "./aval.js";
import { performBelow } from "./bind.js";
import { type DType } from "./dtype.js";
import { scalarTensor, type TensorLike, toTensor } from "./host.js";
import type { LinearVar } from "./linear-var.js";
import { definePrimitive, type Primitive } from "./primitive.js";
import type { Promoted } from "./promote.js";
import { castTo, type Expr } from "./scalar.js";
import type { Tensor } from "./tensor.js";

export interface CastParams {
  dtype: DType;
  weak: boolean;
}

/** Conversion to another dtype. Linear between floats; what becomes an integer or bool is no float, and carries no gradient. */
export const castP: Primitive<CastParams> = /* @__PURE__ */ definePrimitive<CastParams>("cast", {
  elementwise: { accepts: "any", body: (x: Expr, { dtype }: CastParams) => castTo(x, dtype), result: (params) => params },
  linearIn: [0],
  rules: {
    transpose: (ct: Tensor, [x]) => [castUnlessSame(ct, (x as LinearVar).aval)],
  },
});

/** Conversion to another dtype: floats truncate towards zero, and anything but 0 is true. @throws DTypeError for float0 */
export function cast(x: TensorLike, dtype: DType): Tensor {
  const t = toTensor(x, "cast");
  return t.dtype === dtype && !t.aval.weak ? t : (performBelow(castP, [t], { dtype, weak: false })[0] as Tensor);
}

/** Converts unless the operand has the dtype. */
export function castUnlessSame(x: Tensor, { dtype, weak }: Promoted): Tensor {
  if (x.aval.dtype === dtype && x.aval.weak === weak) return x;
  // An inline number needs no operation to change its dtype.
  if (!x.frame && !x.backend && x.aval.dtype !== "float0" && x.aval.ndim === 0) {
    return scalarTensor(x.payload as number, avalOf([], dtype, weak));
  }
  return performBelow(castP, [x], { dtype, weak })[0] as Tensor;
}
