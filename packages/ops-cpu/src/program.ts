// A scalar IR body as a list of steps. Bodies are DAGs: every shared node becomes one step, computed once. The same list
// runs on JS numbers (0-d tensors) and, step by step, on tiles of arrays.

import { type DType, isInteger } from "@gradus/core";
import type { Expr, Intrinsic } from "@gradus/core/scalar";
import { anyLoop, copyLoop } from "./generic-loops.js";
import type { Loop, Loops, ScalarFn } from "./loops.js";

/** One operation on slots, which are the operands, then the results of the steps. A constant has no inputs and no loop. */
export interface Step {
  readonly f: ScalarFn;
  /** What its result is stored as between steps: a float32 as a double. */
  readonly stored: DType;
  readonly inputs: readonly number[];
  readonly loop?: Loop;
}

const identity: ScalarFn = (a) => a;
const toBool: ScalarFn = (a) => (a !== 0 ? 1 : 0);

/** Linearises a body for operands of the given dtypes, to give a result of dtype `out`: that of the last step. */
export function compileBody(body: Expr, operands: readonly DType[], out: DType, loops: Loops): Step[] {
  const steps: Step[] = [];
  const types: (DType | undefined)[] = operands.slice(); // of slots; none of a constant
  const slots = new Map<Expr, number>();
  const push = (type: DType | undefined, step: Step): number => {
    steps.push(step);
    return types.push(type) - 1;
  };
  const cast = (to: DType, input: number, isLast: boolean): number => {
    const from = types[input] ?? "float64";
    const f = to === "bool" && from !== "bool" ? toBool : to === "float32" && !isLast ? Math.fround : identity;
    return push(to, { f, stored: to, inputs: [input], loop: f === toBool ? anyLoop(1, from, to) : copyLoop(from, to) });
  };
  const call = (op: Intrinsic, inputs: readonly number[]): number => {
    const isSelect = op.arity === 3;
    let type: DType = "float64"; // a constant takes its neighbour's; the predicate of a select does not count
    for (const i of isSelect ? inputs.slice(1) : inputs) type = types[i] ?? type;
    const isBool = type === "bool";
    const plain = ((isInteger(type) ? op.int : isBool ? op.bool : undefined) ?? op.float) as ScalarFn;
    const result = op.result === "bool" ? "bool" : type;
    // What logic makes of booleans is 0 or 1; arithmetic (1 + 1) has to be brought back to it.
    const f: ScalarFn = isBool && op.result !== "bool" ? (a, b, c) => toBool(plain(a, b, c)) : plain;
    const own = isBool || plain !== op.float ? undefined : loops[op.name];
    return push(result, {
      f,
      stored: result === "float32" ? "float64" : result,
      // Loops are made for numbers or for booleans, not for both at once.
      inputs: inputs.map((i, k) => {
        const wanted = isSelect && k === 0 ? "bool" : type;
        return types[i] !== undefined && (types[i] === "bool") !== (wanted === "bool") ? cast(wanted, i, false) : i;
      }),
      loop: own ?? anyLoop(op.arity, type, result),
    });
  };
  const visit = (e: Expr): number => {
    if (e.kind === "arg") return e.index;
    let slot = slots.get(e);
    if (slot === undefined) {
      slot =
        e.kind === "const"
          ? push(undefined, { f: () => e.value, stored: "float64", inputs: [] })
          : e.kind === "cast"
            ? cast(e.dtype, visit(e.args[0]), e === body)
            : call(e.op, e.args.map(visit));
      slots.set(e, slot);
    }
    return slot;
  };
  const result = visit(body);
  // A body that is an operand or a constant still has to store something.
  if (steps[result - operands.length]?.loop === undefined) cast(out, result, true);
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
      const { f, inputs, stored } = steps[i] as Step;
      const [a, b, c] = inputs as [number, number, number];
      const n = inputs.length;
      const x = r[a] as number;
      const v = n === 2 ? f(x, r[b]) : n === 1 ? f(x) : f(x, r[b], r[c]);
      r[arity + i] = stored === "int32" ? v | 0 : stored === "uint32" ? v >>> 0 : v;
    }
    return r[r.length - 1] as number;
  };
  if (arity === 1) return (a) => ((r[0] = a), run());
  return (...operands) => (r.set(operands as number[]), run());
}
