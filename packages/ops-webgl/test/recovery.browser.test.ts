// A lost context that comes back: values are computed anew, and what cannot be told meanwhile is an error, never garbage.
import { add, array, mul, reduceSum, reshape, type Tensor, type TypedArray, withBackend } from "@gradus/core";
import { dotGeneral, sin } from "@gradus/ops";
import { afterEach, expect, test, vi } from "vitest";
import { webgl, type WebGLBackend, type WebGLOptions } from "../src/index.js";

// Browsers keep few contexts at a time.
const opened: WEBGL_lose_context[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const extension of opened.splice(0)) extension.loseContext();
});

const timeout = 120_000;
const lostError = (message: RegExp): unknown => expect.objectContaining({ name: "ContextLostError", message: expect.stringMatching(message) });
const counter = (backend: WebGLBackend, name: string): number => backend.stats()[name] as number;

interface Fragile {
  readonly backend: WebGLBackend;
  readonly canvas: OffscreenCanvas;
  /** Takes the context away. Unless it is told otherwise it comes back a task after the browser has told of the loss. */
  lose(comesBack?: boolean): void;
  restore(): void;
  put(data: TypedArray | number[]): Tensor;
}

/** A backend on a canvas of its own. */
function fragile(options: WebGLOptions = {}): Fragile {
  const canvas = new OffscreenCanvas(1, 1);
  const backend = webgl({ canvas, ...options });
  const extension = (canvas.getContext("webgl2") as WebGL2RenderingContext).getExtension("WEBGL_lose_context") as WEBGL_lose_context;
  opened.push(extension);
  const restore = (): void => extension.restoreContext();
  const lose = (comesBack = true): void => {
    if (comesBack) canvas.addEventListener("webglcontextlost", () => setTimeout(restore), { once: true });
    extension.loseContext();
  };
  return { backend, canvas, lose, restore, put: (data) => withBackend(backend, () => array(data as number[])) };
}

/** Resolves when the browser has told of the next loss. */
const told = (canvas: OffscreenCanvas): Promise<void> => new Promise((resolve) => canvas.addEventListener("webglcontextlost", () => resolve(), { once: true }));

test("arrays that were put and what was computed from them come back, also by way of what was freed", { timeout }, async () => {
  const { backend, lose, put } = fragile();
  const x = put(Float32Array.from({ length: 1024 }, (_, i) => i % 7));
  const whole = put(Int32Array.of(1, 2 ** 31 - 1));
  const y = backend.scope(() => add(mul(x, 2), mul(add(x, 1), x)));
  const square = reshape(y, [32, 32]);
  const z = dotGeneral(square, square, { contract: [[1], [0]] });
  const values = [x, y, z, whole, mul(whole, 2), add(x, 0.5)];
  const freed = mul(x, 3);
  const wanted = values.map((t) => t.dataSync());
  backend.dispose(freed);
  lose();
  const got = await Promise.all(values.map((t) => t.data()));
  got.forEach((data, i) => expect(data).toEqual(wanted[i]));
  expect(counter(backend, "contextLosses")).toBe(1);
  await expect(freed.data()).rejects.toThrow(/released/);
  // And it computes on.
  expect(add(x, 1).dataSync()[6]).toBe(7);
});

test("without a device, operations wait, and reading at once is an error that names the ways out", { timeout }, async () => {
  const { backend, lose, put } = fragile();
  const x = put([1, 2, 3]);
  const y = mul(x, 2);
  lose();
  expect(Array.from(x.dataSync())).toEqual([1, 2, 3]); // the host has it
  expect(() => y.dataSync()).toThrow(lostError(/await x\.data\(\).*await backend\.restored\(\)/));
  const z = add(y, put([10, 10, 10]));
  const total = reduceSum(z);
  expect(() => total.item()).toThrow(lostError(/reading an array/));
  expect(Array.from(await z.data())).toEqual([12, 14, 16]);
  expect(total.item()).toBe(42);
  await backend.restored();
});

test("what is under way to the host when the context goes arrives all the same", { timeout }, async () => {
  const { lose, put } = fragile();
  const x = put(new Float32Array(50_000).fill(1));
  const reading = sin(mul(x, 0)).data();
  lose();
  expect((await reading).every((v) => v === 0)).toBe(true);
});

