// Products of arrays on the vector unit, for the eager backend: operands are copied into a WebAssembly memory. There is
// one for all, of some 50 MB for numbers of 32 bits and 100 MB for float64 at most: larger operands go through in blocks.

import type { TypedArray } from "@gradus/core";
import { type Matrix, product as plainProduct } from "./gemm.js";
import { call } from "./wasm/code.js";
import { features } from "./wasm/features.js";
import { emitGemm, gemmScratch } from "./wasm/gemm.js";
import { emitIntegerGemm, integerScratch } from "./wasm/integer-product.js";
import { ModuleBuilder } from "./wasm/module.js";
import { webAssembly, type WasmMemory } from "./wasm/webassembly.js";

type Numbers = Float32Array | Float64Array | Int32Array | Uint32Array;
type Run = (a: number, aRow: number, aColumn: number, b: number, bRow: number, bColumn: number, c: number, cRow: number, m: number, n: number, k: number, scratch: number, adds: number) => void;

interface Engine {
  readonly memory: WasmMemory;
  readonly float32: Run;
  readonly float64: Run;
  readonly integers: Run;
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
  for (const name of ["float32", "float64", "integers"] as const) {
    const product = name === "integers" ? emitIntegerGemm(m) : emitGemm(m, { dtype: name, features: features() });
    m.function(product.params, "void", (f, ...args) => f.do(call(product, ...args)), name);
  }
  try {
    const memory = new webAssembly.Memory({ initial: 1 });
    const { float32, float64, integers } = new webAssembly.Instance(new webAssembly.Module(m.assemble()), { env: { memory } }).exports;
    return { memory, float32, float64, integers };
  } catch {
    return null;
  }
}

/** A product of numbers on the vector unit where that pays. */
export function vectorProduct(c: TypedArray, ci: number, a: Matrix, b: Matrix, m: number, n: number, k: number): void {
  if (m * n * k < fewest || (engine ??= start()) === null) return plainProduct(c, ci, a, b, m, n, k);
  const [dtype, size] = c instanceof Float64Array ? (["float64", 8] as const) : ([c instanceof Float32Array ? "float32" : "integers", 4] as const);
  const deep = Math.min(k, blockElements);
  const wide = Math.min(n, Math.ceil(blockElements / deep));
  const high = Math.min(m, Math.ceil(blockElements / Math.max(deep, wide)));
  // Places of the operands, in elements, aligned to 64 bytes.
  const atB = aligned(high * deep);
  const atC = atB + aligned(deep * wide);
  const atScratch = atC + aligned(high * wide);
  const bytes = atScratch * size + (dtype === "integers" ? integerScratch(deep) : gemmScratch(dtype, high, wide, deep));
  const { memory } = engine;
  if (memory.buffer.byteLength < bytes) memory.grow(Math.ceil((bytes - memory.buffer.byteLength) / 65536));
  const view: Numbers = dtype === "float64" ? new Float64Array(memory.buffer) : dtype === "float32" ? new Float32Array(memory.buffer) : new Int32Array(memory.buffer);
  const run = engine[dtype];
  for (let j = 0; j < n; j += wide) {
    const nj = Math.min(wide, n - j);
    for (let l = 0; l < k; l += deep) {
      const kl = Math.min(deep, k - l);
      const stepsB = copyIn(view, atB, b, j, nj, l, kl);
      for (let i = 0; i < m; i += high) {
        const mi = Math.min(high, m - i);
        const stepsA = copyIn(view, 0, a, i, mi, l, kl);
        run(0, stepsA.kept * size, stepsA.contracted * size, atB * size, stepsB.contracted * size, stepsB.kept * size, atC * size, nj * size, mi, nj, kl, atScratch * size, 0);
        copyOut(view, atC, c as Numbers, ci + i * n + j, n, mi, nj, l > 0);
      }
    }
  }
}

const aligned = (elements: number): number => Math.ceil(elements / 16) * 16;

// Rows along the axis that lies side by side; their steps, in elements.
function copyIn(to: Numbers, at: number, { data, at: start_, kept, contracted }: Matrix, i: number, rows: number, k: number, columns: number): { kept: number; contracted: number } {
  const from = start_ + i * kept + k * contracted;
  const alongKept = kept === 1 && contracted !== 1;
  const [count, step, length, inner] = alongKept ? [columns, contracted, rows, kept] : [rows, kept, columns, contracted];
  if (inner === 1 && (step === length || count === 1)) to.set(data.subarray(from, from + count * length), at);
  else if (inner === 1 && length > 24) for (let r = 0; r < count; r++) to.set(data.subarray(from + r * step, from + r * step + length), at + r * length);
  else for (let r = 0, q = at; r < count; r++) for (let s = 0, p = from + r * step; s < length; s++, p += inner) to[q++] = data[p] as number;
  return alongKept ? { kept: 1, contracted: rows } : { kept: columns, contracted: 1 };
}

function copyOut(from: Numbers, at: number, to: Numbers, start_: number, step: number, rows: number, columns: number, adds: boolean): void {
  if (adds) {
    for (let r = 0; r < rows; r++) for (let s = 0; s < columns; s++) to[start_ + r * step + s] = (to[start_ + r * step + s] as number) + (from[at + r * columns + s] as number);
  } else if (columns === step) to.set(from.subarray(at, at + rows * columns), start_);
  else for (let r = 0; r < rows; r++) to.set(from.subarray(at + r * columns, at + (r + 1) * columns), start_ + r * step);
}
