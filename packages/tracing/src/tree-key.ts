// Structures, and what is compared as by Object.is, as cache keys.

import type { TreeDef } from "@gradus/core";

const ids = new WeakMap<object, number>();
const symbols = new Map<symbol, number>();
let count = 0;

function idIn<K>(known: { get(x: K): number | undefined; set(x: K, id: number): unknown }, x: K): string {
  let id = known.get(x);
  if (id === undefined) known.set(x, (id = count++));
  return `#${id}`;
}

/** A string that two values share exactly when they are the same: primitives by value, objects by identity. It keeps no object alive. */
export function identityKey(x: unknown): string {
  switch (typeof x) {
    case "object":
      return x === null ? "null" : idIn(ids, x);
    case "function":
      return idIn(ids, x);
    case "symbol":
      return idIn(symbols, x);
    case "string":
      return JSON.stringify(x);
    case "bigint":
      return `${x}n`;
    default:
      return Object.is(x, -0) ? "-0" : String(x);
  }
}

/** A string that two structures share exactly when they are equal. */
export function treeKey(def: TreeDef): string {
  const parts = def.children.map(treeKey);
  switch (def.kind) {
    case "leaf":
      return "*";
    case "null":
      return "null";
    case "array":
      return `[${parts.join()}]`;
    case "object":
      return `{${def.keys.map((k, i) => `${JSON.stringify(k)}:${parts[i]}`).join()}}`;
    case "custom":
      return `<${identityKey(def.node)} ${identityKey(def.aux)} ${parts.join()}>`;
  }
}
