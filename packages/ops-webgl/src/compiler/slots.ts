// The values of a run: numbers, or elements on the device, which several values may share. What the run made is freed when no value
// has it any more; what came from outside is left alone.

import type { TypedArray } from "@gradus/core";
import type { Buffer } from "@gradus/loops";
import type { Memory, Storage } from "../storage.js";
import { held } from "./loop-pass.js";

/** A number, or elements from an offset on. */
export type Slot = number | { readonly storage: Storage; readonly offset: number };

export class Slots {
  readonly #memory: Memory;
  readonly #values = new Map<Buffer, Slot>();
  readonly #users = new Map<Storage, number>();

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  get(buffer: Buffer): Slot {
    return this.#values.get(buffer) as Slot;
  }

  number = (buffer: Buffer): number => this.#values.get(buffer) as number;

  /** What was made by this run belongs to it from now on. */
  own(storage: Storage): Storage {
    if (!this.#users.has(storage)) this.#users.set(storage, 0);
    return storage;
  }

  /** From now on somebody else frees it. */
  disown(storage: Storage): void {
    this.#users.delete(storage);
  }

  set(buffer: Buffer, value: Slot): void {
    this.retain(value);
    this.drop(buffer);
    this.#values.set(buffer, value);
  }

  drop(buffer: Buffer): void {
    const value = this.#values.get(buffer);
    if (value === undefined) return;
    this.#values.delete(buffer);
    this.release(value);
  }

  retain(value: Slot): void {
    if (typeof value === "number") return;
    const users = this.#users.get(value.storage);
    if (users !== undefined) this.#users.set(value.storage, users + 1);
  }

  release(value: Slot): void {
    if (typeof value === "number") return;
    const users = this.#users.get(value.storage);
    if (users === undefined) return;
    if (users > 1) this.#users.set(value.storage, users - 1);
    else {
      this.#users.delete(value.storage);
      this.#memory.release(value.storage);
    }
  }

  /** The elements of a value on the device, a number put there if it is one. */
  elements(buffer: Buffer, value: Slot = this.get(buffer)): Exclude<Slot, number> {
    if (typeof value !== "number") return value;
    return { storage: this.own(this.#memory.put(held(buffer.type), single(buffer, value))), offset: 0 };
  }
}

function single({ type }: Buffer, value: number): TypedArray {
  const Typed = { float32: Float32Array, float64: Float32Array, int32: Int32Array, uint32: Uint32Array, bool: Uint8Array }[type];
  return Typed.of(value);
}
