// The memory of the compiler: one for each backend, used as a stack of arenas. A program that calls back into the backend
// while it runs finds its arena untouched.

import { DeviceLimitError, type DType, type TypedArray } from "@gradus/core";
import { webAssembly, type WasmMemory } from "../wasm/webassembly.js";

const page = 65536;
const mostPages = 65536;

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
  #views: Views | undefined;
  #bytes = page; // asking the memory takes longer
  #top = 64; // not 0: pointers that run backwards stop a little before their array

  constructor() {
    this.memory = new webAssembly!.Memory({ initial: 1, maximum: mostPages });
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

  /** Room for so many bytes until `release`. @throws DeviceLimitError if there is not that much */
  reserve(bytes: number): number {
    const start = this.#top;
    const end = start + bytes;
    // A page more, for vectors that go beyond the end.
    if (end + page > this.#bytes) {
      const missing = Math.ceil((end + page - this.#bytes) / page);
      // Somewhat more than is needed now, since every growth costs the views.
      const half = Math.ceil(this.bytes / page / 2);
      if (!this.#grow(Math.max(missing, half)) && !this.#grow(missing)) {
        throw new DeviceLimitError(`jit: the program needs ${(bytes / 2 ** 20).toFixed(1)} MiB at a time beside ${(start / 2 ** 20).toFixed(1)} MiB in use, and WebAssembly has no more than ${(mostPages * page) / 2 ** 20} MiB. Make arrays smaller, or work in parts.`);
      }
    }
    this.#top = end;
    return start;
  }

  release(start: number): void {
    this.#top = start;
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
