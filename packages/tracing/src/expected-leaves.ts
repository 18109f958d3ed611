// The leaves of a tree whose structure is known from before, found without writing that down anew.

import { Tensor, type TreeDef, treeNode } from "@gradus/core";

/** Appends the leaves of `x`, if it has the structure and they are all concrete tensors; false if not, or if that takes longer to see. */
export function takeLeaves({ kind, children, keys }: TreeDef, x: unknown, leaves: Tensor[]): boolean {
  if (kind === "leaf") {
    if (!(x instanceof Tensor) || x.frame !== null) return false;
    leaves.push(x);
    return true;
  }
  if (x === null || kind === "null") return x === null && kind === "null";
  if (typeof x !== "object" || (x as { [treeNode]?: unknown })[treeNode] !== undefined) return false;
  if (kind === "array") {
    if (!Array.isArray(x) || x.length !== children.length) return false;
    for (let i = 0; i < children.length; i++) if (!takeLeaves(children[i] as TreeDef, x[i], leaves)) return false;
    return true;
  }
  if (kind !== "object" || Array.isArray(x)) return false;
  const proto: unknown = Object.getPrototypeOf(x);
  if (proto !== Object.prototype && proto !== null) return false;
  // As many keys as there should be, and each of those leads to something.
  let count = 0;
  for (const _ in x) count++;
  if (count !== children.length) return false;
  for (let i = 0; i < children.length; i++) if (!takeLeaves(children[i] as TreeDef, (x as Record<string, unknown>)[keys[i] as string], leaves)) return false;
  return true;
}
