// The backend in Chromium: where values are, what is counted, what is freed, and what is refused.
import { add, array, broadcastTo, mul, reduceSum, reshape, type Tensor, transpose, withBackend } from "@gradus/core";
import { cumsum, dotGeneral, exp, sin, slice, sort } from "@gradus/ops";
import { expect, test } from "vitest";
import { webgl, type WebGLBackend } from "../src/index.js";

const on = <T>(backend: WebGLBackend, f: () => T): T => withBackend(backend, f);
const counter = (backend: WebGLBackend, name: string): number => backend.stats()[name] as number;

test("it is supported here, and says so", async () => {
  expect(await webgl.isSupported()).toEqual({ supported: true });
});

test("a canvas that cannot is refused with the reason", () => {
  const canvas = new OffscreenCanvas(1, 1);
  canvas.getContext("2d");
  expect(() => webgl({ canvas })).toThrow(expect.objectContaining({ name: "DeviceLimitError", message: expect.stringContaining("one of another kind") }));
  expect(() => webgl({ maxBytes: 0 })).toThrow(expect.objectContaining({ name: "ArgumentError" }));
});

test("float64 is refused, and float32 or the CPU offered", () => {
  const backend = webgl();
  expect(() => on(backend, () => array([1, 2], { dtype: "float64" }))).toThrow(expect.objectContaining({ name: "DTypeError", message: expect.stringContaining('cast(x, "float32"), or the CPU backend') }));
});

test("bits of NaN, infinities, −0, subnormals and whole integers survive a round trip", () => {
  const backend = webgl();
  const bits = Uint32Array.of(0x7fc00001, 0x7f800000, 0xff800000, 0x80000000, 1, 0x80000001, 0x3f800000);
  const x = on(backend, () => array(new Float32Array(bits.buffer)));
  expect(Array.from(new Uint32Array(x.dataSync().slice().buffer))).toEqual(Array.from(bits));
  const integers = [2 ** 31 - 1, -(2 ** 31), -1, 16777217];
  expect(Array.from(on(backend, () => array(Int32Array.from(integers))).dataSync())).toEqual(integers);
  expect(Array.from(on(backend, () => array(Uint32Array.of(2 ** 32 - 1, 16777217))).dataSync())).toEqual([2 ** 32 - 1, 16777217]);
});

test("transposing, slicing and repeating draw nothing", () => {
  const backend = webgl();
  on(backend, () => {
    const x = array(Float32Array.from({ length: 24 }, (_, i) => i), { shape: [2, 3, 4] });
    const before = counter(backend, "draws");
    const y = broadcastTo(slice(transpose(x), [1, 0, 0], [3, 3, 2]), [5, 2, 3, 2]);
    expect(counter(backend, "draws")).toBe(before);
    expect((y.js() as number[][][][])[4]?.[0]?.[2]).toEqual([9, 21]);
    expect(counter(backend, "draws")).toBe(before + 1);
  });
});

test("an operation with a number or another shape is one draw", () => {
  const backend = webgl();
  on(backend, () => {
    const x = array([[1, 2, 3], [4, 5, 6]]);
    const row = array([10, 20, 30]);
    const before = counter(backend, "draws");
    expect(add(mul(x, 2), row).js()).toEqual([[12, 24, 36], [18, 30, 42]]);
    expect(counter(backend, "draws")).toBe(before + 2);
  });
});

test("shaders are kept for other sizes", () => {
  const backend = webgl();
  on(backend, () => {
    const run = (n: number): unknown => reduceSum(add(sin(array(new Float32Array(n * 3), { shape: [n, 3] })), array([1, 2, 3])), 0).js();
    expect(run(2)).toEqual([2, 4, 6]);
    const before = counter(backend, "shaders");
    expect(run(7)).toEqual([7, 14, 21]);
    expect(run(30)).toEqual([30, 60, 90]);
    expect(counter(backend, "shaders")).toBe(before);
  });
});

test("arrays of several rows of texels are whole", () => {
  const backend = webgl();
  on(backend, () => {
    const n = 40_003; // three rows of 4096 texels
    const data = Float32Array.from({ length: n }, (_, i) => (i % 251) - 125);
    const x = array(data);
    expect(mul(x, 2).dataSync()).toEqual(data.map((v) => 2 * v));
    expect(slice(x, [39_000], [n]).dataSync()).toEqual(data.slice(39_000));
    expect(reduceSum(x).item()).toBe(data.reduce((a, b) => a + b, 0));
  });
});

test("more elements than a texture holds are refused with the limit", () => {
  const backend = webgl();
  const huge = on(backend, () => broadcastTo(array([1, 2]), [2 ** 30, 2]));
  expect(() => on(backend, () => mul(huge, 2))).toThrow(expect.objectContaining({ name: "DeviceLimitError", message: expect.stringContaining("MAX_TEXTURE_SIZE") }));
  expect(on(backend, () => mul(array([1, 2]), 2)).js()).toEqual([2, 4]);
});

