// Shaping: slice, pad, reverse, concatenate, iota and what is made of them.

import { NonlinearError, type Tensor } from "@gradus/core";
import { concatenate, expandDims, iota, mul, oneHot, pad, type PadEntry, reverse, sin, slice, split, squeeze, stack } from "@gradus/ops";
import { jvp } from "@gradus/jvp";
import { grad, linearTranspose } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { bool, checkBatching, checkDerivatives, f64, i32, pullback, values } from "./support.js";

describe("values", () => {
  const m = f64([[1, 2, 3], [4, 5, 6]]);
  const table: [string, Tensor, unknown][] = [
    ["slice", slice(m, [0, 1], [2, 3]), [[2, 3], [5, 6]]],
    ["slice with strides", slice(f64([0, 1, 2, 3, 4]), [1], [5], [2]), [1, 3]],
    ["slice of nothing", slice(f64([0, 1]), [1], [1]), []],
    ["pad", pad(f64([1, 2]), 9, [[1, 2]]), [9, 1, 2, 9, 9]],
    ["pad between", pad(f64([1, 2, 3]), 0, [[0, 0, 1]]), [1, 0, 2, 0, 3]],
    ["pad by negative amounts", pad(f64([1, 2, 3]), 0, [[-1, 2]]), [2, 3, 0, 0]],
    ["pad between, and cut", pad(f64([1, 2, 3]), 0, [[-1, -1, 1]]), [0, 2, 0]],
    ["pad two axes", pad(m, -1, [[0, 1], [1, 0]]), [[-1, 1, 2, 3], [-1, 4, 5, 6], [-1, -1, -1, -1]]],
    ["pad of nothing", pad(f64([]), 7, [[1, 1, 3]]), [7, 7]],
    ["pad of booleans", pad(bool([true]), false, [[1, 0]]), [false, true]],
    ["reverse", reverse(m, 1), [[3, 2, 1], [6, 5, 4]]],
    ["reverse all", reverse(m), [[6, 5, 4], [3, 2, 1]]],
    ["concatenate", concatenate([m, m], 1), [[1, 2, 3, 1, 2, 3], [4, 5, 6, 4, 5, 6]]],
    ["concatenate unequal", concatenate([f64([1]), f64([]), f64([2, 3])]), [1, 2, 3]],
    ["stack", stack([f64([1, 2]), f64([3, 4])], -1), [[1, 3], [2, 4]]],
    ["iota", iota(3), [0, 1, 2]],
    ["iota along an axis", iota([2, 3], "float32", 1), [[0, 1, 2], [0, 1, 2]]],
    ["squeeze", squeeze(f64([[[1], [2]]])), [1, 2]],
    ["expandDims", expandDims(f64([1, 2]), 1), [[1], [2]]],
    ["split", split(f64([1, 2, 3, 4]), [1, 3])[1]!, [2, 3]],
    ["oneHot", oneHot(i32([0, 2, 5, -1]), 3), [[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]]],
  ];
  test.each(table)("%s", (_name, actual, expected) => expect(actual.js()).toEqual(expected));
});

const configs: PadEntry[][] = [
  [[1, 2, 0], [0, 1, 0]],
  [[0, 0, 2], [1, 0, 1]],
  [[-1, 1, 0], [2, -2, 0]],
  [[-2, -1, 1], [-1, -1, 2]],
  [[-3, 2, 0], [0, -4, 0]],
];

describe("derivatives in both modes, of both orders", () => {
  const x = values([3, 4]);
  test.each(configs.map((c) => [JSON.stringify(c), c] as const))("pad %s", (_name, config) => {
    checkDerivatives((v, fill) => pad(sin(v!), sin(fill!), config), [x, f64(0.3)]);
    checkDerivatives((ct) => (linearTranspose((v: Tensor) => pad(v, 0, config), [x])(ct!) as [Tensor])[0], [pad(x, 0, config)], 1);
  });
  test.each([
    [[0, 1], [3, 3], [1, 1]],
    [[0, 0], [3, 4], [2, 3]],
    [[1, 0], [3, 3], [3, 2]],
    [[1, 2], [1, 4], [1, 1]],
  ])("slice %j:%j:%j", (start, limit, strides) => {
    checkDerivatives((v) => slice(sin(v!), start, limit, strides), [x]);
  });
  test("reverse, concatenate, stack, split", () => {
    checkDerivatives((v) => mul(reverse(v!, 0), v!), [x]);
    checkDerivatives((v, w) => concatenate([mul(v!, w!), w!, v!], 1), [x, values([3, 4], 2)]);
    checkDerivatives((v) => stack([v!, mul(v!, v!)], 1), [x]);
    checkDerivatives((v) => mul(split(v!, 2, 1)[0]!, split(v!, 2, 1)[1]!), [x]);
  });
  test("a constant beside a perturbed operand of concatenate", () => {
    const f = (v: Tensor): Tensor => concatenate([v, f64([5])]);
    expect(jvp(f, [f64([1, 2])], [f64([3, 4])])[1].js()).toEqual([3, 4, 0]);
    expect(pullback((v) => f(v!), [f64([1, 2])], f64([1, 2, 3]))[0]!.js()).toEqual([1, 2]);
    expect(grad((v: Tensor) => squeeze(slice(concatenate([i32([1]), v]), [1], [2])))(f64([3])).js()).toEqual([1]);
  });
  test("a constant beside a linear operand of concatenate is no linear function", () => {
    expect(() => linearTranspose((v: Tensor) => concatenate([v, f64([5])]), [f64([1])])(f64([1, 1]))).toThrow(NonlinearError);
    expect((linearTranspose((v: Tensor) => concatenate([v, f64([0])]), [f64([1])])(f64([1, 1])) as Tensor[])[0]!.js()).toEqual([1]);
  });
});

describe("vmap agrees with a loop", () => {
  const x = values([3, 4, 2]);
  test("of one operand", () => {
    for (const axis of [0, 1, 2]) {
      checkBatching((v) => slice(v!, [0, 1], [2, 2], [2, 1]), [x], [axis]);
      checkBatching((v) => reverse(v!, 1), [x], [axis]);
      checkBatching((v) => pad(v!, 3, [[1, 0, 1], [-1, 1, 0]]), [x], [axis]);
      checkBatching((v) => squeeze(expandDims(v!, 1)), [x], [axis]);
      checkBatching((v) => concatenate([v!, mul(v!, 2)], 0), [x], [axis]);
      checkBatching((v) => grad((u: Tensor) => squeeze(slice(slice(u, [0, 1], [1, 2]), [0, 0], [1, 1])))(v!), [x], [axis]);
    }
  });
  test("of several operands, batched or not", () => {
    const fill = f64([5, 6, 7]);
    checkBatching((v, c) => pad(v!, c!, [[1, 0, 1], [-1, 1, 0]]), [x, fill], [0, 0]);
    checkBatching((v, c) => pad(v!, c!, [[1, 0, 1], [-1, 1, 0]]), [values([2, 4, 3]), fill], [2, 0]);
    checkBatching((v, c) => pad(v!, c!, [[1, 0, 1], [0, 1, 0], [0, 0, 0]]), [x, fill], [null, 0]);
    const y = values([3, 5]);
    checkBatching((v, w) => concatenate([v!, w!], 0), [x, f64([[1, 2]])], [0, null]);
    checkBatching((v, w) => concatenate([w!, v!], 1), [x, y], [2, null]);
    checkBatching((v, w) => stack([w!, v!]), [f64([1, 2]), f64([3, 4])], [0, 0]);
  });
});
