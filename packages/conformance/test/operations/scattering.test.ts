// The scatters: winners, ties, repeated positions, in gradients of both orders and in batches.

import { ArgumentError, MissingRuleError, ShapeError, type Tensor } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { jvp } from "@gradus/jvp";
import { cast, gather, mul, reduceSum, scatter, scatterAdd, scatterMax, scatterMin, scatterMul, scatterSub, sin } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { expectTree } from "../../src/index.js";
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
    expect(() => grad(jit(f))(u)).toThrow(/scatter_mul_tangent has no rule for transposition/);
    // x₁·u₀u₂ with dx = 0: 3·(7·du₀ + 5·du₂); x₀·u₁: 2·du₁
    expect(jvp((v: Tensor) => scatterMul(x, at, v), [u], [f64([1, 10, 100])])[1].js()).toEqual([20, 3 * (7 + 500), 0]);
    expect(jvp((v: Tensor) => scatterMul(x, at, v), [f64([0, 6, 0])], [f64([1, 10, 100])])[1].js()).toEqual([20, 0, 0]);
    // The second derivative along v of x₁·(u₀ + tv₀)(u₂ + tv₂) is 2·3·v₀v₂.
    const along = (v: Tensor): Tensor => jvp((w: Tensor) => scatterMul(x, at, w), [v], [f64([1, 10, 100])])[1];
    expect(jvp(along, [f64([0, 6, 0])], [f64([1, 10, 100])])[1].js()).toEqual([0, 600, 0]);
    const mapped = vmap((a: Tensor, v: Tensor, d: Tensor) => jvp((w: Tensor) => scatterMul(a, at, w), [v], [d])[1], [0, null, 0]);
    expect(mapped(f64([[2, 3, 4], [1, 1, 1]]), u, f64([[1, 10, 100], [1, 0, 0]])).js()).toEqual([[20, 1521, 0], [0, 7, 0]]);
    expect(both((a, b) => scatterMul(a, i32([[2], [0], [1]]), b, { unique: true }), [0, 3, 4], [5, 6, 7])).toEqual([[6, 70, 500], [400, 0, 30]]);
  });
});

