// The code of a sort: arrays of one shape, sorted together along an axis by the leading ones. Stable, −0 equal to 0, NaN greater
// than all, each NaN equal to any other. Keys become words whose unsigned order is theirs, sorted from the last key to the first.

import type { DType } from "@gradus/core";
import { call, type Callee, type I32, type Local, select } from "./code.js";
import type { FunctionBuilder } from "./function.js";
import { bytesPer } from "./lane-code.js";
import type { ModuleBuilder } from "./module.js";
import { countsBytes, type SortWords } from "./radix-sort.js";
import { f32, f64, i32, i64 } from "./scalar-ops.js";

export interface Sort {
  /** Of the arrays. */
  readonly dtypes: readonly DType[];
  readonly numKeys: number;
  readonly descending: boolean;
  /** The product of the sizes of the axes before the sorted one, its own size, and the product of those behind it. */
  readonly sizes: readonly [outer: number, n: number, inner: number];
}

/** Addresses of the arrays, then of the results, all in row-major order, then of `sortScratch` bytes, aligned to 16. */
export type SortCode = Callee<readonly "i32"[], "void">;

/** Words and positions, both twice, and counts. */
export const sortScratch = ({ sizes: [, n] }: Sort): number => 16 * n + countsBytes;

export const emitSort = (m: ModuleBuilder, sortWords: SortWords, { dtypes, numKeys, descending, sizes: [outer, n, inner] }: Sort): SortCode =>
  m.function(Array.from({ length: 2 * dtypes.length + 1 }, () => "i32" as const), "void", (f, ...params) => {
    const scratch = params[2 * dtypes.length] as Local<"i32">;
    const positions = f.local("i32", i32.add(scratch, i32.const(countsBytes)));
    const words = f.local("i32", i32.add(positions, i32.const(4 * n)));
    const room = i32.add(words, i32.const(4 * n));
    const [i, line, column] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const at = (array: I32, index: I32): I32 => i32.add(array, i32.shl(index, i32.const(2)));
    const each = (body: () => void): void => f.for(i, i32.const(0), i32.const(n), 1, body);
    const sortLine = (): void => {
      each(() => f.do(i32.store(at(positions, i), i)));
      for (let k = numKeys - 1; k >= 0; k--) {
        const dtype = dtypes[k] as DType;
        for (let part = 0; part < (dtype === "float64" ? 2 : 1); part++) {
          each(() => {
            const place = i32.add(params[k] as I32, i32.mul(i32.load(at(positions, i)), i32.const(inner * bytesPer(dtype))));
            const w = wordOf(f, dtype, place, part);
            f.do(i32.store(at(words, i), descending ? i32.xor(w, i32.const(-1)) : w));
          });
          f.do(call(sortWords, words, positions, room, scratch, i32.const(n)));
        }
      }
      dtypes.forEach((dtype, k) => {
        const size = bytesPer(dtype);
        const to = f.local("i32", params[dtypes.length + k] as Local<"i32">);
        each(() => {
          const from = i32.add(params[k] as I32, i32.mul(i32.load(at(positions, i)), i32.const(inner * size)));
          copyElement(f, size, to, from);
          f.increment(to, inner * size);
        });
      });
    };
    const move = (elements: number): void => params.slice(0, -1).forEach((p, k) => f.increment(p, elements * bytesPer(dtypes[k % dtypes.length] as DType)));
    f.for(line, i32.const(0), i32.const(outer), 1, () => {
      f.for(column, i32.const(0), i32.const(inner), 1, () => {
        sortLine();
        move(1);
      });
      move((n - 1) * inner);
    });
  });

/** Copies an element of so many bytes. */
export const copyElement = (f: FunctionBuilder, size: 1 | 4 | 8, to: I32, from: I32): void =>
  f.do(size === 8 ? i64.store(to, i64.load(from)) : size === 4 ? i32.store(to, i32.load(from)) : i32.store8(to, i32.load8U(from)));

/** 32 bits of a key, the lower ones first, as an unsigned number: negative numbers have all bits changed, others the sign. */
export function wordOf(f: FunctionBuilder, dtype: DType, at: I32, part: number): I32 {
  const sign = i32.const(-(2 ** 31));
  switch (dtype) {
    case "bool":
      return i32.load8U(at);
    case "uint32":
      return i32.load(at);
    case "int32":
      return i32.xor(i32.load(at), sign);
    case "float32": {
      const x = f.local("f32", f32.add(f32.load(at), f32.const(0))); // −0 + 0 = 0
      const bits = f.local("i32", i32.reinterpretF32(x));
      return select(f32.eq(x, x), i32.xor(bits, i32.or(i32.shrS(bits, i32.const(31)), sign)), i32.const(-1));
    }
    default: {
      const x = f.local("f64", f64.add(f64.load(at), f64.const(0)));
      const bits = f.local("i64", i64.reinterpretF64(x));
      const ordered = f.local("i64", i64.xor(bits, i64.or(i64.shrS(bits, i64.const(63)), i64.const(-(2n ** 63n)))));
      return select(f64.eq(x, x), i32.wrapI64(part === 0 ? ordered : i64.shrU(ordered, i64.const(32))), i32.const(-1));
    }
  }
}
