// A stable sort of 32-bit words that carry positions along: by their bytes, the lowest first (radix sort); a few by insertion.

import type { Callee, I32, Local } from "./code.js";
import type { FunctionBuilder } from "./function.js";
import type { ModuleBuilder } from "./module.js";
import { i32, memory } from "./scalar-ops.js";

/**
 * (words, positions, room, counts, n): sorts n words as unsigned numbers, and the positions with them. `room` has space for as many
 * words and positions, `counts` 4 KiB.
 */
export type SortWords = Callee<readonly ["i32", "i32", "i32", "i32", "i32"], "void">;

export const countsBytes = 4096;
const few = 40;

const word = (at: I32, index: I32): I32 => i32.add(at, i32.shl(index, i32.const(2)));

export const emitSortWords = (m: ModuleBuilder): SortWords =>
  m.function(["i32", "i32", "i32", "i32", "i32"], "void", (f, words, positions, room, counts, n) => {
    f.if(i32.leU(n, i32.const(few)), () => {
      insertion(f, words, positions, n);
      f.return();
    });
    const i = f.local("i32");
    f.do(memory.fill(counts, i32.const(0), i32.const(countsBytes)));
    f.for(i, i32.const(0), n, 1, () => {
      const w = f.local("i32", i32.load(word(words, i)));
      for (let byte = 0; byte < 4; byte++) {
        const slot = f.local("i32", word(counts, byteOf(w, byte)));
        f.do(i32.store(slot, i32.add(i32.load(slot, 1024 * byte), i32.const(1)), 1024 * byte));
      }
    });
    const [from, fromAt] = [f.local("i32", words), f.local("i32", positions)];
    const [to, toAt] = [f.local("i32", room), f.local("i32", word(room, n))];
    const swap = f.local("i32");
    for (let byte = 0; byte < 4; byte++) {
      // Where all words have the same byte there is nothing to do.
      const first = i32.load(word(counts, byteOf(i32.load(from), byte)), 1024 * byte);
      f.if(i32.ne(first, n), () => {
        starts(f, i32.add(counts, i32.const(1024 * byte)));
        f.for(i, i32.const(0), n, 1, () => {
          const w = f.local("i32", i32.load(word(from, i)));
          const slot = f.local("i32", word(counts, byteOf(w, byte)));
          const place = f.local("i32", i32.load(slot, 1024 * byte));
          f.do(i32.store(slot, i32.add(place, i32.const(1)), 1024 * byte));
          f.do(i32.store(word(to, place), w));
          f.do(i32.store(word(toAt, place), i32.load(word(fromAt, i))));
        });
        for (const [x, y] of [[from, to], [fromAt, toAt]] as const) {
          f.set(swap, x);
          f.set(x, y);
          f.set(y, swap);
        }
      });
    }
    f.if(i32.ne(fromAt, positions), () => f.do(memory.copy(positions, fromAt, i32.shl(n, i32.const(2)))));
  });

const byteOf = (w: I32, byte: number): I32 => i32.and(byte === 0 ? w : i32.shrU(w, i32.const(8 * byte)), i32.const(255));

// Counts of bytes as the places where each begins.
function starts(f: FunctionBuilder, counts: I32): void {
  f.scope(() => {
    const [p, end, sum, count] = [f.local("i32"), f.local("i32", i32.add(counts, i32.const(1024))), f.local("i32", i32.const(0)), f.local("i32")];
    f.for(p, counts, end, 4, () => {
      f.set(count, i32.load(p));
      f.do(i32.store(p, sum));
      f.set(sum, i32.add(sum, count));
    });
  });
}

function insertion(f: FunctionBuilder, words: Local<"i32">, positions: Local<"i32">, n: I32): void {
  const [i, j, w, at] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  f.for(i, i32.const(1), n, 1, () => {
    f.set(w, i32.load(word(words, i)));
    f.set(at, i32.load(word(positions, i)));
    f.set(j, i);
    f.block((found) => {
      f.loop((again) => {
        const before = f.local("i32", i32.sub(word(words, j), i32.const(4)));
        f.brIf(found, i32.leU(i32.load(before), w));
        f.do(i32.store(before, i32.load(before), 4));
        const position = f.local("i32", i32.sub(word(positions, j), i32.const(4)));
        f.do(i32.store(position, i32.load(position), 4));
        f.increment(j, -1);
        f.brIf(again, j);
      });
    });
    f.do(i32.store(word(words, j), w));
    f.do(i32.store(word(positions, j), at));
  });
}
