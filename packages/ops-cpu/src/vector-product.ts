// Products of arrays of floats on the vector unit, for the eager backend: operands are copied into a WebAssembly memory. There is
// one for all, of some 50 MB for float32 and 100 MB for float64 at most: larger operands go through in blocks.

import type { TypedArray } from "@gradus/core";
import { gemm, type Matrix } from "./gemm.js";
import { call } from "./wasm/code.js";
import { features } from "./wasm/features.js";
import { emitGemm, gemmScratch } from "./wasm/gemm.js";
import { ModuleBuilder } from "./wasm/module.js";
import { webAssembly, type WasmMemory } from "./wasm/webassembly.js";

type Floats = Float32Array | Float64Array;
type Run = (a: number, aRow: number, aColumn: number, b: number, bRow: number, bColumn: number, c: number, cRow: number, m: number, n: number, k: number, scratch: number, adds: number) => void;

interface Engine {
  readonly memory: WasmMemory;
  readonly float32: Run;
  readonly float64: Run;
}

// Measured: from about a thousand multiplications on, square or with a vector, it is ahead, copies included; at 256 × 256 × 256 ten times.
const fewest = 1024;
const blockElements = 2 ** 22;

let engine: Engine | null | undefined;

// None where the host has no vectors, or forbids to compile.
function start(): Engine | null {
  if (webAssembly === undefined || !features().simd) return null;
  const m = new ModuleBuilder();
  m.importMemory("env", "memory");
  for (const dtype of ["float32", "float64"] as const) {
    const product = emitGemm(m, { dtype, features: features() });
    m.function(product.params, "void", (f, ...args) => f.do(call(product, ...args)), dtype);
  }
  try {
    const memory = new webAssembly.Memory({ initial: 1 });
    const { float32, float64 } = new webAssembly.Instance(new webAssembly.Module(m.assemble()), { env: { memory } }).exports;
    return { memory, float32, float64 };
  } catch {
    return null;
  }
}

/** A product of floats on the vector unit where that pays. */
export function vectorProduct(c: TypedArray, ci: number, a: Matrix, b: Matrix, m: number, n: number, k: number): void {
  if (m * n * k < fewest || (engine ??= start()) === null) return gemm(c, ci, a, b, m, n, k);
  const isSingle = c instanceof Float32Array;
  const size = isSingle ? 4 : 8;
  const deep = Math.min(k, blockElements);
  const wide = Math.min(n, Math.ceil(blockElements / deep));
  const high = Math.min(m, Math.ceil(blockElements / Math.max(deep, wide)));
  // Places of the operands, in elements, aligned to 64 bytes.
  const atB = aligned(high * deep);
  const atC = atB + aligned(deep * wide);
  const atScratch = atC + aligned(high * wide);
  const bytes = atScratch * size + gemmScratch(isSingle ? "float32" : "float64", high, wide, deep);
  const { memory } = engine;
  if (memory.buffer.byteLength < bytes) memory.grow(Math.ceil((bytes - memory.buffer.byteLength) / 65536));
  const view: Floats = isSingle ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer);
  const run = isSingle ? engine.float32 : engine.float64;
  for (let j = 0; j < n; j += wide) {
    const nj = Math.min(wide, n - j);
    for (let l = 0; l < k; l += deep) {
      const kl = Math.min(deep, k - l);
      const stepsB = copyIn(view, atB, b, j, nj, l, kl);
      for (let i = 0; i < m; i += high) {
        const mi = Math.min(high, m - i);
        const stepsA = copyIn(view, 0, a, i, mi, l, kl);
        run(0, stepsA.kept * size, stepsA.contracted * size, atB * size, stepsB.contracted * size, stepsB.kept * size, atC * size, nj * size, mi, nj, kl, atScratch * size, 0);
        copyOut(view, atC, c as Floats, ci + i * n + j, n, mi, nj, l > 0);
      }
    }
  }
}

const aligned = (elements: number): number => Math.ceil(elements / 16) * 16;

// Rows along the axis that lies side by side; their steps, in elements.
function copyIn(to: Floats, at: number, { data, at: start_, kept, contracted }: Matrix, i: number, rows: number, k: number, columns: number): { kept: number; contracted: number } {
  const from = start_ + i * kept + k * contracted;
  const alongKept = kept === 1 && contracted !== 1;
  const [count, step, length, inner] = alongKept ? [columns, contracted, rows, kept] : [rows, kept, columns, contracted];
  if (inner === 1 && (step === length || count === 1)) to.set(data.subarray(from, from + count * length), at);
  else if (inner === 1 && length > 24) for (let r = 0; r < count; r++) to.set(data.subarray(from + r * step, from + r * step + length), at + r * length);
  else for (let r = 0, q = at; r < count; r++) for (let s = 0, p = from + r * step; s < length; s++, p += inner) to[q++] = data[p] as number;
  return alongKept ? { kept: 1, contracted: rows } : { kept: columns, contracted: 1 };
}

function copyOut(from: Floats, at: number, to: Floats, start_: number, step: number, rows: number, columns: number, adds: boolean): void {
  if (adds) {
    for (let r = 0; r < rows; r++) for (let s = 0; s < columns; s++) to[start_ + r * step + s] = (to[start_ + r * step + s] as number) + (from[at + r * columns + s] as number);
  } else if (columns === step) to.set(from.subarray(at, at + rows * columns), start_);
  else for (let r = 0; r < rows; r++) to.set(from.subarray(at + r * columns, at + (r + 1) * columns), start_ + r * step);
}
