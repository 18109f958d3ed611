// A scalar IR body as a list of steps. Bodies are DAGs: every shared node becomes one step, computed once. The same list
// runs on JS numbers (0-d tensors) and, step by step, on tiles of arrays.

import { type DType, isInteger } from "@gradus/core";
import type { Expr, Intrinsic } from "@gradus/core/scalar";
import { anyLoop1, anyLoop2, copyLoop, type Select, selectBools, selectNumbers } from "./generic-loops.js";
import { type Loop1, type Loop2, ownLoops, type ScalarFn } from "./loops.js";

/** One operation on slots. Slots are the operands, then the constants, then the results of the steps, in order. */
export interface Step {
  readonly f: ScalarFn;
  readonly dtype: DType;
  readonly inputs: readonly number[];
  readonly loop: Loop1 | Loop2 | Select;
}

/** A compiled body: the last step gives the result. */
export interface Program {
  readonly arity: number;
  readonly constants: readonly number[];
  readonly steps: readonly Step[];
  /** The slots that the operands and constants take: the first step's result is this slot. */
  readonly base: number;
}

const identity: ScalarFn = (a) => a;
const toBool: ScalarFn = (a) => (a !== 0 ? 1 : 0);

/** Copies elements of a dtype. */
export const copyProgram = (dtype: DType): Program => ({ arity: 1, constants: [], steps: [castStep(dtype, dtype, 0, true)], base: 1 });

/** Linearises a body for operands of the given dtypes, to give a result of dtype `out`. */
export function compileBody(body: Expr, dtypes: readonly DType[], out: DType): Program {
  const constants: number[] = [];
  const steps: Step[] = [];
  const slots = new Map<Expr, number>();
  const types = new Map<Expr, DType | undefined>();
  // Constants are found first, so that steps can be numbered after them.
  const visitConstants = (e: Expr): void => {
    if (slots.has(e)) return;
    if (e.kind === "const") slots.set(e, dtypes.length + constants.push(e.value) - 1);
    else {
      slots.set(e, e.kind === "arg" ? e.index : -1);
      if (e.kind !== "arg") e.args.forEach(visitConstants);
    }
  };
  visitConstants(body);
  const base = dtypes.length + constants.length;
  const push = (step: Step): number => base + steps.push(step) - 1;
  const visit = (e: Expr): number => {
    let slot = slots.get(e) as number;
    if (slot >= 0) {
      if (e.kind === "arg") types.set(e, dtypes[e.index]);
      return slot;
    }
    let dtype: DType;
    if (e.kind === "cast") {
      slot = visit(e.args[0]);
      ({ dtype } = e);
      slot = push(castStep(types.get(e.args[0]) ?? "float64", dtype, slot, e === body));
    } else {
      const { op, args } = e as { op: Intrinsic; args: readonly Expr[] };
      const inputs = args.map(visit);
      const type = operandType(op, args.map((a) => types.get(a)));
      args.forEach((a, i) => {
        const [from, to] = [types.get(a), op.arity === 3 && i === 0 ? "bool" : type];
        // Loops are made for numbers or for booleans, not for both at once.
        if (from !== undefined && from !== to && (from === "bool" || to === "bool")) inputs[i] = push(castStep(from, to, inputs[i] as number, false));
      });
      dtype = op.result === "bool" ? "bool" : type;
      slot = push(callStep(op, type, inputs));
    }
    types.set(e, dtype);
    slots.set(e, slot);
    return slot;
  };
  const result = visit(body);
  // A body that is an operand or a constant still has to store something.
  if (steps.length === 0) push(castStep(types.get(body) ?? "float64", out, result, true));
  return { arity: dtypes.length, constants, steps, base };
}

// Floats between steps are doubles, so a conversion to float32 in the middle has to round by itself.
function castStep(from: DType, to: DType, input: number, isLast: boolean): Step {
  const f = to === "bool" && from !== "bool" ? toBool : to === "float32" && !isLast ? Math.fround : identity;
  return { f, dtype: to, inputs: [input], loop: f === toBool ? anyLoop1(from, to) : f === identity || from === "bool" ? copyLoop(from, to) : anyLoop1(from, to) };
}

// A constant takes its neighbour's dtype; the predicate of a select does not count.
function operandType(op: Intrinsic, types: readonly (DType | undefined)[]): DType {
  for (let i = types.length - 1; i >= (op.arity === 3 ? 1 : 0); i--) if (types[i] !== undefined) return types[i] as DType;
  return "float64";
}

function callStep(op: Intrinsic, type: DType, inputs: readonly number[]): Step {
  const isBool = type === "bool";
  const plain = ((isInteger(type) ? op.int : isBool ? op.bool : undefined) ?? op.float) as ScalarFn;
  const dtype = op.result === "bool" ? "bool" : type;
  // What logic makes of booleans is 0 or 1; arithmetic (1 + 1) has to be brought back to it.
  const f: ScalarFn = isBool && op.result !== "bool" ? (a, b, c) => (plain(a, b, c) !== 0 ? 1 : 0) : plain;
  if (op.arity === 3) return { f, dtype, inputs, loop: isBool ? selectBools : selectNumbers };
  const own = !isBool && plain === op.float ? ownLoops[op.name] : undefined;
  return { f, dtype, inputs, loop: own ?? (op.arity === 1 ? anyLoop1 : anyLoop2)(type, dtype) };
}

/** Whether a program is one operation applied to the operands in order. */
export function isDirect({ steps, constants, arity }: Program): boolean {
  const { inputs } = steps[0] as Step;
  return steps.length === 1 && constants.length === 0 && inputs.length === arity && inputs.every((s, i) => s === i);
}

/** A program as a function of JS numbers. The last value is not rounded. */
export function scalarFunction(program: Program): ScalarFn {
  const { steps, constants, base, arity } = program;
  if (isDirect(program)) return (steps[0] as Step).f;
  const r = new Float64Array(base + steps.length);
  r.set(constants, arity);
  return (...operands) => {
    for (let i = 0; i < arity; i++) r[i] = operands[i] as number;
    for (let i = 0; i < steps.length; i++) {
      const { f, inputs, dtype } = steps[i] as Step;
      const x = r[inputs[0] as number] as number;
      const v = inputs.length === 1 ? f(x) : inputs.length === 2 ? f(x, r[inputs[1] as number]) : f(x, r[inputs[1] as number], r[inputs[2] as number]);
      r[base + i] = dtype === "int32" ? v | 0 : dtype === "uint32" ? v >>> 0 : v;
    }
    return r[r.length - 1] as number;
  };
}
