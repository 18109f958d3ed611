// The pseudo-inverse of Moore and Penrose.

import { add, ArgumentError, type Aval, avalOf, bind, definePrimitive, mul, type Primitive, select, type Tensor, type TensorLike, toTensor, Zero, zeroTangent } from "@gradus/core";
import { greater } from "./comparison.js";
import { batchOne, checkMatrix, matmul, mT, row, sizes } from "./matrix.js";
import { div, sub } from "./quotient.js";
import { sliceAlong } from "./slicing.js";
import { svd } from "./svd.js";

export interface PinvParams {
  /** Singular values up to so many times the greatest count as 0. */
  rtol: number;
}

/** The p with x·p·x = x and p·x·p = p, where x·p and p·x are symmetric. */
export const pinvP: Primitive<PinvParams> = /* @__PURE__ */ definePrimitive<PinvParams>("pinv", {
  abstractEval([x]) {
    const a = x as Aval;
    checkMatrix(a, "pinv");
    const [m, n] = sizes(a);
    return avalOf([...a.shape.slice(0, -2), n, m], a.dtype, a.weak);
  },
  decompose([x], { rtol }) {
    const [u, s, vt] = svd(x as Tensor, { fullMatrices: false });
    const isKept = greater(s, mul(sliceAlong(s, s.ndim - 1, 0, Math.min(1, ...sizes(x as Tensor))), rtol));
    const inverse = select(isKept, div(1, select(isKept, s, 1)), 0);
    return matmul(mul(mT(vt), row(inverse)), mT(u));
  },
  rules: {
    // dp = −p dx p + p pᵀ dxᵀ (1 − x p) + (1 − p x) dxᵀ pᵀ p, at constant rank. Golub & Pereyra 1973, "The differentiation of
    // pseudo-inverses and nonlinear least squares problems whose variables separate", 4.12
    jvp([x], [dx], params) {
      const t = x as Tensor;
      const p = bind(pinvP, [t], params);
      if (dx instanceof Zero) return [p, zeroTangent(p.aval)];
      const [d, dt, pt] = [dx as Tensor, mT(dx as Tensor), mT(p)];
      const left = matmul(matmul(p, pt), dt);
      const right = matmul(dt, matmul(pt, p));
      const kept = matmul(matmul(p, d), p);
      return [p, sub(add(sub(left, matmul(matmul(left, t), p)), sub(right, matmul(p, matmul(t, right)))), kept)];
    },
    batch: /* @__PURE__ */ batchOne(() => pinvP),
  },
});

/**
 * The pseudo-inverse: `f[…,m,n]` to `f[…,n,m]`. Singular values up to `rtol` times the greatest count as 0: 10·max(m, n)·ε unless
 * given, ε that of the dtype. The derivative is that at constant rank. @throws ShapeError for less than two axes
 * @throws DTypeError unless floats @throws ArgumentError for a negative rtol
 * @example pinv(array([[2], [0]])) // [[0.5, 0]]
 */
export function pinv(x: TensorLike, rtol?: number | null): Tensor {
  const t = toTensor(x, "pinv");
  checkMatrix(t.aval, "pinv");
  if (typeof rtol === "number" ? !(rtol >= 0) : rtol !== undefined && rtol !== null) throw new ArgumentError(`pinv: rtol is ${String(rtol)}: it is a JS number of at least 0, or left out.`);
  return bind(pinvP, [t], { rtol: rtol ?? 10 * Math.max(...sizes(t)) * (t.dtype === "float64" ? 2 ** -52 : 2 ** -23) });
}
