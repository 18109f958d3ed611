// gather, scatterAdd and take: values at the ends, gradients of repeated and clipped reads, batching of every operand.

import { vmap } from "@gradus/batching";
import { array, type Tensor } from "@gradus/core";
import { gather, mul, oneHot, reduceSum, reshape, scatterAdd, sin, take, transpose, zeros } from "@gradus/ops";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { checkBatching, checkDerivatives, f64, i32, values } from "./support.js";

const x = f64([10, 20, 30]);
const m = f64([[1, 2, 3], [4, 5, 6]]);

describe("values", () => {
  const table: [string, Tensor, unknown][] = [
    ["take", take(x, i32([2, 0, 2])), [30, 10, 30]],
    ["take counts from the end", take(x, i32([-1, -3])), [30, 10]],
    ["take clips", take(x, i32([3, 100, -4, -100])), [30, 30, 10, 10]],
    ["take of a JS array", take(x, [0, -1]), [10, 30]],
    ["take of a literal", take(m, 1, 1), [2, 5]],
    ["take of a literal from the end", take(m, -1, 0), [4, 5, 6]],
    ["take of a literal clips", take(x, 7), 30],
    ["take of a 0-d tensor", take(m, i32(-1), 0), [4, 5, 6]],
    ["take at uint32", take(x, array([2], { dtype: "uint32" })), [30]],
    ["take along an axis", take(m, i32([[2, 0]]), 1), [[[3, 1]], [[6, 4]]]],
    ["take flattens", take(m, i32([4, -1])), [5, 6]],
    ["take of nothing", take(x, array([], { dtype: "int32" })), []],
    ["gather by vectors", gather(m, i32([[1, 2], [0, 0]])), [6, 1]],
    ["gather of rows", gather(m, i32([[1], [1]])), [[4, 5, 6], [4, 5, 6]]],
    ["gather clips", gather(m, i32([[-1, 7]])), [3]],
    ["gather drops", gather(m, i32([[-1, 7], [1, 1]]), { mode: "drop" }), [0, 5]],
    ["gather with a shared axis", gather(m, i32([[[2]], [[0]]]), { batchDims: 1 }), [[3], [4]]],
    ["gather with components in another order", gather(m, i32([[2, 1]]), { axes: [1, 0] }), [6]],
    ["scatterAdd adds up", scatterAdd(x, i32([[0], [2], [0]]), f64([1, 2, 3])), [14, 20, 32]],
    ["scatterAdd drops", scatterAdd(x, i32([[3], [-1], [1]]), f64([1, 2, 3])), [10, 23, 30]],
    ["scatterAdd clips", scatterAdd(x, i32([[3], [-1]]), f64([1, 2]), { mode: "clip" }), [12, 20, 31]],
    ["scatterAdd of rows", scatterAdd(zeros([2, 3]), i32([[1]]), f64([[1, 2, 3]])), [[0, 0, 0], [1, 2, 3]]],
  ];
  test.each(table)("%s", (_name, actual, expected) => expect(actual.js()).toEqual(expected));
});

describe("gradients", () => {
  test("a repeated read adds up, a clipped one lands on the entry that was read", () => {
    expect(grad((v: Tensor) => reduceSum(take(v, i32([0, 0, 2]))))(x).js()).toEqual([2, 0, 1]);
    expect(grad((v: Tensor) => reduceSum(take(v, i32([5, -9]))))(x).js()).toEqual([1, 0, 1]);
    expect(grad((v: Tensor) => take(v, 7))(x).js()).toEqual([0, 0, 1]);
  });
  test("a dropped update has gradient 0", () => {
    const f = (u: Tensor): Tensor => reduceSum(mul(scatterAdd(x, i32([[3], [1], [1]]), u), f64([1, 2, 3])));
    expect(grad(f)(f64([1, 1, 1])).js()).toEqual([0, 2, 2]);
  });
  test("of both orders, in both modes", () => {
    const i = i32([[2, 0], [-1, 9]]);
    checkDerivatives((v) => take(sin(v!), i, 1), [values([2, 4])]);
    checkDerivatives((v) => take(sin(v!), i), [values([2, 4])]);
    checkDerivatives((v) => gather(sin(v!), i32([[[2], [1]], [[0], [0]]]), { batchDims: 1 }), [values([2, 3, 2])]);
    const at = { axes: [0, 2], mode: "drop" } as const;
    checkDerivatives((v, u) => scatterAdd(sin(v!), i32([[0, 1], [0, 1], [5, 0]]), sin(u!), at), [values([2, 3, 2]), values([3, 3], 2)]);
  });
  test("indices carry none", () => {
    const g = grad((v: Tensor, i: Tensor) => take(v, i), { argnums: [0, 1], allowInt: true })(x, i32(1)) as unknown as Tensor[];
    expect(g[0]!.js()).toEqual([0, 1, 0]);
    expect(g[1]!.dtype).toBe("float0");
  });
});

