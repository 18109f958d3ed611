// Reductions, elementwise functions, products and norms: values by NumPy's definitions, derivatives by the conventions of
// semantics.md at edges and by differences elsewhere, in both modes.

import { ArgumentError, array, DTypeError, reduceSum, ShapeError, type Tensor, useBackend } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { checkGrads } from "@gradus/conformance";
import { jvp } from "@gradus/jvp";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import * as np from "../src/index.js";

useBackend(cpu());

const f64 = (data: Parameters<typeof array>[0]): Tensor => array(data, { dtype: "float64" });
const i32 = (data: Parameters<typeof array>[0]): Tensor => array(data, { dtype: "int32" });
const [inf, PI] = [Infinity, Math.PI];
const m = f64([[1, 2, 3], [4, 5, 6]]);
const v = f64([3, 1, 2]);
const near = (got: unknown, expected: unknown): void => {
  const flat = (x: unknown): number[] => [x].flat(9) as number[];
  const [g, e] = [flat(got), flat(expected)];
  expect(g.length).toBe(e.length);
  g.forEach((a, i) => {
    const b = e[i] as number;
    expect(Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(b)), `element ${i}: ${a}, expected ${b}`).toBe(true);
  });
};

const values: [string, () => Tensor, unknown][] = [
  ["sum", () => np.sum(m, 0), [5, 7, 9]],
  ["sum of booleans", () => np.sum(array([true, true, false])), 2],
  ["prod", () => np.prod(m, [0, 1]), 720],
  ["mean", () => np.mean(m, 1, { keepdims: true }), [[2], [5]]],
  ["mean of integers", () => np.mean(i32([1, 2])), 1.5],
  ["var", () => np.var(m, 1), [2 / 3, 2 / 3]],
  ["var with ddof", () => np.var(m, 1, { ddof: 1 }), [1, 1]],
  ["std", () => np.std(f64([2, 4])), 1],
  ["max", () => np.max(m, -1), [3, 6]],
  ["min", () => np.min(m, 0, { keepdims: true }), [[1, 2, 3]]],
  ["ptp", () => np.ptp(m), 5],
  ["argmax", () => np.argmax(m, 1, { keepdims: true }), [[2], [2]]],
  ["argmin", () => np.argmin(v), 1],
  ["any", () => np.any(f64([[0, 2], [0, 0]]), 1), [true, false]],
  ["all", () => np.all(f64([[1, 2], [0, 3]]), 1), [true, false]],
  ["countNonzero", () => np.countNonzero(f64([0, 3, -1])), 2],
  ["median of odd", () => np.median(v), 2],
  ["median of even", () => np.median(m), 3.5],
  ["median on an axis", () => np.median(m, 0), [2.5, 3.5, 4.5]],
  ["median of NaN", () => np.median(f64([1, NaN, 2])), NaN],
  ["sort", () => np.sort(v), [1, 2, 3]],
  ["sort of all", () => np.sort(f64([[2, 1], [0, 3]]), null), [0, 1, 2, 3]],
  ["argsort", () => np.argsort(v), [1, 2, 0]],
  ["cumsum", () => np.cumsum(m, 1), [[1, 3, 6], [4, 9, 15]]],
  ["diff", () => np.diff(v), [-2, 1]],
  ["nansum", () => np.nansum(f64([1, NaN, 2])), 3],
  ["nanmean", () => np.nanmean(f64([[1, NaN], [NaN, NaN]]), 1), [1, NaN]],
  ["nanmax", () => np.nanmax(f64([[1, NaN], [NaN, NaN]]), 1), [1, NaN]],
  ["nanmin", () => np.nanmin(f64([3, NaN, 1])), 1],
  ["at.divide of integers", () => np.at(i32([10, 20]), 1).divide(2), [10, 10]],
  ["divide of integers", () => np.divide(i32([1, 3]), i32([2, 2])), [0.5, 1.5]],
  ["floorDivide", () => np.floorDivide(f64([7, -7, 7, -7, 6]), f64([2, 2, -2, -2, 3])), [3, -4, -4, 3, 2]],
  ["floorDivide of integers", () => np.floorDivide(i32([7, -7, 7, -7, 6]), i32([2, 2, -2, -2, 3])), [3, -4, -4, 3, 2]],
  ["mod", () => np.mod(f64([7, -7, 7, -7, 6]), f64([2, 2, -2, -2, 3])), [1, 1, -1, -1, 0]],
  ["mod of integers", () => np.mod(i32([7, -7, 7, -7]), 3), [1, 2, 1, 2]],
  ["fmod", () => np.fmod(f64([7, -7]), 3), [1, -1]],
  ["divmod", () => np.divmod(f64([-7]), 2)[0], [-4]],
  ["modf", () => np.stack(np.modf(f64([1.5, -2.25, inf]))), [[0.5, -0.25, 0], [1, -2, inf]]],
  ["clip", () => np.clip(f64([-2, 0.5, 2]), -1, 1), [-1, 0.5, 1]],
  ["clip from above", () => np.clip(v, null, 2), [2, 1, 2]],
  ["heaviside", () => np.heaviside(f64([-1, 0, 2, NaN]), 0.5), [0, 0.5, 1, NaN]],
  ["signbit", () => np.signbit(f64([-1, -0, 0, 2])), [true, true, false, false]],
  ["copysign", () => np.copysign(f64([1, -2, 3]), f64([-0, 0, -inf])), [-1, 2, -3]],
  ["sinc", () => np.sinc(f64([0, 0.5, 1.5])), [1, 2 / PI, -2 / (3 * PI)]],
  ["hypot", () => np.hypot(f64([3]), 4), [5]],
  ["reciprocal", () => np.reciprocal(f64([4])), [0.25]],
  ["log10", () => np.log10(f64([1000])), [3]],
  ["isinf", () => np.isinf(f64([1, inf, -inf, NaN])), [false, true, true, false]],
  ["logic", () => np.logicalOr(np.logicalAnd(f64([1, 0]), true), np.logicalNot(np.logicalXor(true, f64([0, 1])))), [true, true]],
  ["isclose", () => np.isclose(f64([1, 1, inf, inf, NaN]), f64([1 + 1e-9, 1.1, inf, 1, NaN])), [true, false, true, false, false]],
  ["isclose of NaN", () => np.isclose(f64([NaN]), NaN, { equalNan: true }), [true]],
  ["allclose", () => np.allclose(v, np.add(v, 1e-10)), true],
  ["nanToNum", () => np.nanToNum(f64([NaN, inf, 2]), { posinf: 9 }), [0, 9, 2]],
  ["nanToNum by itself", () => np.nanToNum(f64([-inf])), [-Number.MAX_VALUE]],
  ["dot of vectors", () => np.dot(v, v), 14],
  ["dot of matrices", () => np.dot(m, v), [11, 29]],
  ["dot of a scalar", () => np.dot(2, v), [6, 2, 4]],
  ["inner", () => np.inner(m, m), [[14, 32], [32, 77]]],
  ["outer", () => np.outer(f64([1, 2]), v), [[3, 1, 2], [6, 2, 4]]],
  ["vdot", () => np.vdot(m, m), 91],
  ["kron", () => np.kron(f64([1, 10]), f64([[1, 2]])), [[1, 2, 10, 20]]],
  ["tensordot", () => np.tensordot(m, m), 91],
  ["tensordot of axes", () => np.tensordot(m, m, [[0], [0]]), [[17, 22, 27], [22, 29, 36], [27, 36, 45]]],
  ["matmul", () => np.matmul(m, np.transpose(m)), [[14, 32], [32, 77]]],
  ["matmul of a row", () => np.matmul(f64([1, 1]), m), [5, 7, 9]],
  ["matmul of vectors", () => np.matmul(v, v), 14],
  ["einsum, matrices", () => np.einsum("ij,kj->ik", m, m), [[14, 32], [32, 77]]],
  ["einsum, implicit", () => np.einsum("ij,j", m, v), [11, 29]],
  ["einsum, transposition", () => np.einsum("ji", m), [[1, 4], [2, 5], [3, 6]]],
  ["einsum, diagonal", () => np.einsum("ii->i", f64([[1, 2], [3, 4]])), [1, 4]],
  ["einsum, trace", () => np.einsum("ii", f64([[1, 2], [3, 4]])), 5],
  ["einsum, sums", () => np.einsum("ij->", m), 21],
  ["einsum, elementwise", () => np.einsum("ij, ij -> ij", m, m), [[1, 4, 9], [16, 25, 36]]],
  ["einsum, outer", () => np.einsum("i,j->ji", f64([1, 2]), v), [[3, 6], [1, 2], [2, 4]]],
  ["einsum, three", () => np.einsum("i,ij,j->", f64([1, 1]), m, f64([1, 1, 1])), 21],
  ["einsum, a letter that is summed alone", () => np.einsum("ij,k->k", m, v), [63, 21, 42]],
  ["einsum, dots", () => np.einsum("...j,j->...", m, v), [11, 29]],
  ["norm", () => np.linalg.norm(f64([3, 4])), 5],
  ["divide of booleans", () => np.divide(array([true]), 2), [0.5]],
  ["norm of NaN", () => np.stack([np.linalg.norm(f64([NaN, 1])), np.linalg.norm(f64([NaN, 1]), 3)]), [NaN, NaN]],
  ["norm of an axis", () => np.linalg.norm(m, 1, 1, { keepdims: true }), [[6], [15]]],
  ["norm of order 3", () => np.linalg.norm(f64([1, -2, 0]), 3), 9 ** (1 / 3)],
  ["norm of order 0", () => np.linalg.norm(f64([1, -2, 0]), 0), 2],
  ["norm of order ∞", () => np.linalg.norm(f64([1, -2, 0]), inf), 2],
  ["norm of order −∞", () => np.linalg.norm(f64([1, -2, 0]), -inf), 0],
  ["norm of columns", () => np.linalg.norm(m, 1), 9],
  ["norm of rows", () => np.linalg.norm(m, inf), 15],
  ["norm of the least row", () => np.linalg.norm(m, -inf, [0, 1], { keepdims: true }), [[6]]],
  ["norm of Frobenius", () => np.linalg.norm(m, "fro"), Math.sqrt(91)],
];
test.each(values)("%s", (_name, f, expected) => near(f().js(), expected));

