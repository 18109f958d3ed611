// Large arrays in memory, from call to call: results of compiled programs, and arguments that are given to them a second time.
// They are not copied where a program reads them: arrays never change. References to them are strong, and the number of their
// bytes is bounded, by what calls have needed at once if that is more: the memory is there then. The least recently used makes room, a result by
// moving to an array, which the engine collects like any other.
// Nothing here refers to a tensor.

import { rowMajor, type Shape, type TypedArray } from "@gradus/core";
import { type Buffer, bytesOf, roomFor, type Type } from "@gradus/loops";
import { Resident } from "../resident.js";
import { View } from "../view.js";
import type { ArenaMemory } from "./memory.js";

/** A stretch of memory that holds an array while some call uses it, and longer if it stays. */
export interface Place {
  readonly at: number;
  readonly bytes: number;
  readonly type: Type;
  readonly size: number;
  users: number;
  /** What it is the place of, while it stays. */
  key: object | undefined;
}

export class Residents {
  readonly #memory: ArenaMemory;
  readonly #copyInto: (out: View, x: View, shape: Shape) => void;
  #budget: number;
  /** Bytes that running calls use. */
  #inUse = 0;
  /** What stays, in the order of its use. */
  readonly #kept = new Map<object, Place>();
  readonly #seen = new WeakSet<object>();
  readonly #counts = { resident: 0, evictions: 0, copiesIn: 0, copiesOut: 0 };

  constructor(memory: ArenaMemory, copyInto: (out: View, x: View, shape: Shape) => void, budget: number = 2 ** 27) {
    this.#memory = memory;
    this.#copyInto = copyInto;
    this.#budget = budget;
    memory.relieve = () => this.#makeRoom(Infinity);
  }

  /** Bytes that stay from call to call, how often something made room for others, and copies of large arrays. */
  get counts(): Readonly<Record<"resident" | "evictions" | "copiesIn" | "copiesOut", number>> {
    return this.#counts;
  }

  /** The elements of an argument in row-major order, in memory until `release`. */
  hold(payload: TypedArray | View | Resident, type: Type, shape: Shape, size: number): Place {
    const known = this.#kept.get(payload);
    if (known !== undefined) {
      this.#kept.delete(payload);
      this.#kept.set(payload, known);
      if (known.users++ === 0) this.#use(known.bytes);
      return known;
    }
    const source = payload instanceof Resident ? payload.data : payload;
    const isView = source instanceof View; // throws for an array that was donated, before it is given room
    const stays = this.#seen.has(payload);
    const place = this.#take({ type, size }, stays);
    const view = this.#memory.views[type];
    const first = place.at / bytesOf[type];
    if (isView) this.#copyInto(new View(view, rowMajor(shape), first), source, shape);
    else view.set(source, first);
    this.#counts.copiesIn++;
    if (stays) this.#keep(payload, place);
    else this.#seen.add(payload);
    return place;
  }

  /** Room for a result until `release`. */
  make(buffer: Pick<Buffer, "type" | "size">): Place {
    return this.#take(buffer, true);
  }

  /** The result that was written to its room, and stays there. */
  settle(place: Place, shape: Shape): Resident {
    const resident = new Resident(shape, (x) => this.#copied(this.#kept.get(x) as Place));
    this.#keep(resident, place);
    return resident;
  }

  release(place: Place): void {
    place.users--;
    if (place.users > 0) return;
    this.#inUse -= place.bytes;
    if (place.key === undefined) this.#memory.give(place.at, place.bytes);
  }

  /** Nobody uses this array again. */
  forget(payload: object): void {
    const place = this.#kept.get(payload);
    if (place !== undefined) this.#drop(place);
  }

  /** Of the results of earlier calls of a program, those that a running call uses or that are elsewhere by now stay as they are; the others move out. */
  retire(places: Place[]): Place[] {
    return places.filter((place) => {
      if (place.key !== undefined && place.users === 0) this.#evict(place);
      return place.key !== undefined;
    });
  }

  #copied({ at, type, size }: Place): TypedArray {
    this.#counts.copiesOut++;
    const first = at / bytesOf[type];
    return this.#memory.views[type].slice(first, first + size);
  }

  #take({ type, size }: Pick<Buffer, "type" | "size">, stays: boolean): Place {
    const bytes = roomFor({ type, size });
    this.#use(bytes);
    if (stays) this.#makeRoom(bytes);
    return { at: this.#memory.take(bytes), bytes, type, size, users: 1, key: undefined };
  }

  #use(bytes: number): void {
    this.#inUse += bytes;
    this.#budget = Math.max(this.#budget, this.#inUse);
  }

  #keep(key: object, place: Place): void {
    this.#makeRoom(place.bytes);
    this.#kept.set(key, place);
    this.#counts.resident += place.bytes;
    place.key = key;
  }

  #makeRoom(bytes: number): void {
    for (const place of this.#kept.values()) {
      if (this.#counts.resident + bytes <= this.#budget) return;
      this.#evict(place);
    }
  }

  #evict(place: Place): void {
    if (place.key instanceof Resident) void place.key.data;
    this.#drop(place);
    this.#counts.evictions++;
  }

  #drop(place: Place): void {
    this.#kept.delete(place.key as object);
    this.#counts.resident -= place.bytes;
    place.key = undefined;
    if (place.users === 0) this.#memory.give(place.at, place.bytes);
  }
}
