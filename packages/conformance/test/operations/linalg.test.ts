// Linear algebra, where the rows of the table do not go: which factors derivatives share, degenerate points, linear functions,
// errors. Values and laws: the table; sizes: the tests of kernels; JAX's numbers and np.linalg: the tests of numpy.

import { vmap } from "@gradus/batching";
import { add, ArgumentError, DTypeError, MissingRuleError, mul, NonlinearError, reduceSum, ShapeError, type Tensor, withBackend } from "@gradus/core";
import { jacfwd, jvp } from "@gradus/jvp";
import { cholesky, cofactor, det, eigh, lu, pinv, qr, slogdet, solve, square, svd, triangularSolve } from "@gradus/ops";
import { eagerCpu, linalg } from "@gradus/ops-cpu";
import { jit, makeProgram } from "@gradus/tracing";
import { grad, hessian, jacrev, linearize, linearTranspose } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { expectClose, f64, i32 } from "./support.js";

const flat = (x: Tensor | Tensor[]): number[] => [x].flat().flatMap((t) => [t.js()].flat(9)) as number[];
const a = f64([[2, 1], [1, 3]]);
const b = f64([3, 5]);
const singular = f64([[1, 2], [2, 4]]);
const tall = f64([[1, 0], [0, 2], [0, 0]]);
const one = f64([[1, 0], [0, 1]]);

describe("solve", () => {
  const factorizations = (f: (...xs: any[]) => unknown, ...xs: Tensor[]): number => makeProgram(f as () => Tensor)(...(xs as [])).toString().split("= lu").length - 1;

  test("its derivatives of first order solve with the factors that gave the value", () => {
    const loss = (x: Tensor, y: Tensor): Tensor => reduceSum(square(solve(x, y)));
    expect(factorizations(grad(loss, { argnums: [0, 1] }), a, b)).toBe(1);
    expect(factorizations((x: Tensor, y: Tensor) => jvp(solve, [x, y], [x, y])[1], a, b)).toBe(1);
    // a⁻¹ = [[0.6, −0.2], [−0.2, 0.4]] and x = (0.8, 1.4): the cotangent of b is a⁻ᵀ 2x, that of a is −a⁻ᵀ 2x xᵀ.
    const [ca, cb] = grad(loss, { argnums: [0, 1] })(a, b) as [Tensor, Tensor];
    expectClose(flat(cb), [0.4, 0.8]);
    expectClose(flat(ca), [-0.32, -0.56, -0.64, -1.12]);
  });
  test("one matrix for all examples is factored once", () => {
    const bs = f64([[3, 5], [2, 1], [0, 0]]);
    const program = makeProgram((x: Tensor, ys: Tensor) => vmap((y: Tensor) => solve(x, y))(ys))(a, bs).toString();
    expect(program).toMatch(/f64\[2,3\] = solve a [a-z]\n/);
    expect(program.split("= solve").length).toBe(2);
    expectClose(flat(vmap((y: Tensor) => solve(a, y))(bs)), [0.8, 1.4, 1, 0, 0, 0]);
    expectClose(flat(jacfwd((y: Tensor) => solve(a, y))(b) as Tensor), [0.6, -0.2, -0.2, 0.4]);
  });
  test("it is linear in its right side, and transposes", () => {
    const [ct] = linearTranspose((y: Tensor) => solve(f64([[1, 2], [0, 1]]), y), [b])(f64([1, 0])) as [Tensor];
    expect(ct.js()).toEqual([1, -2]);
    expect(() => linearTranspose((x: Tensor) => triangularSolve(x, x), [a])(a)).toThrow(NonlinearError);
    const [value, push] = linearize((x: Tensor) => solve(x, b), [a]) as [Tensor, (t: Tensor) => Tensor];
    expectClose(flat(value), [0.8, 1.4]);
    expectClose(flat(push(a)), [-0.8, -1.4]);
  });
});

describe("degenerate points", () => {
  test("det: its gradient is the cofactors at every rank, and its Hessian exact up to three rows", () => {
    expectClose(flat(grad(det)(singular)), [4, -2, -2, 1]);
    expect(flat(hessian(det)(singular) as Tensor)).toEqual([0, 0, 0, 1, 0, 0, -1, 0, 0, -1, 0, 0, 1, 0, 0, 0]);
    const zeroColumn = f64([[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]);
    expect(flat(grad(det)(zeroColumn)).map((g) => g || 0)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0]);
    expectClose(flat(jit(grad(det))(singular)), [4, -2, -2, 1]);
    expect(flat(hessian(det)(zeroColumn) as Tensor).some(Number.isNaN)).toBe(true);
  });
  test("slogdet: 0 and −∞, with a flat sign", () => {
    expect(slogdet(singular).map((t) => t.js())).toEqual([0, -Infinity]);
    expect(flat(grad((x: Tensor) => slogdet(x)[0])(a))).toEqual([0, 0, 0, 0]);
  });
  test("equal eigenvalues and singular values: their derivatives are finite, those of vectors are not", () => {
    expect(flat(jacrev((x: Tensor) => eigh(x)[1])(one) as Tensor).every(Number.isFinite)).toBe(true);
    expect(flat(jvp((x: Tensor) => eigh(x)[0], [one], [one])[1])).toEqual([NaN, NaN, NaN, NaN]);
    expect(flat(jvp((x: Tensor) => svd(x)[0], [one], [one])[1])).toEqual([NaN, NaN, NaN, NaN]);
    // Sums over all of them are smooth: the trace, and Σs², whose gradient is 2x.
    expectClose(flat(grad((x: Tensor) => reduceSum(eigh(x)[1]))(one)), [1, 0, 0, 1]);
    expectClose(flat(grad((x: Tensor) => reduceSum(square(svd(x, { computeUv: false }))))(one)), [2, 0, 0, 2]);
  });
  test("singular values of 0, in a matrix that is not square", () => {
    const flatTall = f64([[1, 0], [0, 0], [0, 0]]);
    expectClose(flat(grad((x: Tensor) => reduceSum(square(svd(x, { computeUv: false }))))(flatTall)), [2, 0, 0, 0, 0, 0]);
    const [u, s, vt] = svd(flatTall) as [Tensor, Tensor, Tensor];
    expect([u.shape, s.js(), vt.shape]).toEqual([[3, 3], [1, 0], [2, 2]]);
  });
  test("cholesky: NaN where there is none, example by example", () => {
    expect(flat(cholesky(f64([[[4]], [[-1]], [[9]], [[0]]])))).toEqual([2, NaN, 3, NaN]);
  });
});

