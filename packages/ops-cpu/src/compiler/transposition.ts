// Nests that read columns and write rows: these go tile by tile, where a loop would meet every cache line once for each element
// in it. What else is computed of a tile is computed in rows, from what has been moved to the place of the result.

import { bytesOf, forEachNode, type Load, type Nest, type Place, type Store } from "@gradus/loops";
import { call, type Callee, i32, type I32, select } from "../wasm/encoder.js";
import { emitCopyMatrix } from "../wasm/copy-matrix.js";
import { element } from "../wasm/element.js";
import { emitTile } from "./emit-nest.js";
import type { Emission } from "./emission.js";
import { modeOf } from "./loop-mode.js";
import { rewritten } from "./rewrite.js";

const least = 8; // rows and columns of a tile that is worth it
const tileRows = 16;
const tileColumns = 256;

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
  const [{ buffer, strides, offset, value }] = nest.stores as [Store];
  const place = e.offsetOf(buffer);
  let isFree = true;
  forEachNode([value], (node) => {
    if (node.kind === "load" && node !== load) isFree &&= node.buffer !== buffer && (place === undefined || e.offsetOf(node.buffer) !== place);
  });
  return isFree ? { ...nest, stores: rewritten(nest, { read: (x) => (x === load ? { ...load, buffer, strides, offset } : x), written: (s) => s }) } : undefined;
}

/** The function of a nest that turns columns to rows; undefined for any other. */
export function emitTransposition(e: Emission, nest: Nest): Callee<readonly ["i32"], "void"> | undefined {
  const { load, along } = turned(nest) ?? {};
  if (load === undefined || along === undefined || !e.features.simd) return undefined;
  const [store] = nest.stores as [Store];
  if (store.value === load) return emitTiles(e, nest, load, along, nest.dims.map((n, i) => (i === along || i === nest.dims.length - 1 ? n : 1)));
  const after = inPlace(e, nest, load);
  return after && emitTiles(e, nest, load, along, nest.dims.map((n, i) => (i === along ? Math.min(n, tileRows) : i === nest.dims.length - 1 ? Math.min(n, tileColumns) : 1)), after);
}

// Tile after tile: moves the elements of a load to where the result goes, and computes `after` there while they are in the cache.
// Columns of tiles come outside of rows: the machine remembers where as many pages of memory are. A last tile that would go beyond
// the end begins earlier, and does some of its neighbour's elements again.
function emitTiles(e: Emission, nest: Nest, load: Load, along: number, tile: readonly number[], after?: Nest): Callee<readonly ["i32"], "void"> {
  const { dims, stores } = nest;
  const [store] = stores as [Store];
  const inner = dims.length - 1;
  const size = bytesOf[load.type];
  const dtype = size === 8 ? "float64" : "float32"; // whose bits are moved
  const copy = e.shared(`copy ${dtype}`, () => emitCopyMatrix(e.module, element(dtype, e.features)));
  const tiled = after && { ...after, dims: tile };
  const compute = tiled && emitTile(e, tiled, modeOf(tiled, true));
  const c = (n: number): I32 => i32.const(n);
  return e.module.function(["i32"], "void", (f, base) => {
    const step = (p: Place, axis: number): I32 => c((p.strides[axis] as number) * size);
    const address = (p: Load | Store, at: readonly I32[]): I32 =>
      at.reduce((sum, index, axis) => (p.strides[axis] === 0 ? sum : i32.add(sum, i32.mul(index, step(p, axis)))), e.addressOf(base, p.buffer, p.offset * size));
    const order = dims.map((_, i) => i).sort((a, b) => Number(a === along) - Number(b === along));
    const at: I32[] = dims.map(() => c(0));
    const loop = (depth: number): void => {
      const axis = order[depth];
      if (axis === undefined) {
        f.do(call(copy, address(store, at), step(store, along), address(load, at), step(load, along), step(load, inner), c(tile[along] as number), c(tile[inner] as number)));
        if (compute !== undefined) f.do(call(compute, base, ...at));
        return;
      }
      const [n, by] = [dims[axis] as number, tile[axis] as number];
      if (n === by) return loop(depth + 1);
      const i = f.local("i32");
      f.for(i, c(0), c(n), by, () => {
        at[axis] = n % by === 0 ? i : f.local("i32", select(i32.gtU(i, c(n - by)), c(n - by), i));
        loop(depth + 1);
      });
      at[axis] = c(0);
    };
    loop(0);
  });
}
