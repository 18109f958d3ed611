import { describe, expect, test } from "vitest";
import { call, ModuleBuilder } from "../../src/wasm/encoder.js";
import { features } from "../../src/wasm/features.js";
import { emitGemm, gemmScratch } from "../../src/wasm/gemm.js";
import type { Tile } from "../../src/wasm/gemm-tile.js";
import { featuresOf, kinds } from "./loops.js";

const tiles: readonly Tile[] = [{ rows: 2, vectors: 4, unroll: 16 }, { rows: 4, vectors: 2, unroll: 1 }, { rows: 6, vectors: 2, unroll: 2 }];
const engines = kinds.filter((kind) => kind !== "scalar").map(featuresOf);

/** A matrix in memory: its first element and the steps of its rows and columns, in elements. */
interface Layout {
  readonly rows: number;
  readonly columns: number;
  readonly row: number;
  readonly column: number;
}
const rowMajor = (rows: number, columns: number, pad = 0): Layout => ({ rows, columns, row: columns + pad, column: 1 });
const columnMajor = (rows: number, columns: number, pad = 0): Layout => ({ rows, columns, row: 1, column: rows + pad });
const apart = (rows: number, columns: number): Layout => ({ rows, columns, row: 2 * columns + 3, column: 2 });
const extent = ({ rows, columns, row, column }: Layout): number => (rows - 1) * row + (columns - 1) * column + 1;

function product(dtype: "float32" | "float64", tile: Tile, engine = engines[0]!) {
  const m = new ModuleBuilder();
  m.importMemory("env", "memory");
  const gemm = emitGemm(m, { dtype, features: engine, tile });
  m.function(gemm.params, "void", (f, ...args) => f.do(call(gemm, ...args)), "gemm");
  const bytes = m.assemble();
  expect(WebAssembly.validate(bytes)).toBe(true);
  const memory = new WebAssembly.Memory({ initial: 64 });
  const run = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports["gemm"] as (...args: number[]) => void;
  const size = dtype === "float32" ? 4 : 8;
  const memoryView = dtype === "float32" ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer);
  /** Fills memory with NaN, runs, compares C with the sums, and sees that nothing else was written but the scratch. */
  return (a: Layout, b: Layout, adds = false, cPad = 3): void => {
    memoryView.fill(NaN);
    const [m_, k, n] = [a.rows, a.columns, b.columns];
    const cRow = n + cPad;
    const guard = 16;
    const at = { a: guard, b: 0, c: 0, scratch: 0 };
    at.b = at.a + Math.max(0, extent(a)) + guard;
    at.c = at.b + Math.max(0, extent(b)) + guard;
    at.scratch = (at.c + m_ * cRow + guard + 3) & ~3;
    const end = at.scratch + gemmScratch(dtype, m_, n, k) / size;
    const value = (i: number, j: number): number => ((i * 7 + j * 13) % 17) - 8; // sums of products are exact
    for (let i = 0; i < a.rows; i++) for (let j = 0; j < a.columns; j++) memoryView[at.a + i * a.row + j * a.column] = value(i, j);
    for (let i = 0; i < b.rows; i++) for (let j = 0; j < b.columns; j++) memoryView[at.b + i * b.row + j * b.column] = value(j, i + 3);
    if (adds) for (let i = 0; i < m_; i++) for (let j = 0; j < n; j++) memoryView[at.c + i * cRow + j] = i - j;
    const before = memoryView.slice(0, at.scratch);
    run(at.a * size, a.row * size, a.column * size, at.b * size, b.row * size, b.column * size, at.c * size, cRow * size, m_, n, k, at.scratch * size, adds ? 1 : 0);
    for (let i = 0; i < m_; i++) {
      for (let j = 0; j < n; j++) {
        let sum = adds ? i - j : 0;
        for (let l = 0; l < k; l++) sum += value(i, l) * value(j, l + 3);
        before[at.c + i * cRow + j] = sum;
      }
    }
    const seen = memoryView.subarray(0, at.scratch);
    const wrong = before.findIndex((v, i) => !Object.is(v, seen[i] as number) && !(v === 0 && seen[i] === 0));
    if (wrong >= 0) expect.fail(`${m_}×${k}·${k}×${n}: element ${wrong - at.c} of C (row step ${cRow}) is ${seen[wrong]}, not ${before[wrong]}`);
    expect(Number.isNaN(memoryView[end] as number) && Number.isNaN(memoryView[end + 1] as number)).toBe(true);
  };
}

describe.each(["float32", "float64"] as const)("products of %s", (dtype) => {
  for (const engine of engines) {
    for (const tile of dtype === "float32" ? tiles : tiles.slice(0, 1)) {
      test(`tile ${tile.rows} × ${tile.vectors}, ${engine.fma ? "" : "no "}fma: all layouts, ragged sizes`, () => {
        const check = product(dtype, tile, engine);
        for (const [m, k, n] of [[1, 1, 1], [2, 3, 4], [3, 5, 7], [4, 4, 4], [5, 9, 1], [1, 9, 5], [7, 1, 33], [16, 16, 16], [13, 70, 31], [49, 257, 17], [50, 30, 260], [97, 300, 65], [6, 8, 3], [3, 8, 70]] as const) {
          for (const a of [rowMajor(m, k), rowMajor(m, k, 5), columnMajor(m, k), columnMajor(m, k, 2), apart(m, k)]) {
            for (const b of [rowMajor(k, n), columnMajor(k, n), columnMajor(k, n, 3), apart(k, n)]) check(a, b);
          }
          check(rowMajor(m, k), columnMajor(k, n), true);
          check(columnMajor(m, k), rowMajor(k, n), true, 0);
          check(columnMajor(m, k), rowMajor(k, n), false, 0);
        }
      });
    }
  }

  test("more columns than a block of B has", () => product(dtype, tiles[0]!)(rowMajor(5, 20), rowMajor(20, 600)));

  test("nothing to sum gives zeros, or leaves what is there", () => {
    const check = product(dtype, tiles[0]!);
    check(rowMajor(3, 0), rowMajor(0, 5));
    check(rowMajor(3, 0), rowMajor(0, 5), true);
    check(rowMajor(0, 4), rowMajor(4, 5));
    check(rowMajor(6, 4), rowMajor(4, 0));
  });
});

test("what is not a number stays where it belongs", () => {
  const m = new ModuleBuilder();
  m.memory(4, "memory");
  const gemm = emitGemm(m, { dtype: "float32", features: features() });
  m.function(gemm.params, "void", (f, ...args) => f.do(call(gemm, ...args)), "gemm");
  const { gemm: run, memory } = new WebAssembly.Instance(new WebAssembly.Module(m.assemble())).exports as { gemm: (...args: number[]) => void; memory: WebAssembly.Memory };
  const x = new Float32Array(memory.buffer);
  const n = 7;
  for (let i = 0; i < n * n; i++) [x[64 + i], x[128 + i]] = [1, 1];
  x[64 + 2 * n + 3] = NaN;
  x[128 + 5] = Infinity;
  run(256, 4 * n, 4, 512, 4 * n, 4, 1024, 4 * n, n, n, n, 4096, 0);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) expect(x[256 + i * n + j]).toBe(i === 2 ? NaN : j === 5 ? Infinity : n);
});
