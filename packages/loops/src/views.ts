// Views of expressions: an expression seen through a reshape, transpose, broadcast or slice is the same expression of elements
// at other places, where every array in it can be read so.

import type { Layout, Places, Shape } from "@gradus/core";
import { argsOf, forEachNode, type Node } from "./ir.js";

/** Where a view finds its elements; undefined where they would have to move first. */
export type ViewOf = (from: Layout) => Places | undefined;

/** The expression seen through a view of arrays of `shape`; undefined where some array in it has none. */
export function viewed(root: Node, shape: Shape, view: ViewOf): Node | undefined {
  const known = new Map<Node, Node | undefined>();
  const visit = (node: Node): Node | undefined => {
    if (!known.has(node)) known.set(node, make(node));
    return known.get(node);
  };
  const make = (node: Node): Node | undefined => {
    switch (node.kind) {
      case "const":
        return node;
      case "load":
      case "index": {
        const { strides, offset } = node;
        const places = strides.every((s) => s === 0) ? undefined : view({ shape, strides, offset });
        if (places !== undefined) return { ...node, strides: places.strides, offset: places.offset };
        // One element that is all elements stays so, whatever the view; how many axes there are, it says of any array.
        const rank = strides.every((s) => s === 0) ? rankOf(shape, view) : undefined;
        return rank === undefined ? undefined : { ...node, strides: new Array<number>(rank).fill(0) };
      }
      default: {
        const args = argsOf(node).map(visit);
        return args.includes(undefined) ? undefined : ({ ...node, args } as Node);
      }
    }
  };
  return visit(root);
}

function rankOf(shape: Shape, view: ViewOf): number | undefined {
  let size = 1;
  const strides = shape.map(() => 0);
  for (let i = shape.length - 1; i >= 0; size *= shape[i--] as number) strides[i] = size;
  return view({ shape, strides, offset: 0 })?.strides.length;
}

const elementary = 12;
const cheap = new Set(["add", "sub", "mul", "neg", "abs", "max", "min", "and", "or", "xor", "not", "select", "less", "lessEqual", "greater", "greaterEqual", "equal", "notEqual", "sign"]);

/** About how many instructions an element of each costs, what they share counted once. */
export function costOf(...roots: readonly Node[]): number {
  let cost = 0;
  forEachNode(roots, (node) => {
    if (node.kind === "call") cost += cheap.has(node.op.name) ? 1 : elementary;
    else if (node.kind === "cast") cost += 1;
  });
  return cost;
}
