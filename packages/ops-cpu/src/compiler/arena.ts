// The memory plan: where each buffer is in the arena, whose bytes are shared by buffers that are not needed at the same time.
// Buffers begin at multiples of 64 bytes, and have room behind them for vectors that go beyond the end.

import { type Buffer, bytesOf, forEachNode, type LoopProgram, type Nest, type Node } from "./ir.js";
import type { LoopMode } from "./loop-mode.js";
import { mayOverwrite } from "./loop-mode.js";
import { scheduleOf } from "./schedule.js";

export interface Arena {
  readonly offsets: ReadonlyMap<Buffer, number>;
  readonly bytes: number;
  /** Buffers that took the place of one that they are computed from. */
  readonly inPlace: number;
}

const roomFor = ({ type, size }: Buffer): number => Math.ceil((size * bytesOf[type] + 32) / 64) * 64;

/** Plans the arena of a program whose nests run in the given modes. */
export function planArena(program: LoopProgram, modes: ReadonlyMap<Nest, LoopMode>): Arena {
  const { inputs, constants, outputs } = program;
  const schedule = scheduleOf(program);
  const last = new Map<Buffer, number>();
  schedule.forEach(({ reads, writes }, i) => {
    for (const b of [...reads, ...writes]) last.set(b, i);
  });
  for (const o of outputs) if ("buffer" in o) last.set(o.buffer, schedule.length);
  const room = new Rooms();
  const offsets = new Map<Buffer, number>();
  const place = (b: Buffer): void => {
    if (!offsets.has(b)) offsets.set(b, room.take(roomFor(b)));
  };
  for (const x of [...inputs, ...constants.map(([, x]) => x)]) if (x !== undefined && "buffer" in x) place(x.buffer);
  let inPlace = 0;
  schedule.forEach(({ nest, reads, writes }, i) => {
    const taken = new Set<Buffer>();
    for (const b of writes) {
      if (offsets.has(b)) continue;
      const former = nest && reads.find((r) => last.get(r) === i && !taken.has(r) && offsets.has(r) && fits(nest, modes.get(nest) as LoopMode, b, r));
      if (former === undefined) place(b);
      else {
        offsets.set(b, offsets.get(former) as number);
        taken.add(former);
        inPlace++;
      }
    }
    for (const b of new Set([...reads, ...writes])) if (last.get(b) === i && !taken.has(b)) room.give(offsets.get(b) as number, roomFor(b));
  });
  return { offsets, bytes: room.size, inPlace };
}

// Whether `to` may be written where `from` is read: every element is read before it is written, and never again.
function fits(nest: Nest, mode: LoopMode, to: Buffer, from: Buffer): boolean {
  if (!mayOverwrite(nest, mode) || roomFor(to) !== roomFor(from) || bytesOf[to.type] !== bytesOf[from.type]) return false;
  const stores = nest.stores.filter((s) => s.buffer === to);
  if (stores.length !== 1 || stores[0]?.fold !== undefined || to.size !== from.size) return false;
  const store = stores[0] as (typeof stores)[0];
  let same = true;
  forEachNode(nest.stores.map((s) => s.value), (n: Node) => {
    if (n.kind === "load" && n.buffer === from) same &&= n.offset === store.offset && n.strides.every((s, i) => s === store.strides[i]);
  });
  return same;
}

/** Free stretches of memory, in order. */
class Rooms {
  size = 0;
  #free: { at: number; bytes: number }[] = [];

  take(bytes: number): number {
    // The smallest that is large enough.
    let best: { at: number; bytes: number } | undefined;
    for (const r of this.#free) if (r.bytes >= bytes && (best === undefined || r.bytes < best.bytes)) best = r;
    if (best !== undefined) {
      const { at } = best;
      best.at += bytes;
      best.bytes -= bytes;
      if (best.bytes === 0) this.#free = this.#free.filter((r) => r !== best);
      return at;
    }
    const end = this.#free.at(-1);
    if (end !== undefined && end.at + end.bytes === this.size) {
      this.#free.pop();
      this.size = end.at + bytes;
      return end.at;
    }
    const at = this.size;
    this.size += bytes;
    return at;
  }

  give(at: number, bytes: number): void {
    this.#free.push({ at, bytes });
    this.#free.sort((a, b) => a.at - b.at);
    this.#free = this.#free.reduce<{ at: number; bytes: number }[]>((merged, r) => {
      const before = merged.at(-1);
      if (before !== undefined && before.at + before.bytes === r.at) before.bytes += r.bytes;
      else merged.push({ ...r });
      return merged;
    }, []);
  }
}
