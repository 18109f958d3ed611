// Kernels along axes that several threads share: lines, or blocks of whatever lies one after the other in all arrays.

import { bytesOf, type Operand } from "@gradus/loops";
import { type FunctionBuilder, i32, type I32, type Local } from "../wasm/encoder.js";
import type { Emission } from "./emission.js";
import { chunksOf, pieces } from "./parts.js";

/** Some of the lines: how many, the first one (undefined for all of them), and the thread that has them. */
export interface Lines {
  readonly count: number;
  readonly first: I32 | undefined;
  readonly thread: I32;
}

/** Writes work of so many nanoseconds on lines, at once or in chunks for threads. */
export function shareLines(e: Emission, f: FunctionBuilder, base: Local<"i32">, count: number, work: number, emit: (g: FunctionBuilder, arena: Local<"i32">, lines: Lines) => void): void {
  const { chunks, size, last } = pieces(count, e.parts === undefined ? 1 : chunksOf(e.parts.sharing, work, 4), 1, 1);
  if (e.parts === undefined || chunks < 2) return emit(f, base, { count, first: undefined, thread: i32.const(0) });
  e.parts.fork(f, base, chunks, (g, arena, chunk, thread) => {
    const first = g.local("i32", i32.mul(chunk, i32.const(size)));
    const run = (some: number): void => emit(g, arena, { count: some, first, thread });
    if (last === size) run(size);
    else g.if(i32.eq(chunk, i32.const(chunks - 1)), () => run(last), () => run(size));
  });
}

/** Where lines of so many bytes begin, in an array at an address. */
export const lineAt = (address: I32, bytes: number, { first }: Lines): I32 => (first === undefined ? address : i32.add(address, i32.mul(first, i32.const(bytes))));

/** Where the lines of an array begin, if it has `lines` in all. */
export function linesOf(e: Emission, arena: I32, { buffer, offset, aval }: Operand, all: number, lines: Lines): I32 {
  const size = bytesOf[buffer.type];
  return lineAt(e.addressOf(arena, buffer, offset * size), (aval.size / all) * size, lines);
}

/** The scratch of a thread, of so many bytes. */
export const ownScratch = (scratch: I32, bytes: number, { first, thread }: Lines): I32 => (first === undefined ? scratch : i32.add(scratch, i32.mul(thread, i32.const(bytes))));
