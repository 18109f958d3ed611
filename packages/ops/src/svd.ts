// Singular values and vectors of any matrix.

import { add, type Aval, avalOf, bind, definePrimitive, MissingRuleError, mul, type Primitive, type Tensor, type TensorLike, toTensor, Zero, zeroTangent } from "@gradus/core";
import { batchMany, checkMatrix, column, diagonalOf, inverseOffDiagonal, matmul, mT, row, sizes } from "./matrix.js";
import { div, sub } from "./quotient.js";

export interface SvdParams {
  /** Whether u and vt are square. */
  fullMatrices: boolean;
  /** Whether u and vt are results. */
  computeUv: boolean;
}

/** [u, s, vt], or [s], with x = u·diag(s)·vt, uᵀu = 1, vt·vtᵀ = 1, s descending and not negative. */
export const svdP: Primitive<SvdParams, "many"> = /* @__PURE__ */ definePrimitive<SvdParams, "many">("svd", {
  multipleResults: true,
  abstractEval([x], { fullMatrices, computeUv }) {
    const a = x as Aval;
    checkMatrix(a, "svd");
    const [m, n] = sizes(a);
    const k = Math.min(m, n);
    const of = (...dims: number[]): Aval => avalOf([...a.shape.slice(0, -2), ...dims], a.dtype, a.weak);
    return computeUv ? [of(m, fullMatrices ? m : k), of(k), of(fullMatrices ? n : k, n)] : [of(k)];
  },
  rules: {
    jvp([x], [dx], params) {
      const [m, n] = sizes(x as Tensor);
      const { computeUv, fullMatrices } = params;
      if (dx instanceof Zero) {
        const outs = bind(svdP, [x as Tensor], params);
        return [outs, outs.map((o) => zeroTangent(o.aval))];
      }
      if (computeUv && fullMatrices && m !== n) {
        throw new MissingRuleError(
          `svd of ${(x as Tensor).aval.toString()} has no derivative with fullMatrices: the columns of u or v beyond the singular values are any that are orthogonal to the others. Ask for svd(x, { fullMatrices: false }).`,
        );
      }
      const [u, s, vt] = bind(svdP, [x as Tensor], { fullMatrices: false, computeUv: true }) as [Tensor, Tensor, Tensor];
      const e = matmul(matmul(mT(u), dx as Tensor), mT(vt));
      if (!computeUv) return [[s], [diagonalOf(e)]];
      return [[u, s, vt], [...vectors(dx as Tensor, u, s, vt, e)]];
    },
    batch: /* @__PURE__ */ batchMany(() => svdP),
  },
});

// With e = uᵀ dx v and f_ij = 1/(s_j² − s_i²) off the diagonal: ds = diag(e), du = u·(f∘(e·s + s·eᵀ)), dv = v·(f∘(s·e + eᵀ·s)), and
// what of dx·v/s is orthogonal to u joins du, what of dxᵀ·u/s is orthogonal to v joins dv. Townsend 2016, "Differentiating the
// singular value decomposition"; Giles 2008, "An extended collection of matrix derivative results …", 3.2
function vectors(dx: Tensor, u: Tensor, s: Tensor, vt: Tensor, e: Tensor): [du: Tensor, ds: Tensor, dvt: Tensor] {
  const [m, n] = sizes(dx);
  const f = inverseOffDiagonal(mul(add(row(s), column(s)), sub(row(s), column(s))));
  const [es, se] = [mul(e, row(s)), mul(column(s), e)];
  let du = matmul(u, mul(f, add(es, mT(es))));
  let dv = matmul(mT(vt), mul(f, add(se, mT(se))));
  const beyond = (moved: Tensor, basis: Tensor): Tensor => div(sub(moved, matmul(basis, matmul(mT(basis), moved))), row(s));
  if (m > n) du = add(du, beyond(matmul(dx, mT(vt)), u));
  if (n > m) dv = add(dv, beyond(matmul(mT(dx), u), mT(vt)));
  return [du, diagonalOf(e), mT(dv)];
}

export interface SvdOptions {
  /** Whether u and vt are square: yes unless given. */
  readonly fullMatrices?: boolean;
  /** Whether u and vt are wanted: yes unless given. */
  readonly computeUv?: boolean;
}

/**
 * The singular value decomposition x = u·diag(s)·vt of `f[…,m,n]`, k the lesser of m and n: `u f[…,m,m]`, `s f[…,k]` descending
 * and `vt f[…,n,n]`; without `fullMatrices` `u f[…,m,k]` and `vt f[…,k,n]`; without `computeUv` s alone. Signs of pairs of vectors
 * are free; where singular values are equal the derivatives of u and vt are not finite, those of s are.
 * @throws ShapeError for less than two axes @throws DTypeError unless floats
 * @throws MissingRuleError where u and vt with `fullMatrices` are differentiated and x is not square
 * @example svd(array([[0, 2], [1, 0]]), { computeUv: false }) // [2, 1]
 */
export function svd(x: TensorLike, options: SvdOptions & { readonly computeUv: false }): Tensor;
export function svd(x: TensorLike, options?: SvdOptions & { readonly computeUv?: true }): [u: Tensor, s: Tensor, vt: Tensor];
export function svd(x: TensorLike, options?: SvdOptions): Tensor | [u: Tensor, s: Tensor, vt: Tensor];
export function svd(x: TensorLike, { fullMatrices = true, computeUv = true }: SvdOptions = {}): Tensor | [u: Tensor, s: Tensor, vt: Tensor] {
  const outs = bind(svdP, [toTensor(x, "svd")], { fullMatrices, computeUv });
  return computeUv ? (outs as [Tensor, Tensor, Tensor]) : (outs[0] as Tensor);
}