test("matmul broadcasts the axes before the last two", () => {
  const x = np.reshape(np.arange(0, 24, 1, "float64"), [2, 1, 3, 4]);
  const y = np.reshape(np.arange(0, 40, 1, "float64"), [5, 4, 2]);
  const out = np.matmul(x, y);
  expect(out.shape).toEqual([2, 5, 3, 2]);
  near(out.js(), np.einsum("aij,bjk->abik", np.squeeze(x, 1), y).js());
  expect(np.matmul(f64([1, 1, 1, 1]), y).shape).toEqual([5, 2]);
  expect(np.matmul(x, f64([1, 1, 1, 1])).shape).toEqual([2, 1, 3]);
});

type F = (x: Tensor) => Tensor;
const edges: [string, F, Tensor, number[]][] = [
  ["clip: ½ at each boundary", (x) => np.clip(x, -1, 1), f64([-2, -1, 0, 1, 2]), [0, 0.5, 1, 0.5, 0]],
  ["maximum: ½ at a tie", (x) => np.maximum(x, 0), f64([-1, 0, 1, NaN]), [0, 0.5, 1, 0]],
  ["abs: 1 at 0", (x) => np.abs(x), f64([0, -0, -1]), [1, 1, -1]],
  ["sinc: 0 at 0", (x) => np.sinc(x), f64([0]), [0]],
  ["sinc: second derivative −π²/3 at 0", (x) => grad((y: Tensor) => reduceSum(np.sinc(y)))(x), f64([0]), [(-PI * PI) / 3]],
  ["sinc: third derivative 0 at 0", (x) => grad((z: Tensor) => reduceSum(grad((y: Tensor) => reduceSum(np.sinc(y)))(z)))(x), f64([0]), [0]],
  ["mod: 1 by x", (x) => np.mod(x, 3), f64([7, -7]), [1, 1]],
  ["mod: −⌊x/y⌋ by y", (y) => np.mod(f64([7, -7]), y), f64([3, 3]), [-2, 3]],
  ["fmod: 1 by x", (x) => np.fmod(x, 3), f64([7, -7]), [1, 1]],
  ["fmod: −trunc(x/y) by y", (y) => np.fmod(f64([7, -7]), y), f64([3, 3]), [-2, 2]],
  ["floorDivide: 0", (x) => np.floorDivide(x, 2), f64([7.5, -3]), [0, 0]],
  ["heaviside: 0 by x", (x) => np.heaviside(x, 0.5), f64([-1, 0, 1]), [0, 0, 0]],
  ["heaviside: 1 by h, at 0 only", (h) => np.heaviside(f64([-1, 0, 1]), h), f64([3, 3, 3]), [0, 1, 0]],
  ["copysign: the sign by x", (x) => np.copysign(x, -1), f64([2, -2]), [-1, 1]],
  ["copysign: 0 by y", (y) => np.copysign(f64([2, 2]), y), f64([1, -1]), [0, 0]],
  ["nanToNum: 0 where it replaces", (x) => np.nanToNum(x), f64([NaN, inf, -inf, 2]), [0, 0, 0, 1]],
  ["nansum: 0 at NaN", (x) => np.nansum(x), f64([NaN, 2]), [0, 1]],
  ["nanmax: 0 at NaN", (x) => np.nanmax(x), f64([NaN, 2, 1]), [0, 1, 0]],
  ["max: shared by equals", (x) => np.max(x), f64([3, 1, 3]), [0.5, 0, 0.5]],
  ["prod: exact with a zero", (x) => np.prod(x), f64([2, 0, 3]), [0, 6, 0]],
  ["prod: exact with two", (x) => np.prod(x), f64([2, 0, 0]), [0, 0, 0]],
  ["var: 0 of a constant", (x) => np.var(x), f64([2, 2]), [0, 0]],
  ["std: NaN of a constant", (x) => np.std(x), f64([2, 2]), [NaN, NaN]],
  ["median: 1 at the middle", (x) => np.median(x), f64([3, 1, 2]), [0, 0, 1]],
  ["median: ½ at the two in the middle", (x) => np.median(x), f64([3, 1, 2, 9]), [0.5, 0, 0.5, 0]],
  ["sort: permuted", (x) => np.multiply(np.sort(x), f64([1, 2, 3])), f64([3, 1, 2]), [3, 1, 2]],
  ["norm: 0 at the origin", (x) => np.linalg.norm(x), f64([0, 0, 0]), [0, 0, 0]],
  ["norm: 0 at the origin, of the second order too", (x) => grad((y: Tensor) => np.linalg.norm(y))(x), f64([0, 0]), [0, 0]],
  ["norm of order 2: 0 at the origin", (x) => np.linalg.norm(x, 2), f64([0, 0]), [0, 0]],
  ["norm of order 3: 0 at the origin", (x) => np.linalg.norm(x, 3), f64([0, 0]), [0, 0]],
  ["norm of order 1: that of abs", (x) => np.linalg.norm(x, 1), f64([0, -2]), [1, -1]],
  ["norm of order ∞: shared by equals", (x) => np.linalg.norm(x, inf), f64([2, -2]), [0.5, -0.5]],
  ["logaddexp: ½ at equality", (x) => np.logaddexp(x, 1), f64([1]), [0.5]],
];
test.each(edges)("convention: %s", (_name, f, x, expected) => {
  near(grad((y: Tensor) => reduceSum(f(y)))(x).js(), expected);
  // Forward mode, one direction at a time.
  const forward = expected.map((_, i) => reduceSum(jvp(f, [x], [f64(expected.map((__, k) => (k === i ? 1 : 0)))])[1] as Tensor).item());
  near(forward, expected);
});

