// The heart of matrix products: a tile of C of `rows` × `vectors` vectors stays in registers while the rows of A and a packed
// panel of B run by.

import type { Callee, Local, V128 } from "./code.js";
import type { Element } from "./element.js";
import type { FunctionBuilder } from "./function.js";
import type { ModuleBuilder } from "./module.js";
import { i32 } from "./scalar-ops.js";
import { v128 } from "./vector-ops.js";

export interface Tile {
  readonly rows: number;
  /** Of columns: 16 bytes each. */
  readonly vectors: number;
  /** Steps along the contracted axis in one turn of the loop, which may end after each. */
  readonly unroll: number;
}

const parameters = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;
/** (a, step of its rows, panel of B, c, step of its rows, rows, k, 1 to add to c). Rows are a multiple of those of the tile. */
export type PanelProduct = Callee<typeof parameters, "void">;

/**
 * Products of rows of A, whose elements are side by side, with a panel of B: for each k, as many elements as a tile has columns.
 * With `hasTable`, rows of C are anywhere: in place of their step there is a table of their offsets.
 */
export const emitPanelProduct = (m: ModuleBuilder, e: Element, tile: Tile, hasTable = false): PanelProduct =>
  m.function(parameters, "void", (f, a, aRow, panel, c, cRow, rows, k, adds) => {
    const width = 16 * tile.vectors;
    const [i, p] = [f.local("i32"), f.local("i32")];
    const pointers = Array.from({ length: tile.rows }, () => f.local("i32"));
    const sums = Array.from({ length: tile.rows }, () => Array.from({ length: tile.vectors }, () => f.local("v128")));
    const bs = Array.from({ length: tile.vectors }, () => f.local("v128"));
    const x = f.local("v128");
    const step = (s: number): void => {
      bs.forEach((b, j) => f.set(b, v128.load(p, s * width + 16 * j)));
      pointers.forEach((row, r) => {
        f.set(x, e.loadSplat(row, s * e.size));
        bs.forEach((b, j) => f.set(sums[r]?.[j] as Local<"v128">, e.madd(x, b, sums[r]?.[j] as V128)));
      });
    };
    const left = f.local("i32");
    f.for(i, i32.const(0), rows, tile.rows, () => {
      f.set(p, panel);
      pointers.forEach((row, r) => f.set(row, r === 0 ? a : i32.add(pointers[r - 1] as Local<"i32">, aRow)));
      sums.flat().forEach((s) => f.set(s, e.zero()));
      // Where a step may be the last one, engines do not move what the next one loads before it: it would not fit the registers.
      f.set(left, k);
      f.block((done) => {
        f.brIf(done, i32.eqz(left));
        f.loop((again) => {
          for (let s = 0; s < tile.unroll; s++) {
            step(s);
            if (s < tile.unroll - 1) f.brIf(done, i32.eq(left, i32.const(s + 1)));
          }
          for (const row of pointers) f.increment(row, e.size * tile.unroll);
          f.increment(p, width * tile.unroll);
          f.increment(left, -tile.unroll);
          f.brIf(again, left);
        });
      });
      const q = f.local("i32");
      storeTile(f, e, sums, q, adds, hasTable ? (r) => f.set(q, i32.add(c, i32.load(cRow, 4 * r))) : (r) => f.set(q, r === 0 ? c : i32.add(q, cRow)));
      if (hasTable) f.increment(cRow, 4 * tile.rows);
      else f.increment(c, i32.mul(cRow, i32.const(tile.rows)));
      f.increment(a, i32.mul(aRow, i32.const(tile.rows)));
    });
  });

function storeTile(f: FunctionBuilder, e: Element, sums: readonly (readonly V128[])[], q: Local<"i32">, adds: Local<"i32">, toRow: (r: number) => void): void {
  const store = (value: (sum: V128, offset: number) => V128): void => {
    sums.forEach((row, r) => {
      toRow(r);
      row.forEach((sum, j) => f.do(v128.store(q, value(sum, 16 * j), 16 * j)));
    });
  };
  f.if(adds, () => store((sum, offset) => e.vector.add(v128.load(q, offset), sum)), () => store((sum) => sum));
}
