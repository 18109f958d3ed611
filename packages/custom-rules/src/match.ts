// What rules give back, fitted to the values it belongs to.

import { ArgumentError, assertInPlace, type Aval, bind, castP, describe, DTypeError, isFloat, isTensor, scalarTensor, ShapeError, type Tensor, toTensor, Zero } from "@gradus/core";

/** A tangent or cotangent as a tensor of `aval`, checked. With `anyFloat` another float width is cast. */
export function matchLeaf(t: unknown, aval: Aval, what: string, anyFloat: boolean): Tensor | Zero {
  if (aval.dtype === "float0") return new Zero(aval);
  if (t instanceof Zero) {
    if (t.aval.shape !== aval.shape) throw new ShapeError(`${what} is a zero ${t.aval}, expected ${aval}: return null instead.`);
    return t;
  }
  if (!isTensor(t) && typeof t !== "number" && typeof t !== "boolean") throw new ArgumentError(`${what}: expected ${aval}, got ${describe(t)}.`);
  if (typeof t === "number" && aval.ndim === 0) return scalarTensor(t, aval);
  const x = toTensor(t, what);
  assertInPlace(x, what);
  if (x.aval.shape !== aval.shape) throw new ShapeError(`${what} is ${x.aval}, expected ${aval}: the shapes must be equal.`);
  if (x.dtype !== aval.dtype && !(anyFloat && isFloat(x.dtype)) && !x.aval.weak) {
    throw new DTypeError(`${what} is ${x.aval}, expected ${aval}: use cast.`);
  }
  return x.aval === aval ? x : bind(castP, [x], { dtype: aval.dtype, weak: aval.weak });
}

/** The values that a rule gave, whose avals must be those of the function: only weakness may differ, and is adapted. */
export function matchValues(outs: readonly Tensor[], avals: readonly Aval[], name: string): Tensor[] {
  return outs.map((x, i) => {
    const aval = avals[i] as Aval;
    if (x.aval === aval) return x;
    const what = `A rule of ${name} gave a value ${x.aval}, and the function ${aval}`;
    if (x.aval.shape !== aval.shape) throw new ShapeError(`${what}: the shapes must be equal.`);
    if (x.dtype !== aval.dtype) throw new DTypeError(`${what}: use cast in the rule.`);
    return bind(castP, [x], { dtype: aval.dtype, weak: aval.weak });
  });
}
