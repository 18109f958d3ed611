// Elementwise operations on plain numbers, which belong to no device: the reference meaning of the scalar IR.

import { type DType, isInteger, roundTo } from "@gradus/core";
import type { Expr } from "@gradus/core/scalar";

interface Typed {
  readonly value: number;
  readonly dtype: DType | undefined;
}

/** The value of a body at numbers of the given dtypes; float32 is rounded where it is cast. */
export function evaluateBody(body: Expr, values: readonly number[], dtypes: readonly DType[]): number {
  const known = new Map<Expr, Typed>();
  const visit = (e: Expr): Typed => {
    let found = known.get(e);
    if (found === undefined) known.set(e, (found = compute(e)));
    return found;
  };
  const compute = (e: Expr): Typed => {
    if (e.kind === "arg") return { value: values[e.index] as number, dtype: dtypes[e.index] };
    if (e.kind === "const") return { value: e.value, dtype: undefined };
    const args = e.args.map(visit);
    if (e.kind === "cast") return { value: roundTo(e.dtype, (args[0] as Typed).value), dtype: e.dtype };
    const { float, int, bool, arity, result } = e.op;
    let dtype: DType | undefined;
    for (const a of arity === 3 ? args.slice(1) : args) dtype = a.dtype ?? dtype; // the predicate of a select does not count
    const f = (dtype !== undefined && isInteger(dtype) ? int : dtype === "bool" ? bool : undefined) ?? float;
    const value = f(...(args.map((a) => a.value) as [number, number, number]));
    if (result === "bool") return { value, dtype: "bool" };
    return { value: dtype === undefined || dtype === "float32" ? value : roundTo(dtype, value), dtype };
  };
  return visit(body).value;
}
