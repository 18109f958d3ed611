// The stacks of a call that is running: the room of their elements, which is given back when the call is done, and what comes from
// and goes to arrays outside.

import { type Aval, DeviceLimitError, Tensor, type TypedArray } from "@gradus/core";
import { type Layout, layoutOf } from "@gradus/loops";
import { sizeOf, words } from "./emit-stacks.js";
import type { ArenaMemory } from "./memory.js";

/** What stacks need of what runs the program. */
export interface Elements {
  readonly memory: ArenaMemory;
  /** Writes an array to an address. */
  write(x: Tensor, address: number, layout: Layout): void;
  tensor(aval: Aval, payload: number | TypedArray): Tensor;
}

const fewest = 8;
const roomOf = (bytes: number): number => Math.ceil(bytes / 64) * 64;

export class Stacks {
  readonly #elements: Elements;
  /** Where there is room for elements, and how many bytes. */
  readonly #rooms = new Map<number, number>();

  constructor(elements: Elements) {
    this.#elements = elements;
  }

  /** Makes room for so many elements, twice what there was at least. Those that are there move; all else is zero. @throws DeviceLimitError */
  grow(stack: number, count: number, size: number): void {
    const { memory } = this.#elements;
    const at = stack >>> 2;
    const had = memory.views.uint32[at + words.room / 4] as number;
    const old = memory.views.uint32[at + words.elements / 4] as number;
    const room = Math.max(count >>> 0, 2 * had, fewest);
    const bytes = roomOf(room * size);
    if (bytes > 0) {
      const address = this.#take(bytes, room, size);
      memory.views.bool.copyWithin(address, old, old + had * size);
      memory.views.bool.fill(0, address + had * size, address + bytes);
      memory.views.uint32[at + words.elements / 4] = address;
      this.#give(old);
    }
    memory.views.uint32[at + words.room / 4] = room;
  }

  /** Puts a value on a stack that is empty. */
  write(stack: number, x: Tensor, element: Layout): void {
    const { memory, write } = this.#elements;
    const xs = (x.payload as readonly Tensor[] | null) ?? [];
    if (xs.length === 0) return;
    this.grow(stack, xs.length, sizeOf(element));
    memory.views.uint32[(stack + words.length) >>> 2] = xs.length;
    const first = memory.views.uint32[(stack + words.elements) >>> 2] as number;
    xs.forEach((y, i) => {
      const address = first + i * sizeOf(element);
      if (element.element === undefined) write(y, address, element);
      else this.write(address, y, element.element);
    });
  }

  /** What is on a stack, as an opaque tensor. */
  read(stack: number, aval: Aval): Tensor {
    const { memory, tensor } = this.#elements;
    const words32 = memory.views.uint32;
    const [length, first] = [words32[(stack + words.length) >>> 2] as number, words32[(stack + words.elements) >>> 2] as number];
    const element = aval.element as Aval;
    const layout = layoutOf(element);
    const xs = Array.from({ length }, (_, i) => {
      const address = first + i * sizeOf(layout);
      if (element.element !== undefined) return this.read(address, element);
      const data = memory.at(layout.type, address, element.size);
      return tensor(element, element.ndim === 0 ? (data[0] as number) : data.slice());
    });
    return new Tensor(aval, length === 0 ? null : xs, null, null);
  }

  /** Gives the room of all stacks back. */
  clear(): void {
    for (const at of this.#rooms.keys()) this.#give(at);
  }

  #take(bytes: number, room: number, size: number): number {
    try {
      const address = this.#elements.memory.take(bytes);
      this.#rooms.set(address, bytes);
      return address;
    } catch (error) {
      if (!(error instanceof DeviceLimitError)) throw error;
      throw new DeviceLimitError(`jit: a loop saves ${room} elements of ${size} bytes for its gradient, and there is no memory left for them. ${error.message} Loops with checkpointEvery save less.`);
    }
  }

  #give(at: number): void {
    const bytes = this.#rooms.get(at);
    if (bytes === undefined) return;
    this.#rooms.delete(at);
    this.#elements.memory.give(at, bytes);
  }
}
