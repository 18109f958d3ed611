// Kernels of linear algebra at sizes and on matrices that the conformance kit does not go to: what the factors multiply to, and
// how far from orthogonal they are, measured here in plain JS.

import { array, moveAxis, type Tensor, useBackend } from "@gradus/core";
import { cholesky, cofactor, det, eigh, lu, pinv, qr, reverse, solve, svd, triangularSolve } from "@gradus/ops";
import { beforeEach, describe, expect, test } from "vitest";
import { cpu, eagerCpu, linalg } from "../src/index.js";

beforeEach(() => useBackend(cpu()));

type Matrix = number[][];
const build = (m: number, n: number, f: (i: number, j: number) => number): Matrix => Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_, j) => f(i, j)));
const flip = (a: Matrix): Matrix => (a.length === 0 ? [] : build(a[0]!.length, a.length, (i, j) => a[j]![i]!));
const product = (a: Matrix, b: Matrix): Matrix => a.map((row) => flip(b).map((column) => row.reduce((sum, v, k) => sum + v * column[k]!, 0)));
const one = (n: number): Matrix => build(n, n, (i, j) => (i === j ? 1 : 0));
const diagonal = (s: number[]): Matrix => build(s.length, s.length, (i, j) => (i === j ? s[i]! : 0));
const js = (x: Tensor): Matrix => x.js() as Matrix;
const list = (x: Tensor): number[] => x.js() as number[];
const f64 = (a: Matrix): Tensor => array(a, { dtype: "float64" });

/** Numbers in [−1, 1), the same in every run: sines of large arguments. */
const random = (m: number, n: number, seed = 0): Matrix => build(m, n, (i, j) => {
  const x = Math.sin(12.9898 * (i + 1) + 78.233 * (j + 1) + 37.719 * seed) * 43758.5453;
  return 2 * (x - Math.floor(x)) - 1;
});

const size = (a: Matrix): number => Math.max(0, ...a.flat().map(Math.abs));
function near(got: Matrix, wanted: Matrix, tolerance = 1e-13): void {
  expect([got.length, got[0]?.length]).toEqual([wanted.length, wanted[0]?.length]);
  const scale = size(wanted) || 1;
  got.forEach((row, i) => row.forEach((v, j) => expect(Math.abs(v / scale - wanted[i]![j]! / scale), `${i},${j}: ${v}, expected ${wanted[i]![j]}`).toBeLessThanOrEqual(tolerance)));
}

const shapes: Matrix[] = [
  ...[[1, 1], [2, 2], [5, 5], [9, 4], [4, 9], [30, 30]].map(([m, n]) => random(m!, n!)),
  build(6, 4, () => 0),
  build(12, 12, () => 1),
  one(5),
  product(random(8, 2), random(2, 6)),
  build(10, 10, (i, j) => 1 / (i + j + 1)),
  build(8, 8, (i, j) => Math.cos(i * j + 1) * 10 ** -(i + j)),
  random(4, 4).map((r) => r.map((v) => v * 1e300)),
  random(4, 4).map((r) => r.map((v) => v * 1e-300)),
];
const named = shapes.map((a, i) => [`${i}: ${a.length} × ${a[0]!.length}`, a] as const);

describe.each(named)("matrix %s", (_name, a) => {
  const [m, n] = [a.length, a[0]!.length];
  const k = Math.min(m, n);

  test("svd", () => {
    const [u, s, vt] = svd(f64(a), { fullMatrices: false }) as [Tensor, Tensor, Tensor];
    const scale = size(a) || 1;
    near(product(product(js(u), diagonal(list(s).map((v) => v / scale))), js(vt)), a.map((r) => r.map((v) => v / scale)));
    near(product(flip(js(u)), js(u)), one(k));
    near(product(js(vt), flip(js(vt))), one(k));
    expect(list(s).every((v, i) => v >= 0 && (i === 0 || v <= list(s)[i - 1]!))).toBe(true);
    expect(list(svd(f64(a), { computeUv: false }))).toEqual(list(s));
    const [fullU, , fullVt] = svd(f64(a)) as [Tensor, Tensor, Tensor];
    near(product(flip(js(fullU)), js(fullU)), one(m));
    near(product(js(fullVt), flip(js(fullVt))), one(n));
    expect(js(fullU).map((r) => r.slice(0, k))).toEqual(js(u));
  });

  test("qr", () => {
    for (const fullMatrices of [false, true]) {
      const [q, r] = qr(f64(a), { fullMatrices });
      near(product(js(q), js(r)), a);
      near(product(flip(js(q)), js(q)), one(fullMatrices ? m : k));
      js(r).forEach((row, i) => row.forEach((v, j) => i > j && expect(v).toBe(0)));
    }
  });

  test("lu", () => {
    const [factors, pivots, permutation] = lu(f64(a)).map((x) => x.js()) as [Matrix, number[], number[]];
    const l = build(m, k, (i, j) => (i === j ? 1 : i > j ? factors[i]![j]! : 0));
    expect(size(l)).toBe(1);
    near(product(l, build(k, n, (i, j) => (i <= j ? factors[i]![j]! : 0))), permutation.map((i) => a[i]!));
    const rows = a.map((_, i) => i);
    pivots.forEach((p, i) => ([rows[i], rows[p]] = [rows[p]!, rows[i]!]));
    expect(rows).toEqual(permutation);
  });

  test("eigh", () => {
    const x = m === n ? build(n, n, (i, j) => a[i]![j]! / 2 + a[j]![i]! / 2) : product(flip(a), a);
    const [v, w] = eigh(f64(x), { symmetrizeInput: false });
    const scale = size(x) || 1;
    near(product(product(js(v), diagonal(list(w).map((e) => e / scale))), flip(js(v))), x.map((r) => r.map((e) => e / scale)));
    near(product(flip(js(v)), js(v)), one(n));
    expect(list(w).every((e, i) => i === 0 || e >= list(w)[i - 1]!)).toBe(true);
  });
});

