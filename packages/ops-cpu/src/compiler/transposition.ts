// Nests that read columns and write rows: these go tile by tile, where a loop would meet every cache line once for each element
// in it. What else is computed of a tile is computed in rows, from what has been moved to the place of the result.

import { bytesOf, forEachNode, type Load, type Nest, type Place, type Store } from "@gradus/loops";
import { call, type FunctionBuilder, i32, type I32, type Local, select } from "../wasm/encoder.js";
import { emitCopyMatrix } from "../wasm/copy-matrix.js";
import { element } from "../wasm/element.js";
import { emitTile } from "./nest-functions.js";
import { workOf } from "./emit-shared.js";
import type { Emission } from "./emission.js";
import { modeOf } from "./loop-mode.js";
import { chunksOf, type Parts, type Pieces, pieces, sizeAt } from "./parts.js";
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

/** Writes a nest that turns columns to rows, in chunks where that is worth it; tells whether it is one. */
export function emitTransposition(e: Emission, f: FunctionBuilder, base: Local<"i32">, nest: Nest): boolean {
  const { load, along } = turned(nest) ?? {};
  if (load === undefined || along === undefined || !e.features.simd) return false;
  const [store] = nest.stores as [Store];
  const inner = nest.dims.length - 1;
  const after = store.value === load ? undefined : inPlace(e, nest, load);
  if (store.value !== load && after === undefined) return false;
  const tileOf = (n: number, most: number): number => (after === undefined ? n : Math.min(n, most));
  emitTiles(e, f, base, nest, load, along, nest.dims.map((n, i) => (i === along ? tileOf(n, tileRows) : i === inner ? tileOf(n, tileColumns) : 1)), after);
  return true;
}

/** The part of a nest that one chunk does: from an index of one of its loops on. */
interface Range {
  readonly axis: number;
  readonly from: Local<"i32">;
  readonly count: Local<"i32">;
}

// Tile after tile: moves the elements of a load to where the result goes, and computes `after` there while they are in the cache.
// Columns of tiles come outside of rows: the machine remembers where as many pages of memory are. A last tile that would go beyond
// the end begins earlier, and does some of its neighbour's elements again.
function emitTiles(e: Emission, f: FunctionBuilder, base: Local<"i32">, nest: Nest, load: Load, along: number, tile: readonly number[], after?: Nest): void {
  const { dims, stores } = nest;
  const [store] = stores as [Store];
  const inner = dims.length - 1;
  const size = bytesOf[load.type];
  const dtype = size === 8 ? "float64" : "float32"; // whose bits are moved
  const copy = e.shared(`copy ${dtype}`, () => emitCopyMatrix(e.module, element(dtype, e.features)));
  const tiled = after && { ...after, dims: tile };
  const compute = tiled && emitTile(e, tiled, modeOf(tiled, true));
  const c = (n: number): I32 => i32.const(n);
  const body = (g: FunctionBuilder, arena: Local<"i32">, range?: Range): void => {
    const step = (p: Place, axis: number): I32 => c((p.strides[axis] as number) * size);
    const address = (p: Load | Store, at: readonly I32[]): I32 =>
      at.reduce((sum, index, axis) => (p.strides[axis] === 0 ? sum : i32.add(sum, i32.mul(index, step(p, axis)))), e.addressOf(arena, p.buffer, p.offset * size));
    const order = dims.map((_, i) => i).sort((a, b) => Number(a === along) - Number(b === along));
    const at: I32[] = dims.map(() => c(0));
    const count = (axis: number): I32 => (range?.axis === axis && compute === undefined ? range.count : c(tile[axis] as number));
    const loop = (depth: number): void => {
      const axis = order[depth];
      if (axis === undefined) {
        g.do(call(copy, address(store, at), step(store, along), address(load, at), step(load, along), step(load, inner), count(along), count(inner)));
        if (compute !== undefined) g.do(call(compute, arena, ...at));
        return;
      }
      const own = range?.axis === axis ? range : undefined;
      const [n, by] = [dims[axis] as number, tile[axis] as number];
      if (n === by) {
        if (own !== undefined) at[axis] = own.from;
        return loop(depth + 1);
      }
      const i = g.local("i32");
      const end = own === undefined ? c(n) : g.local("i32", i32.add(own.from, own.count));
      g.for(i, own?.from ?? c(0), end, by, () => {
        const last = own === undefined ? c(n - by) : i32.sub(end, c(by));
        at[axis] = n % by === 0 ? i : g.local("i32", select(i32.gtU(i, last), last, i));
        loop(depth + 1);
      });
      at[axis] = c(0);
    };
    loop(0);
  };
  const cut = cutOf(e, nest, along, tile, after !== undefined);
  if (cut === undefined) return f.do(call(e.module.function(["i32"], "void", (g, arena) => body(g, arena)), base));
  cut.parts.fork(f, base, cut.chunks, (g, arena, chunk) => body(g, arena, { axis: cut.axis, from: g.local("i32", i32.mul(chunk, c(cut.size))), count: g.local("i32", sizeAt(chunk, cut)) }));
}

/** Pieces along one of the loops. */
interface Cut extends Pieces {
  readonly parts: Parts;
  readonly axis: number;
}

// Whole tiles where something is computed of them, since a tile that begins earlier writes to its neighbour; rows of the result and
// columns otherwise, as many as are moved at a time. The outermost loop that fills all threads, or else the one with the most chunks.
function cutOf({ parts }: Emission, nest: Nest, along: number, tile: readonly number[], isComputed: boolean): Cut | undefined {
  if (parts === undefined) return undefined;
  const most = chunksOf(parts.sharing, workOf(nest, { lanes: 4, rest: "none" }), 4);
  const inner = nest.dims.length - 1;
  const cuts = nest.dims.map((n, axis): Cut => {
    const unit = axis === along ? tileRows : axis === inner ? tileColumns : 1;
    return { parts, axis, ...pieces(n, most, Math.min(unit, n), isComputed ? (tile[axis] as number) : 1) };
  });
  const best = cuts.find(({ chunks }) => chunks >= most / 2) ?? cuts.reduce((x, y) => (y.chunks > x.chunks ? y : x));
  return best.chunks > 1 ? best : undefined;
}
