// Structures as cache keys.

import type { TreeDef } from "@gradus/core";

const auxIds = new WeakMap<object, number>();
let auxCount = 0;

function auxKey(aux: unknown): string {
  if ((typeof aux !== "object" && typeof aux !== "function") || aux === null) return `${typeof aux}:${String(aux)}`;
  let id = auxIds.get(aux);
  if (id === undefined) auxIds.set(aux, (id = auxCount++));
  return `#${id}`;
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
      return `<${auxKey(def.node)} ${auxKey(def.aux)} ${parts.join()}>`;
  }
}
