// The kernel family of linear algebra: triangular systems, factorizations, eigenvalues and singular values.

import { choleskyP, cofactorP, eighP, luP, qrP, type QrParams, svdP, type SvdParams, triangularSolveP, type TriangularSolveParams } from "@gradus/ops";
import { contraction } from "../contraction.js";
import { indexing } from "../indexing.js";
import type { Kernel, KernelFamily } from "../kernel.js";
import { shaping } from "../shaping.js";
import { cofactors } from "./cofactor.js";
import { decomposeSymmetric } from "./eigh.js";
import { applyQ, factorQr } from "./householder.js";
import { forEachMatrix, sizes } from "./matrices.js";
import { decompose } from "./svd.js";
import { factorCholesky, factorLu, solveTriangle } from "./triangular.js";

const triangularSolve: Kernel<TriangularSolveParams> = (args, params, outs) => {
  const [n, rows] = [sizes(args[0]!)[0], sizes(args[1]!)[0]];
  return forEachMatrix(args, outs, ([a, b], [x]) => solveTriangle(a!, n, b!, rows, x!, params));
};

const cholesky: Kernel = (args, _params, outs) => forEachMatrix(args, outs, ([a], [l]) => factorCholesky(a!, sizes(args[0]!)[0], l!));

const lu: Kernel = (args, _params, outs) => {
  const [m, n] = sizes(args[0]!);
  return forEachMatrix(args, outs, ([a], [factors, pivots, permutation]) => {
    factorLu(a!, m, n, pivots!, permutation!);
    factors!.set(a!);
  });
};

const qr: Kernel<QrParams> = (args, { fullMatrices }, outs) => {
  const [m, n] = sizes(args[0]!);
  const k = fullMatrices ? m : Math.min(m, n);
  return forEachMatrix(args, outs, ([a], [q, r]) => {
    const ts = factorQr(a!, m, n);
    for (let i = 0; i < Math.min(k, n); i++) r!.set(a!.subarray(i * n + i, (i + 1) * n), i * n + i);
    for (let i = 0; i < k; i++) q![i * k + i] = 1;
    applyQ(a!, ts, m, n, q!, k);
  });
};

const eigh: Kernel = (args, _params, outs) => forEachMatrix(args, outs, ([a], [v, w]) => decomposeSymmetric(a!, sizes(args[0]!)[0], v!, w!));

const svd: Kernel<SvdParams> = (args, { fullMatrices, computeUv }, outs) => {
  const [m, n] = sizes(args[0]!);
  return forEachMatrix(args, outs, ([a], results) => {
    const { u, s, vt } = decompose(a!, m, n, fullMatrices && computeUv);
    (computeUv ? [u, s, vt] : [s]).forEach((from, i) => results[i]!.set(from));
  });
};

const cofactor: Kernel = (args, _params, outs) => forEachMatrix(args, outs, ([a], [c]) => cofactors(a!, sizes(args[0]!)[0], c!));

const factorizations: KernelFamily = [
  [triangularSolveP, triangularSolve],
  [choleskyP, cholesky],
  [luP, lu],
  [qrP, qr],
  [eighP, eigh],
  [svdP, svd],
  [cofactorP, cofactor],
];

/** triangularSolve, cholesky, lu, qr, eigh, svd and cofactor, with the families that solve, det and pinv are written with, and derivatives. */
export const linalg: KernelFamily = /* @__PURE__ */ [factorizations, contraction, indexing, shaping].flat();
