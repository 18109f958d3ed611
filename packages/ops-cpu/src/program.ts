// A scalar IR body as a list of steps. Bodies are DAGs: every shared node becomes one step, computed once. The same list
// runs on JS numbers (0-d tensors) and, step by step, on tiles of arrays.

import { type DType, isInteger } from "@gradus/core";
import type { Expr, Intrinsic } from "@gradus/core/scalar";
import { binaryLoops, type Loop1, type Loop2, loop1, loop2, type ScalarFn, unaryLoops } from "./loops.js";

/** One operation on slots. Slots are the operands, then the constants, then the results of the steps, in order. */
export interface Step {
  readonly f: ScalarFn;
  readonly dtype: DType;
  readonly inputs: readonly number[];
  readonly loop: Loop1 | Loop2 | undefined;
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

/** Copies, converting as storing does. */
export const copyProgram: Program = {
  arity: 1,
  constants: [],
  steps: [{ f: identity, dtype: "float64", inputs: [0], loop: unaryLoops["copy"] }],
  base: 1,
};

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
  const visit = (e: Expr): number => {
    let slot = slots.get(e) as number;
    if (slot >= 0) {
      if (e.kind === "arg") types.set(e, dtypes[e.index]);
      return slot;
    }
    const { args } = e as { args: readonly Expr[] };
    const inputs = args.map(visit);
    const step = e.kind === "cast" ? castStep(e.dtype, inputs, e === body) : callStep((e as { op: Intrinsic }).op, args.map((a) => types.get(a)), inputs);
    types.set(e, step.dtype);
    slot = base + steps.push(step) - 1;
    slots.set(e, slot);
    return slot;
  };
  const result = visit(body);
  // A body that is an operand or a constant still has to store something.
  if (steps.length === 0) steps.push(castStep(out, [result], true));
  return { arity: dtypes.length, constants, steps, base };
}

const toBool: ScalarFn = (a) => (a !== 0 ? 1 : 0);

// Floats between steps are doubles, so a conversion to float32 in the middle has to round by itself.
function castStep(dtype: DType, inputs: readonly number[], isLast: boolean): Step {
  const f = dtype === "bool" ? toBool : dtype === "float32" && !isLast ? Math.fround : identity;
  return { f, dtype, inputs, loop: f === identity ? unaryLoops["copy"] : loop1 };
}

function callStep(op: Intrinsic, types: readonly (DType | undefined)[], inputs: readonly number[]): Step {
  // A constant takes its neighbour's dtype; the predicate of a select does not count.
  let type: DType | undefined;
  for (let i = types.length - 1; i >= (op.arity === 3 ? 1 : 0) && type === undefined; i--) type = types[i];
  type ??= "float64";
  const special = isInteger(type) ? op.int : type === "bool" ? op.bool : undefined;
  const plain = (special ?? op.float) as ScalarFn;
  const dtype = op.result === "bool" ? "bool" : type;
  // What a logic operation on booleans gives is 0 or 1; arithmetic (1 + 1) has to be brought back to it.
  const f: ScalarFn = type === "bool" && op.result !== "bool" ? (a, b, c) => (plain(a, b, c) !== 0 ? 1 : 0) : plain;
  const loops: { readonly [name: string]: Loop1 | Loop2 | undefined } = op.arity === 1 ? unaryLoops : binaryLoops;
  const own = f === op.float ? loops[op.name] : undefined;
  return { f, dtype, inputs, loop: own ?? (op.arity === 1 ? loop1 : op.arity === 2 ? loop2 : undefined) };
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
