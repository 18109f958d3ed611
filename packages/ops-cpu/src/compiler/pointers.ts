// The pointers of a nest: arrays that are read with the same steps share one, and differ by constant offsets alone.

import { type Buffer, bytesOf, type Load, type Place } from "@gradus/loops";
import { type FunctionBuilder, i32, type I32, type Local } from "../wasm/encoder.js";
import type { Emission } from "./emission.js";

/** Which part of the points of a nest its function runs over; all of them where nothing else is said. */
export interface Part {
  /** The index at which a loop starts, where it is not 0. */
  readonly from: readonly (Local<"i32"> | undefined)[];
  /** Buffers that have room for the elements of one part, and are filled anew in each. */
  readonly passing: ReadonlySet<Buffer>;
  /** By how many rows a buffer is behind where the outermost loop starts. */
  readonly behind?: ReadonlyMap<Buffer, number> | undefined;
  /** Where they are, if not in the arena: each thread has its own. */
  readonly own?: ((b: Buffer) => I32) | undefined;
}

export const wholeNest: Part = { from: [], passing: new Set() };

/** Vectors along a nest of one loop: from an element to another, or to the end and what is left over there. Totals of stretches go to `to`. */
export interface Strips {
  readonly first: I32;
  readonly end: I32;
  readonly isLast: I32;
  readonly to: Local<"i32">;
}

/** Arrays with the same steps: one pointer for all. */
interface Track {
  /** In bytes, for each loop. */
  readonly steps: readonly number[];
  pointer: Local<"i32">;
}

export class Pointers {
  readonly #e: Emission;
  readonly #f: FunctionBuilder;
  readonly #base: Local<"i32">;
  readonly #part: Part;
  readonly #tracks = new Map<string, Track>();
  readonly #places = new Map<Place, { readonly track: Track; readonly offset: number }>();

  constructor(e: Emission, f: FunctionBuilder, base: Local<"i32">, part: Part) {
    this.#e = e;
    this.#f = f;
    this.#base = base;
    this.#part = part;
  }

  // Pointers that only grow start at the arena; one that also runs backwards starts where its array does, so as never to be negative.
  assign(p: Place & { buffer: Buffer }): void {
    const size = bytesOf["type" in p ? (p as Load).type : p.buffer.type];
    const steps = p.strides.map((s) => s * size);
    const isPassing = this.#part.passing.has(p.buffer);
    const own = isPassing ? this.#part.own?.(p.buffer) : undefined;
    const inside = own === undefined ? this.#e.offsetOf(p.buffer) : undefined;
    const start = (inside ?? 0) + p.offset * size;
    const backwards = steps.some((s) => s < 0);
    // Arrays outside of the arena have pointers of their own.
    const behind = isPassing ? 0 : (this.#part.behind?.get(p.buffer) ?? 0);
    const key = `${steps.join()}${backwards ? `@${start}` : ""}${inside === undefined ? `#${p.buffer.id}` : ""}${isPassing ? "!" : ""}<${behind}`;
    let track = this.#tracks.get(key);
    if (track === undefined) {
      const origin = own ?? (inside === undefined ? this.#e.addressOf(this.#base, p.buffer) : this.#base);
      const pointer = this.#f.local("i32", backwards ? i32.add(origin, i32.const(start)) : origin);
      if (!isPassing) {
        this.#part.from.forEach((at, i) => {
          if (at !== undefined && steps[i] !== 0) this.#f.increment(pointer, i32.mul(i === 0 && behind > 0 ? i32.sub(at, i32.const(behind)) : at, i32.const(steps[i] as number)));
        });
      }
      this.#tracks.set(key, (track = { steps, pointer }));
    }
    this.#places.set(p, { track, offset: backwards ? 0 : start });
  }

  /** The index at which a loop starts; undefined for 0. */
  from(level: number): Local<"i32"> | undefined {
    return this.#part.from[level];
  }

  /** Where a place is at the point that the loops have come to: bytes beyond a pointer, and the step along a loop. */
  at(p: Place, level: number): { readonly pointer: Local<"i32">; readonly offset: number; readonly step: number } {
    const { track, offset } = this.#places.get(p) as { track: Track; offset: number };
    return { pointer: track.pointer, offset, step: track.steps[level] ?? 0 };
  }

  /** Runs `body`, which moves the pointers along a loop by so many elements; they are back afterwards. */
  along(level: number, body: (move: (elements: number | I32) => void) => void): void {
    const moving = [...this.#tracks.values()].filter((t) => t.steps[level] !== 0);
    const saved = moving.map((t) => t.pointer);
    for (const t of moving) t.pointer = this.#f.local("i32", t.pointer);
    body((elements) => {
      for (const t of moving) {
        const step = t.steps[level] as number;
        this.#f.increment(t.pointer, typeof elements === "number" ? step * elements : i32.mul(elements, i32.const(step)));
      }
    });
    moving.forEach((t, i) => (t.pointer = saved[i] as Local<"i32">));
  }
}
