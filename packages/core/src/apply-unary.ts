// The function of an operation of one operand: the part of `apply.ts` that neither broadcasts nor joins dtypes. A file of its
// own, since a program may need no more.

import { perform1 } from "./bind.js";
import { isFloat } from "./dtype.js";
import { type TensorLike, toTensor } from "./host.js";
import type { AnyPrimitive } from "./primitive.js";
import type { Promoted } from "./promote.js";
import { castUnlessSame } from "./cast.js";
import { Tensor } from "./tensor.js";

/** Applies an elementwise primitive of one operand: integers become floats first where it takes no others. */
export function applyUnary(p: AnyPrimitive, x: TensorLike, params?: unknown): Tensor {
  const t = x instanceof Tensor ? x : toTensor(x, p.name);
  return perform1(p, isFloat(t.aval.dtype) || p.traits.elementwise?.accepts !== "float" ? t : castUnlessSame(t, floatFor(t.aval)), params);
}

/** What a float-only operation makes of an operand: integers and booleans become float32. A float0 it will not accept. */
export const floatFor = (type: Promoted): Promoted => (isFloat(type.dtype) || type.dtype === "float0" ? type : { dtype: "float32", weak: false });
