// The Cholesky factor of positive definite matrices.

import { add, type Aval, bind, definePrimitive, mul, type Primitive, type Tensor, type TensorLike, toTensor, Zero, zeroTangent } from "@gradus/core";
import { equal, greater } from "./comparison.js";
import { batchOne, checkSquare, matmul, mirrored, part, symmetrized } from "./matrix.js";
import { triangularSolve } from "./triangular-solve.js";

/** The lower triangular l with l·lᵀ = x, for a symmetric x of which the lower triangle is read. */
export const choleskyP: Primitive = /* @__PURE__ */ definePrimitive("cholesky", {
  abstractEval([x]) {
    checkSquare(x as Aval, "cholesky");
    return x as Aval;
  },
  rules: {
    // dl = l·Φ(l⁻¹ dx l⁻ᵀ), where Φ takes the lower triangle and halves the diagonal. Murray 2016, https://arxiv.org/abs/1602.07527
    jvp([x], [dx]) {
      const l = bind(choleskyP, [x as Tensor]);
      if (dx instanceof Zero) return [l, zeroTangent(l.aval)];
      const right = triangularSolve(l, dx as Tensor, { lower: true, transposeA: true });
      const inner = triangularSolve(l, right, { leftSide: true, lower: true });
      return [l, matmul(l, add(part(inner, greater), mul(part(inner, equal), 0.5)))];
    },
    batch: /* @__PURE__ */ batchOne(() => choleskyP),
  },
});

export interface CholeskyOptions {
  /** Whether (x + xᵀ)/2 is factored: yes unless given. Otherwise x is what its lower triangle says, and only that has a gradient. */
  readonly symmetrizeInput?: boolean;
}

/**
 * The lower triangular matrix l with l·lᵀ = x, for positive definite x: `f[…,n,n]` to `f[…,n,n]`. All NaN where x is not
 * positive definite. @throws ShapeError unless square @throws DTypeError unless floats
 * @example cholesky(array([[4, 2], [2, 2]])) // [[2, 0], [1, 1]]
 */
export function cholesky(x: TensorLike, { symmetrizeInput = true }: CholeskyOptions = {}): Tensor {
  const t = toTensor(x, "cholesky");
  checkSquare(t.aval, "cholesky");
  return bind(choleskyP, [symmetrizeInput ? symmetrized(t) : mirrored(t)]);
}