const smooth: [string, F][] = [
  ["mean", (x) => np.mean(x, 1)],
  ["var", (x) => np.var(x, 0, { ddof: 1 })],
  ["std", (x) => np.std(x)],
  ["median", (x) => np.median(x, 1)],
  ["sinc", (x) => np.sinc(x)],
  ["hypot", (x) => np.hypot(x, 2)],
  ["divide", (x) => np.divide(3, x)],
  ["mod", (x) => np.mod(x, 0.7)],
  ["modf", (x) => np.modf(x)[0]],
  ["nanmean", (x) => np.nanmean(x, 0)],
  ["log10", (x) => np.log10(np.square(x))],
  ["diff", (x) => np.diff(x, 1)],
  ["kron", (x) => np.kron(x, x)],
  ["outer", (x) => np.outer(x, x)],
  ["matmul", (x) => np.matmul(x, np.transpose(x))],
  ["tensordot", (x) => np.tensordot(x, x)],
  ["einsum", (x) => np.einsum("ij,kj,il->kl", x, x, x)],
  ["einsum of a diagonal", (x) => np.einsum("ii,ij->j", np.matmul(x, np.transpose(x)), x)],
  ["norm", (x) => np.linalg.norm(x, null, 1)],
  ["norm of order 3", (x) => np.linalg.norm(x, 3, 0)],
];
const point = f64([[0.31, -1.22, 2.13], [1.44, 0.52, -0.63]]);
describe.each(smooth)("%s", (_name, f) => {
  test("has right derivatives in both modes, of two orders", () => checkGrads(f, [point], { order: 2, atol: 1e-4, rtol: 1e-4 }));
  test("is the same under jit and vmap", () => {
    const expected = f(point).js();
    near(jit(f)(point).js(), expected);
    near(vmap(f)(np.stack([point, point])).js(), [expected, expected]);
  });
});

