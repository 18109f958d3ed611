// The validator of memory plans, for tests: it throws where two values would share bytes silently.

import { ArgumentError } from "@gradus/core";
import { type Buffer, bytesOf, type LoopProgram, scheduleOf } from "@gradus/loops";
import type { Arena } from "./arena.js";

const far = 2 ** 36;

const fail = (message: string): never => {
  throw new ArgumentError(message);
};

/** @throws ArgumentError if two buffers that are needed at the same time share bytes, or one begins at an odd place */
export function validateArena(program: LoopProgram, { offsets, pointers, bytes }: Arena): void {
  const { inputs, constants, outputs } = program;
  const schedule = scheduleOf(program);
  const from = new Map<Buffer, number>();
  const until = new Map<Buffer, number>();
  const use = (b: Buffer, at: number): void => {
    from.set(b, Math.min(from.get(b) ?? at, at));
    until.set(b, Math.max(until.get(b) ?? at, at));
  };
  for (const x of [...inputs, ...constants.map(([, x]) => x)]) if (x !== undefined && "buffer" in x) use(x.buffer, -1);
  schedule.forEach(({ reads, writes }, i) => {
    for (const b of [...reads, ...writes]) use(b, i);
  });
  for (const o of outputs) if ("buffer" in o) use(o.buffer, schedule.length);
  const inside = [...offsets].map(([b, at]) => ({ b, at, end: at + b.size * bytesOf[b.type], room: bytes }));
  // Each pointer leads to a place of its own, far from all others.
  const outside = [...pointers].map(([b, pointer]) => ({ b, at: far * (pointer + 1), end: far * (pointer + 1) + b.size * bytesOf[b.type], room: Infinity }));
  const all = [...inside, ...outside];
  for (const { b, at, end, room } of all) {
    if (at % 64 !== 0 || end > room) fail(`b${b.id} is at ${at}…${end} of an arena of ${bytes} bytes.`);
    for (const other of all) {
      const [a0, a1, b0, b1] = [from.get(b) ?? 0, until.get(b) ?? 0, from.get(other.b) ?? 0, until.get(other.b) ?? 0];
      // A result may take the very place of an operand that is read for the last time.
      const isHandedOver = at === other.at && (a1 === b0 || b1 === a0);
      if (other.b.id > b.id && a0 <= b1 && b0 <= a1 && !isHandedOver && at < other.end && other.at < end) fail(`b${b.id} and b${other.b.id} are needed at the same time, and share bytes.`);
    }
  }
}
