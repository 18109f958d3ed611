// Devices read few arrays in one pass, and give shaders few numbers. Of what needs more, a part is computed by a pass before.

import { rowMajor } from "@gradus/core";
import { argsOf, type Buffer, forEachNode, type Load, type Node, type Store } from "@gradus/loops";
import type { Limits } from "./loop-pass.js";
import { short } from "./vector-functions.js";

/** A part of an expression, and the store that computes it first. */
export interface Cut {
  readonly store: Store;
  readonly rest: Node;
}

/** An expression of points of `dims` without a part that needs about a third of what there is; undefined where no part is smaller than the whole. */
export function cut(root: Node, dims: readonly number[], limits: Limits, temporary: (like: Node, size: number) => Buffer): Cut | undefined {
  let part: Node | undefined;
  forEachNode([root], (node) => {
    if (part === undefined && node !== root && argsOf(node).length > 0 && needOf(node, dims.length, limits) > 1 / 3) part = node;
  });
  if (part === undefined) return undefined;
  const size = dims.reduce((n, d) => n * d, 1);
  const buffer = temporary(part, size);
  const strides = rowMajor(dims).map((s, i) => (dims[i] === 1 ? 0 : s));
  const loaded: Load = { kind: "load", type: part.type, buffer, strides, offset: 0 };
  return { store: { buffer, strides, offset: 0, value: part }, rest: replaced(root, new Map([[part, loaded]])) };
}

// The share of what a pass may have that an expression needs, at most about.
function needOf(root: Node, rank: number, limits: Limits): number {
  const buffers = new Set<Buffer>();
  let loads = 0;
  forEachNode([root], (n) => {
    if (n.kind !== "load") return;
    loads++;
    buffers.add(n.buffer);
  });
  return Math.max(buffers.size / limits.textures, (loads * (rank + 1)) / limits.numbers, functionsIn([root]) / limits.functions);
}

/** How many elementary functions expressions call. */
export function functionsIn(roots: readonly Node[]): number {
  let count = 0;
  forEachNode(roots, (n) => {
    if (n.kind === "call" && !short.has(n.op.name)) count++;
  });
  return count;
}

/** An expression with nodes in place of others. */
export function replaced(root: Node, by: ReadonlyMap<Node, Node>): Node {
  const known = new Map<Node, Node>(by);
  forEachNode([root], (node) => {
    if (known.has(node)) return;
    const args = argsOf(node);
    const moved = args.map((a) => known.get(a) as Node);
    known.set(node, moved.every((a, i) => a === args[i]) ? node : ({ ...node, args: moved } as Node));
  });
  return known.get(root) as Node;
}
