// Expressions of numbers that the host knows, evaluated there by the reference meaning of the scalar IR.

import { isInteger, roundTo } from "@gradus/core";
import { type Buffer, forEachNode, type Node, type Type } from "@gradus/loops";

/** A function that computes an expression of numbers, rounded to a type. */
export function evaluator(root: Node, as: Type): (read: (b: Buffer) => number) => number {
  const order: Node[] = [];
  forEachNode([root], (n) => order.push(n));
  const places = new Map(order.map((n, i) => [n, i]));
  const steps = order.map((node) => {
    const args = node.kind === "call" || node.kind === "cast" ? node.args.map((a) => places.get(a) as number) : [];
    return (values: readonly number[], read: (b: Buffer) => number): number => {
      switch (node.kind) {
        case "const":
          return node.value;
        case "index":
          return node.offset;
        case "load":
          return read(node.buffer);
        case "cast":
          return roundTo(node.type, values[args[0] as number] as number);
        case "call": {
          const { float, int, bool } = node.op;
          const f = (isInteger(node.on) ? int : node.on === "bool" ? bool : undefined) ?? float;
          return roundTo(node.type, f(...(args.map((i) => values[i]) as [number, number, number])));
        }
      }
    };
  });
  return (read) => {
    const values: number[] = [];
    for (const step of steps) values.push(step(values, read));
    return roundTo(as, values[values.length - 1] as number);
  };
}
