// The memory of the compiler: one for each backend. Arenas of running programs are taken and given back, so that a program that
// calls back into the backend while it runs finds its own untouched; large arguments and results lie beside them.

import { DeviceLimitError, type DType, type TypedArray } from "@gradus/core";
import { Rooms } from "./rooms.js";
import { webAssembly, type WasmMemory } from "../wasm/webassembly.js";

const page = 65536;
export const mostPages = 65536;
const stackEnd = 2 ** 20;

/** Views of the whole memory, one for each type. They die when the memory grows. */
interface Views {
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  readonly int32: Int32Array;
  readonly uint32: Uint32Array;
  readonly bool: Uint8Array;
}

const viewsOf = (buffer: ArrayBuffer): Views => ({
  float32: new Float32Array(buffer),
  float64: new Float64Array(buffer),
  int32: new Int32Array(buffer),
  uint32: new Uint32Array(buffer),
  bool: new Uint8Array(buffer),
});

export class ArenaMemory {
  readonly memory: WasmMemory;
  readonly isShared: boolean;
  #views: Views | undefined;
  #bytes = page; // asking the memory takes longer
  #top = 64; // not 0: pointers that run backwards stop a little before their array
  readonly #heap = new Rooms();
  /** Gives back what need not be here, where there is no room left. */
  relieve: () => void = () => {};

  /** Memory that is shared is for several threads. */
  constructor(shared = false) {
    this.isShared = shared;
    this.memory = new webAssembly!.Memory({ initial: 1, maximum: mostPages, shared });
  }

  get bytes(): number {
    return this.#bytes;
  }

  get views(): Views {
    return (this.#views ??= viewsOf(this.memory.buffer));
  }

  /** The elements of a type from an address on. */
  at(type: Exclude<DType, "float0">, address: number, size: number): TypedArray {
    const view = this.views[type];
    const first = address / view.BYTES_PER_ELEMENT;
    return view.subarray(first, first + size);
  }

  /** Room for so many bytes until `release`: small ones one upon the other. @throws DeviceLimitError if there is not that much */
  reserve(bytes: number): number {
    if (this.#top + bytes > stackEnd) return this.take(bytes);
    const start = this.#top;
    this.#ensure(start + bytes, bytes);
    this.#top = start + bytes;
    return start;
  }

  release(start: number, bytes: number): void {
    if (start < stackEnd) this.#top = start;
    else this.give(start, bytes);
  }

  /** Room for so many bytes, a multiple of 64, until they are given back in whatever order. @throws DeviceLimitError */
  take(bytes: number): number {
    try {
      return this.#take(bytes);
    } catch {
      this.relieve();
      return this.#take(bytes);
    }
  }

  #take(bytes: number): number {
    const at = stackEnd + this.#heap.take(bytes);
    try {
      this.#ensure(at + bytes, bytes);
    } catch (error) {
      this.give(at, bytes);
      throw error;
    }
    return at;
  }

  give(at: number, bytes: number): void {
    this.#heap.give(at - stackEnd, bytes);
  }

  #ensure(end: number, bytes: number): void {
    // A page more, for vectors that go beyond the end.
    if (end + page <= this.#bytes) return;
    const missing = Math.ceil((end + page - this.#bytes) / page);
    // Somewhat more than is needed now, since every growth costs the views.
    const half = Math.ceil(this.bytes / page / 2);
    if (this.#grow(Math.max(missing, half)) || this.#grow(missing)) return;
    throw new DeviceLimitError(`jit: the program needs ${(bytes / 2 ** 20).toFixed(1)} MiB at a time beside ${((end - bytes) / 2 ** 20).toFixed(1)} MiB in use, and WebAssembly has no more than ${(mostPages * page) / 2 ** 20} MiB. Make arrays smaller, or work in parts.`);
  }

  #grow(pages: number): boolean {
    if (this.bytes / page + pages > mostPages) return false;
    try {
      this.memory.grow(pages);
      this.#bytes += pages * page;
      this.#views = undefined;
      return true;
    } catch {
      return false; // the host has no memory left
    }
  }
}
