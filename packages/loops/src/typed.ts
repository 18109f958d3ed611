// Bodies of elementwise operations as typed expressions. The meaning is that of `program.ts`: a constant takes its
// neighbour's dtype, and inside a body of many steps a float32 stays a double until it is cast or stored.

import { type DType, type Elementwise, roundTo } from "@gradus/core";
import { arg, type Expr } from "@gradus/core/scalar";
import type { Call, Constant, Node, Type } from "./ir.js";

/** Bodies of so many operations at most are computed in float32 throughout. Longer ones count on the digits of doubles. */
const shortBody = 9;

export const constantOf = (value: number, type: Type): Constant => ({ kind: "const", type, value: type === "bool" ? Number(value !== 0) : roundTo(type, value) });

/** A value as another type; constants are converted at once. */
export function convert(node: Node, type: Type): Node {
  if (node.type === type) return node;
  return node.kind === "const" ? constantOf(node.value, type) : { kind: "cast", type, args: [node] };
}

function operations(body: Expr): number {
  const seen = new Set<Expr>();
  const count = (e: Expr): number => {
    if (seen.has(e)) return 0;
    seen.add(e);
    return (e.kind === "call" ? 1 : 0) + (e.kind === "call" || e.kind === "cast" ? (e.args as readonly Expr[]).reduce((n, a) => n + count(a), 0) : 0);
  };
  return count(body);
}

/** What an elementwise operation makes of operands; `exact` asks for doubles in between wherever there are several steps. */
export function instantiate({ body, float32 }: Elementwise, params: unknown, operands: readonly Node[], out: Type, exact = false): Node {
  const isSingle = operands.every((n) => n.type === "float32");
  const expression = ((isSingle && float32) || body)(...operands.map((_, i) => arg(i)), params);
  const isWide = isSingle && (exact ? operations(expression) > 1 : float32 === undefined && operations(expression) > shortBody);
  const args = isWide ? operands.map((n) => convert(n, "float64")) : operands;
  return convert(typed(expression, args, isWide, out), out);
}

function typed(body: Expr, args: readonly Node[], isWide: boolean, out: Type): Node {
  const known = new Map<Expr, Node | number>();
  const visit = (e: Expr): Node | number => {
    if (e.kind === "arg") return args[e.index] as Node;
    let node = known.get(e);
    if (node === undefined) known.set(e, (node = make(e)));
    return node;
  };
  const make = (e: Exclude<Expr, { kind: "arg" }>): Node | number => {
    if (e.kind === "const") return e.value;
    const inputs = (e.args as readonly Expr[]).map(visit);
    const isChoice = inputs.length > 2;
    let on: DType = "float64";
    inputs.forEach((x, i) => {
      if (typeof x !== "number" && !(isChoice && i === 0)) on = x.type;
    });
    const type = on as Type;
    if (e.kind === "cast") {
      const [x] = inputs;
      const cast = convert(typeof x === "number" ? constantOf(x, "float64") : (x as Node), e.dtype as Type);
      return isWide && e.dtype === "float32" ? convert(cast, "float64") : cast;
    }
    const nodes = inputs.map((x, i) => {
      const wanted = isChoice && i === 0 ? "bool" : type;
      return typeof x === "number" ? constantOf(x, wanted) : convert(x, wanted);
    });
    return { kind: "call", op: e.op, on: type, type: e.op.result === "bool" ? "bool" : type, args: nodes } satisfies Call;
  };
  const result = visit(body);
  return typeof result === "number" ? constantOf(result, out) : result;
}
