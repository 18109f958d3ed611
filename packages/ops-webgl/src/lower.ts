// From the scalar IR to GLSL ES 3.00: a function of scalars in which every shared node is one local variable.

import { type DType, MissingRuleError } from "@gradus/core";
import type { Expr, Intrinsic } from "@gradus/core/scalar";
import { converted, formatOf, literal } from "./glsl-types.js";
import { boolOps, floatOps, intOps } from "./intrinsics.js";

/** The source of a function `name` that computes a body, of arguments a0, a1, … of the given dtypes. */
export function lowerBody(name: string, body: Expr, operands: readonly DType[], out: DType): string {
  const lines: string[] = [];
  const types = new Map<Expr, DType | undefined>();
  const locals = new Map<Expr, string>();

  // The dtype in which a node computes; undefined of constants and what is made from them alone.
  const computes = (args: readonly Expr[], arity: number): DType | undefined => {
    let dtype: DType | undefined;
    for (const a of arity === 3 ? args.slice(1) : args) dtype = typeOf(a) ?? dtype;
    return dtype;
  };
  const typeOf = (e: Expr): DType | undefined => {
    if (types.has(e)) return types.get(e);
    const dtype =
      e.kind === "arg" ? operands[e.index] : e.kind === "const" ? undefined : e.kind === "cast" ? e.dtype : e.op.result === "bool" ? "bool" : computes(e.args, e.op.arity);
    types.set(e, dtype);
    return dtype;
  };
  // An expression of dtype `wanted`.
  const text = (e: Expr, wanted: DType): string => {
    if (e.kind === "arg") return converted(`a${e.index}`, operands[e.index] as DType, wanted);
    if (e.kind === "const") return literal(e.value, wanted);
    const type = typeOf(e);
    if (type === undefined && e.kind === "call") return call(e.op, e.args, wanted); // of constants alone
    const dtype = type ?? wanted;
    let local = locals.get(e);
    if (local === undefined) {
      const value = e.kind === "cast" ? text(e.args[0], typeOf(e.args[0]) ?? e.dtype) : call(e.op, e.args, computes(e.args, e.op.arity) ?? (e.op.result === "bool" ? "float32" : wanted));
      local = `v${lines.length}`;
      const from = e.kind === "cast" ? (typeOf(e.args[0]) ?? e.dtype) : dtype;
      lines.push(`  ${formatOf(dtype).scalar} ${local} = ${converted(value, from, dtype)};`);
      locals.set(e, local);
    }
    return converted(local, dtype, wanted);
  };
  const call = (op: Intrinsic, args: readonly Expr[], dtype: DType): string => {
    const asInteger = dtype === "bool" && op.arity !== 3 && boolOps[op.name] === undefined;
    // Constants among booleans that compute as integers keep their value.
    if (asInteger) return intrinsic(op, dtype, args.map((a) => (typeOf(a) === undefined ? text(a, "int32") : converted(text(a, "bool"), "bool", "int32"))), true);
    return intrinsic(op, dtype, args.map((a, i) => text(a, op.arity === 3 && i === 0 ? "bool" : dtype)));
  };
  const result = text(body, out);
  const params = operands.map((d, i) => `${formatOf(d).scalar} a${i}`);
  return `${formatOf(out).scalar} ${name}(${params.join(", ")}) {\n${lines.join("\n")}\n  return ${result};\n}`;
}

/** An intrinsic on expressions of one dtype, the predicate of a choice aside. Booleans compute as integers where they have no meaning of their own; anything but 0 is true. */
export function intrinsic({ name, arity, result }: Intrinsic, dtype: DType, args: readonly string[], areIntegers = false): string {
  if (arity === 3) return `(${args[0]} ? ${args[1]} : ${args[2]})`;
  const table = dtype === "float32" ? floatOps : dtype === "bool" ? boolOps : intOps;
  const emit = table[name];
  if (emit !== undefined) return emit(args, dtype);
  const asInteger = dtype === "bool" ? intOps[name] : undefined;
  if (asInteger === undefined) throw new MissingRuleError(`${name} of ${dtype} has no GLSL: give the operation a rule decompose, or make the backend with a fallback, as in webgl({ fallback: cpu() }).`);
  const value = asInteger(areIntegers ? args : args.map((a) => converted(a, "bool", "int32")), "int32");
  return result === "bool" ? value : converted(value, "int32", "bool");
}