test("on a small backend the family brings what derivatives are written with", () => {
  const x = [[4, 1, 0], [1, 3, 1], [0, 1, 2]];
  const all = (t: Tensor): Tensor => {
    const outs = [cholesky(t), eigh(t)[1], svd(t, { computeUv: false }), slogdet(t)[1], pinv(t), solve(t, t), ...qr(t), lu(t)[0], triangularSolve(t, t), cofactor(t), det(t)];
    return outs.map((out) => reduceSum(square(out))).reduce((p, q) => add(p, q));
  };
  const gradient = (): number[] => flat(grad(all)(f64(x)));
  expectClose(withBackend(eagerCpu({ kernels: [linalg] }), gradient), gradient());
});

describe("shapes", () => {
  test("of full and thin factors", () => {
    const shapes = (xs: Tensor[]): (readonly number[])[] => xs.map((t) => t.shape);
    expect(shapes(qr(tall))).toEqual([[3, 3], [3, 2]]);
    expect(shapes(qr(tall, { fullMatrices: false }))).toEqual([[3, 2], [2, 2]]);
    expect(shapes(svd(tall) as Tensor[])).toEqual([[3, 3], [2], [2, 2]]);
    expect(shapes(svd(tall, { fullMatrices: false }) as Tensor[])).toEqual([[3, 2], [2], [2, 2]]);
    expect(shapes(lu(tall))).toEqual([[3, 2], [2], [3]]);
    expect(pinv(tall).shape).toEqual([2, 3]);
  });
  test("of nothing", () => {
    const none = f64([[], []]);
    expect(svd(none).map((t) => t.shape)).toEqual([[2, 2], [0], [0, 0]]);
    expect(qr(none).map((t) => t.shape)).toEqual([[2, 2], [2, 0]]);
    expect(flat(qr(none)[0])).toEqual([1, 0, 0, 1]);
    expect(lu(none).map((t) => t.shape)).toEqual([[2, 0], [0], [2]]);
  });
  test("batch axes broadcast in solve and triangularSolve", () => {
    expect(solve(a, f64([[[3], [5]], [[2], [1]]])).shape).toEqual([2, 2, 1]);
    expect(triangularSolve(a, f64([[[3, 5]]]), { lower: true }).shape).toEqual([1, 1, 2]);
  });
});

describe("errors", () => {
  const v = f64([1, 2]);
  test.each([
    ["triangularSolve, not square", () => triangularSolve(tall, tall), ShapeError, /triangularSolve: f64\[3,2\].*square/],
    ["triangularSolve, columns", () => triangularSolve(a, tall, { leftSide: true }), ShapeError, /rows of b/],
    ["triangularSolve, a number", () => triangularSolve(2, 3), ShapeError, /two axes/],
    ["triangularSolve, batch axes", () => triangularSolve(f64([[[1]], [[1]]]), f64([[[1]], [[1]], [[1]]])), ShapeError, /triangularSolve/],
    ["cholesky of a vector", () => cholesky(v), ShapeError, /cholesky: f64\[2\].*two axes/],
    ["cholesky, not square", () => cholesky(tall), ShapeError, /cholesky: f64\[3,2\].*square/],
    ["cholesky of integers", () => cholesky(i32([[1]])), DTypeError, /cholesky: int32.*cast/],
    ["lu of a number", () => lu(1), ShapeError, /lu/],
    ["qr of integers", () => qr(i32([[1]])), DTypeError, /qr: int32/],
    ["eigh, not square", () => eigh(tall), ShapeError, /eigh/],
    ["svd of a vector", () => svd(v), ShapeError, /svd/],
    ["det, not square", () => det(tall), ShapeError, /det/],
    ["slogdet of a vector", () => slogdet(v), ShapeError, /slogdet/],
    ["cofactor, not square", () => cofactor(tall), ShapeError, /cofactor/],
    ["pinv, rtol", () => pinv(a, NaN), ArgumentError, /rtol is NaN/],
    ["solve of integers", () => solve(i32([[1]]), i32([1])), DTypeError, /solve: int32/],
    ["solve, rows", () => solve(a, tall), ShapeError, /solve: f64\[2,2\] and f64\[3,2\].*rows/],
    ["svd of full matrices, differentiated", () => grad((x: Tensor) => reduceSum(mul(svd(x)[0], 2)))(tall), MissingRuleError, /f64\[3,2\].*fullMatrices: false/],
    ["the same under jit", () => jit(grad((x: Tensor) => reduceSum(svd(x)[2])))(tall), MissingRuleError, /fullMatrices: false/],
  ] as const)("%s", (_name, f, ErrorClass, message) => {
    expect(f).toThrow(ErrorClass);
    expect(f).toThrow(message);
  });
});
