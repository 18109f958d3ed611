// Matrix products of operands whose elements lie anywhere: A[i,k] is at a + rowA[i] + depthA[k], and so on, with tables of
// offsets in bytes. Convolutions are such products (their windows overlap), and so are contractions over several axes.

import { call, type Callee, type I32, type Local, select, type V128 } from "./code.js";
import { type Element, element } from "./element.js";
import type { FunctionBuilder } from "./function.js";
import { type GemmOptions, tileFor } from "./gemm.js";
import { emitPanelProduct } from "./gemm-tile.js";
import type { ModuleBuilder } from "./module.js";
import { i32, memory } from "./scalar-ops.js";
import { i32x4, v128 } from "./vector-ops.js";

const parameters = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;
/**
 * (a, rowA, depthA, b, depthB, columnB, c, rowC, columnC, m, n, k, scratch): addresses of arrays and of tables of m, k, k, n, m, n
 * offsets. C is overwritten. `scratch` has `gatheredScratch` bytes, aligned to 16.
 */
export type GatheredGemm = Callee<typeof parameters, "void">;

const rowsAtOnce = 48;
const depth = 256;
const columnBytes = 2048;

/** The scratch that a product of these sizes needs, in bytes. */
export function gatheredScratch(dtype: "float32" | "float64", m: number, n: number, k: number): number {
  const size = dtype === "float32" ? 4 : 8;
  const rows = Math.min(rowsAtOnce, m + 5);
  const padded = Math.ceil((n * size) / 64) * 64;
  return rowsAtOnce * 64 + (rows * size + Math.min(columnBytes, padded)) * Math.min(depth, k) + 16;
}

export function emitGatheredGemm(module: ModuleBuilder, { dtype, features, tile = tileFor(features) }: GemmOptions): GatheredGemm {
  const e = element(dtype, features);
  const width = tile.vectors * e.lanes;
  const rowBytes = 16 * tile.vectors;
  const wide = columnBytes / e.size;
  const pack = emitPack(module, e);
  const multiply = emitPanelProduct(module, e, tile);
  const spread = emitSpread(module, e);

  return module.function(parameters, "void", (f, a, rowA, depthA, b, depthB, columnB, c, rowC, columnC, m, n, k, scratch) => {
    const local = (value: I32): Local<"i32"> => f.local("i32", value);
    const [j0, k0, i0, j] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
    const blockA = local(i32.add(scratch, i32.const(rowsAtOnce * 64)));
    const word = (at: I32, index: I32): I32 => i32.add(at, i32.shl(index, i32.const(2)));
    f.for(j0, i32.const(0), n, wide, () => {
      const columns = least(f, i32.sub(n, j0), wide);
      // Once at least, for the zeros of an empty sum.
      f.set(k0, i32.const(0));
      f.loop((again) => {
        const deep = least(f, i32.sub(k, k0), depth);
        const panelBytes = local(i32.mul(deep, i32.const(rowBytes)));
        const rowsInBlock = least(f, i32.add(m, i32.const(5)), rowsAtOnce);
        const blockB = local(i32.and(i32.add(i32.add(blockA, i32.mul(i32.mul(deep, rowsInBlock), i32.const(e.size))), i32.const(15)), i32.const(-16)));
        const panel = local(blockB);
        f.for(j, i32.const(0), columns, width, () => {
          const used = least(f, i32.sub(columns, j), width);
          f.if(i32.ltU(used, i32.const(width)), () => f.do(memory.fill(panel, i32.const(0), panelBytes)));
          f.do(call(pack, panel, i32.const(rowBytes), b, word(depthB, k0), word(columnB, i32.add(j0, j)), deep, used));
          f.increment(panel, panelBytes);
        });
        f.for(i0, i32.const(0), m, rowsAtOnce, () => {
          const rows = least(f, i32.sub(m, i0), rowsAtOnce);
          const left = local(i32.remU(rows, i32.const(tile.rows)));
          const step = local(i32.mul(deep, i32.const(e.size)));
          f.do(call(pack, blockA, step, a, word(rowA, i0), word(depthA, k0), rows, deep));
          f.set(panel, blockB);
          f.for(j, i32.const(0), columns, width, () => {
            // The rows of the last tile that are not there are computed from what is in the block, and left out.
            const computed = i32.add(i32.sub(rows, left), select(left, i32.const(tile.rows), i32.const(0)));
            f.do(call(multiply, blockA, step, panel, scratch, i32.const(rowBytes), computed, deep, i32.const(0)));
            f.do(call(spread, scratch, i32.const(rowBytes), c, word(rowC, i0), word(columnC, i32.add(j0, j)), rows, least(f, i32.sub(columns, j), width), k0));
            f.increment(panel, panelBytes);
          });
        });
        f.increment(k0, depth);
        f.brIf(again, i32.ltU(k0, k));
      });
    });
  });
}

const least = (f: FunctionBuilder, x: I32, most: number): Local<"i32"> => {
  const value = f.local("i32", x);
  f.if(i32.gtU(value, i32.const(most)), () => f.set(value, i32.const(most)));
  return value;
};

