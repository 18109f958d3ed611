// The memory plan: where each buffer is in the arena, whose bytes are shared by buffers that are not needed at the same time.
// Buffers begin at multiples of 64 bytes, and have room behind them for vectors that go beyond the end.

import { type Buffer, bytesOf, forEachNode, type LoopProgram, type Nest, type Node, type Operand, roomFor, scheduleOf } from "@gradus/loops";
import type { LoopMode } from "./loop-mode.js";
import { mayOverwrite } from "./loop-mode.js";
import { Rooms } from "./rooms.js";

export interface Arena {
  readonly offsets: ReadonlyMap<Buffer, number>;
  readonly bytes: number;
  /** Where in the arena the address of an array is that lies outside of it: a large argument, constant or result. */
  readonly pointers: ReadonlyMap<Buffer, number>;
  /** The bytes from the start that stand for stacks: theirs alone, and zero when a call begins. */
  readonly stacks: number;
  /** Buffers that took the place of one that they are computed from. */
  readonly inPlace: number;
}

/** Plans the arena of a program whose nests run in the given modes. Arguments, constants and results of `large` bytes or more lie outside. */
export function planArena(program: LoopProgram, modes: ReadonlyMap<Nest, LoopMode>, large: number): Arena {
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
  for (const b of program.buffers) if (b.element !== undefined) place(b);
  const stacks = room.size;
  const entries = [...inputs, ...constants.map(([, x]) => x)].filter((x): x is Operand => x !== undefined && "buffer" in x);
  const results = outputs.filter((o): o is Operand => "buffer" in o);
  const outside = [...new Map([...entries, ...results].map((x) => [x.buffer, x])).values()].filter(({ buffer, shape }) => shape.length > 0 && buffer.size * bytesOf[buffer.type] >= large);
  const table = room.take(Math.ceil(outside.length / 16) * 64);
  const pointers = new Map(outside.map(({ buffer }, i) => [buffer, table + 4 * i]));
  for (const { buffer } of entries) if (!pointers.has(buffer)) place(buffer);
  let inPlace = 0;
  schedule.forEach(({ nest, reads, writes }, i) => {
    const taken = new Set<Buffer>();
    for (const b of writes) {
      if (offsets.has(b) || pointers.has(b)) continue;
      const former = nest && reads.find((r) => r.element === undefined && last.get(r) === i && !taken.has(r) && offsets.has(r) && fits(nest, modes.get(nest) as LoopMode, b, r));
      if (former === undefined) place(b);
      else {
        offsets.set(b, offsets.get(former) as number);
        taken.add(former);
        inPlace++;
      }
    }
    for (const b of new Set([...reads, ...writes])) if (last.get(b) === i && !taken.has(b) && !pointers.has(b) && b.element === undefined) room.give(offsets.get(b) as number, roomFor(b));
  });
  return { offsets, pointers, stacks, bytes: room.size, inPlace };
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
