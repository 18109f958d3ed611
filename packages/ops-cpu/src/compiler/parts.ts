// What a module leaves to several threads: functions that are called once for each chunk of a job, by whoever is free. They are
// exported as `part0`, `part1`, …; the module asks for all chunks of one by `env.fork(number, arena)`.

import { call, type FunctionBuilder, i32, type I32, type Local, type ModuleBuilder, select } from "../wasm/encoder.js";
import type { HostFunctions } from "../wasm/lane-code.js";

/** What is shared by how many threads. */
export interface Sharing {
  readonly threads: number;
  /** Work that is worth it to be shared, in nanoseconds. */
  readonly least: number;
}

/** About how many operations a product takes in a nanosecond. */
export const perNanosecond = 40;

/** How many chunks work of so many nanoseconds is to be done in; 1 if it is not worth to be shared. */
export const chunksOf = ({ threads, least }: Sharing, work: number, each: number): number =>
  work > 0 && work >= least ? Math.min(threads * each, Math.max(Math.floor((4 * work) / least), 1)) : 1;

export class Parts {
  readonly sharing: Sharing;
  /** The chunks of each function; 0 for one that the module itself calls. */
  readonly chunks: number[] = [];
  readonly #module: ModuleBuilder;
  readonly #host: HostFunctions;
  readonly #arena: number;
  #room = 0;

  /** For a module whose arena has so many bytes. */
  constructor(module: ModuleBuilder, host: HostFunctions, sharing: Sharing, arena: number) {
    this.#module = module;
    this.#host = host;
    this.sharing = sharing;
    this.#arena = arena;
  }

  /** Bytes behind the arena, for what chunks of one job leave to the caller. */
  get bytes(): number {
    return this.#room;
  }

  /** Where in the arena there is room for so many bytes, until the next job. */
  room(bytes: number): number {
    this.#room = Math.max(this.#room, Math.ceil(bytes / 64) * 64);
    return this.#arena;
  }

  /** Writes `body`, one chunk of a job, as a function, and a request for all chunks. Chunks are in any order, and at the same time. */
  fork(f: FunctionBuilder, base: Local<"i32">, chunks: number, body: (g: FunctionBuilder, base: Local<"i32">, chunk: Local<"i32">, thread: I32) => void): void {
    const before = this.#host.foreign;
    const index = this.chunks.length;
    const part = this.#module.declare(["i32", "i32", "i32"], "void", `part${index}`);
    this.#module.define(part, body);
    const isOurs = this.#host.foreign === before;
    this.chunks.push(isOurs ? chunks : 0);
    if (isOurs) return f.do(call(this.#module.importFunction("env", "fork", ["i32", "i32"], "void"), i32.const(index), base));
    // Threads have the functions of Math, and no others.
    const chunk = f.local("i32");
    f.for(chunk, i32.const(0), i32.const(chunks), 1, () => f.do(call(part, base, chunk, i32.const(0))));
  }
}

/** Pieces of one size, but for the last. */
export interface Pieces {
  readonly size: number;
  readonly chunks: number;
  readonly last: number;
}

/** How much of the whole a chunk has. */
export const sizeAt = (chunk: I32, { size, chunks, last }: Pieces): I32 => select(i32.eq(chunk, i32.const(chunks - 1)), i32.const(last), i32.const(size));

/** `n` in `most` pieces at most: multiples of `unit`, but for the last; none is below `least`, unless there is one only. */
export function pieces(n: number, most: number, unit: number, least: number): Pieces {
  const size = Math.max(Math.ceil(n / Math.max(most, 1) / unit), Math.ceil(least / unit)) * unit;
  const isShort = n % size > 0 && n % size < least;
  const chunks = Math.max(Math.ceil(n / size) - Number(isShort), 1);
  return { size, chunks, last: n - (chunks - 1) * size };
}