test("data() reads without waiting, dataSync() is counted", async () => {
  const backend = webgl();
  const x = on(backend, () => exp(array([0, 1])));
  const data = await x.data();
  expect(data[0]).toBe(1);
  expect(data[1]).toBeCloseTo(Math.E, 6);
  expect([counter(backend, "asyncReads"), counter(backend, "syncReads")]).toEqual([1, 0]);
  x.dataSync();
  expect(counter(backend, "syncReads")).toBe(1);
});

test("a scope frees what does not leave it, and what was freed is named", () => {
  const backend = webgl();
  on(backend, () => {
    const x = array(new Float32Array(1000).fill(1));
    const before = counter(backend, "liveTextures");
    let inner: Tensor | undefined;
    const kept = backend.scope(() => {
      inner = sin(x);
      return { y: reshape(add(mul(inner, 0), 3), [10, 100]) };
    });
    expect(counter(backend, "liveTextures")).toBe(before + 1);
    expect(kept.y.dataSync()[999]).toBe(3);
    expect(() => inner?.dataSync()).toThrow(expect.objectContaining({ name: "ArgumentError", message: expect.stringContaining("released") }));
    backend.dispose(kept);
    expect(counter(backend, "liveTextures")).toBe(before);
    expect(x.dataSync()[0]).toBe(1);
    expect(() => backend.scope(async () => x)).toThrow(expect.objectContaining({ name: "ArgumentError" }));
  });
});

test("a long loop of steps in scopes keeps to its textures", () => {
  const backend = webgl();
  on(backend, () => {
    let w = array(new Float32Array(256));
    const step = (): void => {
      const next = backend.scope(() => add(w, mul(sin(add(w, 1)), 0.01)));
      backend.dispose(w);
      w = next;
    };
    for (let i = 0; i < 20; i++) step();
    const before = backend.stats();
    for (let i = 0; i < 500; i++) step();
    expect(counter(backend, "textures")).toBe(before["textures"]);
    expect(counter(backend, "liveBytes")).toBe(before["liveBytes"]);
  });
});

test("beyond its budget the device gives back what was not used for longest", () => {
  const bytes = 4 * 1024;
  const backend = webgl({ maxBytes: 8 * bytes });
  on(backend, () => {
    const xs = Array.from({ length: 20 }, (_, i) => mul(array(new Float32Array(1024).fill(i)), 2));
    expect(counter(backend, "liveBytes")).toBeLessThanOrEqual(8 * bytes);
    expect(counter(backend, "evictions")).toBeGreaterThan(0);
    xs.forEach((x, i) => expect(add(x, 1).dataSync()[1023]).toBe(2 * i + 1));
  });
});

test("what has no shader is refused without a fallback, which counts its transfers", async () => {
  const { cpu } = await import("@gradus/ops-cpu");
  const alone = webgl();
  expect(() => on(alone, () => sort(array([2, 1])))).toThrow(expect.objectContaining({ name: "MissingRuleError", message: expect.stringContaining("webgl({ fallback: cpu() })") }));
  const backend = webgl({ fallback: cpu() });
  const sorted = on(backend, () => sort(mul(array([2, 3, 1]), 2)));
  expect(sorted.backend).toBe(backend);
  expect(on(backend, () => add(sorted, 1)).js()).toEqual([3, 5, 7]);
  expect(counter(backend, "transfers")).toBe(1);
});

test("matrix products of any layout, and prefixes by decomposition", () => {
  const backend = webgl();
  on(backend, () => {
    const a = array([[1, 2, 3], [4, 5, 6]]);
    expect(dotGeneral(a, transpose(a), { contract: [[1], [0]] }).js()).toEqual([[14, 32], [32, 77]]);
    expect(cumsum(array([1, 2, 3, 4, 5])).js()).toEqual([1, 3, 6, 10, 15]);
  });
});

test("without recovery every use after a loss is a ContextLostError, and the loss is told once", async () => {
  const canvas = new OffscreenCanvas(1, 1);
  let losses = 0;
  const backend = webgl({ canvas, recover: false, onContextLost: () => losses++ });
  const x = on(backend, () => sin(array([1, 2])));
  const context = canvas.getContext("webgl2") as WebGL2RenderingContext;
  context.getExtension("WEBGL_lose_context")?.loseContext();
  const isLost = expect.objectContaining({ name: "ContextLostError" });
  expect(() => sin(x)).toThrow(isLost);
  expect(() => reduceSum(x)).toThrow(isLost);
  expect(() => x.dataSync()).toThrow(isLost);
  await expect(x.data()).rejects.toThrow(isLost);
  await expect(backend.restored()).rejects.toThrow(isLost);
  expect(() => on(backend, () => array([1, 2]))).toThrow(isLost);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(losses).toBe(1);
});
