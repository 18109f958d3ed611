// Conversion between dtypes.

import { performBelow } from "./bind.js";
import { type DType } from "./dtype.js";
import { type TensorLike, toTensor } from "./host.js";
import type { LinearVar } from "./linear-var.js";
import { definePrimitive, type Primitive } from "./primitive.js";
import { castTo, type Expr } from "./scalar.js";
import type { Tensor } from "./tensor.js";

const one = (p: Primitive<CastParams>, x: Tensor, params: CastParams): Tensor => performBelow(p, [x], params)[0] as Tensor;

export interface CastParams {
  dtype: DType;
  weak: boolean;
}

/** Conversion to another dtype. Linear between floats; what becomes an integer or bool is no float, and carries no gradient. */
export const castP: Primitive<CastParams> = /* @__PURE__ */ definePrimitive<CastParams>("cast", {
  elementwise: { accepts: "any", body: (x: Expr, { dtype }: CastParams) => castTo(x, dtype), result: (params) => params },
  linearIn: [0],
  rules: {
    transpose: (ct: Tensor, [x]) => [one(castP, ct, { dtype: (x as LinearVar).aval.dtype, weak: (x as LinearVar).aval.weak })],
  },
});

/** Conversion to another dtype: floats truncate towards zero, and anything but 0 is true. @throws DTypeError for float0 */
export function cast(x: TensorLike, dtype: DType): Tensor {
  const t = toTensor(x, "cast");
  return t.dtype === dtype && !t.aval.weak ? t : one(castP, t, { dtype, weak: false });
}
