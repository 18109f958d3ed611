// Where there can be no threads, or they fail to start: programs run on one, and their plans say why.

import { add, array, type Tensor, withBackend } from "@gradus/core";
import { sin } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { afterEach, expect, test, vi } from "vitest";
import { cpu } from "../../src/index.js";
import { until } from "./support.js";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const size = 200_000;

/** A backend with two threads, if they were there, and a program on it that is large enough for both. */
function twoThreads(): { backend: ReturnType<typeof cpu>; plan(): string; lastLine(): string; value(): number } {
  const backend = cpu({ threads: 2 });
  return withBackend(backend, () => {
    const f = jit((x: Tensor) => add(sin(x), 1));
    const x = array(new Float32Array(size), { dtype: "float32", shape: [size] });
    const plan = (): string => withBackend(backend, () => f.explainPlan(x));
    return { backend, plan, lastLine: () => plan().split("\n").at(-1) as string, value: () => withBackend(backend, () => (f(x) as Tensor).dataSync()[size - 1] as number) };
  });
}

const onOne = ({ backend, plan, value }: ReturnType<typeof twoThreads>): void => {
  expect(value()).toBe(1);
  expect(backend.stats()).toMatchObject({ threads: 1, helped: 0 });
  expect(plan()).not.toContain("shared by threads");
};

test("two threads, where there are threads", async () => {
  const run = twoThreads();
  expect(run.value()).toBe(1);
  await until(() => run.backend.stats()["threads"] === 2);
  expect(run.plan()).toMatch(/, 1 shared by threads; [^]*\n2 threads$/);
  run.backend.dispose();
  expect(run.value()).toBe(1);
  expect(run.lastLine()).toBe("one thread: the threads were ended by dispose()");
});

test("a job that takes as long with threads as without, as the clock has it", async () => {
  const run = twoThreads();
  const { backend } = run;
  expect(run.value()).toBe(1);
  await until(() => backend.stats()["threads"] === 2);
  let time = 0;
  vi.spyOn(performance, "now").mockImplementation(() => time++);
  for (let k = 0; k < 5000 && backend.stats()["withheld"] === 0; k++) expect(run.value()).toBe(1);
  vi.restoreAllMocks();
  expect(run.lastLine()).toBe("2 threads; 1 job withheld from them for now, since sharing did not make it faster");
  expect(run.plan()).toContain("1 shared by threads");
  backend.dispose();
});

test("a backend that is disposed of before it compiles starts none", () => {
  const { backend, plan, value } = twoThreads();
  backend.dispose();
  expect(value()).toBe(1);
  expect(backend.stats()).toMatchObject({ threads: 1 });
  expect(plan()).not.toContain("thread");
});

test("plans of a backend with one thread do not speak of threads", () => {
  const backend = cpu({ threads: 1 });
  const plan = withBackend(backend, () => jit((x: Tensor) => sin(x)).explainPlan(array(new Float32Array(size), { dtype: "float32", shape: [size] })));
  expect(plan).not.toContain("thread");
  backend.dispose(); // there is nothing to end
});

test("an engine without shared memory", () => {
  vi.stubGlobal("SharedArrayBuffer", undefined);
  const run = twoThreads();
  onOne(run);
  expect(run.lastLine()).toMatch(/^one thread: threads share memory, .* cross-origin isolated/);
});

test("a page that is not cross-origin isolated", () => {
  vi.stubGlobal("crossOriginIsolated", false);
  const run = twoThreads();
  onOne(run);
  expect(run.lastLine()).toMatch(/cross-origin isolated \(headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp\)$/);
});

test("an engine without workers", () => {
  vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined as never);
  vi.stubGlobal("Worker", undefined);
  const run = twoThreads();
  onOne(run);
  expect(run.lastLine()).toBe("one thread: this engine has no workers");
});

test("a host that gives no memory to share", () => {
  const { Memory } = WebAssembly;
  vi.spyOn(WebAssembly, "Memory").mockImplementation(function (size: WebAssembly.MemoryDescriptor) {
    if (size.shared === true) throw new RangeError("could not allocate");
    return new Memory(size);
  } as never);
  const run = twoThreads();
  onOne(run);
  expect(run.lastLine()).toBe("one thread: there is no memory to share (could not allocate)");
});

/** In the place of the workers of pages. */
function stubWorkers(posted: () => void, heard: (listener: (event: { message?: string }) => void) => void = () => {}): void {
  vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined as never);
  vi.stubGlobal("Worker", class {
    postMessage = posted;
    terminate(): void {}
    addEventListener = (_type: string, listener: (event: { message?: string }) => void): void => heard(listener);
  });
}

test("workers that memory cannot be sent to", () => {
  stubWorkers(() => {
    throw new DOMException("could not be cloned", "DataCloneError");
  });
  const run = twoThreads();
  expect(run.value()).toBe(1);
  expect(run.backend.stats()["threads"]).toBe(1);
  expect(run.lastLine()).toBe("one thread: threads cannot be started: could not be cloned");
});

test("workers whose file is not there", async () => {
  for (const [message, expected] of [["not found", "not found"], [undefined, "its file could not be loaded"]] as const) {
    stubWorkers(() => {}, (listener) => setTimeout(() => listener(message === undefined ? {} : { message }), 0));
    const run = twoThreads();
    expect(run.value()).toBe(1);
    expect(run.lastLine()).toBe("one thread: the threads are being started");
    await until(() => run.lastLine() === `one thread: a thread ended: ${expected}`);
    expect(run.value()).toBe(1);
  }
});
