// np.linalg: values by what they mean, derivatives at degenerate points by the conventions of JAX (0.10.2), and all laws of
// the kit, derivatives by differences, vmap over every axis and jit among them.

import { ArgumentError, array, DTypeError, type DType, MissingRuleError, reduceSum, type Shape, ShapeError, type Tensor, useBackend } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { expectAll, type Sample, testOperation } from "@gradus/conformance";
import { jvp } from "@gradus/jvp";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad, jacrev } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import * as np from "../src/index.js";

useBackend(cpu());

const { linalg } = np;
const f64 = (data: Parameters<typeof array>[0]): Tensor => array(data, { dtype: "float64" });
const i32 = (data: Parameters<typeof array>[0]): Tensor => array(data, { dtype: "int32" });
const [inf, nan] = [Infinity, NaN];

function near(got: unknown, expected: unknown, tolerance = 1e-12): void {
  const [g, e] = [[got].flat(9), [expected].flat(9)] as [number[], number[]];
  expect(g.length).toBe(e.length);
  g.forEach((a, i) => {
    const b = e[i] as number;
    expect(Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)), `element ${i}: ${a}, expected ${b}`).toBe(true);
  });
}

const m = f64([[1, 2], [3, 4]]);
const tall = f64([[1, 2], [3, 4], [5, 6]]);
const singular = f64([[1, 2], [2, 4]]);
const s3 = f64([[2, -1, 0], [-1, 2, -1], [0, -1, 2]]);
const r2 = Math.SQRT2;

