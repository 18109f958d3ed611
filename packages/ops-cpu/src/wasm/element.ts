// What kernels for float32 and for float64 differ in.

import type { Code, I32, V128 } from "./code.js";
import type { Features } from "./features.js";
import { f32, f64 } from "./scalar-ops.js";
import { f32x4, f64x2, i8x16, v128 } from "./vector-ops.js";

export interface Element {
  readonly dtype: "float32" | "float64";
  /** In bytes. */
  readonly size: 4 | 8;
  /** Elements in a vector. */
  readonly lanes: 4 | 2;
  readonly vector: typeof f32x4 | typeof f64x2;
  loadSplat(address: I32, offset?: number): V128;
  /** x·y + z. */
  madd(x: V128, y: V128, z: V128): V128;
  /** A vector of zeros. */
  zero(): V128;
  load(address: I32, offset?: number): Code<"f32" | "f64">;
  store(address: I32, value: Code<"f32" | "f64">, offset?: number): Code<"void">;
  add(x: Code<"f32" | "f64">, y: Code<"f32" | "f64">): Code<"f32" | "f64">;
  mul(x: Code<"f32" | "f64">, y: Code<"f32" | "f64">): Code<"f32" | "f64">;
  /** The sum of the lanes. */
  sum(x: V128): Code<"f32" | "f64">;
  /** Rows of as many vectors as one has lanes, as columns. */
  transpose(rows: readonly V128[], name: (x: V128) => V128): readonly V128[];
}

const pick = (x: V128, y: V128, words: readonly number[]): V128 => i8x16.shuffle(x, y, words.flatMap((w) => [4 * w, 4 * w + 1, 4 * w + 2, 4 * w + 3]));

export function element(dtype: "float32" | "float64", { fma }: Features): Element {
  if (dtype === "float32") {
    return {
      dtype,
      size: 4,
      lanes: 4,
      vector: f32x4,
      loadSplat: v128.load32Splat,
      madd: (x, y, z) => (fma ? f32x4.relaxedMadd(x, y, z) : f32x4.add(f32x4.mul(x, y), z)),
      zero: () => f32x4.const(0),
      load: f32.load,
      store: f32.store as Element["store"],
      add: f32.add as Element["add"],
      mul: f32.mul as Element["mul"],
      sum: (x) => [1, 2, 3].reduce((s, i) => f32.add(s, f32x4.extract(x, i)), f32x4.extract(x, 0)),
      transpose: ([a, b, c, d], name) => {
        const [ab, cd, AB, CD] = [[a, b, 0], [c, d, 0], [a, b, 2], [c, d, 2]].map(([x, y, w]) => name(pick(x as V128, y as V128, [w as number, (w as number) + 4, (w as number) + 1, (w as number) + 5]))) as [V128, V128, V128, V128];
        return [pick(ab, cd, [0, 1, 4, 5]), pick(ab, cd, [2, 3, 6, 7]), pick(AB, CD, [0, 1, 4, 5]), pick(AB, CD, [2, 3, 6, 7])];
      },
    };
  }
  return {
    dtype,
    size: 8,
    lanes: 2,
    vector: f64x2,
    loadSplat: v128.load64Splat,
    madd: (x, y, z) => (fma ? f64x2.relaxedMadd(x, y, z) : f64x2.add(f64x2.mul(x, y), z)),
    zero: () => f64x2.const(0),
    load: f64.load,
    store: f64.store as Element["store"],
    add: f64.add as Element["add"],
    mul: f64.mul as Element["mul"],
    sum: (x) => f64.add(f64x2.extract(x, 0), f64x2.extract(x, 1)),
    transpose: ([a, b]) => [pick(a as V128, b as V128, [0, 1, 4, 5]), pick(a as V128, b as V128, [2, 3, 6, 7])],
  };
}
