// One worker and the watch over it: a worker that does not answer within the time limit is terminated.

import type { FromSandbox, ModuleShim, ToSandbox } from "../sandbox/protocol.js";

export type Modules = Readonly<Record<string, ModuleShim>>;

/** What a worker says about the program in it. */
export type SandboxEvent = Exclude<FromSandbox, { type: "ready" | "pong" }> | { readonly type: "timeout"; readonly milliseconds: number };

const interval = 100; // milliseconds between questions whether the worker still answers

export class Sandbox {
  /** The modules that programs may import, once the worker has loaded the library. */
  readonly ready: Promise<Modules>;
  onEvent: (event: SandboxEvent) => void = () => {};
  readonly #worker = new Worker(new URL("../sandbox/worker.ts", import.meta.url), { type: "module", name: "sandbox" });
  #watch: ReturnType<typeof setInterval> | undefined;
  /** When the worker was asked what it has not answered yet. */
  #asked: number | undefined;
  #limit = 0;

  constructor() {
    this.ready = new Promise((resolve, reject) => {
      this.#worker.addEventListener("error", (event) => reject(new LoadError(event.message || "The worker could not be loaded.")));
      this.#worker.addEventListener("message", ({ data }: MessageEvent<FromSandbox>) => {
        if (data.type === "ready") resolve(data.modules);
        else if (data.type === "pong") this.#asked = undefined;
        else this.onEvent(data);
      });
    });
    // Whoever waits for it sees the failure; a spare that nobody waits for is no unhandled one.
    this.ready.catch(() => {});
  }

  /** Sends a message that makes the worker compute, and may block it for `limit` milliseconds. */
  send(message: ToSandbox, limit: number): void {
    this.#limit = limit;
    this.#worker.postMessage(message);
    this.#ask();
    this.#watch ??= this.#startWatch();
  }

  terminate(): void {
    clearInterval(this.#watch);
    this.onEvent = () => {};
    this.#worker.terminate();
  }

  #ask(): void {
    this.#asked ??= performance.now();
    this.#worker.postMessage({ type: "ping" } satisfies ToSandbox);
  }

  // The worker answers from its event loop: a program that awaits goes on as long as it likes, one that blocks does not.
  #startWatch(): ReturnType<typeof setInterval> {
    let ticks = 0;
    return setInterval(() => {
      if (this.#asked === undefined) {
        ticks = 0;
        this.#ask();
        return;
      }
      // Ticks are counted beside the clock: while the page itself was busy, the answer may lie unread in its queue.
      ticks++;
      const milliseconds = performance.now() - this.#asked;
      if (milliseconds < this.#limit || ticks < 4) return;
      const { onEvent } = this;
      this.terminate();
      onEvent({ type: "timeout", milliseconds });
    }, interval);
  }
}

/** The worker did not start. */
export class LoadError extends Error {
  override name = "LoadError";
}
