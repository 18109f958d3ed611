// Matrix products C[i,j] = Σₖ A[i,k]·B[k,j], for any sizes and layouts, which are arguments: one function serves all shapes.
// Blocks of B are packed into panels as wide as a tile; rows of A are read in place where their elements are side by side, and
// are copied otherwise, so that a transposed operand costs a copy of a block that fits the cache. Parts of tiles at the edges
// are computed whole, beside the result. The blocking is that of Goto and van de Geijn, https://doi.org/10.1145/1356052.1356053

import { call, type Callee, type I32, type Local, select } from "./code.js";
import { emitCopyMatrix } from "./copy-matrix.js";
import { element } from "./element.js";
import { type Features, isRecent } from "./features.js";
import type { FunctionBuilder } from "./function.js";
import { emitPanelProduct, type Tile } from "./gemm-tile.js";
import { emitCombination, emitDots } from "./gemv.js";
import type { ModuleBuilder } from "./module.js";
import { i32, memory } from "./scalar-ops.js";

export interface GemmOptions {
  readonly dtype: "float32" | "float64";
  readonly features: Features;
  readonly tile?: Tile;
}

const parameters = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;
/**
 * (a, its row step, its column step, b, its row step, its column step, c, its row step, m, n, k, scratch, adds): addresses and
 * steps in bytes; A is m × k, B k × n, elements of rows of C are side by side; `adds` is 1 to add to C.
 * `scratch` has `gemmScratch` bytes, aligned to 16.
 */
export type Gemm = Callee<typeof parameters, "void">;

/**
 * What runs fastest, measured: without fma a product takes a register of its own, and twelve sums no longer fit; the same holds
 * for engines before V8 13. In GFLOP/s at 64/256/511, Node 20: 47/48/46 (16 steps in a turn; 8: 46/47/45, one: 44/46/41).
 */
export const tileFor = ({ fma }: Features): Tile => (fma && isRecent() ? { rows: 6, vectors: 2, unroll: 2 } : { rows: 2, vectors: 4, unroll: 16 });

const rowsAtOnce = 48; // of A: divisible by the rows of every tile
const depth = 256;
const columnBytes = 2048;
const align = (n: number): number => Math.ceil(n / 16) * 16;

const widest = 64; // bytes of a row of a tile
const edgeBytes = rowsAtOnce * widest;

/** The scratch that a product of these sizes needs, in bytes. */
export function gemmScratch(dtype: "float32" | "float64", m: number, n: number, k: number): number {
  const size = dtype === "float32" ? 4 : 8;
  const deep = Math.min(k, depth);
  const rows = Math.min(rowsAtOnce, m + 5);
  const panels = Math.min(columnBytes, Math.ceil((n * size) / widest) * widest);
  return Math.max(edgeBytes + align(rows * deep * size) + panels * deep, align(k * size));
}

