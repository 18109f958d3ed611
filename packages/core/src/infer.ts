// Shape and dtype inference: the avals of an application's outputs, or the error that it would be.

import { type Aval, withDType } from "./aval.js";
import { type DType, isFloat, isInteger } from "./dtype.js";
import { DTypeError, MissingRuleError, ShapeError } from "./errors.js";
import type { Accepts, AnyPrimitive, Elementwise } from "./primitive.js";

/** The avals of the outputs of a primitive. @throws ShapeError @throws DTypeError as the operation would */
export function inferAvals(p: AnyPrimitive, avals: Aval[], params: unknown): Aval[] {
  const { elementwise } = p.traits;
  if (elementwise !== undefined) return [inferElementwise(p, elementwise, avals, params)];
  const rule = p.rules.abstractEval;
  if (rule === undefined) {
    throw new MissingRuleError(
      `${p.name} has no abstractEval, which tracing, vmap and backends need: give definePrimitive("${p.name}", …) one, or the trait elementwise.`,
    );
  }
  const out = rule(avals, params);
  return Array.isArray(out) ? out : [out];
}

function inferElementwise(p: AnyPrimitive, trait: Elementwise, avals: readonly Aval[], params: unknown): Aval {
  const first = avals[avals.length - 1] as Aval; // predicates come first
  for (let i = 0; i < avals.length; i++) {
    const a = avals[i] as Aval;
    if (a === first) continue;
    if (a.shape !== first.shape) {
      throw new ShapeError(
        `${p.name}: operands must have equal shapes, and these are ${avals.join(", ")}: broadcast one with broadcastTo.`,
      );
    }
    const isPredicate = acceptsAt(trait, i) === "bool";
    if (a.dtype !== (isPredicate ? "bool" : first.dtype)) {
      throw new DTypeError(`${p.name}: operands ${avals.join(", ")} ${isPredicate ? "need a bool predicate" : "must have equal dtypes"}: use cast.`);
    }
  }
  for (let i = 0; i < avals.length; i++) checkAccepts(p.name, acceptsAt(trait, i), (avals[i] as Aval).dtype);
  return resultOf(trait, first, avals.every((a, i) => a.weak || acceptsAt(trait, i) === "bool"), params);
}

/** The aval of the result of an elementwise operation whose operands have (or were promoted to) `operand`. */
export function resultOf(trait: Elementwise, operand: Aval, weak: boolean, params: unknown): Aval {
  const { result } = trait;
  if (result === undefined) return withDType(operand, operand.dtype, weak);
  if (result === "bool") return withDType(operand, "bool");
  const { dtype, weak: w } = result(params);
  return withDType(operand, dtype, w);
}

export const acceptsAt = (trait: Elementwise, i: number): Accepts =>
  typeof trait.accepts === "string" ? trait.accepts : (trait.accepts[i] as Accepts);

const expected: Record<Accepts, string> = {
  float: "float32 or float64",
  number: "a number: float32, float64, int32 or uint32",
  any: "a number or bool",
  integer: "int32, uint32 or bool",
  bool: "bool",
};

/** @throws DTypeError if an operand of `dtype` is not accepted */
export function checkAccepts(name: string, accepts: Accepts, dtype: DType): void {
  const ok =
    accepts === "any"
      ? dtype !== "float0"
      : accepts === "float"
        ? isFloat(dtype)
        : accepts === "bool"
          ? dtype === "bool"
          : isInteger(dtype) || (accepts === "number" ? isFloat(dtype) : dtype === "bool");
  if (ok) return;
  throw new DTypeError(
    `${name}: ${dtype} is not accepted here, expected ${expected[accepts]}. ${
      dtype === "float0" ? "float0 is the tangent of an integer and holds no information." : `Convert first: cast(x, "${accepts === "bool" ? "bool" : accepts === "integer" ? "int32" : "float32"}").`
    }`,
  );
}
