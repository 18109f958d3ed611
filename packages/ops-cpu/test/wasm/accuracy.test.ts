// How far vectors of float32 are from the host's doubles: at every 4099th number, and never further than all of them are (see sweep.ts).
import { array, type Tensor, withBackend } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { erf, exp, log, rsqrt, sigmoid } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { describe, expect, test } from "vitest";
import { CompilingCpu } from "../../src/compiling.js";
import { intrinsic } from "../../src/wasm/intrinsic.js";
import { errorOf, functions, type Name, wholeRange } from "./exact.js";
import { compileLoop, featuresOf, kinds } from "./loops.js";

const block = 1 << 16;

function worst(seen: Float32Array, x: Float32Array, f: (x: number) => number, most: { ulps: number; at: number }): void {
  for (let i = 0; i < x.length; i++) {
    const ulps = errorOf(seen[i] as number, f(x[i] as number));
    if (ulps > most.ulps) [most.ulps, most.at] = [ulps, x[i] as number];
  }
}

const severalSteps = { rsqrt, erf, sigmoid };
const intrinsics = (Object.keys(functions) as Name[]).filter((name): name is Exclude<Name, keyof typeof severalSteps> => !(name in severalSteps));
const known = wholeRange();

/** Fails if a function of float32 is too far off somewhere: at every 4099th number, or of sizes from 1/8 to 128 at every 67th. */
function expectClose(name: Name, run: (x: Float32Array) => Float32Array): void {
  const { f } = functions[name];
  const bits = new Uint32Array(block);
  const x = new Float32Array(bits.buffer);
  const most = { ulps: 0, at: 0 };
  const [low, high] = new Uint32Array(Float32Array.of(1 / 8, 128).buffer) as unknown as [number, number];
  for (const [start, end, stride] of [[0, 2 ** 32, 4099], [low, high, 67], [low + 2 ** 31, high + 2 ** 31, 67]] as const) {
    for (let at = start; at < end; ) {
      for (let i = 0; i < block; i++, at += stride) bits[i] = at;
      worst(run(x), x, f, most);
    }
  }
  // A machine may compute products and sums apart where others fuse them.
  if (!(most.ulps <= Math.min(2, 0.01 + Math.max(known[name]?.unfused.ulps ?? 2, known[name]?.fused.ulps ?? 2)))) expect.fail(`${name}(${most.at}) is ${run(new Float32Array(block).fill(most.at))[0]}, not ${f(most.at)}: ${most.ulps} ulp`);
}

describe.each(kinds.filter((k) => k !== "scalar"))("%s", (kind) => {
  test.each(intrinsics)("%s is within 2 ulp", (name) => {
    const op = intrinsic(s[name]);
    const run = compileLoop(kind, ["float32"], "float32", (code, args) => code.apply(op, "float32", args), block);
    expectClose(name, (x) => run([x]) as Float32Array);
  });

  test.each(Object.entries(severalSteps))("%s is within 2 ulp, compiled", (name, f) => {
    const run = jit((x: Tensor) => f(x));
    withBackend(new CompilingCpu([], featuresOf(kind)), () => expectClose(name as Name, (x) => run(array(x)).dataSync() as Float32Array));
  });

  test.each(["pow", "atan2", "rem"] as const)("%s is within 2 ulp", (name) => {
    const op = intrinsic(s[name]);
    const run = compileLoop(kind, ["float32", "float32"], "float32", (code, args) => code.apply(op, "float32", args), block);
    const [x, y] = [new Float32Array(block), new Float32Array(block)];
    const most = { ulps: 0, at: 0 };
    let seed = 1;
    const random = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) | 0) >>> 0;
    const asFloat = new Float32Array(1);
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < block; i++) {
        // Any bits, then magnitudes at which results are neither 0 nor ∞.
        for (const z of [x, y]) {
          new Uint32Array(asFloat.buffer)[0] = random();
          z[i] = round < 2 ? (asFloat[0] as number) : Math.sign((asFloat[0] as number) || 1) * 2 ** ((random() / 2 ** 32 - 0.5) * (z === x ? 60 : 12));
        }
        if (name === "pow" && round > 3) x[i] = 1 + (random() / 2 ** 32 - 0.5) * 2 ** -round;
        if (name === "pow" && round === 3) y[i] = Math.round(y[i] as number);
      }
      const seen = run([x, y]) as Float32Array;
      for (let i = 0; i < block; i++) worst(seen.subarray(i, i + 1), x.subarray(i, i + 1), (a) => op.float(a, y[i] as number, 0), most);
    }
    expect(most.ulps).toBeLessThanOrEqual(2);
  });
});

// The host is within 1 ulp of the real value, and so are these.
test.each([
  ["exp", exp, Math.exp, (u: number) => (u - 0.5) * 1492],
  ["log", log, Math.log, (u: number) => 2 ** ((u - 0.5) * 2140)],
  ["log near 1", log, Math.log, (u: number) => 1 + (u - 0.5) * 2 ** (-40 * u)],
] as const)("%s of float64 is within 2 ulp of the host's", (_name, f, exact, point) => {
  const x = Float64Array.from({ length: 2 ** 16 }, (_, i) => point((i + 0.5) / 2 ** 16));
  x.set([0, -0, Infinity, -Infinity, NaN, -1, 5e-324, 1e-310, 2.2250738585072014e-308, Number.MAX_VALUE, 709.78, 709.79, -708.5, -745.1, -745.2]);
  for (const kind of kinds.filter((k) => k !== "scalar")) {
    const seen = withBackend(new CompilingCpu([], featuresOf(kind)), () => jit((v: Tensor) => f(v))(array(x)).dataSync());
    const bits = new DataView(new ArrayBuffer(8));
    x.forEach((v, i) => {
      const [value, wanted] = [seen[i] as number, exact(v)];
      if (Object.is(value, wanted)) return;
      bits.setFloat64(0, Math.abs(wanted));
      bits.setBigInt64(0, bits.getBigInt64(0) + 1n);
      if (!(Math.abs(value - wanted) <= 2 * (bits.getFloat64(0) - Math.abs(wanted)))) expect.fail(`of ${v} it is ${value}, not ${wanted}`);
    });
  }
});
