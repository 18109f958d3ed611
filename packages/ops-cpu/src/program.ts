// A scalar IR body as a list of steps, to be run one after the other on tiles of arrays. Bodies are DAGs: every shared node
// becomes one step, computed once. The meaning on JS numbers is that of `scalarFunction`.

import { type DType, isInteger } from "@gradus/core";
import { castTo, type Expr } from "@gradus/core/scalar";
import type { ScalarFn } from "./loops.js";

/** One operation on slots, which are the operands, then the results of the steps. */
export interface Step {
  readonly f: ScalarFn;
  /** The slots that it reads; none for a constant. */
  readonly inputs: readonly number[];
  /** The dtype that it reads, predicates aside. */
  readonly from: DType;
  /** The dtype that it gives. A float32 is rounded where it is cast or is the result. None for a constant, which takes its neighbour's. */
  readonly to: DType | undefined;
  /** The intrinsic whose plain meaning f is, which may have a loop of its own; "cast" for a conversion by storing. */
  readonly name: string | undefined;
}

const identity: ScalarFn = (a) => a;
const toBool: ScalarFn = (a) => (a !== 0 ? 1 : 0);

/** Linearises a body for operands of the given dtypes, to give a result of dtype `out`: that of the last step. */
export function compileBody(body: Expr, operands: readonly DType[], out: DType): Step[] {
  // A body that is an operand or a constant still has to store something.
  const last = body.kind === "arg" || body.kind === "const" ? castTo(body, out) : body;
  const steps: Step[] = [];
  const types: (DType | undefined)[] = operands.slice(); // of slots
  const slots = new Map<Expr, number>();
  const push = (f: ScalarFn, inputs: readonly number[], from: DType, to: DType | undefined, name?: string): number => {
    steps.push({ f, inputs, from, to, name });
    return types.push(to) - 1;
  };
  const stepOf = (e: Exclude<Expr, { kind: "arg" }>): number => {
    if (e.kind === "const") return push(() => e.value, [], "float64", undefined);
    const inputs = e.args.map(visit);
    let from: DType = "float64";
    for (const i of inputs.slice(inputs.length > 2 ? 1 : 0)) from = types[i] ?? from;
    if (e.kind === "cast") {
      return e.dtype === "bool" ? push(toBool, inputs, from, "bool") : push(e.dtype === "float32" && e !== last ? Math.fround : identity, inputs, from, e.dtype, "cast");
    }
    const { float, int, bool, result, name } = e.op;
    const f = ((isInteger(from) ? int : from === "bool" ? bool : undefined) ?? float) as ScalarFn;
    if (result === "bool") return push(f, inputs, from, "bool", from === "bool" || f !== float ? undefined : name);
    // What logic makes of booleans is 0 or 1; arithmetic (1 + 1) has to be brought back to it.
    if (from === "bool") return push((a, b, c) => toBool(f(a, b, c)), inputs, from, from);
    return push(f, inputs, from, from, f === float ? name : undefined);
  };
  const visit = (e: Expr): number => {
    if (e.kind === "arg") return e.index;
    const slot = slots.get(e) ?? stepOf(e);
    slots.set(e, slot);
    return slot;
  };
  visit(last);
  return steps;
}

/** Whether steps are one operation applied to `arity` operands in order. */
export const isDirect = (steps: readonly Step[], arity: number): boolean =>
  steps.length === 1 && (steps[0] as Step).inputs.length === arity && (steps[0] as Step).inputs.every((s, i) => s === i);
