// In a step that does nests by blocks of rows (see rows.ts), the last nest of a block may run in one loop with the first nest of the next:
// divisions keep a unit of the processor busy that nothing else needs, and what the other nest reads arrives meanwhile.

import { type Buffer, forEachNode, type Nest, type Node } from "@gradus/loops";

/** The last nest and the first in one, and by how many rows the buffers of the last are behind. */
export interface Overlap {
  readonly nest: Nest;
  readonly behind: ReadonlyMap<Buffer, number>;
}

/** Both nests in one; undefined where they may not share a loop, or would gain little. */
export function overlapOf(nests: readonly Nest[], block: number): Overlap | undefined {
  const [first, last] = [nests[0] as Nest, nests.at(-1) as Nest];
  const isSame = first.dims.length === last.dims.length && first.dims.every((n, i) => n === last.dims[i]);
  if (nests.length < 3 || !isSame || last.reduced.includes(true) || !has(last, divides) || has(first, divides) || has(last, (n) => n.kind === "index")) return undefined;
  const theirs = touchedBy(last);
  if (touchedBy(first).some((b) => theirs.includes(b))) return undefined;
  return { nest: { ...first, stores: [...last.stores, ...first.stores] }, behind: new Map(theirs.map((b) => [b, block])) };
}

const divides = (n: Node): boolean => n.kind === "call" && (n.op.name === "div" || n.op.name === "sqrt");

function has({ stores }: Nest, test: (n: Node) => boolean): boolean {
  let found = false;
  forEachNode(stores.map((s) => s.value), (n) => (found ||= test(n)));
  return found;
}

function touchedBy({ stores }: Nest): Buffer[] {
  const touched = stores.map((s) => s.buffer);
  forEachNode(stores.map((s) => s.value), (n) => {
    if (n.kind === "load") touched.push(n.buffer);
  });
  return touched;
}