const values: [string, () => Tensor, unknown][] = [
  ["solve", () => linalg.solve(m, f64([5, 11])), [1, 2]],
  ["solve of integers", () => linalg.solve(i32([[2, 0], [0, 4]]), i32([2, 2])), [1, 0.5]],
  ["solve of a batch with one matrix", () => linalg.solve(m, f64([[[5], [11]], [[3], [7]]])), [[[1], [2]], [[1], [1]]]],
  ["solve of a singular matrix", () => linalg.solve(singular, f64([1, 1])), [-inf, inf]],
  ["inv", () => linalg.inv(m), [[-2, 1], [1.5, -0.5]]],
  ["inv of a singular matrix", () => linalg.inv(singular), [[-inf, inf], [inf, -inf]]],
  ["inv of a batch", () => linalg.inv(f64([[[2]], [[4]]])), [[[0.5]], [[0.25]]]],
  ["inv of nothing", () => linalg.inv(np.zeros([0, 0])), []],
  ["det", () => linalg.det(m), -2],
  ["det of integers", () => linalg.det(i32([[1, 2], [3, 4]])), -2],
  ["det of nothing", () => linalg.det(np.zeros([0, 0])), 1],
  ["det of a permutation", () => linalg.det(f64([[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]])), -1],
  ["slogdet", () => np.stack(linalg.slogdet(m)), [-1, Math.log(2)]],
  ["slogdet of a singular matrix", () => np.stack(linalg.slogdet(singular)), [0, -inf]],
  ["slogdet of nothing", () => np.stack(linalg.slogdet(np.zeros([0, 0]))), [1, 0]],
  ["slogdet beyond the range of det", () => linalg.slogdet(np.multiply(np.eye(4), f64(1e-200)))[1], 4 * Math.log(1e-200)],
  ["cholesky", () => linalg.cholesky(f64([[4, 2], [2, 2]])), [[2, 0], [1, 1]]],
  ["cholesky, upper", () => linalg.cholesky(f64([[4, 2], [2, 2]]), { upper: true }), [[2, 1], [0, 1]]],
  ["cholesky of what is not positive definite", () => linalg.cholesky(singular), [[nan, nan], [nan, nan]]],
  ["cholesky of a triangle", () => linalg.cholesky(f64([[4, 99], [2, 2]]), { symmetrizeInput: false }), [[2, 0], [1, 1]]],
  ["qr", () => linalg.qr(f64([[3], [4]]))[0], [[-0.6], [-0.8]]],
  ["r of qr", () => linalg.qr(f64([[3], [4]]), "r"), [[-5]]],
  ["complete qr", () => linalg.qr(f64([[3], [4]]), "complete")[0], [[-0.6, -0.8], [-0.8, 0.6]]],
  ["eigvalsh", () => linalg.eigvalsh(s3), [2 - r2, 2, 2 + r2]],
  ["eigvalsh of integers", () => linalg.eigvalsh(i32([[2, 0], [0, 1]])), [1, 2]],
  ["eigh, values first", () => linalg.eigh(s3)[0], [2 - r2, 2, 2 + r2]],
  ["eigh, vectors", () => np.square(linalg.eigh(s3)[1]), [[1 / 4, 1 / 2, 1 / 4], [1 / 2, 0, 1 / 2], [1 / 4, 1 / 2, 1 / 4]]],
  ["eigh of the upper triangle", () => linalg.eigh(f64([[2, -1], [99, 2]]), "U", { symmetrizeInput: false })[0], [1, 3]],
  ["svdvals", () => linalg.svdvals(f64([[0, 2], [1, 0]])), [2, 1]],
  ["svd without vectors", () => linalg.svd(f64([[0, 3, 0]]), { computeUv: false }), [3]],
  ["pinv", () => linalg.pinv(tall), [[-4 / 3, -1 / 3, 2 / 3], [13 / 12, 1 / 3, -5 / 12]]],
  ["pinv of rank 1", () => linalg.pinv(singular), [[1 / 25, 2 / 25], [2 / 25, 4 / 25]]],
  ["pinv of zeros", () => linalg.pinv(np.zeros([1, 2])), [[0], [0]]],
  ["pinv of small values", () => linalg.pinv(f64([[1, 0], [0, 0.1]]), 0.2), [[1, 0], [0, 0]]],
  ["lstsq of lower rank", () => linalg.lstsq(f64([[1, 2], [2, 4], [3, 6]]), f64([1, 2, 4]))[0], [17 / 70, 34 / 70]],
  ["residuals of lstsq", () => linalg.lstsq(f64([[1, 2], [2, 4], [3, 6]]), f64([1, 2, 4]))[1], [5 / 14]],
  ["rank by lstsq", () => linalg.lstsq(f64([[1, 2], [2, 4], [3, 6]]), f64([1, 2, 4]))[2], 1],
  ["lstsq of nothing", () => linalg.lstsq(np.zeros([0, 2]), np.zeros([0]))[0], [0, 0]],
  ["matrixRank", () => linalg.matrixRank(f64([[[1, 2], [2, 4]], [[1, 2], [3, 4]]])), [1, 2]],
  ["matrixRank of a vector", () => linalg.matrixRank(f64([0, 2])), 1],
  ["matrixRank with a limit", () => linalg.matrixRank(f64([[1, 0], [0, 0.1]]), 0.2), 1],
  ["matrixRank of nothing", () => linalg.matrixRank(np.zeros([0, 2])), 0],
  ["matrixPower", () => linalg.matrixPower(f64([[1, 1], [0, 1]]), 5), [[1, 5], [0, 1]]],
  ["matrixPower of integers", () => linalg.matrixPower(i32([[1, 2], [3, 4]]), 3), [[37, 54], [81, 118]]],
  ["matrixPower, negative", () => linalg.matrixPower(f64([[1, 1], [0, 1]]), -3), [[1, -3], [0, 1]]],
  ["matrixPower to 0", () => linalg.matrixPower(f64([[[5]], [[0]]]), 0), [[[1]], [[1]]]],
  ["norm, nuclear", () => linalg.norm(f64([[3, 0], [0, -4]]), "nuc"), 7],
  ["norm of order 2", () => linalg.norm(f64([[3, 0], [0, -4]]), 2), 4],
  ["norm of order −2", () => linalg.norm(f64([[3, 0], [0, -4]]), -2), 3],
  ["norm of order 2 on axes", () => linalg.norm(f64([[[3], [4]], [[6], [8]]]), 2, [1, 2], { keepdims: true }), [[[5]], [[10]]]],
  ["norms of negative orders", () => np.stack([linalg.norm(f64([2, -2]), -1), linalg.norm(f64([1, 2]), -2), linalg.norm(f64([1, 0]), -1)]), [1, Math.sqrt(0.8), 0]],
  ["norms of nothing", () => np.stack([1, 2, inf, "nuc", "fro"].map((o) => linalg.norm(np.zeros([0, 2]), o as 1))), [0, 0, 0, 0, 0]],
  ["matrixNorm", () => linalg.matrixNorm(f64([[[3, 4]], [[0, 1]]])), [5, 1]],
  ["matrixNorm of order ∞", () => linalg.matrixNorm(m, { ord: inf, keepdims: true }), [[7]]],
  ["vectorNorm", () => linalg.vectorNorm(m), Math.sqrt(30)],
  ["vectorNorm of order 1 on an axis", () => linalg.vectorNorm(m, { ord: 1, axis: 0 }), [4, 6]],
  ["vectorNorm of nothing", () => linalg.vectorNorm(np.zeros([0]), { ord: inf }), 0],
  ["cond", () => linalg.cond(f64([[2, 0], [0, 1]])), 2],
  ["cond of order 1", () => linalg.cond(f64([[2, 0], [0, 1]]), 1), 2],
  ["cond of order −2", () => linalg.cond(f64([[2, 0], [0, 1]]), -2), 0.5],
  ["cond of a singular matrix", () => np.stack([1, "fro"].map((p) => linalg.cond(np.zeros([2, 2]), p as 1))), [inf, inf]],
  ["cond of zeros", () => np.stack([linalg.cond(np.zeros([2, 2])), linalg.cond(np.zeros([2, 2]), -2)]), [nan, inf]],
  ["cond of NaN", () => linalg.cond(f64([[nan, 0], [0, 1]]), 1), nan],
  ["trace", () => linalg.trace(f64([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])), [5, 13]],
  ["trace with an offset", () => linalg.trace(m, { offset: 1 }), 2],
  ["diagonal", () => linalg.diagonal(f64([[[1, 2], [3, 4]]])), [[1, 4]]],
  ["matrixTranspose", () => linalg.matrixTranspose(tall), [[1, 3, 5], [2, 4, 6]]],
  ["vecdot", () => linalg.vecdot(m, f64([1, 10])), [21, 43]],
  ["vecdot on axis 0", () => linalg.vecdot(m, m, { axis: 0 }), [10, 20]],
  ["outer", () => linalg.outer(f64([1, 2]), f64([3, 4])), [[3, 4], [6, 8]]],
  ["cross", () => linalg.cross(f64([[1, 0, 0], [1, 2, 3]]), f64([0, 1, 0])), [[0, 0, 1], [-3, 0, 1]]],
  ["cross on axis 0", () => linalg.cross(f64([[1], [0], [0]]), f64([[0], [1], [0]]), { axis: 0 }), [[0], [0], [1]]],
  ["multiDot", () => linalg.multiDot([f64([1, 1]), m, m, f64([1, 0])]), 22],
  ["multiDot of matrices", () => linalg.multiDot([f64([[1], [2]]), f64([[3, 4]]), m]), [[15, 22], [30, 44]]],
  ["tensorinv", () => linalg.tensorinv(np.reshape(np.eye(4), [2, 2, 4])), np.reshape(np.eye(4), [4, 2, 2]).js()],
  ["tensorsolve", () => linalg.tensorsolve(np.reshape(f64([[0, 2], [4, 0]]), [2, 1, 2]), f64([2, 4])), [[1, 1]]],
  ["tensorsolve with axes", () => linalg.tensorsolve(np.reshape(f64([[0, 4], [2, 0]]), [2, 2]), f64([2, 4]), [0]), [1, 1]],
  ["solveTriangular", () => linalg.solveTriangular(f64([[2, 1], [99, 1]]), f64([3, 1])), [1, 1]],
  ["solveTriangular, lower and transposed", () => linalg.solveTriangular(f64([[2, 99], [1, 1]]), f64([3, 1]), { lower: true, trans: "T" }), [1, 1]],
  ["solveTriangular of a batch", () => linalg.solveTriangular(f64([[[2]], [[4]]]), f64([[4]])), [[[2]], [[1]]]],
  ["choSolve, upper", () => linalg.choSolve(linalg.choFactor(f64([[4, 2], [2, 2]])), f64([6, 4])), [1, 1]],
  ["choSolve, lower", () => linalg.choSolve(linalg.choFactor(f64([[4, 2], [2, 2]]), { lower: true }), f64([[6], [4]])), [[1], [1]]],
  ["expm of a nilpotent matrix", () => linalg.expm(f64([[0, 1], [0, 0]])), [[1, 1], [0, 1]]],
  ["expm of a turn", () => linalg.expm(f64([[0, 30], [-30, 0]])), [[Math.cos(30), Math.sin(30)], [-Math.sin(30), Math.cos(30)]]],
  ["expm of a batch", () => linalg.expm(f64([[[1]], [[0]], [[-40]]])), [[[Math.E]], [[1]], [[Math.exp(-40)]]]],
  ["expm of integers", () => linalg.expm(i32([[0]])), [[1]]],
  ["expm beyond its range", () => linalg.expm(f64([[1e9, 0], [0, 1]])), [[nan, nan], [nan, nan]]],
  ["expm of nothing", () => linalg.expm(np.zeros([0, 0])), []],
];

