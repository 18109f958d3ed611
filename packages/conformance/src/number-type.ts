// What dtype a JS number leads to, restated from the documentation: the number path is checked against this and not against
// the promotion that the library does.

import { type DType, isFloat, isInteger } from "@gradus/core";
import type { Domain } from "./operation.js";

/** A dtype, and whether it yields to the next one it meets. */
export interface Type {
  readonly dtype: DType;
  readonly weak: boolean;
}

/** How an operand arrives: as a JS value in the code, as a JS number across the boundary of a transformation, or as a tensor. */
export type Form =
  | { readonly kind: "literal"; readonly value: number | boolean }
  | { readonly kind: "argument"; readonly value: number }
  | { readonly kind: "tensor"; readonly dtype: DType; readonly shape: "0-d" | "array" };

const strong = (dtype: DType): Type => ({ dtype, weak: false });
export const weakFloat: Type = { dtype: "float32", weak: true };

/** The dtype of an operand beside tensors of dtype `beside`, if there are any. */
export function operandType(form: Form, beside: DType | undefined): Type {
  if (form.kind === "tensor") return strong(form.dtype);
  if (form.kind === "argument") return weakFloat;
  if (typeof form.value === "boolean") return strong("bool");
  if (beside === undefined) return weakFloat;
  if (isFloat(beside)) return strong(beside);
  if (!Number.isInteger(form.value)) return strong("float32");
  return strong(beside === "bool" ? "int32" : beside);
}

/** Why operands do not meet: `cast` names what to do about it. */
export type Refusal = { readonly error: "DTypeError"; readonly mend?: "cast" };

const order: readonly DType[] = ["bool", "int32", "float32", "float64"];

/** The dtype in which two operands meet. */
export function meet(a: Type, b: Type): Type | Refusal {
  if (a.dtype === b.dtype && a.weak === b.weak) return a;
  if (a.weak !== b.weak) {
    const other = a.weak ? b : a;
    // A weak float takes any float's dtype, joins booleans as the float it is, and does not mix with integers.
    if (isFloat(other.dtype)) return other;
    return other.dtype === "bool" ? weakFloat : { error: "DTypeError", mend: "cast" };
  }
  if (isInteger(a.dtype) && isInteger(b.dtype)) return { error: "DTypeError", mend: "cast" };
  const rank = (t: Type): number => order.indexOf(t.dtype === "uint32" ? "int32" : t.dtype);
  return rank(a) > rank(b) ? a : b;
}

/** The dtype in which an operation computes operands that have met. */
export function accepted(domain: Domain, type: Type): Type | Refusal {
  switch (domain) {
    case "float":
      return isFloat(type.dtype) ? type : strong("float32");
    case "real":
      return isFloat(type.dtype) ? type : { error: "DTypeError" };
    case "number":
      return type.dtype === "bool" ? { error: "DTypeError" } : type;
    case "any":
      return type;
    case "integer":
      return isFloat(type.dtype) ? { error: "DTypeError" } : type;
    case "shift":
      return isInteger(type.dtype) ? type : { error: "DTypeError" };
  }
}
