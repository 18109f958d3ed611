// Browsers and devices that cannot, or can only do less, and what a device is found to do to numbers at the edges.
import { add, array, type Aval, bind, definePrimitive, type Tensor, withBackend } from "@gradus/core";
import { dotGeneral } from "@gradus/ops";
import { afterEach, expect, test, vi } from "vitest";
import { webgl } from "../src/index.js";

afterEach(() => vi.restoreAllMocks());

/** A canvas whose context lacks extensions. */
function without(...missing: readonly string[]): OffscreenCanvas {
  const canvas = new OffscreenCanvas(1, 1);
  const gl = canvas.getContext("webgl2") as WebGL2RenderingContext;
  const real = gl.getExtension.bind(gl) as (name: string) => unknown;
  gl.getExtension = ((name: string) => (missing.includes(name) ? null : real(name))) as typeof gl.getExtension;
  return canvas;
}

const limit = (reason: RegExp): unknown => expect.objectContaining({ name: "DeviceLimitError", message: expect.stringMatching(reason) });

test("a browser without WebGL2 is told from the others, with the reason", async () => {
  vi.spyOn(OffscreenCanvas.prototype, "getContext").mockImplementation(() => null);
  const canvas = new OffscreenCanvas(1, 1);
  expect(await webgl.isSupported()).toEqual({ supported: false, reason: "the browser gives no WebGL2 context" });
  expect(() => webgl()).toThrow(limit(/the browser gives no WebGL2 context\. Use the CPU backend here/));
  expect(() => webgl({ canvas })).toThrow(limit(/the canvas gives no WebGL2 context/));
});

test("so is a device that writes no floats", async () => {
  const canvas = without("EXT_color_buffer_float", "EXT_color_buffer_half_float");
  for (const precision of ["float32", "float16"] as const) {
    expect(await webgl.isSupported({ canvas, precision })).toEqual({ supported: false, reason: expect.stringContaining("cannot write floats to textures") });
    expect(() => webgl({ canvas, precision })).toThrow(limit(/EXT_color_buffer_half_float are missing/));
  }
});

test("a device that writes floats of 16 bits only is used where that is asked for", async () => {
  const canvas = without("EXT_color_buffer_float");
  expect(await webgl.isSupported({ canvas })).toEqual({ supported: false, reason: expect.stringContaining("16 bits only") });
  expect(() => webgl({ canvas })).toThrow(limit(/webgl\(\{ precision: "float16" \}\)/));
  expect(await webgl.isSupported({ canvas, precision: "float16" })).toEqual({ supported: true });
  const backend = webgl({ canvas, precision: "float16" });
  expect(backend.capabilities.precision).toBe("float16");
  withBackend(backend, () => {
    const x = array([1, 1 / 3, 2049, 65504, NaN, -Infinity, -0, 1e6]);
    // Rounded to 11 bits: 1/3 to 1365/4096, 2049 to even.
    expect(x.js()).toEqual([1, 1365 / 4096, 2048, 65504, NaN, -Infinity, -0, Infinity]);
    const sum = add(x, 1).js() as number[];
    expect([...sum.slice(0, 5), sum[6]]).toEqual([2, 1365 / 1024, 2048, 65504, NaN, 1]);
    // Infinities of 16 bits survive where the device is found to keep them.
    if (backend.capabilities.keepsInfinity) expect([sum[5], sum[7]]).toEqual([-Infinity, Infinity]);
    expect(add(array([2 ** 24], { dtype: "int32" }), 1).js()).toEqual([2 ** 24 + 1]);
    const a: Tensor = array(Float32Array.from({ length: 32 * 32 }, (_, i) => i % 5), { shape: [32, 32] });
    const product = dotGeneral(a, a, { contract: [[1], [0]] }).dataSync();
    const exact = (i: number, j: number): number => Array.from({ length: 32 }, (_, k) => ((32 * i + k) % 5) * ((32 * k + j) % 5)).reduce((s, v) => s + v, 0);
    product.forEach((v, i) => expect(v).toBe(exact(Math.floor(i / 32), i % 32)));
  });
  expect(backend.stats()["liveBytes"]).toBeGreaterThan(0);
});

test("half the bytes hold the same array in 16 bits", () => {
  const bytes = (precision: "float32" | "float16"): number => {
    const backend = webgl({ precision });
    withBackend(backend, () => array(new Float32Array(4096)));
    return backend.stats()["liveBytes"] as number;
  };
  expect([bytes("float32"), bytes("float16")]).toEqual([16384, 8192]);
});

test("fragment shaders of less than float32 are refused", async () => {
  const canvas = new OffscreenCanvas(1, 1);
  const gl = canvas.getContext("webgl2") as WebGL2RenderingContext;
  gl.getShaderPrecisionFormat = () => ({ precision: 10, rangeMin: 14, rangeMax: 14 }) as WebGLShaderPrecisionFormat;
  expect(await webgl.isSupported({ canvas })).toEqual({ supported: false, reason: expect.stringContaining("10 bits after the binary point") });
});

test("what the device does at the edges is tried out, and its limits are told", () => {
  const { capabilities } = webgl();
  const gl = new OffscreenCanvas(1, 1).getContext("webgl2") as WebGL2RenderingContext;
  const longest = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
  // What the kit relies on; subnormal numbers may be kept or not.
  expect(capabilities).toMatchObject({ precision: "float32", keepsNaN: true, keepsInfinity: true, keepsNegativeZero: true, maxElements: 4 * Math.min(4096, longest) * longest });
  expect(capabilities.renderer).not.toBe("");
  expect(webgl().capabilities).toBe(capabilities);
});

test("bad arguments are named", () => {
  const refused = (message: RegExp): unknown => expect.objectContaining({ name: "ArgumentError", message: expect.stringMatching(message) });
  expect(() => webgl({ recover: null as unknown as boolean })).toThrow(refused(/recover is null/));
  expect(() => webgl({ canvas: {} as OffscreenCanvas })).toThrow(refused(/canvas is .*expected a canvas/));
  expect(() => webgl({ fallback: 5 as never })).toThrow(refused(/fallback is a number; expected a backend, such as cpu\(\)/));
  const backend = webgl();
  expect(() => backend.scope(5 as never)).toThrow(refused(/^scope: expected a function/));
  const twiceP = definePrimitive<object>("@test/twice", { abstractEval: ([x]) => x as Aval });
  expect(() => backend.defineLowering("twice" as never, () => [])).toThrow(refused(/expected a primitive/));
  expect(() => backend.defineLowering(twiceP, 5 as never)).toThrow(refused(/for @test\/twice/));
  const apply = (): unknown => withBackend(backend, () => bind(twiceP, [array([1, 2])], {}));
  backend.defineLowering(twiceP, () => null as never);
  expect(apply).toThrow(refused(/^The kernel of @test\/twice gives null; expected \{ source/));
  backend.defineLowering(twiceP, () => ({ source: "float element(int i) { return twice(read0(i)); }" }));
  expect(apply).toThrow(limit(/^The kernel of @test\/twice: .*'twice'/));
});

test("a precision that is none is refused", () => {
  expect(() => webgl({ precision: "float64" as "float32" })).toThrow(expect.objectContaining({ name: "ArgumentError", message: expect.stringContaining('"float16"') }));
});