/** Whether a vector's worth of elements lie side by side, by the offsets at an address. */
function isRun({ lanes, size }: Element, at: Local<"i32">): I32 {
  if (lanes === 2) return i32.eq(i32.sub(i32.load(at, 4), i32.load(at)), i32.const(size));
  const steps = v128.const([0, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0, 12, 0, 0, 0]);
  return i32x4.allTrue(i32x4.eq(i32x4.sub(v128.load(at), i32x4.splat(i32.load(at))), steps));
}

const seven = ["i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;

/** Rows of elements from anywhere: (to, its row step, from, row offsets, column offsets, rows, columns). */
function emitPack(m: ModuleBuilder, e: Element): Callee<typeof seven, "void"> {
  const n = e.lanes;
  return m.function(seven, "void", (f, to, toRow, from, rowsAt, columnsAt, rows, columns) => {
    const [i, k, q] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const local = (value: I32): Local<"i32"> => f.local("i32", value);
    const wholeRows = local(i32.and(rows, i32.const(-n)));
    const wholeColumns = local(i32.and(columns, i32.const(-n)));
    const one = (rowAt: Local<"i32">): void => {
      f.for(k, i32.const(0), columns, 1, () => {
        f.do(e.store(q, e.load(i32.add(i32.add(from, i32.load(rowAt)), i32.load(i32.add(columnsAt, i32.shl(k, i32.const(2))))))));
        f.increment(q, e.size);
      });
    };
    const rowAt = local(rowsAt);
    f.for(i, i32.const(0), wholeRows, n, () => {
      const starts = Array.from({ length: n }, (_, r) => local(i32.add(from, i32.load(rowAt, 4 * r))));
      const areSideBySide = local(isRun(e, rowAt));
      const targets = Array.from({ length: n }, (_, r) => local(r === 0 ? to : i32.add(to, i32.mul(toRow, i32.const(r)))));
      const columnAt = local(columnsAt);
      f.for(k, i32.const(0), wholeColumns, n, () => {
        const offsets = Array.from({ length: n }, (_, s) => local(i32.load(columnAt, 4 * s)));
        f.if(isRun(e, columnAt), () => {
          starts.forEach((start, r) => f.do(v128.store(targets[r] as I32, v128.load(i32.add(start, offsets[0] as I32)))));
        }, () => f.if(areSideBySide, () => {
          const name = (x: V128): V128 => f.local("v128", x);
          const square = offsets.map((offset) => name(v128.load(i32.add(starts[0] as I32, offset))));
          e.transpose(square, name).forEach((row, r) => f.do(v128.store(targets[r] as I32, row)));
        }, () => {
          starts.forEach((start, r) => offsets.forEach((offset, s) => f.do(e.store(targets[r] as I32, e.load(i32.add(start, offset)), s * e.size))));
        }));
        for (const t of targets) f.increment(t, 16);
        f.increment(columnAt, 4 * n);
      });
      f.for(k, wholeColumns, columns, 1, () => {
        const offset = local(i32.load(columnAt));
        starts.forEach((start, r) => {
          f.do(e.store(targets[r] as I32, e.load(i32.add(start, offset))));
          f.increment(targets[r] as Local<"i32">, e.size);
        });
        f.increment(columnAt, 4);
      });
      f.increment(to, i32.mul(toRow, i32.const(n)));
      f.increment(rowAt, 4 * n);
    });
    f.for(i, wholeRows, rows, 1, () => {
      f.set(q, to);
      one(rowAt);
      f.increment(to, toRow);
      f.increment(rowAt, 4);
    });
  });
}

const eight = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;

/** A tile to places anywhere, or added there: (tile, its row step, c, row offsets, column offsets, rows, columns, adds ≠ 0). */
function emitSpread(m: ModuleBuilder, e: Element): Callee<typeof eight, "void"> {
  const n = e.lanes;
  return m.function(eight, "void", (f, tile, tileRow, c, rowsAt, columnsAt, rows, columns, adds) => {
    const [i, j, p, columnAt] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
    const local = (value: I32): Local<"i32"> => f.local("i32", value);
    const whole = local(i32.and(columns, i32.const(-n)));
    f.for(i, i32.const(0), rows, 1, () => {
      const start = local(i32.add(c, i32.load(rowsAt)));
      f.set(p, tile);
      f.set(columnAt, columnsAt);
      const single = (): void => {
        const to = local(i32.add(start, i32.load(columnAt)));
        f.if(adds, () => f.do(e.store(to, e.add(e.load(to), e.load(p)))), () => f.do(e.store(to, e.load(p))));
        f.increment(p, e.size);
        f.increment(columnAt, 4);
      };
      f.for(j, i32.const(0), whole, n, () => {
        f.if(isRun(e, columnAt), () => {
          const to = local(i32.add(start, i32.load(columnAt)));
          f.if(adds, () => f.do(v128.store(to, e.vector.add(v128.load(to), v128.load(p)))), () => f.do(v128.store(to, v128.load(p))));
          f.increment(p, 16);
          f.increment(columnAt, 4 * n);
        }, () => {
          for (let s = 0; s < n; s++) single();
        });
      });
      f.for(j, whole, columns, 1, single);
      f.increment(tile, tileRow);
      f.increment(rowsAt, 4);
    });
  });
}
