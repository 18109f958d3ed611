// Nests with their elements at other places.

import { forEachNode, type Index, type Load, type Nest, type Node, type Store } from "@gradus/loops";

/** What takes the place of what is read and written. */
export interface Replacement {
  read(node: Load | Index): Node;
  written(store: Store): Pick<Store, "buffer" | "strides" | "offset">;
}

/** The stores of a nest, with other places in them and in what they store. */
export function rewritten({ stores }: Nest, { read, written }: Replacement): Store[] {
  const known = new Map<Node, Node>();
  forEachNode(stores.map((s) => s.value), (node) => {
    if (node.kind === "load" || node.kind === "index") known.set(node, read(node));
    else known.set(node, node.kind === "const" ? node : ({ ...node, args: node.args.map((a) => known.get(a) as Node) } as Node));
  });
  return stores.map((s) => {
    const { buffer, strides, offset } = written(s);
    return { ...s, buffer, strides, offset, value: known.get(s.value) as Node };
  });
}
