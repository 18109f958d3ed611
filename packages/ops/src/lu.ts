// Triangular factors of any matrix, and what is solved with them.

import { add, type Aval, avalOf, bind, definePrimitive, type Primitive, type Tensor, type TensorLike, toTensor, Zero, zeroTangent } from "@gradus/core";
import { greater, lessEqual } from "./comparison.js";
import { factorsOf, rowsAt } from "./lu-factors.js";
import { batchMany, checkMatrix, matmul, part, sizes } from "./matrix.js";

/** [lu, pivots, permutation] with x[permutation] = l·u: l below the diagonal of lu, with ones on it, and u on it and above. */
export const luP: Primitive<void, "many"> = /* @__PURE__ */ definePrimitive<void, "many">("lu", {
  multipleResults: true,
  abstractEval([x]) {
    const a = x as Aval;
    checkMatrix(a, "lu");
    const [m, n] = sizes(a);
    const batch = a.shape.slice(0, -2);
    return [a, avalOf([...batch, Math.min(m, n)], "int32"), avalOf([...batch, m], "int32")];
  },
  rules: {
    // With e = l⁻¹ dx[permutation] u⁻¹: dl = l·(e below the diagonal), du = (the rest of e)·u. Both factors are made square by
    // a part of the identity. de Hoog, Anderssen & Lukas 2011, "Differentiation of matrix functionals using triangular factorization"
    jvp([x], [dx]) {
      const [lu, pivots, permutation] = bind(luP, [x as Tensor]) as [Tensor, Tensor, Tensor];
      const whole = [zeroTangent(pivots.aval), zeroTangent(permutation.aval)];
      if (dx instanceof Zero) return [[lu, pivots, permutation], [zeroTangent(lu.aval), ...whole]];
      const { l, u, solveL, solveU } = factorsOf(lu);
      const e = solveU(solveL(rowsAt(dx as Tensor, permutation)));
      return [[lu, pivots, permutation], [add(matmul(l, part(e, greater)), matmul(part(e, lessEqual), u)), ...whole]];
    },
    batch: /* @__PURE__ */ batchMany(() => luP),
  },
});

/**
 * The triangular factors of `f[…,m,n]`, rows exchanged for the greatest pivots: `lu f[…,m,n]` with l below its diagonal (that
 * of l is 1) and u on and above it; `pivots i32[…,k]`, k the lesser of m and n: row i was exchanged with row pivots[i];
 * `permutation i32[…,m]`: x[permutation] = l·u. A column without a pivot leaves a 0 on the diagonal of u.
 * @throws ShapeError for less than two axes @throws DTypeError unless floats
 * @example lu(array([[0, 1], [2, 4]])) // [[[2, 4], [0, 1]], [1, 1], [1, 0]]
 */
export function lu(x: TensorLike): [lu: Tensor, pivots: Tensor, permutation: Tensor] {
  return bind(luP, [toTensor(x, "lu")]) as [Tensor, Tensor, Tensor];
}
