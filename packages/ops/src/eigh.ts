// Eigenvectors and eigenvalues of symmetric matrices.

import { type Aval, avalOf, bind, definePrimitive, mul, type Primitive, type Tensor, type TensorLike, toTensor, Zero, zeroTangent } from "@gradus/core";
import { batchMany, checkSquare, column, diagonalOf, inverseOffDiagonal, matmul, mirrored, mT, row, symmetrized } from "./matrix.js";
import { sub } from "./quotient.js";

/** [v, w] with x·v = v·diag(w) and vᵀv = 1, w ascending, for a symmetric x of which the lower triangle is read. */
export const eighP: Primitive<void, "many"> = /* @__PURE__ */ definePrimitive<void, "many">("eigh", {
  multipleResults: true,
  abstractEval([x]) {
    const a = x as Aval;
    checkSquare(a, "eigh");
    return [a, avalOf(a.shape.slice(0, -1), a.dtype, a.weak)];
  },
  rules: {
    // With e = vᵀ dx v: dw = diag(e), dv = v·(e_ij/(w_j − w_i) off the diagonal). Giles 2008, "An extended collection of matrix
    // derivative results for forward and reverse mode AD", 3.1
    jvp([x], [dx]) {
      const [v, w] = bind(eighP, [x as Tensor]) as [Tensor, Tensor];
      if (dx instanceof Zero) return [[v, w], [zeroTangent(v.aval), zeroTangent(w.aval)]];
      const e = matmul(matmul(mT(v), dx as Tensor), v);
      return [[v, w], [matmul(v, mul(inverseOffDiagonal(sub(row(w), column(w))), e)), diagonalOf(e)]];
    },
    batch: /* @__PURE__ */ batchMany(() => eighP),
  },
});

export interface EighOptions {
  /** Which triangle is read where x is not symmetrized: the lower one unless given. */
  readonly lower?: boolean;
  /** Whether (x + xᵀ)/2 is decomposed: yes unless given. Otherwise x is what one of its triangles says, and only that has a gradient. */
  readonly symmetrizeInput?: boolean;
}

/**
 * Eigenvectors and eigenvalues of symmetric matrices, in this order: `f[…,n,n]` to `v f[…,n,n]`, whose columns are orthonormal,
 * and `w f[…,n]`, ascending. `np.linalg.eigh` gives [w, v]. The sign of an eigenvector is free; where eigenvalues are equal the
 * derivative of v is not finite, that of w is. @throws ShapeError unless square @throws DTypeError unless floats
 * @example eigh(array([[2, 0], [0, 1]])) // [[[0, 1], [1, 0]], [1, 2]] up to signs
 */
export function eigh(x: TensorLike, { lower = true, symmetrizeInput = true }: EighOptions = {}): [v: Tensor, w: Tensor] {
  const t = toTensor(x, "eigh");
  checkSquare(t.aval, "eigh");
  return bind(eighP, [symmetrizeInput ? symmetrized(t) : mirrored(lower ? t : mT(t))]) as [Tensor, Tensor];
}
