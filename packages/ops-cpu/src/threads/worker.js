// A thread: takes chunks of the job at hand, or else loads the module that is offered, or else sleeps. It is a file of its own in plain
// JavaScript, so that it can be started from sources and from what is built, in Node and in pages with a strict policy.
// What the words of `control` mean is told in control.ts, which sends their numbers.

/**
 * @typedef {{ memory: WebAssembly.Memory, control: SharedArrayBuffer, thread: number, words: import("./control.js").Words, mailbox: number, spin: number }} Start
 * @typedef {(base: number, chunk: number, thread: number) => void} Part
 */

/** Functions of the host by name; those of another name are not called by threads. @param {string} name @returns {unknown} */
const hostFunction = (name) => {
  /** @type {unknown} */
  const known = Reflect.get(Math, name);
  return typeof known === "function" ? known : () => 0;
};

/** @param {Start} start */
function serve({ memory, control, thread, words, mailbox, spin }) {
  const c = new Int32Array(control);
  /** @type {((part: number) => Part)[]} */
  const slots = [];
  let loaded = 0;

  const load = () => {
    loaded = Atomics.load(c, words.load);
    // Modules are not compiled from memory that others may write to.
    const bytes = new Uint8Array(control, mailbox, c[words.bytes]).slice();
    const module = new WebAssembly.Module(bytes);
    /** @type {any} */
    const imports = { env: { memory }, math: {} };
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) if (kind === "function") imports[from][name] = from === "math" ? hostFunction(name) : () => {};
    const { exports } = new WebAssembly.Instance(module, imports);
    slots[c[words.offered] ?? 0] = (part) => /** @type {Part} */ (exports[`part${part}`]);
    Atomics.add(c, words.loaded, 1);
  };

  /** Whether there was a chunk to take. */
  const take = () => {
    const left = Atomics.load(c, words.left);
    if (left <= 0) return false;
    if (Atomics.compareExchange(c, words.left, left, left - 1) !== left) return true;
    try {
      slots[c[words.slot] ?? 0]?.(c[words.part] ?? 0)(c[words.base] ?? 0, left - 1, thread);
    } catch {
      Atomics.store(c, words.failed, 1);
    }
    Atomics.add(c, words.helped, 1);
    Atomics.add(c, words.done, 1);
    if (Atomics.load(c, words.waiting) !== 0) Atomics.notify(c, words.done);
    return true;
  };

  Atomics.add(c, words.ready, 1);
  for (;;) {
    const calls = Atomics.load(c, words.calls);
    if (Atomics.load(c, words.load) !== loaded) load();
    for (let until = performance.now() + spin, turn = 1; ; turn++) {
      if (take()) until = performance.now() + spin;
      else if (turn % 256 === 0 && (performance.now() > until || Atomics.load(c, words.load) !== loaded)) break;
    }
    Atomics.add(c, words.asleep, 1);
    Atomics.wait(c, words.calls, calls);
    Atomics.sub(c, words.asleep, 1);
  }
}

const port = /** @type {{ onmessage: unknown }} */ (globalThis.process?.getBuiltinModule?.("node:worker_threads").parentPort ?? globalThis);
port.onmessage = (/** @type {{ data: Start }} */ { data }) => serve(data);
