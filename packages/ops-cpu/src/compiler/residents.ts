// Large arguments in memory. What is given to compiled programs a second time stays there as long as there is room, and is not
// copied again: arrays never change. The references are strong and their number of bytes is bounded; the least recently used goes
// first, at no cost, since the array itself is elsewhere.

import type { Shape, TypedArray } from "@gradus/core";
import { rowMajor } from "@gradus/core";
import { bytesOf, roomFor, type Type } from "@gradus/loops";
import { View } from "../view.js";
import type { ArenaMemory } from "./memory.js";

/** A stretch of memory that holds an array, while some call reads it or until it makes room. */
export interface Resident {
  readonly key: object | undefined;
  readonly at: number;
  readonly bytes: number;
  readers: number;
}

export class Residents {
  readonly #memory: ArenaMemory;
  readonly #copyInto: (out: View, x: View, shape: Shape) => void;
  readonly #budget: number;
  /** In the order of their use. */
  readonly #kept = new Map<object, Resident>();
  readonly #seen = new WeakSet<object>();
  #bytes = 0;

  constructor(memory: ArenaMemory, copyInto: (out: View, x: View, shape: Shape) => void, budget: number = 2 ** 27) {
    this.#memory = memory;
    this.#copyInto = copyInto;
    this.#budget = budget;
  }

  /** Bytes of arrays that stay from call to call. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The elements of an array in row-major order, in memory until `release`. */
  hold(payload: TypedArray | View, type: Type, shape: Shape, size: number): Resident {
    const known = this.#kept.get(payload);
    if (known !== undefined) {
      this.#kept.delete(payload);
      this.#kept.set(payload, known);
      known.readers++;
      return known;
    }
    const bytes = roomFor({ type, size });
    const stays = bytes <= this.#budget && this.#seen.has(payload);
    const isView = payload instanceof View; // throws for an array that was donated, before it is given room
    if (stays) this.#makeRoom(bytes);
    const at = this.#memory.take(bytes);
    const resident: Resident = { key: stays ? payload : undefined, at, bytes, readers: 1 };
    const view = this.#memory.views[type];
    const first = at / bytesOf[type];
    if (isView) this.#copyInto(new View(view, rowMajor(shape), first), payload, shape);
    else view.set(payload, first);
    if (stays) {
      this.#kept.set(payload, resident);
      this.#bytes += bytes;
    } else this.#seen.add(payload);
    return resident;
  }

  release(resident: Resident): void {
    resident.readers--;
    // What was not to stay, or has made room while it was read.
    if (resident.readers === 0 && (resident.key === undefined || this.#kept.get(resident.key) !== resident)) this.#memory.give(resident.at, resident.bytes);
  }

  #makeRoom(bytes: number): void {
    for (const [key, resident] of this.#kept) {
      if (this.#bytes + bytes <= this.#budget) return;
      this.#kept.delete(key);
      this.#bytes -= resident.bytes;
      if (resident.readers === 0) this.#memory.give(resident.at, resident.bytes);
    }
  }
}
