// Nests that read columns and write rows: these go block by block, where a loop would meet every cache line once for each
// element in it. What else is computed is computed afterwards, in rows, from what has been moved to the place of the result.

import { bytesOf, forEachNode, type Load, type Nest, type Node, type Store } from "@gradus/loops";
import { call, type Callee, i32, type Local } from "../wasm/encoder.js";
import { emitCopyMatrix } from "../wasm/copy-matrix.js";
import { element } from "../wasm/element.js";
import { emitNest } from "./emit-nest.js";
import type { Emission } from "./emission.js";
import type { LoopMode } from "./loop-mode.js";

const least = 8; // rows and columns of a block that is worth it

/** A load whose neighbours a nest reads along another loop than the one along which it writes. */
interface Turned {
  readonly load: Load;
  readonly along: number;
}

function turned({ dims, reduced, stores }: Nest): Turned | undefined {
  const [store] = stores;
  const inner = dims.length - 1;
  if (store === undefined || stores.length > 1 || store.fold !== undefined || reduced.includes(true) || store.strides[inner] !== 1) return undefined;
  const found: Turned[] = [];
  forEachNode([store.value], (node) => {
    if (node.kind !== "load") return;
    const along = node.strides.indexOf(1);
    const isTurned = along >= 0 && along < inner && node.strides[inner] !== 0 && node.strides.every((s) => s >= 0) && store.strides.every((s) => s >= 0);
    if (isTurned && Math.min(dims[along] as number, dims[inner] as number) >= least) found.push({ load: node, along });
  });
  const [first] = found;
  return found.length === 1 && first?.load.type === store.buffer.type && store.buffer.type !== "bool" ? first : undefined;
}

/** Whether a nest turns columns to rows. */
export const isTransposition = (nest: Nest): boolean => turned(nest) !== undefined;

/** The nest that is left when a load has been moved to where the result goes; undefined where that would destroy what is read. */
function inPlace(e: Emission, nest: Nest, load: Load): Nest | undefined {
  const [store] = nest.stores as [Store];
  const { buffer, strides, offset } = store;
  const moved = new Map<Node, Node>();
  const place = e.offsetOf(buffer);
  let isFree = true;
  forEachNode([store.value], (node) => {
    if (node === load) return moved.set(node, { ...load, buffer, strides, offset });
    if (node.kind === "load") isFree &&= node.buffer !== buffer && (place === undefined || e.offsetOf(node.buffer) !== place);
    return moved.set(node, node.kind === "call" || node.kind === "cast" ? ({ ...node, args: node.args.map((a) => moved.get(a) as Node) } as Node) : node);
  });
  return isFree ? { ...nest, stores: [{ ...store, value: moved.get(store.value) as Node }] } : undefined;
}

/** The functions, to be called in order, of a nest that turns columns to rows; undefined for any other. */
export function emitTransposition(e: Emission, nest: Nest, mode: LoopMode): Callee<readonly ["i32"], "void">[] | undefined {
  const { load, along } = turned(nest) ?? {};
  if (load === undefined || along === undefined || !e.features.simd) return undefined;
  const [store] = nest.stores as [Store];
  if (store.value === load) return [emitMove(e, nest, load, along)];
  const after = inPlace(e, nest, load);
  return after && [emitMove(e, nest, load, along), emitNest(e, after, mode)];
}

// The function that moves the elements of a load to where the result goes.
function emitMove(e: Emission, nest: Nest, load: Load, along: number): Callee<readonly ["i32"], "void"> {
  const { dims, stores } = nest;
  const [store] = stores as [Nest["stores"][number]];
  const inner = dims.length - 1;
  const size = bytesOf[load.type];
  const dtype = size === 8 ? "float64" : "float32"; // whose bits are moved
  const copy = e.shared(`copy ${dtype}`, () => emitCopyMatrix(e.module, element(dtype, e.features)));
  const c = (n: number) => i32.const(n);
  return e.module.function(["i32"], "void", (f, base) => {
    const start = (p: typeof load | typeof store): Local<"i32"> => f.local("i32", e.addressOf(base, p.buffer, p.offset * size));
    const loop = (level: number, to: Local<"i32">, from: Local<"i32">): void => {
      if (level === dims.length) {
        const step = (p: typeof load | typeof store, axis: number) => c((p.strides[axis] as number) * size);
        f.do(call(copy, to, step(store, along), from, step(load, along), step(load, inner), c(dims[along] as number), c(dims[inner] as number)));
        return;
      }
      if (level === along || level === inner) return loop(level + 1, to, from);
      const [i, p, q] = [f.local("i32"), f.local("i32", to), f.local("i32", from)];
      f.for(i, c(0), c(dims[level] as number), 1, () => {
        loop(level + 1, p, q);
        f.increment(p, (store.strides[level] as number) * size);
        f.increment(q, (load.strides[level] as number) * size);
      });
    };
    loop(0, start(store), start(load));
  });
}
