// Loops that several threads share: a nest is cut along one of its loops over elements that are kept apart. What is summed is
// summed by one thread, in the order in which one thread alone would do it, so that the bits of all results are the same.

import { call, i32 } from "../wasm/encoder.js";
import { bytesOf, costOf, type Nest } from "@gradus/loops";
import { emitBlock } from "./nest-functions.js";
import type { Emission } from "./emission.js";
import type { FunctionBuilder, Local } from "../wasm/encoder.js";
import { isTall, leastTall, type LoopMode } from "./loop-mode.js";
import { chunksOf, pieces } from "./parts.js";

const chunksEach = 4;

/** About how many nanoseconds a nest takes. */
export const workOf = ({ dims, stores }: Nest, { lanes }: LoopMode): number =>
  dims.reduce((n, d) => n * d, 1) * (1 + stores.reduce((sum, s) => sum + costOf(s.value), 0)) * (lanes === 1 ? 0.5 : 0.1);

/** The mode of a part of a nest that has so many elements in its innermost loop: nothing beyond the end of a row is overwritten. */
function partly({ lanes, rest }: LoopMode, dims: readonly number[]): LoopMode {
  if (lanes === 1 || (dims.at(-1) as number) % 4 === 0) return { lanes, rest: "none" };
  return { lanes, rest: rest !== "beyond" || dims.length === 1 ? rest : "apart" };
}

/** Writes the call of a nest in chunks, if it is large enough and there is a loop to cut; tells whether it did. */
export function emitShared(e: Emission, f: FunctionBuilder, base: Local<"i32">, nest: Nest, mode: LoopMode): boolean {
  const { dims, reduced, stores } = nest;
  const most = e.parts === undefined ? 1 : chunksOf(e.parts.sharing, workOf(nest, mode), chunksEach);
  if (e.parts === undefined || most < 2) return false;
  const inner = dims.length - 1;
  const cutAt = (level: number) => {
    // Vectors, and whole lines of the cache; columns that are summed in blocks stay wide enough for that.
    const unit = level < inner ? 1 : Math.max(16, ...stores.map((s) => 64 / bytesOf[s.buffer.type]));
    return pieces(dims[level] as number, most, unit, level === inner && level > 0 && isTall(nest) ? leastTall : 1);
  };
  const isKept = (level: number): boolean => !reduced[level] && stores.every((s) => s.strides[level] !== 0);
  const levels = dims.map((_, level) => level).filter(isKept);
  // The outermost loop that fills all threads, or else the one with the most chunks.
  const level = levels.find((l) => cutAt(l).chunks >= most / 2) ?? levels.sort((a, b) => cutAt(b).chunks - cutAt(a).chunks)[0];
  if (level === undefined) return false;
  const { size, chunks, last } = cutAt(level);
  if (chunks < 2) return false;
  e.parts.fork(f, base, chunks, (g, arena, chunk) => {
    const part = (count: number) => {
      const partDims = dims.map((d, i) => (i === level ? count : d));
      return emitBlock(e, { ...nest, dims: partDims }, partly(mode, partDims), new Set(), level);
    };
    const run = (count: number): void => g.do(call(part(count), arena, i32.mul(chunk, i32.const(size))));
    if (last === size) run(size);
    else g.if(i32.eq(chunk, i32.const(chunks - 1)), () => run(last), () => run(size));
  });
  return true;
}
