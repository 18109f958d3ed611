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
const depth = 320; // at most: what is summed is cut into blocks of about one size
const columnBytes = 2048;

/** The scratch that a product of these sizes needs, in bytes. */
export function gatheredScratch(dtype: "float32" | "float64", m: number, n: number, k: number): number {
  const size = dtype === "float32" ? 4 : 8;
  const rows = Math.min(rowsAtOnce, m + 5);
  const padded = Math.ceil((n * size) / 64) * 64;
  return rowsAtOnce * 68 + (rows * size + Math.min(columnBytes, padded)) * Math.min(depth, k) + 16;
}

export function emitGatheredGemm(module: ModuleBuilder, { dtype, features, tile = tileFor(features) }: GemmOptions): GatheredGemm {
  const e = element(dtype, features);
  const width = tile.vectors * e.lanes;
  const rowBytes = 16 * tile.vectors;
  const wide = columnBytes / e.size;
  const pack = emitPack(module, e);
  const multiply = emitPanelProduct(module, e, tile, true);
  const isEven = emitIsEven(module);
  const spread = emitSpread(module, e);

  return module.function(parameters, "void", (f, a, rowA, depthA, b, depthB, columnB, c, rowC, columnC, m, n, k, scratch) => {
    const local = (value: I32): Local<"i32"> => f.local("i32", value);
    const [j0, k0, i0, j] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
    const besides = local(i32.add(scratch, i32.const(rowsAtOnce * 64)));
    const blockA = local(i32.add(besides, i32.const(rowsAtOnce * 4)));
    f.for(j, i32.const(0), i32.const(rowsAtOnce), 1, () => f.do(i32.store(i32.add(besides, i32.shl(j, i32.const(2))), i32.mul(j, i32.const(rowBytes)))));
    const word = (at: I32, index: I32): I32 => i32.add(at, i32.shl(index, i32.const(2)));
    const blocks = local(i32.divU(i32.add(k, i32.const(depth - 1)), i32.const(depth)));
    f.if(i32.eqz(k), () => f.set(blocks, i32.const(1)));
    const most = local(i32.and(i32.add(i32.divU(i32.add(k, i32.sub(blocks, i32.const(1))), blocks), i32.const(7)), i32.const(-8)));
    f.for(j0, i32.const(0), n, wide, () => {
      const columns = least(f, i32.sub(n, j0), wide);
      const areRuns = local(call(isEven, word(columnC, j0), columns, i32.const(e.size)));
      // Once at least, for the zeros of an empty sum.
      f.set(k0, i32.const(0));
      f.loop((again) => {
        const deep = local(i32.sub(k, k0));
        f.if(i32.gtU(deep, most), () => f.set(deep, most));
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
          const target = local(i32.add(c, i32.load(word(columnC, j0))));
          // Where the columns lie side by side, and there are all rows of the last tile, the product goes to the result at once.
          const isWhole = local(i32.and(areRuns, i32.eqz(left)));
          // The rows of the last tile that are not there are computed from what is in the block, and left out.
          const computed = local(i32.add(i32.sub(rows, left), select(left, i32.const(tile.rows), i32.const(0))));
          f.set(panel, blockB);
          f.for(j, i32.const(0), columns, width, () => {
            const used = least(f, i32.sub(columns, j), width);
            f.if(i32.and(isWhole, i32.eq(used, i32.const(width))), () => f.do(call(multiply, blockA, step, panel, target, word(rowC, i0), rows, deep, k0)), () => {
              f.do(call(multiply, blockA, step, panel, scratch, besides, computed, deep, i32.const(0)));
              f.do(call(spread, scratch, i32.const(rowBytes), c, word(rowC, i0), word(columnC, i32.add(j0, j)), rows, used, k0));
            });
            f.increment(panel, panelBytes);
            f.increment(target, i32.const(rowBytes));
          });
        });
        f.increment(k0, most);
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

/** Whether offsets lie evenly: (table, count, step). */
const emitIsEven = (m: ModuleBuilder): Callee<readonly ["i32", "i32", "i32"], "i32"> =>
  m.function(["i32", "i32", "i32"], "i32", (f, at, count, step) => {
    const [i, next] = [f.local("i32"), f.local("i32", i32.load(at))];
    f.for(i, i32.const(0), count, 1, () => {
      f.if(i32.ne(i32.load(at), next), () => f.return(i32.const(0)));
      f.increment(at, 4);
      f.increment(next, step);
    });
    return i32.const(1);
  });

const few = 16;

/** Whether that many columns lie side by side, and there are so many: then all rows of them are copied at once. */
function isLongRun(e: Element, at: Local<"i32">, count: I32): I32 {
  const first = i32x4.splat(i32.load(at));
  const steps = Array.from({ length: few / 4 }, (_, v) => v128.const([0, 1, 2, 3].flatMap((l) => [(4 * v + l) * e.size, 0, 0, 0])));
  const differ = steps.map((s, v) => v128.xor(i32x4.sub(v128.load(at, 16 * v), first), s)).reduce((x, y) => v128.or(x, y));
  return i32.and(i32.eq(count, i32.const(few)), i32.eqz(v128.anyTrue(differ)));
}

const seven = ["i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;

/** Rows of elements from anywhere: (to, its row step, from, row offsets, column offsets, rows, columns). */
function emitPack(m: ModuleBuilder, e: Element): Callee<typeof seven, "void"> {
  const n = e.lanes;
  return m.function(seven, "void", (f, to, toRow, from, rowsAt, columnsAt, rows, columns) => {
    const [i, k, q] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const local = (value: I32): Local<"i32"> => f.local("i32", value);
    const wholeRows = local(i32.and(rows, i32.const(-n)));
    const [rowAt, left] = [f.local("i32"), local(columns)];
    const each = (body: () => void): void => {
      f.set(q, to);
      f.set(rowAt, rowsAt);
      body();
    };
    f.while(left, () => {
      const count = least(f, left, few);
      f.if(isLongRun(e, columnsAt, count), () => each(() => f.for(i, i32.const(0), rows, 1, () => {
        const start = local(i32.add(from, i32.add(i32.load(rowAt), i32.load(columnsAt))));
        for (let at = 0; at < few * e.size; at += 16) f.do(v128.store(q, v128.load(start, at), at));
        f.increment(q, toRow);
        f.increment(rowAt, 4);
      })), () => {
        f.set(count, least(f, left, 4 * few));
        const wholeColumns = local(i32.and(count, i32.const(-n)));
        each(() => {
          f.for(i, i32.const(0), wholeRows, n, () => {
            const starts = Array.from({ length: n }, (_, r) => local(i32.add(from, i32.load(rowAt, 4 * r))));
            const areSideBySide = local(isRun(e, rowAt));
            const targets = Array.from({ length: n }, (_, r) => local(r === 0 ? q : i32.add(q, i32.mul(toRow, i32.const(r)))));
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
            f.for(k, wholeColumns, count, 1, () => {
              const offset = local(i32.load(columnAt));
              starts.forEach((start, r) => {
                f.do(e.store(targets[r] as I32, e.load(i32.add(start, offset))));
                f.increment(targets[r] as Local<"i32">, e.size);
              });
              f.increment(columnAt, 4);
            });
            f.increment(q, i32.mul(toRow, i32.const(n)));
            f.increment(rowAt, 4 * n);
          });
          f.for(i, wholeRows, rows, 1, () => {
            const [p, columnAt] = [local(q), local(columnsAt)];
            f.for(k, i32.const(0), count, 1, () => {
              f.do(e.store(p, e.load(i32.add(i32.add(from, i32.load(rowAt)), i32.load(columnAt)))));
              f.increment(p, e.size);
              f.increment(columnAt, 4);
            });
            f.increment(q, toRow);
            f.increment(rowAt, 4);
          });
        });
      });
      f.increment(to, i32.mul(count, i32.const(e.size)));
      f.increment(columnsAt, i32.shl(count, i32.const(2)));
      f.set(left, i32.sub(left, count));
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
