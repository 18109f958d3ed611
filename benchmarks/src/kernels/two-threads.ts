// What two threads can gain on this machine at this moment: the product loop on one, and the same work on two.

import { Worker } from "node:worker_threads";
import { productBytes, productPeak } from "./ceilings.js";

// The words of the mailbox: how often work was asked for, and how often it was done.
const worker = `
const { parentPort, workerData: { bytes, mailbox, rounds } } = require("node:worker_threads");
const { run } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: new WebAssembly.Memory({ initial: 1 }) } }).exports;
parentPort.postMessage("ready");
for (let seen = 0; ; ) {
  Atomics.wait(mailbox, 0, seen);
  seen = Atomics.load(mailbox, 0);
  run(rounds);
  Atomics.store(mailbox, 1, seen);
}`;

export interface TwoThreads {
  /** All of the work, by the calling thread. */
  readonly alone: () => void;
  /** Half of it by each. */
  readonly together: () => void;
  readonly stop: () => Promise<unknown>;
}

/** Starts the other thread. Half of the work takes some milliseconds, beside which it wakes up in no time. */
export async function twoThreads(rounds: number = 2e6): Promise<TwoThreads> {
  const mailbox = new Int32Array(new SharedArrayBuffer(8));
  const other = new Worker(worker, { eval: true, workerData: { bytes: productBytes(), mailbox, rounds } });
  await new Promise((resolve, reject) => {
    other.once("message", resolve);
    other.once("error", reject);
  });
  const { call } = productPeak(rounds);
  return {
    alone: () => {
      call();
      call();
    },
    together: () => {
      const asked = Atomics.add(mailbox, 0, 1) + 1;
      Atomics.notify(mailbox, 0);
      call();
      while (Atomics.load(mailbox, 1) !== asked);
    },
    stop: () => other.terminate(),
  };
}
