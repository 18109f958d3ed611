// Loops over arrays made with a LaneCode, for tests: compiles `map`, returns a function from arrays to an array. Node 20 has
// relaxed SIMD behind a flag, which works at any time: both kinds of vectors are tested there too.
import { setFlagsFromString } from "node:v8";
import { allocate, type DType, type TypedArray } from "@gradus/core";
import { type Code, Constants, i32, ModuleBuilder } from "../../src/wasm/encoder.js";
import { features, type Features, scalarOnly } from "../../src/wasm/features.js";
import { bytesPer, HostFunctions, type LaneCode, type Value } from "../../src/wasm/lane-code.js";
import { laneCode } from "../../src/wasm/lanes.js";

if (process.versions.node.startsWith("20.")) setFlagsFromString("--experimental-wasm-relaxed-simd");

export type Kind = "vector" | "vector without fma" | "scalar";
export const kinds: readonly Kind[] = features().fma ? ["vector", "vector without fma", "scalar"] : ["vector", "scalar"];

export const featuresOf = (kind: Kind): Features => (kind === "vector" ? features() : kind === "scalar" ? scalarOnly : { ...features(), fma: false });

export type Run = (arrays: readonly TypedArray[]) => TypedArray;

/** Arrays are as long as the first one, at most `room` elements. `map` says what becomes of each element. */
export function compileLoop(kind: Kind, from: readonly DType[], to: DType, map: (code: LaneCode, args: readonly Value[]) => Value, room = 4096): Run {
  const m = new ModuleBuilder();
  const block = room * 8 + 64;
  m.memory(Math.ceil((block * (from.length + 1)) / 65536) + 1, "memory");
  const host = new HostFunctions(m);
  m.function(["i32"], "void", (f, n) => {
    const context = { f, constants: new Constants(m, f), features: featuresOf(kind), host };
    const code = laneCode(context, kind === "scalar" ? 1 : 4);
    const i = f.local("i32");
    f.for(i, i32.const(0), n, code.lanes, () => {
      const at = (dtype: DType) => i32.mul(i, i32.const(bytesPer(dtype)));
      const args = from.map((d, k) => code.load(d, at(d), block * k));
      code.store(to, at(to), map(code, args), block * from.length);
    });
  }, "run");
  const bytes = m.assemble();
  if (!WebAssembly.validate(bytes)) new WebAssembly.Module(bytes); // says what is wrong
  const { run, memory } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { math: host.imports }).exports as { run: (n: number) => void; memory: WebAssembly.Memory };
  return (arrays) => {
    const n = (arrays[0] as TypedArray).length;
    arrays.forEach((a, k) => new Uint8Array(memory.buffer).set(new Uint8Array(a.buffer, a.byteOffset, a.byteLength), block * k));
    run(n);
    const out = allocate(to, n);
    new Uint8Array(out.buffer).set(new Uint8Array(memory.buffer, block * from.length, out.byteLength));
    return out;
  };
}

/** All pairs of two lists, as two arrays whose length is a multiple of four. */
export function pairs(dtype: DType, xs: readonly number[]): readonly [TypedArray, TypedArray] {
  const n = Math.ceil((xs.length * xs.length) / 4) * 4;
  const [x, y] = [allocate(dtype, n), allocate(dtype, n)];
  for (let i = 0; i < n; i++) {
    x[i] = xs[i % xs.length] as number;
    y[i] = xs[Math.floor(i / xs.length) % xs.length] as number;
  }
  return [x, y];
}

/** Reads and writes of one group of lanes: from an element on with a step in bytes, from one element, to places. */
export function moves(kind: Kind, dtype: DType, x: TypedArray): { gather(at: number, step: number): number[]; splat(at: number): number[]; scatter(at: number, step: number): number[] } {
  const m = new ModuleBuilder();
  m.memory(4, "memory");
  const [size, out] = [bytesPer(dtype), 65536];
  const host = new HostFunctions(m);
  const define = (name: string, body: (code: LaneCode, at: Code<"i32">, step: Code<"i32">) => void): void => {
    m.function(["i32", "i32"], "void", (f, at, step) => {
      body(laneCode({ f, constants: new Constants(m, f), features: featuresOf(kind), host }, kind === "scalar" ? 1 : 4), i32.mul(at, i32.const(size)), step);
    }, name);
  };
  define("gather", (code, at, step) => code.store(dtype, i32.const(out), code.gather(dtype, at, step)));
  define("splat", (code, at) => code.store(dtype, i32.const(out), code.splat(dtype, at)));
  define("scatter", (code, at, step) => code.scatter(dtype, i32.add(i32.const(out), at), step, code.load(dtype, i32.const(0))));
  const exports = new WebAssembly.Instance(new WebAssembly.Module(m.assemble()), { math: host.imports }).exports as Record<string, any>;
  const memory = new Uint8Array(exports["memory"].buffer);
  memory.set(new Uint8Array(x.buffer, x.byteOffset, x.byteLength));
  const call = (name: string, n: number) => (at: number, step = 0): number[] => {
    memory.fill(0, out);
    exports[name](at, step);
    const seen = allocate(dtype, n);
    new Uint8Array(seen.buffer).set(memory.subarray(out, out + n * size));
    return [...seen];
  };
  const lanes = kind === "scalar" ? 1 : 4;
  return { gather: call("gather", lanes), splat: call("splat", lanes), scatter: call("scatter", 16) };
}
