// Rows of linear algebra: values by determinants, or by what the factors multiply to; derivatives of what does not depend on
// signs that are free.

import { add, type AnyPrimitive, cast, type DType, moveAxis, mul, reduceSum, select, type Shape, type Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import type { HostArray } from "../host-array.js";
import type { Operand, Operation, Sample } from "../operation.js";
import { build, cofactors, det, flipped, inverse, type Matrix, matricesOf, product, stacked, triangularFactors } from "./minors.js";
import { floats, sample, structured } from "./structured.js";

type Fn = (...xs: any[]) => Tensor | Tensor[];
type Extra = Partial<Sample>;

const unit = (shape: Shape): Operand => ({ shape, intervals: [[-1, 1]] });
const refuses: readonly DType[] = ["int32", "uint32", "bool", "float0"];

/** A sample with expected values, of operands in [−1, 1]. */
const valued = (name: string, apply: Fn, operands: readonly (Shape | Operand)[], expected: NonNullable<Sample["expected"]>, extra: Extra = {}): Sample =>
  sample(name, apply, operands.map((o) => ("shape" in o ? o : unit(o))), expected, { dtypes: floats, tolerance: { rtol: 2e-5, atol: 2e-5 }, ...extra });

/** A sample that the laws alone check. */
const lawful = (name: string, apply: Fn, operand: Shape | Operand, extra: Extra = {}): Sample => ({ name, apply, operands: ["shape" in operand ? operand : unit(operand)], dtypes: floats, derivative: "real", ...extra });

const free: Extra = { except: { gradient: "signs of vectors are free: the squares of their elements are differentiated instead" } };
const edge: Extra = { isEdge: true };
const notFinite = (shape: Shape): Operand => ({ shape, values: [1, NaN, 2, Infinity, 0, -1, 3] });

const row = (name: string, primitive: AnyPrimitive, samples: readonly Sample[], exports = [name, `${name}P`]): Operation => ({ ...structured(name, primitive, samples, "it takes matrices, and a number has no axes", { refuses }), exports });

// Matrices as tensors.
const mT = (x: Tensor): Tensor => moveAxis(x, x.ndim - 1, x.ndim - 2);
const times = (a: Tensor, b: Tensor): Tensor => {
  const n = a.ndim - 2;
  const batch = Array.from({ length: n }, (_, i) => i);
  return ops.dotGeneral(a, b, { contract: [[n + 1], [n]], batch: [batch, batch] });
};
const scaledRows = (x: Tensor, s: Tensor): Tensor => mul(ops.expandDims(s, -1), x);
const square = (x: Tensor): Tensor => ops.square(x);

/** x, and on its diagonal, or the one across, base + step·(row): so it is regular, or its values are far apart. */
function moved(x: Tensor, base: number, step = 0, across = false): Tensor {
  const [m, n] = x.shape.slice(-2) as [number, number];
  const [i, j] = [ops.iota([m, n], "int32", 0), ops.iota([m, n], "int32", 1)];
  return add(x, select(ops.equal(across ? add(i, j) : ops.sub(j, i), across ? n - 1 : 0), add(mul(cast(i, x.dtype), step), base), 0));
}
const movedHost = (a: Matrix, base: number, step = 0, across = false): number[][] => a.map((r, i) => r.map((v, j) => v + ((across ? i + j === r.length - 1 : i === j) ? base + step * i : 0)));
const symmetric = (a: Matrix): number[][] => a.map((r, i) => r.map((v, j) => (v + ((a[j] as readonly number[])[i] as number)) / 2));
const one = (n: number): number[][] => build(n, n, (i, j) => (i === j ? 1 : 0));

type Options = { leftSide: boolean; lower: boolean; transposeA: boolean; unitDiagonal: boolean };

function triangular(options: Partial<Options>, a: Shape, b: Shape): Sample {
  const { leftSide = false, lower = false, transposeA = false, unitDiagonal = false } = options;
  const used = (x: Matrix): number[][] => {
    const kept = movedHost(x, 3).map((r, i) => r.map((v, j) => (i === j ? (unitDiagonal ? 1 : v) : i > j === lower ? v : 0)));
    return inverse(transposeA ? flipped(kept) : kept);
  };
  const label = Object.entries(options).filter(([, v]) => v).map(([k]) => k).join(" ");
  return valued(`triangularSolve ${label} ${a} ${b}`, (x, y) => ops.triangularSolve(moved(x, 3), y, options), [a, b], ([x, y]) => {
    const rights = matricesOf(y!);
    return { ...y!, data: matricesOf(x!).flatMap((m, k) => (leftSide ? product(used(m), rights[k] as Matrix) : product(rights[k] as Matrix, used(m))).flat()) };
  });
}

const triangularSolve = row("triangularSolve", ops.triangularSolveP, [
  lawful("triangularSolve of one", (a) => ops.triangularSolve(a, square(a)), { shape: [1, 1], intervals: [[1, 2]] }),
  triangular({}, [3, 3], [2, 3]),
  triangular({ leftSide: true, lower: true }, [3, 3], [3, 2]),
  triangular({ leftSide: true, transposeA: true }, [3, 3], [3, 1]),
  triangular({ lower: true, transposeA: true, unitDiagonal: true }, [2, 3, 3], [2, 1, 3]),
  triangular({ leftSide: true, lower: true, unitDiagonal: true }, [2, 2], [2, 2]),
  lawful("triangularSolve of a vector", (a) => ops.triangularSolve(moved(a, 3), ops.slice(a, [0, 0], [1, 3]), { lower: true }), [3, 3]),
  lawful("triangularSolve of nothing", (a) => ops.triangularSolve(a, a), [0, 0]),
  lawful("triangularSolve with NaN, ∞ and 0", (a) => ops.triangularSolve(a, a, { leftSide: true, lower: true }), notFinite([3, 3]), edge),
]);

const factor = (a: Matrix): number[][] => {
  const x = triangularFactors(a);
  return build(a.length, a.length, (i, j) => (i < j ? 0 : (i === j ? 1 : ((x[i] as number[])[j] as number)) * Math.sqrt((x[j] as number[])[j] as number)));
};
const cholesky = row("cholesky", ops.choleskyP, [
  lawful("cholesky of one", (x) => ops.cholesky(x), { shape: [1, 1], intervals: [[1, 2]] }),
  valued("cholesky", (x) => ops.cholesky(moved(x, 4)), [[3, 3]], ([x]) => stacked(x!, [3, 3], (a) => factor(symmetric(movedHost(a, 4))).flat())),
  valued("cholesky of a batch", (x) => ops.cholesky(moved(x, 4)), [[2, 2, 2]], ([x]) => stacked(x!, [2, 2], (a) => factor(symmetric(movedHost(a, 4))).flat())),
  valued("cholesky of a triangle", (x) => ops.cholesky(moved(x, 4), { symmetrizeInput: false }), [[3, 3]], ([x]) =>
    stacked(x!, [3, 3], (a) => factor(movedHost(a, 4).map((r, i, all) => r.map((v, j) => (i < j ? ((all[j] as number[])[i] as number) : v)))).flat()),
  ),
  valued("cholesky of what is not positive definite", (x) => ops.cholesky(moved(x, -3)), [[2, 2]], ([x]) => stacked(x!, [2, 2], () => [NaN, NaN, NaN, NaN]), edge),
  lawful("cholesky of nothing", (x) => ops.cholesky(x), [0, 0]),
  lawful("cholesky of NaN and ∞", (x) => ops.cholesky(x), notFinite([2, 2, 2]), edge),
]);

// The greatest elements are those across, so the rows are taken in opposite order.
const lus = (shape: Shape): Sample => {
  const [m, n] = shape.slice(-2) as [number, number];
  const int = (xs: readonly HostArray[], list: readonly number[]): HostArray => ({ ...stacked(xs[0]!, [list.length], () => list), dtype: "int32" });
  return valued(`lu ${shape}`, (x) => ops.lu(moved(x, 5, 0, true)), [shape], (xs) => [
    stacked(xs[0]!, [m, n], (a) => triangularFactors(movedHost(a, 5, 0, true).reverse()).flat()),
    int(xs, Array.from({ length: Math.min(m, n) }, (_, i) => Math.max(i, m - 1 - i))),
    int(xs, Array.from({ length: m }, (_, i) => m - 1 - i)),
  ]);
};
const lu = row("lu", ops.luP, [
  lawful("lu of one", (x) => ops.lu(x), [1, 1]),
  lus([3, 3]),
  lus([2, 2, 2]),
  valued("lu of more rows", (x) => ops.lu(moved(x, 5))[0], [[4, 3]], ([x]) => stacked(x!, [4, 3], (a) => triangularFactors(movedHost(a, 5)).flat())),
  valued("lu of more columns", (x) => ops.lu(moved(x, 5))[0], [[3, 4]], ([x]) => stacked(x!, [3, 4], (a) => triangularFactors(movedHost(a, 5)).flat())),
  lawful("lu of no rows", (x) => ops.lu(x), [0, 2]),
  lawful("lu of no columns", (x) => ops.lu(x), [2, 0]),
  lawful("lu of a singular matrix", (x) => ops.lu(x), { shape: [2, 2], values: [0, 0, 0, 0] }, edge),
  lawful("lu of NaN and ∞", (x) => ops.lu(x), notFinite([3, 3]), edge),
]);

// q·r, qᵀq and what of r is below the diagonal.
function recomposed(shape: Shape, fullMatrices: boolean): Sample {
  const [m, n] = shape.slice(-2) as [number, number];
  const k = fullMatrices ? m : Math.min(m, n);
  return valued(
    `qr ${shape} recomposed${fullMatrices ? ", full" : ""}`,
    (x) => {
      const [q, r] = ops.qr(moved(x, 3), { fullMatrices });
      const below = select(ops.greater(ops.iota([k, n], "int32", 0), ops.iota([k, n], "int32", 1)), r, 0);
      return [times(q, r), times(mT(q), q), reduceSum(below, [-2, -1])];
    },
    [shape],
    ([x]) => [stacked(x!, [m, n], (a) => movedHost(a, 3).flat()), stacked(x!, [k, k], () => one(k).flat()), stacked(x!, [], () => [0])],
    fullMatrices ? { except: { gradient: "the factors themselves are differentiated instead" } } : {},
  );
}
const qr = row("qr", ops.qrP, [
  lawful("qr of one", (x) => ops.qr(x), { shape: [1, 1], intervals: [[1, 2]] }),
  ...[[3, 3], [4, 2], [2, 4]].flatMap((s) => [recomposed(s, false), lawful(`qr ${s}`, (x) => ops.qr(moved(x, 3), { fullMatrices: false }), s)]),
  recomposed([4, 2], true),
  lawful("qr 4,2, full", (x) => ops.qr(moved(x, 3)), [4, 2]),
  lawful("qr of a batch", (x) => ops.qr(moved(x, 3), { fullMatrices: false }), [2, 3, 2]),
  lawful("qr of no rows", (x) => ops.qr(x), [0, 2]),
  lawful("qr of no columns", (x) => ops.qr(x), [2, 0]),
  lawful("qr of dependent columns", (x) => ops.qr(x), { shape: [3, 2], values: [0, 0, 0, 0, 0, 0] }, edge),
  lawful("qr of NaN and ∞", (x) => ops.qr(x), notFinite([3, 2]), edge),
]);

const eigh = row("eigh", ops.eighP, [
  lawful("eigh of one", (x) => ops.eigh(x), [1, 1], free),
  valued(
    "eigh recomposed",
    (x) => {
      const [v, w] = ops.eigh(moved(x, 0, 4));
      return [times(v, scaledRows(mT(v), w)), times(mT(v), v), reduceSum(w, -1)];
    },
    [[4, 4]],
    ([x]) => [
      stacked(x!, [4, 4], (a) => symmetric(movedHost(a, 0, 4)).flat()),
      stacked(x!, [4, 4], () => one(4).flat()),
      stacked(x!, [], (a) => [movedHost(a, 0, 4).reduce((sum, r, i) => sum + (r[i] as number), 0)]),
    ],
  ),
  lawful("eigh, squares", (x) => ops.eigh(moved(x, 0, 4)).map(square), [3, 3]),
  lawful("eigh of the upper triangle, squares", (x) => ops.eigh(moved(x, 0, 4), { lower: false, symmetrizeInput: false }).map(square), [3, 3]),
  lawful("eigh of a batch", (x) => ops.eigh(moved(x, 0, 4)), [2, 2, 2], free),
  lawful("eigenvalues that are equal", (x) => ops.eigh(x)[1], { shape: [2, 2], values: [1, 1, 1, 1] }, edge),
  lawful("eigh of nothing", (x) => ops.eigh(x), [0, 0]),
  lawful("eigh of NaN and ∞", (x) => ops.eigh(x), notFinite([2, 2]), edge),
]);

function svds(shape: Shape): Sample[] {
  const [m, n] = shape.slice(-2) as [number, number];
  const k = Math.min(m, n);
  const [base, step] = [2, 3];
  return [
    valued(
      `svd ${shape} recomposed`,
      (x) => {
        const [u, s, vt] = ops.svd(moved(x, base, step), { fullMatrices: false });
        return [times(u, scaledRows(vt, s)), times(mT(u), u), times(vt, mT(vt)), reduceSum(square(s), -1)];
      },
      [shape],
      ([x]) => [
        stacked(x!, [m, n], (a) => movedHost(a, base, step).flat()),
        stacked(x!, [k, k], () => one(k).flat()),
        stacked(x!, [k, k], () => one(k).flat()),
        stacked(x!, [], (a) => [movedHost(a, base, step).flat().reduce((sum, v) => sum + v * v, 0)]),
      ],
    ),
    lawful(`svd ${shape}, squares`, (x) => ops.svd(moved(x, base, step), { fullMatrices: false }).map(square), shape),
    lawful(`svd ${shape}, values`, (x) => ops.svd(moved(x, base, step), { computeUv: false }), shape),
  ];
}
const full = (shape: Shape, derivative: Sample["derivative"], extra: Extra = {}): Sample => lawful(`svd ${shape}, full`, (x) => ops.svd(moved(x, 2, 3)), shape, { ...extra, derivative });
const svd = row("svd", ops.svdP, [
  lawful("svd of one", (x) => ops.svd(x, { computeUv: false }), { shape: [1, 1], intervals: [[1, 2]] }),
  ...[[3, 3], [4, 2], [2, 4]].flatMap(svds),
  lawful("svd of a batch", (x) => ops.svd(moved(x, 2, 3), { fullMatrices: false }), [2, 2, 2], free),
  full([3, 3], "real", free),
  full([4, 2], "none"),
  full([2, 4], "none"),
  lawful("svd of no rows", (x) => ops.svd(x, { fullMatrices: false }), [0, 2]),
  lawful("svd of no columns", (x) => ops.svd(x, { fullMatrices: false }), [2, 0]),
  lawful("singular values that are equal", (x) => ops.svd(x, { computeUv: false }), { shape: [2, 2], values: [1, 1, 1, 1] }, edge),
  lawful("svd of NaN and ∞", (x) => ops.svd(x, { fullMatrices: false }), notFinite([3, 2]), edge),
]);

const solve = row("solve", ops.solveP, [
  lawful("solve of one", (a) => ops.solve(a, square(a)), { shape: [1, 1], intervals: [[1, 2]] }),
  ...([[[3, 3], [3, 2]], [[2, 2, 2], [2, 2, 1]]] as const).map(([a, b]) =>
    valued(`solve ${a} ${b}`, (x, y) => ops.solve(moved(x, 3, 0, true), y), [a, b], ([x, y]) => {
      const rights = matricesOf(y!);
      return { ...y!, data: matricesOf(x!).flatMap((m, k) => product(inverse(movedHost(m, 3, 0, true)), rights[k] as Matrix).flat()) };
    }),
  ),
  valued("solve with a vector", (x, y) => ops.solve(moved(x, 3), y), [[2, 2], [2]], ([x, y]) => ({ ...y!, data: product(inverse(movedHost(matricesOf(x!)[0] as Matrix, 3)), y!.data.map((v) => [v])).flat() })),
  lawful("solve of nothing", (a) => ops.solve(a, a), [0, 0]),
  lawful("solve with a singular matrix", (a) => ops.solve(a, a), { shape: [2, 2], values: [1, 1, 1, 1] }, edge),
]);

const perMatrix = (apply: Fn, name: string, n: number, f: (a: Matrix) => number[], trailing: readonly number[] = [], batch: Shape = []): Sample =>
  valued(`${name} ${[...batch, n, n]}`, (x) => apply(moved(x, 2, 0, true)), [[...batch, n, n]], ([x]) => stacked(x!, trailing, (a) => f(movedHost(a, 2, 0, true))));

const determinants = [1, 2, 3, 4].map((n) => perMatrix(ops.det, "det", n, (a) => [det(a)]));
const cofactor = row("cofactor", ops.cofactorP, [
  lawful("cofactor of two", (x) => ops.cofactor(x), [2, 2]),
  ...[2, 3, 4].map((n) => perMatrix(ops.cofactor, "cofactor", n, (a) => cofactors(a).flat(), [n, n])),
  lawful("cofactor of a batch", (x) => ops.cofactor(moved(x, 2)), [2, 2, 2]),
  lawful("cofactor of nothing", (x) => ops.cofactor(x), [0, 0]),
  valued("cofactor of a singular matrix", (x) => ops.cofactor(x), [{ shape: [3, 3], values: [1, 2, 1, 2] }], ([x]) => stacked(x!, [3, 3], (a) => cofactors(a).flat()), edge),
  lawful("cofactor of NaN and ∞", (x) => ops.cofactor(x), notFinite([2, 2]), edge),
]);
const detRow = row("det", ops.detP, [...determinants, perMatrix(ops.det, "det", 4, (a) => [det(a)], [], [2]), lawful("det of nothing", (x) => ops.det(x), [0, 0]), lawful("det of NaN and ∞", (x) => ops.det(x), notFinite([4, 4]), edge)]);
const slogdet = row("slogdet", ops.slogdetP, [
  ...[1, 3].map((n) =>
    valued(`slogdet ${n}`, (x) => ops.slogdet(moved(x, 3, 0, true)), [[2, n, n]], ([x]) => [stacked(x!, [], (a) => [Math.sign(det(movedHost(a, 3, 0, true)))]), stacked(x!, [], (a) => [Math.log(Math.abs(det(movedHost(a, 3, 0, true))))])]),
  ),
  lawful("slogdet of nothing", (x) => ops.slogdet(x), [0, 0]),
  valued("slogdet of a singular matrix", (x) => ops.slogdet(x), [{ shape: [2, 2], values: [0, 0, 0, 0] }], ([x]) => [stacked(x!, [], () => [0]), stacked(x!, [], () => [-Infinity])], edge),
]);

// (aᵀa)⁻¹aᵀ of independent columns, aᵀ(aaᵀ)⁻¹ of independent rows.
const tall = (a: Matrix): number[][] => product(inverse(product(flipped(a), a)), flipped(a));
const pinv = row("pinv", ops.pinvP, [
  lawful("pinv of one", (x) => ops.pinv(x), { shape: [1, 1], intervals: [[1, 2]] }),
  valued("pinv of more rows", (x) => ops.pinv(moved(x, 3)), [[2, 3, 2]], ([x]) => stacked(x!, [2, 3], (a) => tall(movedHost(a, 3)).flat())),
  valued("pinv of more columns", (x) => ops.pinv(moved(x, 3)), [[2, 3]], ([x]) => stacked(x!, [3, 2], (a) => flipped(tall(flipped(movedHost(a, 3)))).flat())),
  valued("pinv of rank 1", (x, y) => ops.pinv(times(x, y), 1e-3), [{ shape: [3, 1], intervals: [[1, 2]] }, { shape: [1, 2], intervals: [[1, 2]] }], ([x, y]) => {
    const size = (v: HostArray): number => v.data.reduce((sum, e) => sum + e * e, 0);
    return { shape: [2, 3], dtype: x!.dtype, data: build(2, 3, (i, j) => (y!.data[i]! * x!.data[j]!) / size(x!) / size(y!)).flat() };
  }),
  lawful("pinv of no rows", (x) => ops.pinv(x), [0, 2]),
  lawful("pinv of no columns", (x) => ops.pinv(x), [2, 0]),
  lawful("pinv of NaN and ∞", (x) => ops.pinv(x), notFinite([2, 3]), edge),
]);

export const linalg: readonly Operation[] = [triangularSolve, cholesky, lu, qr, eigh, svd, solve, cofactor, detRow, slogdet, pinv];