describe("vmap agrees with a loop", () => {
  const a = values([3, 4, 2]);
  const i = i32([[0, 3, -1], [1, 1, 7]]);
  test("take, with the array, the indices or both batched", () => {
    for (const axis of [0, 1, 2]) {
      checkBatching((v) => take(v!, i, 1), [a], [axis]);
      checkBatching((v) => take(v!, i, 0), [a], [axis]);
      checkBatching((v) => take(v!, i), [a], [axis]);
    }
    checkBatching((k) => take(a, k!, 1), [i], [0]);
    checkBatching((k) => take(a, k!, 1), [i], [1]);
    checkBatching((v, k) => take(v!, k!, 1), [a, i], [0, 1]);
    checkBatching((v, k) => take(v!, k!, 0), [a, i], [2, 0]);
  });
  test("twice", () => {
    const f = vmap(vmap((v: Tensor, k: Tensor) => take(v, k), [0, null]), [null, 0]);
    expect(f(m, i32([0, -1])).js()).toEqual([[1, 4], [3, 6]]);
  });
  test("gather with a shared axis", () => {
    const k = i32([[[0], [3]], [[1], [1]], [[2], [9]]]);
    for (const axis of [0, 1, 2, 3]) checkBatching((v) => gather(v!, k, { batchDims: 1 }), [values(insert([3, 4, 2], axis, 5))], [axis]);
    const several = i32([0, 3, 1, 1, 2, 9, 3, 3, 0, 1, 2, 1]);
    for (const axis of [0, 1, 2]) {
      const ks = transpose(reshape(several, [2, 3, 2, 1]), axis === 0 ? [0, 1, 2, 3] : axis === 1 ? [1, 0, 2, 3] : [1, 2, 0, 3]);
      checkBatching((j) => gather(a, j!, { batchDims: 1 }), [ks], [axis]);
      checkBatching((v, j) => gather(v!, j!, { batchDims: 1 }), [values([3, 4, 2, 2]), ks], [3, axis]);
      checkBatching((v, j) => scatterAdd(v!, j!, values([3, 2, 2]), { batchDims: 1 }), [values([3, 4, 2, 2]), ks], [3, axis]);
    }
  });
  test("scatterAdd, with any operands batched", () => {
    const u = values([2, 3, 2], 2);
    const k = i32([[[0], [3], [-1]], [[1], [1], [7]]]);
    const f = (v: Tensor, j: Tensor, w: Tensor): Tensor => scatterAdd(v, j, w);
    const one = values([4, 2]);
    const operands = [values([2, 4, 2]), k, u] as const;
    const alone = [one, i32([[0], [3], [0]]), values([3, 2], 3)] as const;
    for (let pattern = 1; pattern < 8; pattern++) {
      const batched = [0, 1, 2].map((n) => (pattern >> n) % 2 === 1);
      checkBatching(f as never, batched.map((b, n) => (b ? operands[n]! : alone[n]!)), batched.map((b) => (b ? 0 : null)));
    }
  });
  test("gradients of take, and oneHot", () => {
    checkBatching((v, k) => grad((w: Tensor) => reduceSum(mul(take(w, k!, 0), take(w, k!, 0))))(v!), [a, i], [2, 0]);
    checkBatching((k) => oneHot(k!, 4), [i], [1]);
  });
});

const insert = (list: number[], at: number, entry: number): number[] => [...list.slice(0, at), entry, ...list.slice(at)];
