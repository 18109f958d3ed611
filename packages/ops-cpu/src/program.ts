// A scalar IR body as a list of steps. Bodies are DAGs: every shared node becomes one step, computed once. The same list
// runs on JS numbers (0-d tensors) and, step by step, on tiles of arrays.

import { type DType, isInteger, roundTo } from "@gradus/core";
import type { Expr } from "@gradus/core/scalar";
import type { ScalarFn } from "./loops.js";

/** One operation on slots, which are the operands, then the results of the steps. */
export interface Step {
  readonly f: ScalarFn;
  /** The slots that it reads; none for a constant. */
  readonly inputs: readonly number[];
  /** The dtype that it reads, predicates aside, and the one that it gives. Floats are rounded when a result or a cast is stored. */
  readonly from: DType;
  readonly to: DType;
  /** The intrinsic whose plain meaning f is, which may have a loop of its own; "cast" for a conversion by storing. */
  readonly name: string | undefined;
}

const identity: ScalarFn = (a) => a;
const toBool: ScalarFn = (a) => (a !== 0 ? 1 : 0);

/** Linearises a body for operands of the given dtypes, to give a result of dtype `out`: that of the last step. */
export function compileBody(body: Expr, operands: readonly DType[], out: DType): Step[] {
  const steps: Step[] = [];
  const types: (DType | undefined)[] = operands.slice(); // of slots; none of a constant
  const slots = new Map<Expr, number>();
  const push = (f: ScalarFn, inputs: readonly number[], from: DType, to: DType | undefined, name?: string): number => {
    steps.push({ f, inputs, from, to: to ?? from, name });
    return types.push(to) - 1;
  };
  const cast = (input: number, to: DType, isLast: boolean): number => {
    const f = to === "bool" ? toBool : to === "float32" && !isLast ? Math.fround : identity;
    return push(f, [input], types[input] ?? "float64", to, f === toBool ? undefined : "cast");
  };
  const visit = (e: Expr): number => {
    if (e.kind === "arg") return e.index;
    let slot = slots.get(e);
    if (slot === undefined) {
      if (e.kind === "const") slot = push(() => e.value, [], "float64", undefined);
      else if (e.kind === "cast") slot = cast(visit(e.args[0]), e.dtype, e === body);
      else {
        const { op } = e;
        const inputs = e.args.map(visit);
        const predicates = op.arity === 3 ? 1 : 0;
        let type: DType = "float64"; // a constant takes its neighbour's
        for (const i of inputs.slice(predicates)) type = types[i] ?? type;
        const isBool = type === "bool";
        const plain = ((isInteger(type) ? op.int : isBool ? op.bool : undefined) ?? op.float) as ScalarFn;
        // Booleans and numbers are kept apart: loops are made for the one or the other.
        const apart = inputs.map((i, k) => {
          const wanted = k < predicates ? "bool" : type;
          return types[i] !== undefined && (types[i] === "bool") !== (wanted === "bool") ? cast(i, wanted, false) : i;
        });
        // What logic makes of booleans is 0 or 1; arithmetic (1 + 1) has to be brought back to it.
        const f: ScalarFn = isBool && op.result !== "bool" ? (a, b, c) => toBool(plain(a, b, c)) : plain;
        slot = push(f, apart, type, op.result === "bool" ? "bool" : type, isBool || plain !== op.float ? undefined : op.name);
      }
      slots.set(e, slot);
    }
    return slot;
  };
  const result = visit(body);
  // A body that is an operand or a constant still has to store something.
  if (!steps[result - operands.length]?.inputs.length) cast(result, out, true);
  return steps;
}

/** Whether steps are one operation applied to `arity` operands in order. */
export const isDirect = (steps: readonly Step[], arity: number): boolean =>
  steps.length === 1 && (steps[0] as Step).inputs.length === arity && (steps[0] as Step).inputs.every((s, i) => s === i);

/** Steps as a function of JS numbers. The last value is not rounded. */
export function scalarFunction(steps: readonly Step[], arity: number): ScalarFn {
  if (isDirect(steps, arity)) return (steps[0] as Step).f;
  const r = new Float64Array(arity + steps.length);
  const run = (): number => {
    for (let i = 0; i < steps.length; i++) {
      const { f, inputs, to } = steps[i] as Step;
      const [a, b, c] = inputs as [number, number, number];
      const n = inputs.length;
      const x = r[a] as number;
      const v = n === 2 ? f(x, r[b]) : n === 1 ? f(x) : f(x, r[b], r[c]);
      r[arity + i] = isInteger(to) ? roundTo(to, v) : v;
    }
    return r[r.length - 1] as number;
  };
  if (arity === 1) return (a) => ((r[0] = a), run());
  return (...operands) => (r.set(operands as number[]), run());
}
