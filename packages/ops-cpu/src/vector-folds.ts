// Folds of float32 on the vector unit: rows are streamed through a WebAssembly memory in blocks. Sums are of doubles there too. What
// is short, not float32 or not side by side is left to the loops in JavaScript.

import { add, type Binary, type Intrinsic, max, min } from "@gradus/core/scalar";
import { greatest, least, sum } from "./fold-loops.js";
import type { Loop } from "./loops.js";
import { block, blockBytes, onVectors, type VectorMemory } from "./vector-memory.js";
import { assign, variable } from "./wasm/cumulative.js";
import { intrinsic } from "./wasm/intrinsic.js";
import type { LaneCode, Value } from "./wasm/lane-code.js";
import { i32 } from "./wasm/scalar-ops.js";

/**
 * Measured: from here on the vector unit is ahead, copies included. Nanoseconds an element of a sum in JavaScript and here: 1.3 and 1.2
 * at 128, 1.1 and 0.33 at 1024, 1.7 and 0.26 at 1e6; of sums of columns 0.8 and 0.3 from 16 columns and 1e5 elements on.
 */
const fewest = 128;
const [fewestColumns, fewestInColumns] = [16, 512];

interface Runs {
  /** Joins so many bytes of elements at 0, a multiple of 64, to four totals one block further. */
  readonly row: (bytes: number) => void;
  /** Joins so many rows of so many elements at 0 to a total for each of their columns, one block further. */
  readonly rows: (rows: number, columns: number) => void;
}

function compile(op: Intrinsic, within: "float32" | "float64", init: number): (VectorMemory & { readonly run: Runs }) | null {
  const size = within === "float32" ? 4 : 8;
  const load = (code: LaneCode, at: Parameters<LaneCode["load"]>[1], offset = 0): Value => code.cast("float32", within, code.load("float32", at, offset));
  return onVectors<Runs>((m, codesOf) => {
    m.function(["i32"], "void", (f, bytes) => {
      const { four } = codesOf(f);
      const totals = Array.from({ length: 4 }, () => variable(f, four.constant(within, init)));
      const at = f.local("i32");
      f.for(at, i32.const(0), bytes, 64, () => totals.forEach((t, k) => assign(f, t, four.apply(op, within, [t, load(four, at, 16 * k)]))));
      four.store(within, i32.const(blockBytes), totals.slice(1).reduce<Value>((a, b) => four.apply(op, within, [a, b]), totals[0]!));
    }, "row");
    m.function(["i32", "i32"], "void", (f, rows, columns) => {
      const codes = codesOf(f);
      const [i, j, x, to] = [f.local("i32"), f.local("i32"), f.local("i32", i32.const(0)), f.local("i32")];
      f.for(i, i32.const(0), rows, 1, () => {
        f.set(to, i32.const(blockBytes));
        const step = (code: LaneCode): void => {
          code.store(within, to, code.apply(op, within, [code.load(within, to), load(code, x)]));
          f.increment(x, 4 * code.lanes);
          f.increment(to, size * code.lanes);
        };
        const whole = f.local("i32", i32.and(columns, i32.const(-4)));
        f.for(j, i32.const(0), whole, 4, () => step(codes.four));
        f.for(j, whole, columns, 1, () => step(codes.one));
      });
    }, "rows");
  });
}

function vectorFold(join: Binary, init: number, other: Loop): Loop {
  const op = intrinsic(join);
  const within = join === add ? "float64" : "float32";
  let compiled: ReturnType<typeof compile> | undefined;
  return (f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1, z, zi, z0, z1) => {
    const isLong = o1 === 0 ? n >= fewest : o1 === 1 && o0 === 0 && n >= (y0 === n ? fewestColumns : fewest) && m * n >= fewestInColumns;
    const isPlain = isLong && y1 === 1 && y instanceof Float32Array;
    if (!isPlain || (compiled ??= compile(op, within, init)) === null) return other(f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1, z, zi, z0, z1);
    const { float32, [within]: totals, run: { row, rows } } = compiled;
    const first = blockBytes / totals.BYTES_PER_ELEMENT;
    if (o1 === 0) {
      for (let i = 0; i < m; i++) {
        let total = o[oi + i * o0] as number;
        for (let j = 0; j < n; j += block) {
          const count = Math.min(block, n - j);
          const at = yi + i * y0 + j;
          float32.set(y.subarray(at, at + count));
          if (count % 16 > 0) float32.fill(init, count, (count | 15) + 1);
          row(4 * count);
          for (let k = 0; k < 4; k++) total = op.float(total, totals[first + k] as number, 0);
        }
        o[oi + i * o0] = total;
      }
      return;
    }
    for (let j = 0; j < n; j += block) {
      const count = Math.min(block, n - j);
      const together = n <= block && y0 === n ? Math.floor(block / n) : 1;
      totals.set(o.subarray(oi + j, oi + j + count), first);
      for (let i = 0; i < m; i += together) {
        const number = Math.min(together, m - i);
        const at = yi + i * y0 + j;
        float32.set(y.subarray(at, at + number * count));
        rows(number, count);
      }
      o.set(totals.subarray(first, first + count), oi + j);
    }
  };
}

export const vectorSum: Loop = /* @__PURE__ */ vectorFold(add, 0, sum);
export const vectorGreatest: Loop = /* @__PURE__ */ vectorFold(max, -Infinity, greatest);
export const vectorLeast: Loop = /* @__PURE__ */ vectorFold(min, Infinity, least);
