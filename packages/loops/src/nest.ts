// The loops of a nest: their order, and which of them are one. Reduced loops come last, so that a sum stays in registers,
// unless elements that are neighbours in memory are kept apart: then those are summed side by side.

import type { Shape } from "@gradus/core";
import { type Fold, forEachNode, type Index, type Load, type Nest, type Node, type Place, type Store } from "./ir.js";
import { convert } from "./typed.js";

/** The nest of stores over all points of a shape; none if nothing is stored. `axes` are those that folds run over. */
export function nestOf(shape: Shape, stores: readonly Store[], axes: readonly number[], names: readonly string[]): Nest[] {
  if (stores.length === 0) return [];
  const places = placesIn(stores);
  const order = orderOf(shape, places, axes);
  const dims: number[] = [];
  const reduced: boolean[] = [];
  const loops: number[][] = []; // the axes of each loop, the innermost last
  for (const axis of order) {
    const d = shape[axis] as number;
    const isReduced = axes.includes(axis);
    const last = loops.length - 1;
    const inner = loops[last]?.at(-1);
    if (inner !== undefined && reduced[last] === isReduced && places.every((p) => (p.strides[inner] as number) === (p.strides[axis] as number) * d)) {
      dims[last] = (dims[last] as number) * d;
      loops[last]?.push(axis);
    } else {
      dims.push(d);
      reduced.push(isReduced);
      loops.push([axis]);
    }
  }
  const stride = (p: Place): number[] => loops.map((l) => p.strides[l.at(-1) as number] as number);
  const moved = movePlaces(stores.map((s) => s.value), stride);
  const placed = stores.map((s): Store => {
    const store = { ...s, strides: stride(s), value: moved.get(s.value) as Node };
    return reduced.includes(true) || s.fold === undefined ? store : single(store, s.fold);
  });
  return [{ kind: "nest", dims, reduced, stores: placed, names }];
}

// A fold of one element.
const single = (store: Store, { op, init }: Fold): Store => {
  const { type } = store.value;
  const value: Node = { kind: "call", op, on: type, type, args: [{ kind: "const", type, value: init }, store.value] };
  return { ...store, fold: undefined, value: convert(value, store.buffer.type) };
};

const placesIn = (stores: readonly Store[]): Place[] => {
  const places: Place[] = [...stores];
  forEachNode(stores.map((s) => s.value), (n) => {
    if (n.kind === "load" || n.kind === "index") places.push(n);
  });
  return places;
};

function orderOf(shape: Shape, places: readonly Place[], axes: readonly number[]): number[] {
  const long = shape.map((_, i) => i).filter((i) => shape[i] !== 1);
  if (!long.some((i) => axes.includes(i))) return long;
  // The innermost loop is the one in which most elements are read in order.
  const elements = ({ strides }: Place): number => long.reduce((n, i) => (strides[i] === 0 ? n : n * (shape[i] as number)), 1);
  const inOrder = (axis: number): number => places.reduce((n, p) => (Math.abs(p.strides[axis] as number) === 1 ? n + elements(p) : n), 0);
  const inner = long.reduce((best, axis) => (inOrder(axis) >= inOrder(best) ? axis : best), long[0] as number);
  const rest = long.filter((i) => i !== inner);
  const kept = rest.filter((i) => !axes.includes(i));
  const reduced = rest.filter((i) => axes.includes(i));
  return [...kept, ...reduced, inner];
}

function movePlaces(roots: readonly Node[], stride: (p: Place) => number[]): Map<Node, Node> {
  const moved = new Map<Node, Node>();
  forEachNode(roots, (node) => {
    if (node.kind === "load" || node.kind === "index") moved.set(node, { ...(node as Load | Index), strides: stride(node) });
    else if (node.kind === "const") moved.set(node, node);
    else moved.set(node, { ...node, args: node.args.map((a) => moved.get(a) as Node) } as Node);
  });
  return moved;
}
