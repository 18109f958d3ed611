// Promotion for operations that are not elementwise: their operands get one dtype and keep their shapes.

import { type Aval, avalOf, bind, castP, literalType, promote, type Promoted, scalarTensor, Tensor, type TensorLike, toTensor } from "@gradus/core";

/** Operands with one dtype: tensors decide it, JS numbers join them. @throws DTypeError naming `what` */
export function promoted(operands: readonly TensorLike[], what: string): Tensor[] {
  const common = (avals: readonly Promoted[]): Promoted => avals.reduce((a, b) => promote(a, b, what));
  const tensors = operands.filter((x): x is Tensor => typeof x !== "number" && typeof x !== "boolean").map((x) => toTensor(x, what).aval);
  const beside = tensors.length === 0 ? undefined : common(tensors);
  const args = operands.map((x) => {
    if (beside === undefined || typeof x !== "number") return toTensor(x, what);
    const { dtype, weak } = literalType(x, beside, what);
    return scalarTensor(x, avalOf([], dtype, weak));
  });
  const type = common(args.map((x): Aval => x.aval));
  return args.map((x) => (x.dtype === type.dtype && x.aval.weak === type.weak ? x : bind(castP, [x], { dtype: type.dtype, weak: type.weak })));
}
