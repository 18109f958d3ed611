// Memory of the device: long loops, donation, scopes, and devices that run out of it.
import { add, array, dispose, mul, reduceSum, reshape, type Tensor, transpose, withBackend } from "@gradus/core";
import { cast, sin } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { expect, test, vi } from "vitest";
import { webgl, type WebGLBackend } from "../src/index.js";

const on = <T>(backend: WebGLBackend, f: () => T): T => withBackend(backend, f);
const counter = (backend: WebGLBackend, name: string): number => backend.stats()[name] as number;
const timeout = 120_000;

test("5,000 steps of a loop that never waits stay flat without any freeing", { timeout }, () => {
  const backend = webgl({ maxBytes: 2 ** 14 });
  on(backend, () => {
    let w = array(Float32Array.of(1, 2, 3, 4));
    for (let i = 0; i < 5000; i++) {
      w = add(mul(w, 0.5), 1);
      if (i % 500 !== 499) continue;
      expect(counter(backend, "bytes")).toBeLessThanOrEqual(2 ** 14);
    }
    expect(w.js()).toEqual([2, 2, 2, 2]);
  });
});

test("5,000 steps with donated arguments need the textures of the first", { timeout }, () => {
  const backend = webgl();
  on(backend, () => {
    const x = array([1, 2, 3]);
    const step = jit((w: Tensor, v: Tensor) => add(w, mul(sin(mul(add(w, v), reduceSum(v))), 0.01)), { donateArgnums: 0 });
    let w = array([0, 0, 0]);
    for (let i = 0; i < 10; i++) w = step(w, x);
    const before = backend.stats();
    for (let i = 0; i < 5000; i++) w = step(w, x);
    const { textures, bytes, liveBytes, liveTextures } = backend.stats();
    expect({ textures, bytes, liveBytes, liveTextures }).toEqual({ textures: before["textures"], bytes: before["bytes"], liveBytes: before["liveBytes"], liveTextures: before["liveTextures"] });
    expect(w.dataSync().every(Number.isFinite)).toBe(true);
  });
});

test("what was donated is free, and an error to use; a result that shares it is whole", () => {
  const backend = webgl();
  on(backend, () => {
    const [x, y] = [array([1, 2, 3, 4]), array([1, 1, 1, 1])];
    const f = jit((a: Tensor, b: Tensor) => [reshape(a, [2, 2]), add(a, b)], { donateArgnums: [0, 1] });
    const before = counter(backend, "liveTextures");
    const [square, sum] = f(x, y) as [Tensor, Tensor];
    expect(counter(backend, "liveTextures")).toBe(before); // one more, and y less
    expect(square.js()).toEqual([[1, 2], [3, 4]]);
    expect(sum.js()).toEqual([2, 3, 4, 5]);
    for (const gone of [x, y]) expect(() => add(gone, 1)).toThrow(expect.objectContaining({ name: "ArgumentError", message: expect.stringContaining("donateArgnums") }));
  });
});

test("what is disposed of is free, and an error to use", () => {
  const backend = webgl();
  on(backend, () => {
    const x = array([1, 2, 3, 4]);
    const before = counter(backend, "liveTextures");
    const [doubled, sum] = jit((v: Tensor) => [mul(v, 2), add(v, 1)])(x) as [Tensor, Tensor];
    const square = reshape(doubled, [2, 2]);
    dispose([doubled, null, 3]);
    dispose(doubled);
    expect(counter(backend, "liveTextures")).toBe(before + 1);
    expect(sum.js()).toEqual([2, 3, 4, 5]);
    for (const gone of [doubled, square]) expect(() => add(gone, 1)).toThrow(expect.objectContaining({ name: "ArgumentError" }));
    expect(() => doubled.js()).toThrow(/freed by dispose/);
  });
});

test("several donated arguments of which one is a result", () => {
  const backend = webgl();
  on(backend, () => {
    const [x, y] = [array([1, 2]), array([3, 4])];
    const [same, sum] = jit((a: Tensor, b: Tensor) => [a, add(a, b)], { donateArgnums: [0, 1] })(x, y) as [Tensor, Tensor];
    expect([same.js(), sum.js()]).toEqual([[1, 2], [4, 6]]);
    for (const gone of [x, y]) expect(() => gone.js()).toThrow(/donated/);
  });
});

test("using closes a scope at the end of the block", () => {
  const backend = webgl();
  on(backend, () => {
    let w = array([1, 2]);
    let inner: Tensor | undefined;
    const before = counter(backend, "liveTextures");
    {
      using scope = backend.scope();
      inner = mul(w, 3);
      w = scope.keep({ w: add(inner, 1) }).w;
    }
    expect(counter(backend, "liveTextures")).toBe(before + 1);
    expect(w.js()).toEqual([4, 7]);
    expect(() => inner?.js()).toThrow(expect.objectContaining({ name: "ArgumentError" }));
    const outer = backend.scope();
    const kept = backend.scope(() => add(w, 1));
    outer.close();
    outer.close();
    expect(() => kept.js()).toThrow(expect.objectContaining({ name: "ArgumentError" }));
    expect(add(w, 1).js()).toEqual([5, 8]);
  });
});