// Values by JAX 0.10.2: lax.gather and lax.scatter_… with all kinds of dimension numbers.
describe("in general terms", () => {
  const x = f64([[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]]);
  const index = i32([[[0, 1], [2, 2]], [[3, 0], [-1, 1]], [[1, 2], [2, 0]]]);
  const updates = f64([[[100, 200], [300, 400]], [[500, 600], [700, 800]], [[900, 1000], [1100, 1200]]]);
  const reading = { dimensionNumbers: { offsetDims: [1], collapsedSliceDims: [1], startIndexMap: [2, 1], operandBatchingDims: [0], startIndicesBatchingDims: [1] }, sliceSizes: [1, 1, 2] };
  const writing = { dimensionNumbers: { updateWindowDims: [1], insertedWindowDims: [1], scatterDimsToOperandDims: [2, 1], operandBatchingDims: [0], scatterIndicesBatchingDims: [1] } };
  test("gather", () => {
    const filled = [[[4, 22], [5, 23]], [[-1, -1], [-1, -1]], [[9, 14], [10, 15]]];
    expect(gather(x, index, { ...reading, mode: "clip" }).js()).toEqual([[[4, 22], [5, 23]], [[2, 16], [3, 17]], [[9, 14], [10, 15]]]);
    expect(gather(x, index, { ...reading, mode: "promiseInBounds", uniqueIndices: true, indicesAreSorted: true }).js()).toEqual(gather(x, index, { ...reading, mode: "clip" }).js());
    expect(gather(x, index, { ...reading, fillValue: -1 }).js()).toEqual(filled);
    for (const [dtype, fill] of [["float32", NaN], ["int32", -(2 ** 31)], ["uint32", 2 ** 32 - 1], ["bool", true]] as const) {
      expect(gather(cast(x, dtype), i32([[0, 9, 0]]), { mode: "fill" }).item()).toBe(fill);
    }
    expect(gather(x, i32([[0, 9, 0]]), { mode: "drop" }).item()).toBe(0);
  });
  test("scatters", () => {
    expect(scatterAdd(x, index, updates, writing).js()).toEqual([[[0, 1, 2, 3], [104, 305, 6, 7], [8, 909, 1110, 11]], [[12, 13, 1014, 1215], [16, 17, 18, 19], [20, 21, 222, 423]]]);
    expect(scatter(x, index, updates, { ...writing, mode: "clip" }).js()).toEqual([[[0, 1, 500, 700], [100, 300, 6, 7], [8, 900, 1100, 11]], [[12, 13, 1000, 1200], [600, 800, 18, 19], [20, 21, 200, 400]]]);
    expect(scatterMul(x, index, updates, writing).js()).toEqual([[[0, 1, 2, 3], [400, 1500, 6, 7], [8, 8100, 11000, 11]], [[12, 13, 14000, 18000], [16, 17, 18, 19], [20, 21, 4400, 9200]]]);
    expect(scatterSub(x, index, updates, writing).js()).toEqual([[[0, 1, 2, 3], [-96, -295, 6, 7], [8, -891, -1090, 11]], [[12, 13, -986, -1185], [16, 17, 18, 19], [20, 21, -178, -377]]]);
  });
  test("what is read outside has no derivative, what is dropped neither", () => {
    expect(grad((v: Tensor) => reduceSum(gather(v, i32([[7], [1]]), { mode: "fill", fillValue: 5 })))(f64([1, 2])).js()).toEqual([0, 1]);
    expect(jvp((v: Tensor) => gather(v, i32([[7], [1]]), { mode: "fill" }), [f64([1, 2])], [f64([3, 4])])[1].js()).toEqual([0, 4]);
  });
  const rows: [string, Parameters<typeof gather>[2], Error | typeof ShapeError, RegExp][] = [
    ["both ways", { ...reading, batchDims: 1 }, ArgumentError, /either dimensionNumbers/],
    ["no slice sizes", { dimensionNumbers: reading.dimensionNumbers }, ArgumentError, /need sliceSizes/],
    ["a mode", { mode: "wrap" as never }, ArgumentError, /the mode is "wrap"/],
    ["slices", { ...reading, sliceSizes: [1, 1, 5] }, ShapeError, /slices of sizes \[1,1,5\]/],
    ["collapsed axes of several elements", { ...reading, sliceSizes: [1, 2, 2] }, ShapeError, /slices of sizes/],
    ["axes", { ...reading, dimensionNumbers: { ...reading.dimensionNumbers, collapsedSliceDims: [1, 2] } }, ShapeError, /are not the 3 axes/],
    ["addressed axes", { ...reading, dimensionNumbers: { ...reading.dimensionNumbers, startIndexMap: [2, 2] } }, ShapeError, /addressed axes \[2,2\]/],
    ["offsets", { ...reading, dimensionNumbers: { ...reading.dimensionNumbers, offsetDims: [3] } }, ShapeError, /offsetDims/],
    ["shared axes", { ...reading, dimensionNumbers: { ...reading.dimensionNumbers, startIndicesBatchingDims: [0] } }, ShapeError, /must be equal/],
    ["shared axes that are addressed", { ...reading, dimensionNumbers: { ...reading.dimensionNumbers, operandBatchingDims: [2] } }, ShapeError, /neither collapsed nor addressed/],
  ];
  test.each(rows)("errors: %s", (_name, options, type, message) => {
    const f = (): unknown => gather(x, index, options);
    expect(f).toThrow(type as never);
    expect(f).toThrow(message);
  });
  test("errors of updates", () => expect(() => scatterAdd(x, index, f64([1]), writing)).toThrow(ShapeError));
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
  test("derivatives by one operand, compiled", () => {
    const [x, u] = [values([4, 2]), values([2, 2], 2)];
    const [byX, byU] = [(v: Tensor) => reduceSum(sin(f(v, u, where))), (v: Tensor) => reduceSum(sin(f(x, v, where)))];
    expectTree(jit(grad(byX))(x), grad(byX)(x), "the gradient by x");
    expectTree(jit(grad(byU))(u), grad(byU)(u), "the gradient by the updates");
  });
  test("vmap agrees with a loop, with any operands batched", () => {
    const batches = [values([3, 4, 2]), values([3, 2, 2], 2), i32([[[0], [3]], [[1], [2]], [[3], [0]]])];
    const alone = [values([4, 2]), values([2, 2], 3), where];
    for (let pattern = 1; pattern < 8; pattern++) {
      const isBatched = [0, 1, 2].map((n) => (pattern >> n) % 2 === 1);
      checkBatching(f as never, isBatched.map((b, n) => (b ? batches[n]! : alone[n]!)), isBatched.map((b) => (b ? 0 : null)));
    }
  });
});
