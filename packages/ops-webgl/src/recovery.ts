// What is left when the context is lost: recipes. Every storage knows the pass that computed it, that pass its inputs, and so on back to
// arrays of the host; so a live tensor can be computed anew, and what leads to dead ones alone goes with them. So that the way
// back stays short, an operand that is more than `every` passes away from the host is copied there, beside what is computed.

import type { Precision } from "./context.js";
import { missing } from "./context.js";
import type { Recipe } from "./recipe.js";
import { type Memory, released, type Storage } from "./storage.js";
import { Download, lost } from "./transfer.js";

/** What recovery needs of the device. */
export interface Redrawing {
  readonly gl: WebGL2RenderingContext;
  readonly memory: Memory;
  /** Makes a new context usable. */
  reset(): void;
}

interface Copy {
  readonly storage: Storage;
  readonly download: Download;
  readonly at: number;
}

const mostBytes = 2 ** 26; // of arrays that are kept for recipes, and of copies on their way
const patience = 60_000; // ms to wait for the browser to give a context back

export class Recovery {
  readonly #device: Redrawing;
  readonly #precision: Precision;
  /** How many passes a value may be away from the host; 0 without recovery. */
  readonly #every: number;
  /** Passes so far. */
  #passes = 0;
  #isLost = false;
  #lostAt = 0;
  /** How often the context was lost. */
  losses = 0;
  /** Copies made to shorten the way back. */
  copies = 0;
  #copying: Copy[] = [];
  #copyingBytes = 0;
  readonly #waiting = new Set<(isBack: boolean) => void>();
  /** Freed before, and computed again on the way to others. */
  readonly #revived = new Set<Storage>();

  constructor(device: Redrawing, precision: Precision, every: number) {
    this.#device = device;
    this.#precision = precision;
    this.#every = every;
    if (every > 0) device.memory.rebuild = (storage, inUse) => this.#rebuild(storage, inUse);
    // The canvas may outlive the backend, and is not to keep it alive.
    const weak = new WeakRef(this);
    device.gl.canvas.addEventListener("webglcontextlost", (event) => weak.deref()?.onLost(event));
    device.gl.canvas.addEventListener("webglcontextrestored", () => weak.deref()?.onRestored());
  }

  /** Whether values can be computed anew. */
  get isOn(): boolean {
    return this.#every > 0;
  }

  /** Whether there is no device at present. */
  get isLost(): boolean {
    if (!this.#isLost && this.#device.gl.isContextLost()) this.#lose();
    return this.#isLost;
  }

  #lose(): void {
    this.#isLost = true;
    this.#lostAt = this.#passes;
    this.losses++;
    for (const { storage } of this.#copying) storage.copy = undefined;
    this.#copying = [];
    this.#copyingBytes = 0;
    this.#revived.clear();
    this.#device.memory.isLost = true;
    this.#device.memory.forget();
  }

  /** @internal */
  onLost(event: Event): void {
    if (!this.#isLost) this.#lose();
    if (this.isOn) event.preventDefault(); // without it browsers give nothing back
  }

  /** @internal */
  onRestored(): void {
    if (!this.isOn || !this.#isLost || missing(this.#device.gl, this.#precision) !== undefined) return;
    this.#device.reset();
    this.#isLost = false;
    this.#device.memory.isLost = false;
    for (const tell of this.#waiting) tell(true);
    this.#waiting.clear();
  }

  /** Resolves once there is a device. @throws ContextLostError if there will be none */
  async restored(): Promise<void> {
    if (!this.isLost) return;
    if (!this.isOn) throw lost("waiting for the context");
    const isBack = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), patience);
      this.#waiting.add((back) => {
        clearTimeout(timer);
        resolve(back);
      });
    });
    if (!isBack) throw lost(`after ${patience / 1000} s without it`);
  }

  /** Notes how results were computed, or are to be. @throws ContextLostError for more than can be kept in mind without a device */
  record(inputs: readonly Storage[], results: readonly Storage[], draw: Recipe<Storage>["draw"]): void {
    if (!this.isOn) return;
    const { memory } = this.#device;
    const now = ++this.#passes;
    if (this.#isLost && now - this.#lostAt > this.#every) throw lost(`after ${this.#every} operations that wait for the context`, true);
    let since = now;
    let { copied } = memory;
    for (const x of inputs) {
      const { recipe } = x;
      if (recipe === undefined || x.copy !== undefined) continue;
      if (x.cell.host !== undefined) x.recipe = undefined;
      else if (!this.#isLost && (now - recipe.since > this.#every || memory.copied - recipe.copied > mostBytes)) this.#copy(x);
      else {
        since = Math.min(since, recipe.since);
        copied = Math.min(copied, recipe.copied);
      }
    }
    const recipe = { inputs, results, draw, since, copied };
    for (const x of results) x.recipe = recipe;
    if (this.#copying.length > 0) this.settle((copy) => now - copy.at > this.#every / 8); // the device has been done with those for long
    if (this.#revived.size > 0 && now - this.#lostAt > this.#every) this.#forgetRevived();
  }

  #copy(storage: Storage): void {
    const { gl, memory } = this.#device;
    const { texture, dtype, size } = storage.cell;
    if (texture === undefined) return;
    const download = new Download(gl, texture, dtype, size);
    storage.copy = download;
    this.#copying.push({ storage, download, at: this.#passes });
    this.#copyingBytes += download.bytes;
    this.copies++;
    memory.copied += download.bytes;
    this.settle(() => this.#copyingBytes > mostBytes);
  }

  /** The number of passes so far: what was begun before is done when something read after it is there. */
  get now(): number {
    return this.#passes;
  }

  /** Takes copies that are on their way, from the first as long as `isDue`. */
  settle(isDue: (copy: { readonly at: number }) => boolean): void {
    for (let first = this.#copying[0]; first !== undefined && isDue(first); first = this.#copying[0]) {
      const { storage, download } = first;
      const data = download.take();
      this.#copying.shift();
      this.#copyingBytes -= download.bytes;
      storage.copy = undefined;
      if (data === undefined) continue; // lost, and soon noticed
      storage.cell.host = data;
      storage.recipe = undefined;
    }
  }

  // Draws what leads to a storage, from what is there: inputs first.
  #rebuild(storage: Storage, inUse: readonly Storage[]): void {
    if (storage.recipe === undefined) throw released();
    const order: Recipe<Storage>[] = [];
    const seen = new Set([storage.recipe]);
    const path: { readonly recipe: Recipe<Storage>; next: number }[] = [{ recipe: storage.recipe, next: 0 }];
    for (let top = path[0]; top !== undefined; top = path[path.length - 1]) {
      const input = top.recipe.inputs[top.next++];
      if (input === undefined) {
        order.push(top.recipe);
        path.pop();
      } else if (!input.cell.isThere) {
        if (input.recipe === undefined) throw released();
        if (!seen.has(input.recipe)) path.push({ recipe: input.recipe, next: 0 });
        seen.add(input.recipe);
      }
    }
    for (const recipe of order) {
      const { inputs, results } = recipe;
      const held = [...inUse, ...inputs, ...results];
      for (const x of results) if (x.cell.texture === undefined) this.#device.memory.place(x.cell, held);
      recipe.draw(results, held);
      for (const x of results) if (x.isReleased) this.#revived.add(x);
    }
  }

  // Kept for a while, since much of what is computed anew goes back to the same.
  #forgetRevived(): void {
    for (const x of this.#revived) this.#device.memory.release(x);
    this.#revived.clear();
  }
}
