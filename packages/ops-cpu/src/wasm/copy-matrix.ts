// Copies of strided matrices into rows: what transposition is, and what packs operands of products.

import type { Callee, I32, Local, V128 } from "./code.js";
import type { Element } from "./element.js";
import type { FunctionBuilder } from "./function.js";
import type { ModuleBuilder } from "./module.js";
import { i32 } from "./scalar-ops.js";
import { v128 } from "./vector-ops.js";

const parameters = ["i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;
/** (to, its row step, from, its row step, its column step, rows, columns): steps in bytes; columns of `to` are side by side. */
export type CopyMatrix = Callee<typeof parameters, "void">;

// Columns of the source are walked over in strips of as many rows of the result as a line of the cache has numbers, and as many at
// a time as fill a line of the result: lines whose addresses differ by a power of 2 have little room beside each other. So many
// columns for all strips: the machine remembers where as many pages of memory are.
const strip = 16;
const squaresAtOnce = 4;
const columnsAtOnce = 256;

/** A function that copies a matrix whatever the layout of the source; `width` is a number of columns worth code of its own. */
export const emitCopyMatrix = (m: ModuleBuilder, e: Element, width?: number): CopyMatrix =>
  m.function(parameters, "void", (f, to, toRow, from, fromRow, fromColumn, rows, columns) => {
    f.block((done) => {
      f.if(i32.eq(fromColumn, i32.const(e.size)), () => {
        copyRows(f, e, width, to, toRow, from, fromRow, rows, columns);
        f.br(done);
      });
      f.if(i32.eq(fromRow, i32.const(e.size)), () => {
        transposed(f, e, to, toRow, from, fromColumn, rows, columns);
        f.br(done);
      });
      elementwise(f, e, to, toRow, from, fromRow, fromColumn, rows, columns);
    });
  });

const times = (n: I32, by: number): I32 => i32.mul(n, i32.const(by));

function copyRows(f: FunctionBuilder, e: Element, width: number | undefined, to: Local<"i32">, toRow: I32, from: Local<"i32">, fromRow: I32, rows: I32, columns: I32): void {
  const i = f.local("i32");
  const next = (): void => {
    f.increment(to, toRow);
    f.increment(from, fromRow);
  };
  const anyWidth = (): void => {
    const [p, q] = [f.local("i32"), f.local("i32")];
    const whole = f.local("i32", i32.and(times(columns, e.size), i32.const(-16)));
    f.for(i, i32.const(0), rows, 1, () => {
      f.set(p, from);
      f.set(q, to);
      const end = f.local("i32", i32.add(from, whole));
      f.for(p, from, end, 16, () => {
        f.do(v128.store(q, v128.load(p)));
        f.increment(q, 16);
      });
      const last = f.local("i32", i32.add(from, times(columns, e.size)));
      f.for(p, end, last, e.size, () => {
        f.do(e.store(q, e.load(p)));
        f.increment(q, e.size);
      });
      next();
    });
  };
  if (width === undefined) return anyWidth();
  f.if(i32.eq(columns, i32.const(width)), () => {
    f.for(i, i32.const(0), rows, 1, () => {
      for (let at = 0; at < width * e.size; at += 16) f.do(v128.store(to, v128.load(from, at), at));
      next();
    });
  }, anyWidth);
}

// The source has its columns side by side. Squares of as many rows as a vector has lanes are turned in registers.
function transposed(f: FunctionBuilder, e: Element, to: Local<"i32">, toRow: Local<"i32">, from: Local<"i32">, fromColumn: Local<"i32">, rows: I32, columns: I32): void {
  const [i, k, p, q] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const n = e.lanes;
  const wholeRows = f.local("i32", i32.and(rows, i32.const(-n)));
  const wholeColumns = f.local("i32", i32.and(columns, i32.const(-n)));
  const [first, last, k0, k1] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const end = (at: Local<"i32">, start: I32, by: number, most: I32): void => {
    f.set(at, i32.add(start, i32.const(by)));
    f.if(i32.gtU(at, most), () => f.set(at, most));
  };
  f.for(k0, i32.const(0), wholeColumns, columnsAtOnce, () => f.for(first, i32.const(0), wholeRows, strip, () => {
    end(last, first, strip, wholeRows);
    end(k1, k0, columnsAtOnce, wholeColumns);
    f.set(k, k0);
    for (const squares of [squaresAtOnce, 1]) {
      const by = n * squares;
      f.while(i32.leU(i32.add(k, i32.const(by)), k1), () => {
        f.set(p, i32.add(from, i32.add(i32.mul(k, fromColumn), times(first, e.size))));
        f.set(q, i32.add(to, i32.add(i32.mul(first, toRow), times(k, e.size))));
        f.for(i, first, last, n, () => {
          const source = f.local("i32", p);
          const name = (x: V128): V128 => f.local("v128", x);
          for (let at = 0; at < squares; at++) {
            const square = Array.from({ length: n }, () => {
              const row = name(v128.load(source));
              f.increment(source, fromColumn);
              return row;
            });
            const target = f.local("i32", q);
            e.transpose(square, name).forEach((row) => {
              f.do(v128.store(target, row, 16 * at));
              f.increment(target, toRow);
            });
          }
          f.increment(q, times(toRow, n));
          f.increment(p, 16);
        });
        f.increment(k, by);
      });
    }
  }));
  // What is left: columns beyond the whole ones, then rows beyond, all columns of them.
  const one = (): void => f.do(e.store(i32.add(to, i32.add(i32.mul(i, toRow), times(k, e.size))), e.load(i32.add(from, i32.add(i32.mul(k, fromColumn), times(i, e.size))))));
  f.for(k, wholeColumns, columns, 1, () => f.for(i, i32.const(0), wholeRows, 1, one));
  f.for(k, i32.const(0), columns, 1, () => f.for(i, wholeRows, rows, 1, one));
}

function elementwise(f: FunctionBuilder, e: Element, to: Local<"i32">, toRow: I32, from: Local<"i32">, fromRow: I32, fromColumn: I32, rows: I32, columns: I32): void {
  const [i, k, p, q] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  f.for(i, i32.const(0), rows, 1, () => {
    f.set(p, from);
    f.set(q, to);
    f.for(k, i32.const(0), columns, 1, () => {
      f.do(e.store(q, e.load(p)));
      f.increment(p, fromColumn);
      f.increment(q, e.size);
    });
    f.increment(from, fromRow);
    f.increment(to, toRow);
  });
}
