// Matrix products of 32-bit integers, which wrap around, for operands that lie in steps or anywhere, as those of floats do in gemm.ts
// and gathered-gemm.ts. Sixteen columns of B at a time are packed, and each row of A is multiplied by all of them.

import type { I32, Local, V128 } from "./code.js";
import type { FunctionBuilder } from "./function.js";
import type { GatheredGemm } from "./gathered-gemm.js";
import type { Gemm } from "./gemm.js";
import type { ModuleBuilder } from "./module.js";
import { i32, memory } from "./scalar-ops.js";
import { i32x4, v128 } from "./vector-ops.js";

const width = 16;

/** The scratch of a product that is so deep, in bytes: a row of the result, and a panel of B. */
export const integerScratch = (k: number): number => 4 * width * (1 + k);

/** The address of an element by its row and its column. */
type Places = (row: I32, column: I32) => I32;

const steps = (start: I32, row: I32, column: I32): Places => (i, j) => i32.add(start, i32.add(i32.mul(i, row), i32.mul(j, column)));
const word = (table: I32, index: I32): I32 => i32.load(i32.add(table, i32.shl(index, i32.const(2))));
const tables = (start: I32, rows: I32, columns: I32): Places => (i, j) => i32.add(start, i32.add(word(rows, i), word(columns, j)));

const parameters = Array.from({ length: 13 }, () => "i32") as unknown as Gemm["params"];

/** The product of matrices in steps; `adds` is not looked at, since nothing is left to add. */
export const emitIntegerGemm = (module: ModuleBuilder): Gemm =>
  module.function(parameters, "void", (f, a, aRow, aColumn, b, bRow, bColumn, c, cRow, m, n, k, scratch) =>
    multiply(f, steps(a, aRow, aColumn), steps(b, bRow, bColumn), steps(c, cRow, i32.const(4)), m, n, k, scratch));

/** The product of matrices by tables of offsets. */
export const emitGatheredIntegers = (module: ModuleBuilder): GatheredGemm =>
  module.function(parameters, "void", (f, a, rowA, depthA, b, depthB, columnB, c, rowC, columnC, m, n, k, scratch) =>
    multiply(f, tables(a, rowA, depthA), tables(b, depthB, columnB), tables(c, rowC, columnC), m, n, k, scratch));

function multiply(f: FunctionBuilder, a: Places, b: Places, c: Places, m: I32, n: I32, k: I32, scratch: I32): void {
  const [i, j, j0, l] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const [p, used] = [f.local("i32"), f.local("i32")];
  const panel = i32.add(scratch, i32.const(4 * width));
  const sums = Array.from({ length: width / 4 }, () => f.local("v128"));
  const factor = f.local("v128");
  f.for(j0, i32.const(0), n, width, () => {
    least(f, used, i32.sub(n, j0));
    f.do(memory.fill(panel, i32.const(0), i32.mul(k, i32.const(4 * width))));
    f.for(l, i32.const(0), k, 1, () => {
      f.set(p, i32.add(panel, i32.mul(l, i32.const(4 * width))));
      f.for(j, i32.const(0), used, 1, () => {
        f.do(i32.store(p, i32.load(b(l, i32.add(j0, j)))));
        f.increment(p, 4);
      });
    });
    f.for(i, i32.const(0), m, 1, () => {
      for (const s of sums) f.set(s, zero());
      f.set(p, panel);
      f.for(l, i32.const(0), k, 1, () => {
        f.set(factor, v128.load32Splat(a(i, l)));
        sums.forEach((s, q) => f.set(s, i32x4.add(s, i32x4.mul(factor, v128.load(p, 16 * q)))));
        f.increment(p, 4 * width);
      });
      sums.forEach((s, q) => f.do(v128.store(scratch, s, 16 * q)));
      f.set(p, scratch);
      f.for(j, i32.const(0), used, 1, () => {
        f.do(i32.store(c(i, i32.add(j0, j)), i32.load(p)));
        f.increment(p, 4);
      });
    });
  });
}

const zero = (): V128 => i32x4.splat(i32.const(0));

function least(f: FunctionBuilder, to: Local<"i32">, left: I32): void {
  f.set(to, left);
  f.if(i32.gtU(to, i32.const(width)), () => f.set(to, i32.const(width)));
}
