// Orthogonal times upper triangular, by Householder's reflections.

import { add, type Aval, avalOf, bind, definePrimitive, type Primitive, type Tensor, type TensorLike, toTensor, Zero, zerosOf, zeroTangent } from "@gradus/core";
import { concatenate } from "./arrangement.js";
import { greater } from "./comparison.js";
import { solve } from "./solve.js";
import { batchMany, checkMatrix, eyeLike, matmul, mT, part, sizes } from "./matrix.js";
import { sliceAlong } from "./slicing.js";
import { sub } from "./quotient.js";
import { triangularSolve } from "./triangular-solve.js";

export interface QrParams {
  /** Whether q is square, and r of the shape of x. */
  fullMatrices: boolean;
}

/** [q, r] with x = q·r, qᵀq = 1 and r upper triangular. */
export const qrP: Primitive<QrParams, "many"> = /* @__PURE__ */ definePrimitive<QrParams, "many">("qr", {
  multipleResults: true,
  abstractEval([x], { fullMatrices }) {
    const a = x as Aval;
    checkMatrix(a, "qr");
    const [m, n] = sizes(a);
    const k = fullMatrices ? m : Math.min(m, n);
    const of = (rows: number, columns: number): Aval => avalOf([...a.shape.slice(0, -2), rows, columns], a.dtype, a.weak);
    return [of(m, k), of(k, n)];
  },
  rules: {
    jvp([x], [dx], params) {
      const [q, r] = bind(qrP, [x as Tensor], params) as [Tensor, Tensor];
      if (dx instanceof Zero) return [[q, r], [zeroTangent(q.aval), zeroTangent(r.aval)]];
      return [[q, r], tangents(x as Tensor, dx as Tensor, q, r)];
    },
    batch: /* @__PURE__ */ batchMany(() => qrP),
  },
});

function tangents(x: Tensor, dx: Tensor, q: Tensor, r: Tensor): [dq: Tensor, dr: Tensor] {
  const [m, n] = sizes(x);
  if (m < n) {
    // The first m columns determine q, and r = qᵀx: for the others dr = dqᵀ x + qᵀ dx.
    const [dq, dr] = thin(columns(dx, 0, m), q, columns(r, 0, m));
    return [dq, concatenate([dr, add(matmul(mT(dq), columns(x, m, n)), matmul(mT(q), columns(dx, m, n)))], -1)];
  }
  if (sizes(q)[1] === n) return thin(dx, q, r);
  const [dq, dr] = thin(dx, columns(q, 0, n), rows(r, 0, n));
  return [concatenate([dq, complement(dq, q, n)], -1), concatenate([dr, zerosOf(rows(r, n, m).aval)], -2)];
}

// With e = qᵀ dx r⁻¹ and the skew s = (e below the diagonal) − its transpose: dq = q(s − e) + dx r⁻¹, dr = (e − s)r.
// Townsend 2016, "Differentiating the QR decomposition"
function thin(dx: Tensor, q: Tensor, r: Tensor): [dq: Tensor, dr: Tensor] {
  const scaled = triangularSolve(r, dx);
  const e = matmul(mT(q), scaled);
  const low = part(e, greater);
  const rest = sub(e, sub(low, mT(low)));
  return [sub(scaled, matmul(q, rest)), matmul(rest, r)];
}

// The columns beyond the first n. A product of n reflections is 1 − y·t·yᵀ with y of n columns; so with z = y₂ y₁⁻¹, of the
// lower and the upper rows of y, q₂₁ = z(q₁₁ − 1), and these columns are (q₁ − 1)zᵀ + 1, where q₁ is the first n columns.
// Hence d = dq₁ zᵀ + (q₁ − 1) dzᵀ with dz = (dq₂₁ − z dq₁₁)(q₁₁ − 1)⁻¹. Roberts & Roberts 2020, "QR and LQ decomposition matrix
// backpropagation algorithms for square, wide, and deep matrices", treat the other shapes.
function complement(dq: Tensor, q: Tensor, n: number): Tensor {
  const m = sizes(q)[0];
  const away = sub(columns(q, 0, n), columns(eyeLike(q, m), 0, n));
  const divided = (x: Tensor): Tensor => mT(solve(mT(rows(away, 0, n)), mT(x)));
  const z = divided(rows(away, n, m));
  const dz = divided(sub(rows(dq, n, m), matmul(z, rows(dq, 0, n))));
  return add(matmul(dq, mT(z)), matmul(away, mT(dz)));
}

const rows = (x: Tensor, from: number, to: number): Tensor => sliceAlong(x, x.ndim - 2, from, to);
const columns = (x: Tensor, from: number, to: number): Tensor => sliceAlong(x, x.ndim - 1, from, to);

export interface QrOptions {
  /** Whether q is square: yes unless given. Otherwise it has as many columns as x has rows or columns, whichever are fewer. */
  readonly fullMatrices?: boolean;
}

/**
 * Orthogonal q and upper triangular r with x = q·r: `f[…,m,n]` to `q f[…,m,m]` and `r f[…,m,n]`, and without `fullMatrices`, k
 * the lesser of m and n, to `q f[…,m,k]` and `r f[…,k,n]`. The diagonal of r may be negative, as LAPACK leaves it. Derivatives are
 * finite where the first k columns are independent; those of the columns of q beyond n, unless one of the reflections is the
 * identity, as where a column has only zeros below its diagonal.
 * @throws ShapeError for less than two axes @throws DTypeError unless floats
 * @example qr(array([[3], [4]]), { fullMatrices: false }) // [[[-0.6], [-0.8]], [[-5]]]
 */
export function qr(x: TensorLike, { fullMatrices = true }: QrOptions = {}): [q: Tensor, r: Tensor] {
  return bind(qrP, [toTensor(x, "qr")], { fullMatrices }) as [Tensor, Tensor];
}