describe("values", () => {
  test.each(values)("%s", (_name, f, expected) => near(f().js(), expected));
  test("lstsq solves the normal equations", () => {
    const [x, residuals, rank, s] = linalg.lstsq(tall, f64([1, 2, 4]));
    near(np.matmul(np.transpose(tall), np.subtract(np.matmul(tall, x), f64([1, 2, 4]))).js(), [0, 0]);
    near(residuals.js(), [reduceSum(np.square(np.subtract(np.matmul(tall, x), f64([1, 2, 4])))).item()]);
    expect(rank.js()).toBe(2);
    near(s.js(), linalg.svdvals(tall).js());
  });
  test("integers become float32, booleans too; integer matrices stay for powers", () => {
    const dtypes = (x: Tensor): (DType | undefined)[] => [linalg.det(x), linalg.inv(x), linalg.svdvals(x), linalg.norm(x, "nuc"), linalg.expm(x), linalg.cholesky(x), linalg.matrixPower(x, -1)].map((t) => t.dtype);
    for (const x of [i32([[2, 0], [0, 1]]), array([[2, 0], [0, 1]], { dtype: "uint32" })]) expect(new Set(dtypes(x))).toEqual(new Set(["float32"]));
    expect(linalg.det(array([[true, false], [false, true]])).js()).toBe(1);
    expect(linalg.matrixPower(i32([[2]]), 2).dtype).toBe("int32");
    expect(linalg.matrixRank(i32([[2]])).dtype).toBe("int32");
  });
});

