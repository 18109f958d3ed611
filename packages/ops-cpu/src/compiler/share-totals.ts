// Sums and extrema of one value that several threads share. One thread alone joins the totals of a stretch of elements to the whole, and
// then those of the next. Threads compute the totals of stretches, and the caller joins these in order: the bits are the same.

import { type Nest } from "@gradus/loops";
import { call, type FunctionBuilder, i32, type I32, type Local, select } from "../wasm/encoder.js";
import { emitJoin, emitStretches } from "./nest-functions.js";
import { workOf } from "./emit-shared.js";
import type { Emission } from "./emission.js";
import { type LoopMode, stretch, turnsOf } from "./loop-mode.js";
import { chunksOf, pieces } from "./parts.js";

/** Writes a nest that gives totals of one value each, in chunks, if it is large enough; tells whether it did. */
export function shareTotals(e: Emission, f: FunctionBuilder, base: Local<"i32">, nest: Nest, mode: LoopMode): boolean {
  const { dims: [n = 0, ...further], reduced, stores } = nest;
  if (e.parts === undefined || further.length > 0 || reduced[0] !== true || mode.lanes === 1) return false;
  // Totals are taken after the first turn, then after each stretch of turns, and at the end.
  const turn = 4 * turnsOf(nest);
  const turns = Math.floor(n / turn);
  const cut = pieces(Math.ceil((turns - 1) / stretch), chunksOf(e.parts.sharing, workOf(nest, mode), 4), 1, 1);
  if (cut.chunks < 2) return false;
  const totals = 2 + Math.floor((turns - 1) / stretch);
  const bytes = stores.reduce((sum, s) => sum + (s.fold === undefined ? 0 : s.value.type === "float64" ? 32 : 16), 0);
  const room = e.parts.room(totals * bytes);
  const at = (index: I32): I32 => i32.add(i32.const(turn), i32.mul(index, i32.const(turn * stretch)));
  e.parts.fork(f, base, cut.chunks, (g, arena, chunk) => {
    const before = g.local("i32", i32.mul(chunk, i32.const(cut.size)));
    const isLast = i32.eq(chunk, i32.const(cut.chunks - 1));
    const first = g.local("i32", select(chunk, at(before), i32.const(0)));
    const end = g.local("i32", select(isLast, i32.const(turn * turns), at(i32.add(before, i32.const(cut.size)))));
    const index = i32.add(before, i32.ne(chunk, i32.const(0)));
    emitStretches(e, g, arena, nest, mode, { first, end, isLast, to: g.local("i32", i32.add(i32.add(arena, i32.const(room)), i32.mul(index, i32.const(bytes)))) });
  });
  f.do(call(emitJoin(e, nest, mode, totals), base, i32.add(base, i32.const(room))));
  return true;
}
