// The values of a run: numbers, or elements on the device, which several values may share. What the run made is freed when no value
// has it any more; what came from outside is left alone.

import { allocate } from "@gradus/core";
import type { Buffer } from "@gradus/loops";
import type { Memory, Storage } from "../storage.js";
import { held } from "./loop-pass.js";

/** Elements from an offset on. */
export interface Elements {
  readonly storage: Storage;
  readonly offset: number;
}

/** What is on a stack. */
export interface Stack {
  readonly rows: readonly Slot[];
}

export type Slot = number | Elements | Stack;

const empty: Stack = { rows: [] };

export class Slots {
  readonly #memory: Memory;
  readonly #values = new Map<Buffer, Slot>();
  readonly #users = new Map<Storage, number>();

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** A value; a stack that nothing was put on is empty. */
  get(buffer: Buffer): Slot {
    return this.#values.get(buffer) ?? (buffer.element === undefined ? (undefined as never) : empty);
  }

  /** A number, or the length of a stack. */
  number = (buffer: Buffer): number => {
    const value = this.get(buffer);
    return typeof value === "object" && "rows" in value ? value.rows.length : (value as number);
  };

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
    if ("rows" in value) return value.rows.forEach((r) => this.retain(r));
    const users = this.#users.get(value.storage);
    if (users !== undefined) this.#users.set(value.storage, users + 1);
  }

  release(value: Slot): void {
    if (typeof value === "number") return;
    if ("rows" in value) return value.rows.forEach((r) => this.release(r));
    const users = this.#users.get(value.storage);
    if (users === undefined) return;
    if (users > 1) this.#users.set(value.storage, users - 1);
    else {
      this.#users.delete(value.storage);
      this.#memory.release(value.storage);
    }
  }

  /** The elements of a value on the device, a number put there if it is one. */
  elements(buffer: Pick<Buffer, "type">, value: Slot): Elements {
    if (typeof value !== "number") return value as Elements;
    const dtype = held(buffer.type);
    return { storage: this.own(this.#memory.put(dtype, allocate(dtype, 1).fill(value))), offset: 0 };
  }
}