// All laws over compositions: derivatives by differences, vmap over every axis, jit, programs.
const operand = (shape: Shape) => ({ shape, intervals: [[-1, 1]] as const });
const law = (name: string, apply: Sample["apply"], ...shapes: Shape[]): Sample => ({ name, apply, operands: shapes.map(operand), dtypes: ["float32", "float64"], derivative: "real" });
const regular = (x: Tensor): Tensor => np.add(x, np.multiply(np.eye(x.shape[x.ndim - 2]!, x.shape[x.ndim - 1]!, 0, x.dtype), np.expandDims(np.arange(3, 3 + x.shape[x.ndim - 1]!, 1, x.dtype), 0)));
const samples: Sample[] = [
  law("inv", (x) => linalg.inv(regular(x!)), [2, 2, 2]),
  law("lstsq", (x, b) => linalg.lstsq(regular(x!), b!).filter((_, i) => i !== 2), [3, 2], [3]),
  law("matrixPower", (x) => [linalg.matrixPower(x!, 3), linalg.matrixPower(regular(x!), -2)], [2, 2]),
  ...(["nuc", 2, -2, "fro", 1, -1, inf, -inf] as const).map((ord) => law(`matrixNorm ${ord}`, (x) => linalg.matrixNorm(regular(x!), { ord }), [3, 2])),
  ...[undefined, 1, -2, "fro" as const].map((p) => law(`cond ${p}`, (x) => linalg.cond(regular(x!), p), [2, 2])),
  law("vectorNorm", (x) => [3, -1.5].map((ord) => linalg.vectorNorm(x!, { axis: 0, ord })), [2, 2]),
  law("multiDot", (x, y, z) => linalg.multiDot([x!, y!, z!]), [2], [2, 3], [3, 2]),
  law("tensorinv", (x) => linalg.tensorinv(np.reshape(regular(x!), [2, 2, 4])), [4, 4]),
  law("tensorsolve", (x, b) => linalg.tensorsolve(np.reshape(regular(x!), [4, 2, 2]), b!), [4, 4], [4]),
  law("vecdot, cross and trace", (x, y) => [linalg.vecdot(x!, y!), linalg.cross(x!, y!), linalg.trace(x!, { offset: 1 })], [2, 3], [2, 3]),
  law("choSolve", (x, b) => linalg.choSolve(linalg.choFactor(regular(x!)), b!), [2, 2], [2]),
  law("solveTriangular", (x, b) => linalg.solveTriangular(regular(x!), b!, { lower: true, trans: 1 }), [2, 2], [2, 2]),
  law("expm", (x) => linalg.expm(x!), [2, 2]),
  law("expm, halved", (x) => linalg.expm(np.multiply(x!, 8)), [2, 2, 2]),
  law("eigvalsh", (x) => linalg.eigvalsh(regular(x!), "U"), [3, 3]),
];
test.each(samples.map((s) => [s.name, s] as const))("laws of %s", { timeout: 60_000 }, async (name, s) => {
  await expectAll(testOperation({ name, exports: [], primitives: [], numbers: "it takes matrices", samples: [s] }));
});

