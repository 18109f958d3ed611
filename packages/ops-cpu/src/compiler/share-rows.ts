// Blocks of rows (see rows.ts) that several threads share: each has room of its own for what its nests pass on.

import { type Buffer, type Nest, roomFor } from "@gradus/loops";
import { call, type FunctionBuilder, i32, type I32, type Local, select } from "../wasm/encoder.js";
import { emitOwnBlock } from "./nest-functions.js";
import { workOf } from "./emit-shared.js";
import type { Emission } from "./emission.js";
import type { LoopMode } from "./loop-mode.js";
import { chunksOf, pieces, sizeAt } from "./parts.js";

/** Where the buffers that one thread passes on are in the room for all threads but the first. */
export interface Rooms {
  readonly room: Buffer;
  readonly offsets: ReadonlyMap<Buffer, number>;
  /** Of one thread. */
  readonly bytes: number;
}

/** Room for so many further threads; undefined where nothing is passed on. */
export function roomsOf(passing: ReadonlySet<Buffer>, threads: number, buffers: Buffer[]): Rooms | undefined {
  if (passing.size === 0) return undefined;
  const offsets = new Map<Buffer, number>();
  let bytes = 0;
  for (const b of passing) {
    offsets.set(b, bytes);
    bytes += roomFor(b);
  }
  const room: Buffer = { id: buffers.length, type: "float64", size: (bytes * threads) / 8 };
  buffers.push(room);
  return { room, offsets, bytes };
}

interface Blocks {
  readonly nests: readonly Nest[];
  readonly modes: ReadonlyMap<Nest, LoopMode>;
  /** Rows of a block, and in all. */
  readonly block: number;
  readonly count: number;
  readonly others: Rooms | undefined;
}

/** Writes the work on all blocks in chunks, if it is large enough; tells whether it did. */
export function shareBlocks(e: Emission, f: FunctionBuilder, base: Local<"i32">, { nests, modes, block, count, others }: Blocks): boolean {
  const blocks = Math.ceil(count / block);
  const work = nests.reduce((sum, nest) => sum + workOf(nest, modes.get(nest) as LoopMode), 0) * blocks;
  const most = e.parts === undefined ? 1 : chunksOf(e.parts.sharing, work, 4);
  // The last block repeats rows of the one before: one thread does both.
  const cut = pieces(blocks, most, 1, count % block === 0 ? 1 : 2);
  if (e.parts === undefined || cut.chunks < 2) return false;
  const own = (arena: Local<"i32">, thread: Local<"i32">, b: Buffer): I32 => {
    const { room, offsets, bytes } = others as Rooms;
    const further = i32.add(e.addressOf(arena, room, offsets.get(b) as number), i32.mul(i32.sub(thread, i32.const(1)), i32.const(bytes)));
    return select(thread, further, e.addressOf(arena, b));
  };
  e.parts.fork(f, base, cut.chunks, (g, arena, chunk, thread) => {
    const passing = new Set(others?.offsets.keys() ?? []);
    const functions = nests.map((nest) => {
      const { lanes, rest } = modes.get(nest) as LoopMode;
      return emitOwnBlock(e, nest, { lanes, rest: rest === "beyond" ? "apart" : rest }, passing, own);
    });
    const at = g.local("i32", i32.mul(chunk, i32.const(cut.size)));
    const end = g.local("i32", i32.add(at, sizeAt(chunk, cut)));
    const first = g.local("i32");
    g.while(i32.ltU(at, end), () => {
      g.set(first, i32.mul(at, i32.const(block)));
      g.if(i32.gtU(first, i32.const(count - block)), () => g.set(first, i32.const(count - block)));
      for (const of of functions) g.do(call(of, arena, first, thread));
      g.increment(at, 1);
    });
  });
  return true;
}