test("small singular values keep their digits", () => {
  // Hilbert's matrix of order 6: the least of its singular values, known to many digits: it is positive definite, and this is its least eigenvalue.
  const s = list(svd(f64(build(6, 6, (i, j) => 1 / (i + j + 1))), { computeUv: false }));
  expect(s[5]! / 1.0827994845655498e-7).toBeCloseTo(1, 8);
  // Rows of very different lengths, orthogonal to one another.
  const graded = product(diagonal([1, 1e-40, 1e-80]), js(qr(f64(random(3, 3)))[0]));
  const values = list(svd(f64(graded), { computeUv: false }));
  [1, 1e-40, 1e-80].forEach((v, i) => expect(values[i]! / v).toBeCloseTo(1, 14));
});

test("positive definite systems", () => {
  for (const n of [1, 2, 7, 40]) {
    const a = product(random(n, n), flip(random(n, n)));
    a.forEach((r, i) => (r[i]! += 0.1));
    const l = js(cholesky(f64(a)));
    near(product(l, flip(l)), a);
    const b = random(n, 3, 1);
    near(product(a, js(solve(f64(a), f64(b)))), b, 1e-10);
    near(product(l, js(triangularSolve(f64(l), f64(b), { leftSide: true, lower: true }))), b, 1e-12);
  }
});

test("eigenvalues of the second difference", () => {
  const n = 40;
  const a = build(n, n, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0));
  const expected = Array.from({ length: n }, (_, i) => 4 * Math.sin(((i + 1) * Math.PI) / (2 * (n + 1))) ** 2);
  list(eigh(f64(a))[1]).forEach((w, i) => expect(w).toBeCloseTo(expected[i]!, 13));
});

test("cofactors of every rank", () => {
  expect(cofactor(f64([[5]])).js()).toEqual([[1]]);
  const a = random(5, 5);
  const d = det(f64(a)).item<number>();
  near(product(a, flip(js(cofactor(f64(a))))), diagonal([d, d, d, d, d]), 1e-12);
  const rank = (r: number): Matrix => product(random(5, r), random(r, 5, 2));
  // Of rank n − 1 they are a multiple of u·vᵀ with uᵀa = 0 and a·v = 0, and not zero; of less they are zero.
  const c = js(cofactor(f64(rank(4))));
  near(product(rank(4), flip(c)), build(5, 5, () => 0), 1e-13);
  expect(size(c)).toBeGreaterThan(1e-3);
  expect(list(svd(f64(c), { computeUv: false }))[1]!).toBeLessThan(1e-15);
  expect(size(js(cofactor(f64(rank(3)))))).toBeLessThan(1e-14);
  expect(js(cofactor(f64(build(4, 4, (i, j) => (j === 0 ? 0 : random(4, 4)[i]![j]!))))).map((r) => r[1])).toEqual([0, 0, 0, 0]);
});

test("what is not finite gives nothing finite, and gives it soon", () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    const a = random(20, 20);
    a[7]![7] = bad;
    const x = f64(a);
    for (const out of [...svd(x), ...eigh(x), svd(x, { computeUv: false }), pinv(x)]) expect(list(out).flat().every(Number.isNaN)).toBe(true);
    for (const out of [qr(x)[1], lu(x)[0], solve(x, x), cholesky(x)]) expect(list(out).flat().every(Number.isFinite)).toBe(false);
  }
});

test("operands of any layout", () => {
  const a = random(4, 3);
  const x = f64([a, flip(flip(a)).map((r) => r.map((v) => 2 * v))] as never);
  for (const view of [moveAxis(x, 1, 2), reverse(x, 1), reverse(moveAxis(x, 0, 2), [0, 2])]) {
    const copy = array(view.js() as never, { dtype: "float64" });
    expect(qr(view).map((t) => t.js())).toEqual(qr(copy).map((t) => t.js()));
    expect(svd(view, { computeUv: false }).js()).toEqual(svd(copy, { computeUv: false }).js());
  }
});

test("a small backend needs no other family", () => {
  useBackend(eagerCpu({ kernels: [linalg] }));
  expect(solve(array([[0, 2], [4, 0]]), array([2, 4])).js()).toEqual([1, 1]);
  expect(det(array([[0, 2], [4, 0]])).item()).toBe(-8);
  expect(pinv(array([[2], [0]])).js()).toEqual([[0.5, 0]]);
});
