// Shape and dtype inference: the avals of an application's outputs, or the error that it would be.

import { type Aval, withDType } from "./aval.js";
import { type DType, dtypes } from "./dtype.js";
import { DTypeError, MissingRuleError, ShapeError } from "./errors.js";
import type { Accepts, AnyPrimitive, Elementwise } from "./primitive.js";

/** The avals of the outputs of a primitive. @throws ShapeError @throws DTypeError as the operation would */
export function inferAvals(p: AnyPrimitive, avals: Aval[], params: unknown): Aval[] {
  const { elementwise } = p.traits;
  if (elementwise) return [inferElementwise(p, elementwise, avals, params)];
  const rule = p.rules.abstractEval;
  if (!rule) {
    throw new MissingRuleError(
      `${p.name} has no abstractEval: give one, or the trait elementwise, to definePrimitive("${p.name}", …).`,
    );
  }
  const out = rule(avals, params);
  return Array.isArray(out) ? out : [out];
}

function inferElementwise(p: AnyPrimitive, trait: Elementwise, avals: readonly Aval[], params: unknown): Aval {
  const first = avals[avals.length - 1] as Aval; // predicates come first
  let weak = true;
  for (let i = 0; i < avals.length; i++) {
    const a = avals[i] as Aval;
    const accepts = acceptsAt(trait, i);
    const unequal = (what: string): string => `${p.name}: operands must have equal ${what}, and these are ${avals.join(", ")}: use `;
    if (a.shape !== first.shape) throw new ShapeError(`${unequal("shapes")}broadcastTo.`);
    if (a.dtype !== first.dtype && accepts !== "bool") throw new DTypeError(`${unequal("dtypes")}cast.`);
    checkAccepts(p.name, accepts, a.dtype);
    weak &&= a.weak || accepts === "bool";
  }
  return resultOf(trait, first, weak, params);
}

/** The aval of the result of an elementwise operation whose operands have (or were promoted to) `operand`. */
export function resultOf(trait: Elementwise, operand: Aval, weak: boolean, params: unknown): Aval {
  const { result } = trait;
  if (typeof result !== "function") return withDType(operand, result ?? operand.dtype, result === undefined && weak);
  const out = result(params);
  return withDType(operand, out.dtype, out.weak);
}

export const acceptsAt = (trait: Elementwise, i: number): Accepts =>
  typeof trait.accepts === "string" ? trait.accepts : (trait.accepts[i] as Accepts);

// The dtypes that each class accepts; the first is what to convert to.
const accepted: Record<Accepts, readonly DType[]> = {
  float: /* @__PURE__ */ dtypes.slice(0, 2),
  number: /* @__PURE__ */ dtypes.slice(0, 4),
  any: /* @__PURE__ */ dtypes.slice(0, 5),
  integer: /* @__PURE__ */ dtypes.slice(2, 5),
  bool: /* @__PURE__ */ dtypes.slice(4, 5),
};

/** @throws DTypeError if an operand of `dtype` is not accepted */
export function checkAccepts(name: string, accepts: Accepts, dtype: DType): void {
  const list = accepted[accepts];
  if (list.includes(dtype)) return;
  if (dtype === "float0") throw opaqueError(name);
  throw new DTypeError(`${name}: ${dtype} is not accepted here, expected ${list.join(", ")}. Convert first: cast(x, "${list[0]}").`);
}

/** The error of an operation on values of dtype float0. */
export const opaqueError = (name: string): DTypeError =>
  new DTypeError(`${name}: float0, the tangent of an integer or bool, takes no part in arithmetic.`);
