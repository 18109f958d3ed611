// A scalar IR body as a function of JS numbers: what 0-d tensors and the small backend compute with.

import { type DType, isInteger, roundTo } from "@gradus/core";
import { castTo, type Expr } from "@gradus/core/scalar";
import type { ScalarFn } from "./loops.js";

/** The function of a body for operands of the given dtypes. Its value is not rounded yet to `out`, the dtype of the result. */
export function scalarFunction(body: Expr, operands: readonly DType[], out: DType): ScalarFn {
  // Slots: the operands, then every node once, so that what is shared is computed once. A constant takes its neighbour's dtype.
  const types: (DType | undefined)[] = operands.slice();
  const values: number[] = operands.map(() => 0);
  const slots = new Map<Expr, number>();
  const steps: (() => void)[] = [];
  let direct: ScalarFn | undefined;
  const visit = (e: Expr): number => {
    if (e.kind === "arg") return e.index;
    let slot = slots.get(e);
    if (slot !== undefined) return slot;
    if (e.kind === "const") slot = types.push(undefined) - 1;
    else {
      const inputs = e.args.map(visit);
      let type: DType = "float64";
      for (const i of inputs.slice(inputs.length > 2 ? 1 : 0)) type = types[i] ?? type; // the predicate of a select does not count
      let f: ScalarFn = (a) => a;
      let isBit = false; // whether f gives 0 or 1
      if (e.kind === "cast") type = e.dtype;
      else {
        const { float, int, bool, result } = e.op;
        f = ((isInteger(type) ? int : type === "bool" ? bool : undefined) ?? float) as ScalarFn;
        isBit = result === "bool";
        if (isBit) type = "bool";
      }
      if (e === body && (isBit || type !== "bool") && inputs.every((s, n) => s === n && n < operands.length)) direct = f;
      const at = (slot = types.push(type) - 1);
      const [i, j, k] = inputs as [number, number, number];
      // A float32 is rounded where it is cast on the way, and at the end.
      const rounded = type === "float32" && (e.kind === "call" || e === body) ? "float64" : type;
      steps.push(() => (values[at] = roundTo(rounded, f(values[i] as number, values[j], values[k]))));
    }
    values[slot] = e.kind === "const" ? e.value : 0;
    slots.set(e, slot);
    return slot;
  };
  const last = visit(body.kind === "const" ? castTo(body, out) : body);
  return (
    direct ??
    ((...given) => {
      for (let i = 0; i < operands.length; i++) values[i] = given[i] as number;
      for (const step of steps) step();
      return values[last] as number;
    })
  );
}
