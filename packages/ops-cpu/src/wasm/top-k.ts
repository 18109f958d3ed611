// The code of the k greatest of each line, NaN before all and equal ones in their order. A few are kept in order while the line is read;
// for many the line is sorted (see sorting.ts, where elements become unsigned words in their order).

import type { DType } from "@gradus/core";
import { call, type Callee, type I32, type I64, type Local } from "./code.js";
import type { FunctionBuilder } from "./function.js";
import { bytesPer } from "./lane-code.js";
import type { ModuleBuilder } from "./module.js";
import type { SortWords } from "./radix-sort.js";
import { i32, i64 } from "./scalar-ops.js";
import { copyElement, emitSort, sortScratch, wordOf } from "./sorting.js";

export interface TopK {
  readonly dtype: DType;
  readonly k: number;
  readonly lines: number;
  readonly n: number;
}

/** (x, values, places, scratch): addresses of arrays in row-major order, and of `topKScratch` bytes, aligned to 16. */
export type TopKCode = Callee<readonly ["i32", "i32", "i32", "i32"], "void">;

// So many are kept in order: a new one moves half of them on average, and new ones are rare.
const few = 32;
const isFew = ({ k, n }: TopK): boolean => k <= few && k < n / 4;

const sorting = ({ dtype, n }: TopK) => ({ dtypes: [dtype, "int32"] as const, numKeys: 1, descending: true, sizes: [1, n, 1] as const });
const whole = (n: number): number => Math.ceil(n / 16) * 16;

/** Keys and places, or a line of places, of both sorted, and what the sort needs. */
export const topKScratch = (of: TopK): number => (isFew(of) ? 12 * of.k : 2 * whole(4 * of.n) + whole(bytesPer(of.dtype) * of.n) + sortScratch(sorting(of)));

export function emitTopK(m: ModuleBuilder, sortWords: () => SortWords, of: TopK): TopKCode {
  const { dtype, k, lines, n } = of;
  const size = bytesPer(dtype);
  const eachLine = (f: FunctionBuilder, x: Local<"i32">, values: Local<"i32">, places: Local<"i32">, body: () => void): void =>
    f.for(f.local("i32"), i32.const(0), i32.const(lines), 1, () => {
      body();
      f.increment(x, n * size);
      f.increment(values, k * size);
      f.increment(places, 4 * k);
    });
  const place = (at: I32, index: I32): I32 => i32.add(at, i32.shl(index, i32.const(2)));
  if (isFew(of)) {
    return m.function(["i32", "i32", "i32", "i32"], "void", (f, x, values, places, scratch) => {
      const kept = f.local("i32", i32.add(scratch, i32.const(8 * k)));
      const keyAt = (index: I32): I32 => i32.add(scratch, i32.shl(index, i32.const(3)));
      const [i, at, key, least] = [f.local("i32"), f.local("i32"), f.local("i64"), f.local("i64")];
      const put = (from: I32): void => {
        // Up from the end, past all that are less: an equal one came first.
        f.set(at, from);
        f.block((end) => f.loop((again) => {
          f.brIf(end, i32.eqz(at));
          f.brIf(end, i64.geU(i64.load(keyAt(i32.sub(at, i32.const(1)))), key));
          f.do(i64.store(keyAt(at), i64.load(keyAt(i32.sub(at, i32.const(1))))));
          f.do(i32.store(place(kept, at), i32.load(place(kept, i32.sub(at, i32.const(1))))));
          f.increment(at, -1);
          f.br(again);
        }));
        f.do(i64.store(keyAt(at), key));
        f.do(i32.store(place(kept, at), i));
        f.set(least, i64.load(scratch, 8 * (k - 1)));
      };
      const read = (): void => f.set(key, keyOf(f, dtype, i32.add(x, i32.mul(i, i32.const(size)))));
      eachLine(f, x, values, places, () => {
        f.for(i, i32.const(0), i32.const(k), 1, () => {
          read();
          put(i);
        });
        f.for(i, i32.const(k), i32.const(n), 1, () => {
          read();
          f.if(i64.gtU(key, least), () => put(i32.const(k - 1)));
        });
        f.for(i, i32.const(0), i32.const(k), 1, () => {
          f.set(at, i32.load(place(kept, i)));
          f.do(i32.store(place(places, i), at));
          copyElement(f, size, i32.add(values, i32.mul(i, i32.const(size))), i32.add(x, i32.mul(at, i32.const(size))));
        });
      });
    });
  }
  const sort = emitSort(m, sortWords(), sorting(of));
  return m.function(["i32", "i32", "i32", "i32"], "void", (f, x, values, places, scratch) => {
    const sorted = f.local("i32", i32.add(scratch, i32.const(whole(4 * n))));
    const sortedValues = f.local("i32", i32.add(sorted, i32.const(whole(4 * n))));
    const rest = i32.add(sortedValues, i32.const(whole(size * n)));
    const i = f.local("i32");
    f.for(i, i32.const(0), i32.const(n), 1, () => f.do(i32.store(place(scratch, i), i)));
    eachLine(f, x, values, places, () => {
      f.do(call(sort, x, scratch, sortedValues, sorted, rest));
      f.for(i, i32.const(0), i32.const(k), 1, () => {
        f.do(i32.store(place(places, i), i32.load(place(sorted, i))));
        copyElement(f, size, i32.add(values, i32.mul(i, i32.const(size))), i32.add(sortedValues, i32.mul(i, i32.const(size))));
      });
    });
  });
}

/** All bits of a key as an unsigned number. */
function keyOf(f: FunctionBuilder, dtype: DType, at: I32): I64 {
  const low = i64.extendI32U(wordOf(f, dtype, at, 0));
  return dtype === "float64" ? i64.or(low, i64.shl(i64.extendI32U(wordOf(f, dtype, at, 1)), i64.const(32))) : low;
}