const bad: [string, () => unknown, new (message: string) => Error][] = [
  ["sum of an axis", () => np.sum(m, 2), ShapeError],
  ["sum of an axis twice", () => np.sum(m, [0, -2]), ShapeError],
  ["max of nothing", () => np.max(f64([])), ShapeError],
  ["min of nothing", () => np.min(f64([])), ShapeError],
  ["median of nothing", () => np.median(f64([])), ShapeError],
  ["argmax of nothing", () => np.argmax(f64([])), ShapeError],
  ["diff of a scalar", () => np.diff(1), ShapeError],
  ["maximum of shapes", () => np.maximum(m, f64([1, 2])), ShapeError],
  ["mod of booleans", () => np.mod(array([true]), array([true])), DTypeError],
  ["matmul of scalars", () => np.matmul(1, m), ShapeError],
  ["matmul of shapes", () => np.matmul(m, m), ShapeError],
  ["matmul of batches", () => np.matmul(np.zeros([2, 3, 4]), np.zeros([3, 4, 5])), ShapeError],
  ["dot of shapes", () => np.dot(m, m), ShapeError],
  ["vdot of sizes", () => np.vdot(m, v), ShapeError],
  ["tensordot of axes", () => np.tensordot(m, v, 2), ShapeError],
  ["einsum of sizes", () => np.einsum("ij,jk->ik", m, m), ShapeError],
  ["einsum of ranks", () => np.einsum("ijk", m), ShapeError],
  ["einsum of counts", () => np.einsum("ij,jk", m), ArgumentError],
  ["einsum of unknown letters", () => np.einsum("ij->k", m), ArgumentError],
  ["einsum of repeated letters", () => np.einsum("ij->ii", m), ArgumentError],
  ["einsum of signs", () => np.einsum("i+j", m), ArgumentError],
  ["einsum of dots", () => np.einsum("..ij", m), ArgumentError],
  ["norm of an order of vectors", () => np.linalg.norm(v, NaN), ArgumentError],
  ["norm of an order of matrices", () => np.linalg.norm(m, 3), ArgumentError],
  ["norm of three axes", () => np.linalg.norm(np.zeros([1, 1, 1]), 1), ShapeError],
];
test.each(bad)("refuses %s", (_name, f, error) => expect(f).toThrow(error));
