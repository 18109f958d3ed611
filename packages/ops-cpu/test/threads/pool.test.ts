// The threads themselves: jobs of chunks, modules that they load, failures.

import { afterEach, expect, test } from "vitest";
import { largestModule } from "../../src/threads/control.js";
import { type Part, Pool, type Shared } from "../../src/threads/pool.js";
import { call, f64, type FunctionBuilder, i32, type Local, ModuleBuilder } from "../../src/wasm/encoder.js";
import { webAssembly, type WasmMemory } from "../../src/wasm/webassembly.js";
import { until } from "./support.js";

const pages = 16;
const newMemory = (): WasmMemory => new webAssembly!.Memory({ initial: 1, maximum: pages, shared: true });

const pools: Pool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.dispose();
});

function started(threads: number, memory: WasmMemory, patience?: number, now?: () => number): Pool {
  const pool = new Pool(threads, memory, patience, now);
  pools.push(pool);
  return pool;
}

type Body = (f: FunctionBuilder, base: Local<"i32">, chunk: Local<"i32">, thread: Local<"i32">, m: ModuleBuilder) => void;

/** A module of one function, for threads and for the caller. */
function moduleOf(memory: WasmMemory, body: Body): { shared: Shared; part: Part } {
  const m = new ModuleBuilder();
  m.importMemory("env", "memory", { maximum: pages, isShared: true });
  m.function(["i32", "i32", "i32"], "void", (f, base, chunk, thread) => body(f, base, chunk, thread, m), "part0");
  const bytes = m.assemble();
  const { exports } = new webAssembly!.Instance(new webAssembly!.Module(bytes), { env: { memory }, math: { sin: Math.sin } });
  return { shared: { bytes, slot: 0, offer: 0, watches: [] }, part: exports["part0"] as Part };
}

/** Adds one to the word of each chunk. */
const counting: Body = (f, base, chunk) => {
  const at = f.local("i32", i32.add(base, i32.shl(chunk, i32.const(2))));
  f.do(i32.store(at, i32.add(i32.load(at), i32.const(1))));
};

/** Runs jobs until others have helped with one. */
async function untilHelped(pool: Pool, run: () => void): Promise<void> {
  const before = pool.helped;
  await until(() => {
    for (let turn = 0; turn < 1000 && pool.helped === before; turn++) run();
    return pool.helped > before;
  });
}

for (const threads of [2, 3, 5]) {
  test(`${threads} threads compute each chunk once`, async () => {
    const memory = newMemory();
    const pool = started(threads, memory);
    const { shared, part } = moduleOf(memory, counting);
    const words = new Int32Array(memory.buffer);
    let jobs = 0;
    const job = (): void => {
      pool.run(shared, 0, 1024, 50, part);
      jobs++;
    };
    job(); // by the caller, since no thread can have started yet
    expect([...words.subarray(256, 306)]).toEqual(Array.from({ length: 50 }, () => 1));
    await until(() => pool.has(shared));
    expect([pool.running, pool.whyNot]).toEqual([threads, undefined]);
    await untilHelped(pool, job);
    for (let k = 0; k < 1000; k++) job();
    expect([...words.subarray(255, 307)]).toEqual([0, ...Array.from({ length: 50 }, () => jobs), 0]);
  });
}

test("functions of Math are those of the caller", async () => {
  const memory = newMemory();
  const pool = started(2, memory);
  const sine: Body = (f, base, chunk, thread, m) => {
    const at = f.local("i32", i32.add(base, i32.shl(chunk, i32.const(4))));
    f.do(f64.store(at, call(m.importFunction("math", "sin", ["f64"], "f64"), f64.convertI32S(chunk))));
    f.do(i32.store(at, thread, 8));
  };
  const { shared, part } = moduleOf(memory, sine);
  await until(() => pool.has(shared));
  const [values, words] = [new Float64Array(memory.buffer), new Int32Array(memory.buffer)];
  await untilHelped(pool, () => pool.run(shared, 0, 0, 64, part));
  expect(Array.from({ length: 64 }, (_, i) => values[2 * i])).toEqual(Array.from({ length: 64 }, (_, i) => Math.sin(i)));
  expect(Array.from({ length: 64 }, (_, i) => words[4 * i + 2])).toContain(1);
});

test("modules that are used again after many others are loaded again", async () => {
  const memory = newMemory();
  const pool = started(2, memory);
  const modules = Array.from({ length: 70 }, (_, k) => moduleOf(memory, (f, base, chunk) => f.do(i32.store(i32.add(base, i32.shl(chunk, i32.const(2))), i32.const(k)))));
  const words = new Int32Array(memory.buffer);
  for (const k of [...modules.keys(), 0, 69, 1]) {
    const { shared, part } = modules[k]!;
    await until(() => pool.has(shared));
    pool.run(shared, 0, 0, 4, part);
    expect([...words.subarray(0, 4)]).toEqual([k, k, k, k]);
  }
});