test("the way back is bounded by copies, through many losses", { timeout }, async () => {
  const every = 50;
  const { backend, lose, put } = fragile({ recover: { every } });
  let x = put([1, 0]);
  let wanted = 1;
  for (let loss = 0; loss < 3; loss++) {
    for (let i = 0; i < 300; i++) x = backend.scope(() => add(mul(x, 0.5), 1));
    for (let i = 0; i < 300; i++) wanted = wanted * 0.5 + 1;
    const drawn = counter(backend, "draws");
    lose();
    expect((await x.data())[0]).toBeCloseTo(wanted, 6);
    expect(counter(backend, "draws") - drawn).toBeLessThan(4 * every);
  }
  // A copy for every 50 of 1,800 passes or so.
  expect(counter(backend, "copies")).toBeGreaterThan(20);
  expect(counter(backend, "copies")).toBeLessThan(60);
});

test("copies come as well where much is put, however few operations there are", { timeout }, () => {
  const { backend, put } = fragile();
  let x = put(new Float32Array(2 ** 20));
  for (let i = 0; i < 20; i++) x = add(x, put(new Float32Array(2 ** 20).fill(1)));
  expect(counter(backend, "copies")).toBeGreaterThan(0);
  expect(x.dataSync()[2 ** 20 - 1]).toBe(20);
});

test("no more operations wait than may be needed again", { timeout }, async () => {
  const { backend, lose, put } = fragile({ recover: { every: 20 } });
  let x = put([1]);
  lose();
  expect(() => {
    for (let i = 0; i < 30; i++) x = add(x, 1);
  }).toThrow(lostError(/after 20 operations/));
  await backend.restored();
  expect(add(x, 1).item()).toBe(22);
});

test("a backend that does not recover is not taken for whole when its context comes back for another", { timeout }, async () => {
  const { canvas, lose, put, backend } = fragile();
  const other = webgl({ canvas, recover: false });
  const x = withBackend(other, () => array([1, 2]));
  const y = mul(x, 2);
  const z = mul(put([1, 2]), 2);
  lose();
  await backend.restored();
  expect(z.js()).toEqual([2, 4]);
  for (const use of [() => y.dataSync(), () => mul(y, 2), () => withBackend(other, () => array([1]))]) expect(use).toThrow(lostError(/make a new one with webgl\(\)/));
  await expect(y.data()).rejects.toThrow(lostError(/reading an array/));
});

test("a context that does not come back is an error after a minute", { timeout }, async () => {
  const { backend, canvas, lose, put } = fragile();
  const x = mul(put([1, 2]), 2);
  const isTold = told(canvas);
  lose(false);
  await isTold;
  vi.useFakeTimers();
  const [waiting, reading] = [backend.restored(), x.data()].map((p) => expect(p).rejects.toThrow(lostError(/after 60 s without it/)));
  await vi.advanceTimersByTimeAsync(60_000);
  await waiting;
  await reading;
});

test("a device that fell silent before the browser tells of it gives no garbage", { timeout }, async () => {
  const { canvas, put } = fragile();
  const [x, y] = [1, 2].map((k) => mul(put([1, 2]), k)) as [Tensor, Tensor];
  const gl = canvas.getContext("webgl2") as WebGL2RenderingContext;
  gl.readPixels = () => undefined;
  expect(() => x.dataSync()).toThrow(lostError(/reading an array/));
  gl.getBufferSubData = () => undefined;
  await expect(y.data()).rejects.toThrow(lostError(/reading an array/));
});

test("a loss is told each time", { timeout }, async () => {
  let losses = 0;
  const { backend, canvas, lose } = fragile({ onContextLost: () => losses++ });
  for (const n of [1, 2]) {
    const isTold = told(canvas);
    lose();
    await isTold;
    await backend.restored();
    expect(losses).toBe(n);
  }
});

test("what recovery is to do is checked", () => {
  for (const recover of [{ every: 0.5 }, { every: -1 }]) expect(() => webgl({ recover })).toThrow(expect.objectContaining({ name: "ArgumentError" }));
  expect(() => webgl({ precision: "float16", recover: true })).toThrow(/16 bits are not computed anew/);
});