test("what no tensor has any more is freed when the engine tells, and can be computed anew for others", { timeout }, async () => {
  // The engine tells when it likes; here it does when it is asked to.
  const told: (() => void)[] = [];
  const Real = FinalizationRegistry;
  vi.stubGlobal("FinalizationRegistry", class<T> {
    readonly #tell: (held: T) => void;
    constructor(tell: (held: T) => void) {
      this.#tell = tell;
    }
    register(_target: object, held: T): void {
      told.push(() => this.#tell(held));
    }
  });
  const canvas = new OffscreenCanvas(1, 1);
  const backend = webgl({ canvas });
  vi.stubGlobal("FinalizationRegistry", Real);
  const before = told.length;
  const x = on(backend, () => array([3, 4]));
  const y = mul(x, 10);
  const square = reshape(y, [1, 2]);
  const z = add(square, 1);
  const live = counter(backend, "liveTextures");
  told[before + 1]?.(); // y, of which there is another view
  expect(counter(backend, "liveTextures")).toBe(live);
  expect(square.js()).toEqual([[30, 40]]);
  told[before + 2]?.(); // square
  expect(counter(backend, "liveTextures")).toBe(live - 1);
  const extension = (canvas.getContext("webgl2") as WebGL2RenderingContext).getExtension("WEBGL_lose_context") as WEBGL_lose_context;
  canvas.addEventListener("webglcontextlost", () => setTimeout(() => extension.restoreContext()), { once: true });
  extension.loseContext();
  expect(Array.from(await z.data())).toEqual([31, 41]);
});

test("reading what lies in another order leaves nothing behind", async () => {
  const backend = webgl();
  const x = on(backend, () => transpose(array([[1, 2], [3, 4], [5, 6]])));
  const before = counter(backend, "liveTextures");
  expect(x.js()).toEqual([[1, 3, 5], [2, 4, 6]]);
  expect(backend.isZero(x)).toBe(false);
  expect(Array.from(await x.data())).toEqual([1, 3, 5, 2, 4, 6]);
  expect(counter(backend, "liveTextures")).toBe(before);
});

test("what a program captures outlives the scope that it was traced in", () => {
  const backend = webgl();
  on(backend, () => {
    const inner = jit((x: Tensor) => mul(x, array([1, 10])));
    const f = jit((x: Tensor) => add(inner(x), array([0.5, 0.25])));
    for (let i = 0; i < 3; i++) expect(backend.scope(() => f(array([1, 2]))).js()).toEqual([1.5, 20.25]);
    // Also where it is evaluated operation by operation.
    const g = jit((x: Tensor) => mul(add(x, array([1, 2])), cast(array(2, { dtype: "float64" }), "float32")));
    for (let i = 0; i < 2; i++) expect(backend.scope(() => g(array([1, 1]))).js()).toEqual([4, 6]);
  });
});

/** A canvas of a device with so many texels of memory. */
function small(texels: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(1, 1);
  const gl = canvas.getContext("webgl2") as WebGL2RenderingContext;
  const sizes = new Map<WebGLTexture | null, number>();
  let bound: WebGLTexture | null = null;
  let isOut = false;
  const real = { bind: gl.bindTexture.bind(gl), storage: gl.texStorage2D.bind(gl), free: gl.deleteTexture.bind(gl), error: gl.getError.bind(gl) };
  gl.bindTexture = (target, texture) => real.bind(target, (bound = texture));
  gl.deleteTexture = (texture) => {
    sizes.delete(texture);
    real.free(texture);
  };
  gl.texStorage2D = (target, levels, format, width, height) => {
    const used = [...sizes.values()].reduce((a, b) => a + b, 0);
    if (used + width * height > texels) return void (isOut = true);
    sizes.set(bound, width * height);
    real.storage(target, levels, format, width, height);
  };
  gl.getError = () => {
    if (!isOut) return real.error();
    isOut = false;
    return gl.OUT_OF_MEMORY;
  };
  return canvas;
}

test("a device without memory for more gives back what was not used for longest, and nothing is corrupted", () => {
  const backend = webgl({ canvas: small(6 * 4096) });
  on(backend, () => {
    const xs = Array.from({ length: 20 }, (_, i) => mul(array(new Float32Array(16384).fill(i)), 2));
    expect(counter(backend, "evictions")).toBeGreaterThan(0);
    xs.forEach((x, i) => expect(add(x, 1).dataSync()[16383]).toBe(2 * i + 1));
  });
});

test("more than it can hold at all is a DeviceLimitError, and what it holds stays whole", () => {
  const backend = webgl({ canvas: small(6 * 4096) });
  on(backend, () => {
    const x = array(new Float32Array(16384).fill(3));
    expect(() => array(new Float32Array(7 * 16384))).toThrow(expect.objectContaining({ name: "DeviceLimitError", message: expect.stringMatching(/no memory for an array of 114688 elements .*webgl\(\{ maxBytes \}\)/) }));
    expect(mul(x, 2).dataSync()[16383]).toBe(6);
  });
});