describe("derivatives at degenerate points", () => {
  const gradient = (f: (x: Tensor) => Tensor, x: Tensor): unknown => grad((y: Tensor) => reduceSum(f(y)))(x).js();
  test("det of singular matrices: its cofactors", () => {
    near(gradient(linalg.det, singular), [[4, -2], [-2, 1]]);
    near(gradient(linalg.det, f64([[0, 0, 0], [0, 1, 0], [0, 0, 2]])), [[2, 0, 0], [0, 0, 0], [0, 0, 0]]);
    // The row that is there twice: of the others all cofactors vanish.
    const twice = f64([[1, 1, 2, 3], [4, 6, 6, 7], [8, 9, 11, 11], [1, 1, 2, 3]]);
    near(gradient(linalg.det, twice), [[19, -1, -21, 8], [0, 0, 0, 0], [0, 0, 0, 0], [-19, 1, 21, -8]], 1e-11);
    near(jvp(linalg.det, [twice], [f64([[0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])])[1].item(), 8, 1e-11);
    near(gradient(linalg.det, np.zeros([4, 4])), np.zeros([4, 4]).js());
    // A column of zeros that is not the last one.
    near(gradient(linalg.det, np.matmul(f64([[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 3]]), np.eye(4, 4, 0, "float64"))), [[6, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]);
  });
  test("det of at most three rows: of the second order too", () => {
    near((jacrev(grad(linalg.det as (x: Tensor) => Tensor))(singular) as Tensor).js(), [[[[0, 0], [0, 1]], [[0, 0], [-1, 0]]], [[[0, -1], [0, 0]], [[1, 0], [0, 0]]]]);
  });
  test("slogdet of a singular matrix: not finite", () => {
    expect((gradient((x) => linalg.slogdet(x)[1], singular) as number[][]).flat().some(Number.isFinite)).toBe(false);
    expect(gradient((x) => linalg.slogdet(x)[1], f64([[0]]))).toEqual([[inf]]);
    expect(gradient((x) => linalg.slogdet(x)[0], singular)).toEqual([[0, 0], [0, 0]]);
  });
  test("equal eigenvalues and singular values: vectors have no derivative, values have", () => {
    const one = f64([[1, 0], [0, 1]]);
    near((jacrev((x: Tensor) => linalg.eigvalsh(x))(one) as Tensor).js(), [[[1, 0], [0, 0]], [[0, 0], [0, 1]]]);
    near((jacrev((x: Tensor) => linalg.svdvals(x))(one) as Tensor).js(), [[[1, 0], [0, 0]], [[0, 0], [0, 1]]]);
    expect(jvp((x: Tensor) => linalg.eigh(x)[1], [one], [one])[1].js()).toEqual([[nan, nan], [nan, nan]]);
    expect(jvp((x: Tensor) => linalg.svd(x)[0], [one], [one])[1].js()).toEqual([[nan, nan], [nan, nan]]);
    // Sums of equal values are smooth, and the pseudo-inverse too.
    near(gradient((x) => linalg.norm(x, "nuc"), one), [[1, 0], [0, 1]]);
    near(gradient((x) => linalg.norm(x, 2), one), [[0.5, 0], [0, 0.5]]);
    near(gradient((x) => linalg.pinv(x), one), [[-1, -1], [-1, -1]]);
    near(gradient((x) => linalg.lstsq(x, f64([1, 1]))[0], one), [[-1, -1], [-1, -1]]);
  });
  test("norms at the origin: 0", () => {
    for (const ord of ["nuc", 2, "fro", null] as const) expect(gradient((x) => linalg.norm(x, ord), f64([[0, 0], [0, 0]]))).toEqual([[0, 0], [0, 0]]);
  });
  test("symmetrized or not: what is read has the gradient", () => {
    const x = f64([[4, 1], [1, 3]]);
    const weights = f64([[1, 2], [3, 4]]);
    const f = (symmetrizeInput: boolean) => (y: Tensor) => np.multiply(linalg.cholesky(y, { symmetrizeInput }), weights);
    const [both, lower] = [gradient(f(true), x), gradient(f(false), x)] as number[][][];
    expect(both![0]![1]).toBe(both![1]![0]);
    near(lower, [[both![0]![0]!, 0], [2 * both![1]![0]!, both![1]![1]!]]);
  });
  test("under jit and vmap", () => {
    const loss = (x: Tensor): Tensor => reduceSum(np.square(linalg.solve(x, f64([1, 2]))));
    const xs = f64([[[3, 1], [0, 2]], [[1, 0], [1, 1]]]);
    const loop = [0, 1].map((i) => grad(loss)(np.take(xs, i, 0)).js());
    near(vmap(grad(loss))(xs).js(), loop);
    near(jit(vmap(grad(loss)))(xs).js(), loop);
    near(vmap(jit(grad(loss)), 2)(np.moveaxis(xs, 0, 2)).js(), loop);
  });
});

test("full singular vectors of matrices that are not square have no derivative", () => {
  expect(() => grad((x: Tensor) => reduceSum(linalg.svd(x)[0]))(tall)).toThrow(MissingRuleError);
  expect(() => grad((x: Tensor) => reduceSum(linalg.svd(x)[0]))(tall)).toThrow(/fullMatrices: false/);
  expect(grad((x: Tensor) => reduceSum(linalg.svd(x, { fullMatrices: false })[1]))(tall).shape).toEqual([3, 2]);
});

describe("bad input", () => {
  const v = f64([1, 2]);
  const errors: [string, () => unknown, new (message: string) => Error, RegExp][] = [
    ["solve, not square", () => linalg.solve(tall, f64([1, 2, 3])), ShapeError, /solve: f64\[3,2\].*square/],
    ["solve, a vector on the left", () => linalg.solve(v, v), ShapeError, /solve: f64\[2\].*two axes/],
    ["solve, b too long", () => linalg.solve(m, f64([1, 2, 3])), ShapeError, /f64\[2,2\].*f64\[3\].*rows/],
    ["solve, a scalar on the right", () => linalg.solve(m, 1), ShapeError, /solve/],
    ["solve, batches that differ", () => linalg.solve(np.zeros([2, 1, 1]), np.zeros([3, 1, 1])), ShapeError, /solve/],
    ["inv", () => linalg.inv(tall), ShapeError, /inv: f64\[3,2\].*square/],
    ["det", () => linalg.det(tall), ShapeError, /det: f64\[3,2\].*square/],
    ["det of a number", () => linalg.det(3), ShapeError, /det.*two axes/],
    ["slogdet", () => linalg.slogdet(v), ShapeError, /slogdet/],
    ["cholesky", () => linalg.cholesky(tall), ShapeError, /cholesky/],
    ["qr of a vector", () => linalg.qr(v), ShapeError, /qr: f64\[2\]/],
    ["qr, mode", () => linalg.qr(m, "raw" as "r"), ArgumentError, /"raw".*"reduced"/],
    ["eigh", () => linalg.eigh(tall), ShapeError, /eigh/],
    ["eigh, triangle", () => linalg.eigvalsh(m, "X" as "L"), ArgumentError, /"X".*"L"/],
    ["svd of a vector", () => linalg.svd(v), ShapeError, /svd/],
    ["pinv of a vector", () => linalg.pinv(v), ShapeError, /pinv/],
    ["pinv, rtol", () => linalg.pinv(m, -1), ArgumentError, /rtol is -1/],
    ["lstsq, rows", () => linalg.lstsq(tall, v), ShapeError, /lstsq: f64\[3,2\].*f64\[2\]/],
    ["lstsq, rank", () => linalg.lstsq(np.zeros([2, 2, 2]), v), ShapeError, /lstsq/],
    ["matrixRank, tol", () => linalg.matrixRank(m, nan), ArgumentError, /tol is NaN/],
    ["matrixPower, not square", () => linalg.matrixPower(tall, 2), ShapeError, /matrixPower/],
    ["matrixPower, power", () => linalg.matrixPower(m, 0.5), ArgumentError, /0\.5 is not a whole number/],
    ["norm, order of matrices", () => linalg.norm(m, 3), ArgumentError, /order 3.*"nuc"/],
    ["norm, order of vectors", () => linalg.norm(v, "nuc"), ArgumentError, /order nuc/],
    ["least of nothing", () => linalg.norm(np.zeros([0, 2]), -2), ShapeError, /min/],
    ["matrixNorm of a vector", () => linalg.matrixNorm(v), ShapeError, /matrixNorm/],
    ["cond of nothing", () => linalg.cond(np.zeros([0, 0])), ShapeError, /cond/],
    ["cond, not square", () => linalg.cond(tall, 1), ShapeError, /inv/],
    ["trace of a vector", () => linalg.trace(v), ShapeError, /trace/],
    ["outer of matrices", () => linalg.outer(m, v), ShapeError, /outer.*np\.outer/],
    ["vecdot", () => linalg.vecdot(v, f64([1, 2, 3])), ShapeError, /vecdot/],
    ["cross", () => linalg.cross(v, v), ShapeError, /length 3.*np\.cross/],
    ["multiDot of one", () => linalg.multiDot([m]), ArgumentError, /at least two/],
    ["multiDot, rank", () => linalg.multiDot([m, v, m]), ShapeError, /multiDot: f64\[2\]/],
    ["tensorinv", () => linalg.tensorinv(tall, 1), ShapeError, /tensorinv/],
    ["tensorinv, ind", () => linalg.tensorinv(m, 0), ArgumentError, /ind is 0/],
    ["tensorsolve", () => linalg.tensorsolve(tall, v), ShapeError, /tensorsolve/],
    ["solveTriangular, trans", () => linalg.solveTriangular(m, v, { trans: 2 as 1 }), ArgumentError, /trans is 2/],
    ["solveTriangular, b too long", () => linalg.solveTriangular(m, f64([1, 2, 3])), ShapeError, /triangular_solve/],
    ["expm", () => linalg.expm(tall), ShapeError, /expm/],
    ["matrixPower of booleans", () => linalg.matrixPower(array([[true]]), 2), DTypeError, /bool/],
  ];
  test.each(errors)("%s", (_name, f, ErrorClass, message) => {
    expect(f).toThrow(ErrorClass);
    expect(f).toThrow(message);
  });
});
