// The memory plan: where each buffer is in the arena, whose bytes are shared by buffers that are not needed at the same time.
// Buffers begin at multiples of 64 bytes, and have room behind them for vectors that go beyond the end.

import { type Buffer, bytesOf, type Entry, forEachNode, type LoopProgram, type Nest, type Node, type Operand, roomFor, scheduleOf } from "@gradus/loops";
import { type LoopMode, mayOverwrite } from "./loop-mode.js";
import { Rooms } from "./rooms.js";
import { isTransposition } from "./transposition.js";

export interface Arena {
  readonly offsets: ReadonlyMap<Buffer, number>;
  readonly bytes: number;
  /** Where in the arena the address of an array is that lies outside of it: a large argument, constant or result, or what becomes one in place. */
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
  // An operand of step i that is not needed any more, whose place `b` may take.
  const formerOf = (i: number, b: Buffer, mayGive: (r: Buffer) => boolean): Buffer | undefined => {
    const { nest, reads } = schedule[i] as Entry;
    const former = nest && reads.find((r) => r.element === undefined && last.get(r) === i && mayGive(r) && fits(nest, modes.get(nest) as LoopMode, b, r));
    if (former !== undefined) inPlace++;
    return former;
  };
  // From the end on: what a result outside is computed from is itself computed outside, where the result will be.
  const first = new Map<Buffer, number>();
  for (let i = schedule.length - 1; i >= 0; i--) for (const b of (schedule[i] as Entry).writes) first.set(b, i);
  for (let i = schedule.length - 1; i >= 0; i--) {
    for (const b of (schedule[i] as Entry).writes) {
      const pointer = first.get(b) === i ? pointers.get(b) : undefined;
      const former = pointer === undefined ? undefined : formerOf(i, b, (r) => !offsets.has(r) && !pointers.has(r));
      if (former !== undefined) pointers.set(former, pointer as number);
    }
  }
  schedule.forEach(({ reads, writes }, i) => {
    const taken = new Set<Buffer>();
    for (const b of writes) {
      if (offsets.has(b) || pointers.has(b)) continue;
      const former = formerOf(i, b, (r) => !taken.has(r) && offsets.has(r));
      if (former === undefined) place(b);
      else {
        offsets.set(b, offsets.get(former) as number);
        taken.add(former);
      }
    }
    for (const b of new Set([...reads, ...writes])) if (last.get(b) === i && !taken.has(b) && !pointers.has(b) && b.element === undefined) room.give(offsets.get(b) as number, roomFor(b));
  });
  return { offsets, pointers, stacks, bytes: room.size, inPlace };
}

// Whether `to` may be written where `from` is read: every element is read before it is written, and never again. Columns that become
// rows are moved to their places first, and what else is read is read there afterwards.
function fits(nest: Nest, mode: LoopMode, to: Buffer, from: Buffer): boolean {
  if (!mayOverwrite(nest, mode) || isTransposition(nest) || roomFor(to) !== roomFor(from) || bytesOf[to.type] !== bytesOf[from.type]) return false;
  const stores = nest.stores.filter((s) => s.buffer === to);
  if (stores.length !== 1 || stores[0]?.fold !== undefined || to.size !== from.size) return false;
  const store = stores[0] as (typeof stores)[0];
  let same = true;
  forEachNode(nest.stores.map((s) => s.value), (n: Node) => {
    if (n.kind === "load" && n.buffer === from) same &&= n.offset === store.offset && n.strides.every((s, i) => s === store.strides[i]);
  });
  return same;
}