test("a module beyond the room for it is run by the caller", async () => {
  const memory = newMemory();
  const pool = started(2, memory);
  const { part } = moduleOf(memory, counting);
  const large: Shared = { bytes: new Uint8Array(largestModule + 1), slot: 0, offer: 0, watches: [] };
  await until(() => pool.running === 2);
  pool.run(large, 0, 0, 5, part);
  expect(pool.has(large)).toBe(false);
  expect([...new Int32Array(memory.buffer).subarray(0, 6)]).toEqual([1, 1, 1, 1, 1, 0]);
});

/** Waits, as the caller, until a thread has taken a chunk: it writes 1 to the first word then. */
const untilTaken = (words: Int32Array): void => {
  for (let turn = 0; turn < 1e9 && Atomics.load(words, 0) === 0; turn++);
  expect(words[0]).toBe(1);
};

test("what fails in a thread is an error, and the last thing that a thread does", async () => {
  const memory = newMemory();
  const pool = started(2, memory);
  const words = new Int32Array(memory.buffer);
  const { shared, part } = moduleOf(memory, (f, _base, chunk, thread) => {
    f.if(thread, () => {
      f.do(i32.store(i32.const(0), i32.const(1)));
      f.do(i32.store(i32.const(4), i32.divS(thread, i32.const(0))));
    });
    f.do(i32.store(i32.shl(chunk, i32.const(2)), i32.const(7), 8));
  });
  await until(() => pool.has(shared));
  const run = (mine: Part): void => pool.run(shared, 0, 0, 2, mine);
  expect(() => run(() => untilTaken(words))).toThrow(expect.objectContaining({ name: "DeviceLimitError", message: expect.stringContaining("a function failed in a thread") as string }));
  expect([pool.running, pool.whyNot]).toEqual([1, "a function failed in a thread"]);
  run(part);
  expect([...words.subarray(2, 4)]).toEqual([7, 7]);
});

test("a thread that does not come back is given up", async () => {
  const memory = newMemory();
  const pool = started(2, memory, 50);
  const words = new Int32Array(memory.buffer);
  const { shared, part } = moduleOf(memory, (f, base, chunk, thread, m) => {
    f.if(thread, () => {
      f.do(i32.store(i32.const(0), i32.const(1)));
      f.loop((again) => f.br(again));
    });
    counting(f, base, chunk, thread, m);
  });
  await until(() => pool.has(shared));
  expect(() => pool.run(shared, 0, 64, 2, () => untilTaken(words))).toThrow("a thread did not come back");
  expect(pool.running).toBe(1);
  pool.run(shared, 0, 64, 3, part);
  expect([...words.subarray(16, 20)]).toEqual([1, 1, 1, 0]);
});

test("an error of the caller ends a job, and spares the threads", async () => {
  const memory = newMemory();
  const pool = started(3, memory);
  const { shared, part } = moduleOf(memory, counting);
  await until(() => pool.has(shared));
  const fails = (): void => {
    throw new RangeError("on purpose");
  };
  let errors = 0;
  // Others may be quick enough to leave nothing to the caller.
  await until(() => {
    try {
      pool.run(shared, 0, 0, 5000, fails);
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      errors++;
    }
    return errors > 20;
  });
  const words = new Int32Array(memory.buffer).fill(0);
  await untilHelped(pool, () => {
    words.fill(0);
    pool.run(shared, 0, 0, 200, part);
    expect([...words.subarray(0, 201)]).toEqual([...Array.from({ length: 200 }, () => 1), 0]);
  });
});

test("jobs that take as long with threads as without are withheld from them, and computed all the same", async () => {
  const memory = newMemory();
  let time = 0;
  const pool = started(2, memory, undefined, () => time++);
  const { shared, part } = moduleOf(memory, counting);
  await until(() => pool.has(shared));
  const words = new Int32Array(memory.buffer);
  for (let run = 0; run < 32; run++) pool.run(shared, 0, 0, 50, part);
  expect(pool.withheld).toBe(0);
  for (let run = 32; run < 100; run++) pool.run(shared, 0, 0, 50, part);
  expect(pool.withheld).toBe(64);
  expect(shared.watches[0]?.isShared).toBe(true); // once more
  expect([...words.subarray(0, 51)]).toEqual([...Array.from({ length: 50 }, () => 100), 0]);
});

test("after dispose the caller does everything", async () => {
  const memory = newMemory();
  const pool = started(2, memory);
  const { shared, part } = moduleOf(memory, counting);
  await until(() => pool.has(shared));
  pool.dispose();
  pool.dispose();
  pool.run(shared, 0, 0, 3, part);
  expect([...new Int32Array(memory.buffer).subarray(0, 4)]).toEqual([1, 1, 1, 0]);
  expect([pool.running, pool.whyNot]).toEqual([1, "the threads were ended by dispose()"]);
});

test("memory that is not shared gives no threads, and the reason", () => {
  const pool = started(2, new webAssembly!.Memory({ initial: 1 }));
  expect(pool.running).toBe(1);
  expect(pool.whyNot).toMatch(/^threads cannot be started: /);
});
