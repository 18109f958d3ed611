// Counts of bits, bit casts, and Threefry against the published vectors and JAX.

import { array, DTypeError, type NestedArray, ShapeError, type Tensor, withBackend } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { bitcast, clz, populationCount, randomBits, threefry2x32 } from "@gradus/ops";
import { eagerCpu, shaping } from "@gradus/ops-cpu";
import { describe, expect, test } from "vitest";
import { bool, checkBatching, f64, i32 } from "./support.js";

const u32 = (data: NestedArray): Tensor => array(data, { dtype: "uint32" });
const words = (key: number[], x0: number[], x1: number[]): number[][] => threefry2x32(u32(key), u32(x0), u32(x1)).map((t) => Array.from(t.dataSync()));

describe("threefry2x32", () => {
  // kat_vectors of the Random123 distribution, https://github.com/DEShawResearch/random123: "threefry2x32 20", counter, key, result.
  test.each([
    [[0, 0], [0, 0], [0x6b200159, 0x99ba4efe]],
    [[0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], [0x1cb996fc, 0xbb002be7]],
    [[0x243f6a88, 0x85a308d3], [0x13198a2e, 0x03707344], [0xc4923a9c, 0x483df7a0]],
  ])("counter %j under key %j", (x, key, wanted) => {
    const run = (): number[] => words(key, [x[0]!], [x[1]!]).flat();
    expect(run()).toEqual(wanted);
    expect(withBackend(eagerCpu({ kernels: [shaping] }), run), "without its kernel").toEqual(wanted);
  });
  // testRngRandomBits of JAX's tests/random_test.py, whose counters are laid out in halves: 0, 1 and 2, 0.
  test("the bits of JAX for key(1701)", () => {
    expect(words([0, 1701], [0, 1], [2, 0]).flat().slice(0, 3)).toEqual([56197195, 4200222568, 961309823]);
  });
  // jax.random.split(jax.random.key(42)), https://docs.jax.dev/en/latest/random-numbers.html
  test("the keys that JAX splits key(42) into", () => {
    const [a, b] = words([0, 42], [0, 0], [0, 1]);
    expect([[a![0], b![0]], [a![1], b![1]]]).toEqual([[1832780943, 270669613], [64467757, 2916123636]]);
  });
});

describe("randomBits", () => {
  test("element i joins both words of the counter (0, i)", () => {
    const [a, b] = words([7, 9], [0, 0, 0, 0], [0, 1, 2, 3]);
    expect(randomBits(u32([7, 9]), [2, 2]).js()).toEqual([[(a![0]! ^ b![0]!) >>> 0, (a![1]! ^ b![1]!) >>> 0], [(a![2]! ^ b![2]!) >>> 0, (a![3]! ^ b![3]!) >>> 0]]);
  });
  test("maps over keys", () => {
    const keys = u32([[1, 2], [3, 4]]);
    expect((vmap((k: Tensor) => randomBits(k, [3]))(keys) as Tensor).js()).toEqual([[1, 2], [3, 4]].map((k) => randomBits(u32(k), [3]).js()));
  });
  test("half of the bits are set", () => {
    const total = Array.from(populationCount(randomBits(u32([0, 1]), [1000])).dataSync()).reduce((x, y) => x + y, 0);
    expect(Math.abs(total - 16000)).toBeLessThan(400); // over four standard deviations
  });
  test("errors", () => {
    expect(() => randomBits(u32([1]), [3])).toThrow(ShapeError);
    expect(() => randomBits(i32([1, 2]), [3])).toThrow(DTypeError);
  });
});

test("counts of bits", () => {
  const x = i32([0, 1, -1, 255, -(2 ** 31), 2 ** 30]);
  expect(populationCount(x).js()).toEqual([0, 1, 32, 8, 1, 1]);
  expect(clz(x).js()).toEqual([32, 31, 0, 24, 0, 1]);
  expect(clz(u32([2 ** 31, 2 ** 32 - 1, 8])).js()).toEqual([0, 0, 28]);
  expect(() => clz(f64([1]))).toThrow(DTypeError);
  expect(() => populationCount(true)).toThrow(DTypeError);
});

test("bit casts", () => {
  expect(bitcast(array([1, -2, -0]), "uint32").js()).toEqual([0x3f800000, 0xc0000000, 0x80000000]);
  expect(bitcast(array(1), "int32").item()).toBe(0x3f800000);
  expect(bitcast(i32([0x7f800000, 1]), "float32").js()).toEqual([Infinity, 2 ** -149]);
  expect(bitcast(f64([1, -0]), "uint32").js()).toEqual([[0, 0x3ff00000], [0, 0x80000000]]);
  expect(bitcast(f64(1), "int32").js()).toEqual([0, 0x3ff00000]);
  expect(bitcast(f64(Math.PI), "float32").shape).toEqual([2]);
  expect(bitcast(bitcast(f64([[Math.PI], [NaN]]), "uint32"), "float64").js()).toEqual([[Math.PI], [NaN]]);
  expect(bitcast(i32([0, 0x3ff00000]), "float64").item()).toBe(1);
  checkBatching((x) => bitcast(x!, "float64"), [i32([[0, 1], [7, 0x3ff00000], [0, 0x40000000]])], [0]);
  checkBatching((x) => bitcast(x!, "float64"), [i32([[0, 1, 7], [0x3ff00000, 0, 5]])], [1]);
  checkBatching((x) => bitcast(x!, "uint32"), [f64([[1, 2, 3]])], [1]);
  expect(() => bitcast(i32([1, 2, 3]), "float64")).toThrow(ShapeError);
  expect(() => bitcast(i32(1), "float64")).toThrow(ShapeError);
  expect(() => bitcast(bool([true]), "int32")).toThrow(DTypeError);
  expect(() => bitcast(i32([1]), "bool")).toThrow(DTypeError);
});