export function emitGemm(module: ModuleBuilder, { dtype, features, tile = tileFor(features) }: GemmOptions): Gemm {
  const e = element(dtype, features);
  const width = tile.vectors * e.lanes;
  const wide = columnBytes / e.size;
  const packB = emitCopyMatrix(module, e, width);
  const packA = emitCopyMatrix(module, e);
  const multiply = emitPanelProduct(module, e, tile);
  const dots = emitDots(module, e);
  const combination = emitCombination(module, e);
  const addEdge = emitAddEdge(module, e);
  const gemm = module.declare(parameters, "void");

  const size = i32.const(e.size);
  const bytes = (n: I32): I32 => i32.mul(n, size);
  const isSize = (step: I32): I32 => i32.eq(step, size);

  module.define(gemm, (f, a, aRow, aColumn, b, bRow, bColumn, c, cRow, m, n, k, scratch, adds) => {
    f.if(i32.eqz(k), () => {
      const i = f.local("i32");
      f.if(i32.eqz(adds), () => f.for(i, i32.const(0), m, 1, () => {
        f.do(memory.fill(c, i32.const(0), bytes(n)));
        f.increment(c, cRow);
      }));
      f.return();
    });

    // Few rows or columns: vectors times matrices.
    const sideBySide = (v: Local<"i32">, step: I32): void => {
      f.if(i32.ne(step, size), () => {
        f.do(call(packA, scratch, size, v, size, step, i32.const(1), k));
        f.set(v, scratch);
      });
    };
    f.if(i32.and(i32.ltU(m, i32.const(4)), i32.or(isSize(bColumn), isSize(bRow))), () => {
      f.while(m, () => {
        f.if(isSize(bColumn), () => f.do(call(combination, b, bRow, a, aColumn, c, n, k, adds)), () => {
          const row = f.local("i32", a);
          sideBySide(row, aColumn);
          f.do(call(dots, b, bColumn, row, c, size, n, k, adds));
        });
        f.increment(a, aRow);
        f.increment(c, cRow);
        f.increment(m, -1);
      });
      f.return();
    });
    f.if(i32.and(i32.ltU(n, i32.const(4)), isSize(aColumn)), () => {
      f.while(n, () => {
        const column = f.local("i32", b);
        sideBySide(column, bRow);
        f.do(call(dots, a, aRow, column, c, cRow, m, k, adds));
        f.increment(b, bColumn);
        f.increment(c, e.size);
        f.increment(n, -1);
      });
      f.return();
    });
    f.if(i32.and(i32.eq(n, i32.const(1)), i32.and(isSize(aRow), isSize(cRow))), () => {
      f.do(call(combination, a, aColumn, b, bRow, c, m, k, adds));
      f.return();
    });

    const [j0, k0, i0, j] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
    const blockA = f.local("i32", i32.add(scratch, i32.const(edgeBytes)));
    const blockB = f.local("i32");
    f.for(j0, i32.const(0), n, wide, () => {
      const columns = least(f, i32.sub(n, j0), wide);
      f.for(k0, i32.const(0), k, depth, () => {
        const deep = least(f, i32.sub(k, k0), depth);
        const panelBytes = f.local("i32", i32.mul(deep, i32.const(16 * tile.vectors)));
        f.set(blockB, i32.add(blockA, i32.and(i32.add(i32.mul(bytes(deep), least(f, i32.add(m, i32.const(5)), rowsAtOnce)), i32.const(15)), i32.const(-16))));
        const panel = f.local("i32");
        const addsNow = f.local("i32", i32.or(adds, i32.ne(k0, i32.const(0))));

        // Each panel: for every k the elements of one row of a tile, with zeros behind the last column.
        f.set(panel, blockB);
        const source = f.local("i32", i32.add(b, i32.add(i32.mul(k0, bRow), i32.mul(j0, bColumn))));
        f.for(j, i32.const(0), columns, width, () => {
          const used = least(f, i32.sub(columns, j), width);
          f.if(i32.ltU(used, i32.const(width)), () => f.do(memory.fill(panel, i32.const(0), panelBytes)));
          f.do(call(packB, panel, i32.const(16 * tile.vectors), source, bRow, bColumn, deep, used));
          f.increment(panel, panelBytes);
          f.increment(source, i32.mul(bColumn, i32.const(width)));
        });

        f.for(i0, i32.const(0), m, rowsAtOnce, () => {
          const rows = least(f, i32.sub(m, i0), rowsAtOnce);
          const [block, step] = [f.local("i32", i32.add(a, i32.add(i32.mul(i0, aRow), i32.mul(k0, aColumn)))), f.local("i32", aRow)];
          const left = f.local("i32", i32.remU(rows, i32.const(tile.rows)));
          // The rows of the last tile may be less than it has: those of the copy are, and none is read beyond the matrix.
          f.if(i32.or(left, i32.ne(aColumn, size)), () => {
            f.do(call(packA, blockA, bytes(deep), block, aRow, aColumn, rows, deep));
            f.set(block, blockA);
            f.set(step, bytes(deep));
          });
          const whole = f.local("i32", i32.sub(rows, left));
          const target = f.local("i32", i32.add(c, i32.add(i32.mul(i0, cRow), bytes(j0))));
          f.set(panel, blockB);
          f.for(j, i32.const(0), columns, width, () => {
            const used = least(f, i32.sub(columns, j), width);
            const beside = (from: I32, to: I32, computed: I32, kept: I32): void => {
              f.do(call(multiply, from, step, panel, scratch, i32.const(16 * tile.vectors), computed, deep, i32.const(0)));
              f.do(call(addEdge, scratch, i32.const(16 * tile.vectors), to, cRow, kept, used, addsNow));
            };
            f.if(i32.eq(used, i32.const(width)), () => {
              f.do(call(multiply, block, step, panel, target, cRow, whole, deep, addsNow));
              f.if(left, () => beside(i32.add(block, i32.mul(whole, step)), i32.add(target, i32.mul(whole, cRow)), i32.const(tile.rows), left));
            }, () => beside(block, target, i32.add(whole, select(left, i32.const(tile.rows), i32.const(0))), rows));
            f.increment(panel, panelBytes);
            f.increment(target, i32.const(16 * tile.vectors));
          });
        });
      });
    });
  });
  return gemm;
}

const least = (f: FunctionBuilder, x: I32, most: number): Local<"i32"> => {
  const value = f.local("i32", x);
  f.if(i32.gtU(value, i32.const(most)), () => f.set(value, i32.const(most)));
  return value;
};

/** Adds or copies part of a tile to C: (tile, its row step, c, its row step, rows, columns, adds). */
const emitAddEdge = (m: ModuleBuilder, e: ReturnType<typeof element>): Callee<readonly ["i32", "i32", "i32", "i32", "i32", "i32", "i32"], "void"> =>
  m.function(["i32", "i32", "i32", "i32", "i32", "i32", "i32"], "void", (f, tile, tileRow, c, cRow, rows, columns, adds) => {
    const [i, p] = [f.local("i32"), f.local("i32")];
    const bytes = f.local("i32", i32.mul(columns, i32.const(e.size)));
    f.for(i, i32.const(0), rows, 1, () => {
      f.for(p, i32.const(0), bytes, e.size, () => {
        const [from, to] = [i32.add(tile, p), i32.add(c, p)];
        f.if(adds, () => f.do(e.store(to, e.add(e.load(to), e.load(from)))), () => f.do(e.store(to, e.load(from))));
      });
      f.increment(tile, tileRow);
      f.increment(c, cRow);
    });
  });
