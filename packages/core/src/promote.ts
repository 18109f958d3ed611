// Dtype promotion. The order is bool < int32, uint32 < float32 < float64. A weak float (a JS number that crossed a
// transformation boundary) yields to any float it meets, and does not mix with integers.
// Source of the lattice: JAX, "Type promotion semantics", https://docs.jax.dev/en/latest/type_promotion.html

import { type Aval, avalOf } from "./aval.js";
import { type DType, isFloat, isInteger } from "./dtype.js";
import { DTypeError } from "./errors.js";

export interface Promoted {
  readonly dtype: DType;
  readonly weak: boolean;
}

const rank: Record<DType, number> = { float0: -1, bool: 0, int32: 1, uint32: 1, float32: 2, float64: 3 };

/** The dtype that two operands take together. @throws DTypeError naming `what` */
export function promote(a: Promoted, b: Promoted, what: string): Promoted {
  if (a.dtype === b.dtype) return a.weak === b.weak ? a : a.weak ? b : a;
  if (a.dtype === "float0" || b.dtype === "float0") {
    throw new DTypeError(`${what}: float0 is the tangent of an integer or boolean value; it holds no information and takes no part in arithmetic.`);
  }
  if (isInteger(a.dtype) && isInteger(b.dtype)) {
    throw new DTypeError(`${what}: int32 and uint32 have no common dtype here. Choose one: cast(x, "int32") or cast(x, "uint32").`);
  }
  const weak = a.weak ? a : b.weak ? b : undefined;
  if (weak !== undefined) {
    const other = weak === a ? b : a;
    if (isInteger(other.dtype)) {
      throw new DTypeError(
        `${what}: a JS number that was an argument of a transformed function is a float, and meets ${other.dtype} here. ` +
          `Say which is meant: cast(n, "${other.dtype}") for the integer, or cast(x, "float32") for a float result.`,
      );
    }
    return isFloat(other.dtype) ? other : weak;
  }
  return rank[a.dtype] > rank[b.dtype] ? a : b;
}

/** The dtype that a literal JS number or boolean takes beside an operand. @throws DTypeError naming `what` */
export function literalType(value: number | boolean, beside: Promoted, what: string): Promoted {
  const { dtype } = beside;
  if (typeof value === "boolean") return { dtype: "bool", weak: false };
  if (isFloat(dtype)) return beside;
  if (dtype === "float0" || !Number.isInteger(value)) return { dtype: "float32", weak: false };
  const integer = dtype === "bool" ? "int32" : dtype;
  const low = integer === "int32" ? -(2 ** 31) : 0;
  if (value < low || value >= low + 2 ** 32) {
    throw new DTypeError(`${what}: the number ${value} does not fit ${integer}. Convert the other operand first, for example cast(x, "float32").`);
  }
  return { dtype: integer, weak: false };
}

/** The aval of a JS number or boolean that stands alone: a weak float, or bool. */
export const hostAval = (value: number | boolean): Aval =>
  typeof value === "number" ? avalOf([], "float32", true) : avalOf([], "bool");
