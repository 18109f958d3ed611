// The scatters: winners, ties, repeated positions, in gradients of both orders and in batches.

import { MissingRuleError, type Tensor } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { mul, reduceSum, scatter, scatterMax, scatterMin, scatterMul, sin } from "@gradus/ops";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { checkBatching, checkDerivatives, f64, i32, values } from "./support.js";

const at = i32([[1], [0], [1]]);
const weights = f64([1, 10, 100]);
const both = (f: (x: Tensor, u: Tensor) => Tensor, x: number[], u: number[]): unknown =>
  (grad((a: Tensor, b: Tensor) => reduceSum(mul(f(a, b), weights)), { argnums: [0, 1] })(f64(x), f64(u)) as unknown as Tensor[]).map((g) => g.js());

describe("conventions", () => {
  test("scatter: the last update stays, and the gradient goes to it alone", () => {
    expect(scatter(f64([1, 2, 3]), at, f64([7, 8, 9])).js()).toEqual([8, 9, 3]);
    expect(both((x, u) => scatter(x, at, u), [1, 2, 3], [7, 8, 9])).toEqual([[0, 0, 100], [0, 1, 10]]);
    expect(both((x, u) => scatter(x, i32([[5], [0], [-1]]), u), [1, 2, 3], [7, 8, 9])).toEqual([[0, 10, 100], [0, 1, 0]]);
  });
  test("scatterMax and scatterMin: ties are shared", () => {
    expect(both((x, u) => scatterMax(x, at, u), [5, 2, 3], [2, 5, 1])).toEqual([[0.5, 5, 100], [5, 0.5, 0]]);
    expect(both((x, u) => scatterMin(x, at, u), [5, 2, 3], [2, 6, 2])).toEqual([[1, 10 / 3, 100], [10 / 3, 0, 10 / 3]]);
  });
  test("scatterMul: all factors count, derivatives by them where none repeats", () => {
    const [x, u] = [f64([2, 3, 4]), f64([5, 6, 7])];
    expect(scatterMul(x, at, u).js()).toEqual([12, 105, 4]);
    expect(grad((v: Tensor) => reduceSum(scatterMul(v, at, u)))(x).js()).toEqual([6, 35, 1]);
    const f = (v: Tensor): Tensor => reduceSum(scatterMul(x, at, v));
    expect(() => grad(f)(u)).toThrow(MissingRuleError);
    expect(() => jvp(f, [u], [u])).toThrow(MissingRuleError);
    expect(both((a, b) => scatterMul(a, i32([[2], [0], [1]]), b, { unique: true }), [0, 3, 4], [5, 6, 7])).toEqual([[6, 70, 500], [400, 0, 30]]);
  });
});

const where = i32([[2], [0]]);
const all: [string, (x: Tensor, u: Tensor, i: Tensor) => Tensor][] = [
  ["scatter", (x, u, i) => scatter(x, i, u)],
  ["scatterMul", (x, u, i) => scatterMul(x, i, u, { unique: true })],
  ["scatterMax", (x, u, i) => scatterMax(x, i, u)],
  ["scatterMin", (x, u, i) => scatterMin(x, i, u)],
];
describe.each(all)("%s", (_name, f) => {
  test("derivatives of both orders in both modes", () => checkDerivatives((x, u) => f(sin(x!), sin(u!), where), [values([4, 2]), values([2, 2], 2)]));
  test("vmap agrees with a loop, with any operands batched", () => {
    const batches = [values([3, 4, 2]), values([3, 2, 2], 2), i32([[[0], [3]], [[1], [2]], [[3], [0]]])];
    const alone = [values([4, 2]), values([2, 2], 3), where];
    for (let pattern = 1; pattern < 8; pattern++) {
      const isBatched = [0, 1, 2].map((n) => (pattern >> n) % 2 === 1);
      checkBatching(f as never, isBatched.map((b, n) => (b ? batches[n]! : alone[n]!)), isBatched.map((b) => (b ? 0 : null)));
    }
  });
});
