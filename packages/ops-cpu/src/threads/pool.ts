// The threads of a backend, and jobs that they share with the thread that has them done. Nothing waits for a thread to start, to load a
// module or to wake up: until then, and where there are no threads, the caller does every chunk itself.

import { DeviceLimitError } from "@gradus/core";
import type { WasmMemory } from "../wasm/webassembly.js";
import { largestModule, mailbox, words } from "./control.js";
import { startThread, type Thread } from "./start.js";
import { Watch } from "./watch.js";

/** A module that threads may have loaded. */
export interface Shared {
  readonly bytes: Uint8Array;
  /** Where they keep it, and the number under which it was offered; 0 if it was not, or has given its place to another. */
  slot: number;
  offer: number;
  /** Of each function that was shared, whether that was a gain. */
  readonly watches: Watch[];
}

/** Computes one chunk of a job. */
export type Part = (base: number, chunk: number, thread: number) => void;

declare const performance: { now(): number };

// Waking a thread takes as long as a small job: it looks about for a while before it sleeps.
const spinMilliseconds = 0.1;
const slots = 64;

/** Whether this thread may sleep; that of a page may not. */
function maySleep(control: Int32Array): boolean {
  try {
    Atomics.wait(control, words.calls, -1, 0);
    return true;
  } catch {
    return false;
  }
}

function alone(base: number, chunks: number, part: Part): number {
  for (let chunk = 0; chunk < chunks; chunk++) part(base, chunk, 0);
  return 0;
}

export class Pool {
  readonly #c: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(mailbox + largestModule));
  readonly #patience: number;
  readonly #now: () => number;
  readonly #maySleep: boolean;
  #withheld = 0;
  #threads: Thread[] = [];
  #whyNot: string | undefined;
  #offers = 0;
  /** Modules by the place where threads keep them, the least recently offered first. */
  readonly #kept = new Map<number, Shared>();

  /** Starts threads beside the calling one. After `patience` milliseconds a chunk that a thread has taken is given up; `now` is the time in milliseconds. */
  constructor(threads: number, memory: WasmMemory, patience = 60_000, now: () => number = () => performance.now()) {
    this.#patience = patience;
    this.#now = now;
    this.#maySleep = maySleep(this.#c);
    try {
      for (let thread = 1; thread < threads; thread++) {
        const started = startThread((cause) => this.#end(`a thread ended: ${cause}`));
        this.#threads.push(started);
        started.postMessage({ memory, control: this.#c.buffer, thread, words, mailbox, spin: spinMilliseconds });
      }
    } catch (error) {
      this.#end(`threads cannot be started: ${(error as Error).message}`);
    }
  }

  /** How many threads compute, the calling one among them. */
  get running(): number {
    return this.#isReady() ? this.#threads.length + 1 : 1;
  }

  /** Why there is one thread only. */
  get whyNot(): string | undefined {
    return this.#whyNot ?? (this.#isReady() ? undefined : "the threads are being started");
  }

  /** How many chunks others than the caller have computed. */
  get helped(): number {
    return Atomics.load(this.#c, words.helped);
  }

  /** How many jobs were not shared because jobs like them had not gained by it. */
  get withheld(): number {
    return this.#withheld;
  }

  /** Calls a function of a module for every chunk; `part` is the same function here. @throws DeviceLimitError if a thread does not come back */
  run(module: Shared, index: number, base: number, chunks: number, part: Part): void {
    if (chunks < 2 || !this.has(module)) return void alone(base, chunks, part);
    const watch = (module.watches[index] ??= new Watch());
    if (watch.isWithheld) this.#withheld++;
    const start = this.#now();
    const helped = watch.isShared ? this.#share(module, index, base, chunks, part) : alone(base, chunks, part);
    watch.done(this.#now() - start, chunks, helped);
  }

  // Tells how many chunks others have computed.
  #share(module: Shared, index: number, base: number, chunks: number, part: Part): number {
    const c = this.#c;
    c[words.slot] = module.slot;
    c[words.part] = index;
    c[words.base] = base;
    Atomics.store(c, words.done, 0);
    Atomics.store(c, words.left, chunks);
    this.#call(chunks - 1);
    let mine = 0;
    try {
      for (let left = chunks; (left = Atomics.load(c, words.left)) > 0; ) {
        if (Atomics.compareExchange(c, words.left, left, left - 1) !== left) continue;
        mine++; // even if it fails: nobody else computes it
        part(base, left - 1, 0);
      }
    } finally {
      mine += Atomics.exchange(c, words.left, 0);
      this.#join(chunks - mine);
    }
    return chunks - mine;
  }

  /** Whether all threads have loaded a module; if they have not, it is offered to them. */
  has(module: Shared): boolean {
    if (!this.#isReady()) return false;
    const isTaken = Atomics.load(this.#c, words.loaded) === this.#threads.length;
    if (module.offer > 0) return module.offer < this.#offers || isTaken;
    if (this.#offers === 0 || isTaken) this.#offer(module);
    return false;
  }

  /** Ends the threads. Whatever is run afterwards is done by the caller. */
  dispose(): void {
    this.#end("the threads were ended by dispose()");
  }

  #isReady = (): boolean => this.#whyNot === undefined && this.#threads.length > 0 && Atomics.load(this.#c, words.ready) === this.#threads.length;

  #offer(module: Shared): void {
    const { bytes } = module;
    if (bytes.length > largestModule) return;
    const slot = this.#kept.size < slots ? this.#kept.size : (this.#kept.keys().next().value as number);
    const former = this.#kept.get(slot);
    if (former !== undefined) former.offer = 0;
    this.#kept.delete(slot);
    this.#kept.set(slot, module);
    module.slot = slot;
    module.offer = ++this.#offers;
    new Uint8Array(this.#c.buffer).set(bytes, mailbox);
    this.#c[words.bytes] = bytes.length;
    this.#c[words.offered] = slot;
    Atomics.store(this.#c, words.loaded, 0);
    Atomics.store(this.#c, words.load, this.#offers);
    this.#call(this.#threads.length);
  }

  #call(threads: number): void {
    Atomics.add(this.#c, words.calls, 1);
    if (Atomics.load(this.#c, words.asleep) > 0) Atomics.notify(this.#c, words.calls, threads);
  }

  // Waits until threads have computed so many chunks.
  #join(chunks: number): void {
    const c = this.#c;
    for (let turn = 0; turn < 10_000; turn++) if (Atomics.load(c, words.done) === chunks) return this.#check();
    const until = performance.now() + this.#patience;
    Atomics.store(c, words.waiting, 1);
    for (let done: number; (done = Atomics.load(c, words.done)) < chunks; ) {
      if (this.#maySleep) Atomics.wait(c, words.done, done, 50);
      if (performance.now() > until) return this.#fail("a thread did not come back");
    }
    Atomics.store(c, words.waiting, 0);
    this.#check();
  }

  #check(): void {
    if (Atomics.load(this.#c, words.failed) !== 0) this.#fail("a function failed in a thread");
  }

  #fail(cause: string): void {
    this.#end(cause);
    throw new DeviceLimitError(`cpu: ${cause}, and what it computed is lost. From now on this backend computes on one thread: call the function again.`);
  }

  #end(cause: string): void {
    if (this.#whyNot !== undefined) return;
    this.#whyNot = cause;
    for (const thread of this.#threads) thread.terminate();
    this.#threads = [];
    this.#kept.clear();
  }
}
