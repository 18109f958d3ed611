// The function of an operation of one operand: the part of `apply.ts` that neither broadcasts nor joins dtypes. A file of its
// own, since a program may need no more.

import { type Aval, avalOf, withDType } from "./aval.js";
import { perform1, performBelow } from "./bind.js";
import { isFloat } from "./dtype.js";
import type { Backend, Resolve } from "./handler.js";
import { scalarTensor, type TensorLike, toTensor } from "./host.js";
import { acceptsAt, checkAccepts, resultOf } from "./infer.js";
import type { AnyPrimitive, Elementwise } from "./primitive.js";
import type { Promoted } from "./promote.js";
import { stack } from "./stack.js";
import { castP } from "./cast.js";
import { Tensor } from "./tensor.js";

/** Applies an elementwise primitive of one operand. */
export function applyUnary(p: AnyPrimitive, x: TensorLike, params?: unknown): Tensor {
  const t = x instanceof Tensor ? x : toTensor(x, p.name);
  if (stack.top.isClear && t.frame === null) {
    const backend = (t.backend ?? stack.backend) as Backend | null;
    if (backend?.elementwise1 !== undefined) return backend.elementwise1(p, t, params, resolveUnary);
  }
  const trait = p.traits.elementwise as Elementwise;
  const { aval } = t;
  if (trait.accepts === "float" && !isFloat(aval.dtype)) return performBelow(p, [castUnlessSame(t, floatFor(aval))], params)[0] as Tensor;
  return perform1(p, t, params);
}

/** How the operand of a unary operation is promoted, for backends' fast paths: integers become floats where it takes no others. */
const resolveUnary: Resolve = (p, [aval], params) => {
  const trait = p.traits.elementwise as Elementwise;
  const type: Promoted = trait.accepts === "float" ? floatFor(aval as Aval) : (aval as Aval);
  checkAccepts(p.name, acceptsAt(trait, 0), type.dtype);
  return { type, out: resultOf(trait, withDType(aval as Aval, type.dtype, type.weak), type.weak, params) };
};

/** What a float-only operation makes of an operand: integers and booleans become float32. A float0 it will not accept. */
export const floatFor = (type: Promoted): Promoted => (isFloat(type.dtype) || type.dtype === "float0" ? type : { dtype: "float32", weak: false });

/** Converts unless the operand has the dtype. */
export function castUnlessSame(x: Tensor, { dtype, weak }: Promoted): Tensor {
  if (x.aval.dtype === dtype && x.aval.weak === weak) return x;
  // An inline number needs no operation to change its dtype.
  if (x.frame === null && x.backend === null && x.aval.dtype !== "float0" && x.aval.ndim === 0) {
    return scalarTensor(x.payload as number, avalOf([], dtype, weak));
  }
  return performBelow(castP, [x], { dtype, weak })[0] as Tensor;
}

