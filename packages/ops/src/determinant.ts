// Determinants, their logarithms and cofactors.

import { add, type Aval, avalOf, bind, cast, definePrimitive, mul, type Primitive, reduceSum, reshape, type Tensor, type TensorLike, toTensor, Zero, zeroTangent } from "@gradus/core";
import { iota } from "./arrangement.js";
import { notEqual } from "./comparison.js";
import { log } from "./exponential.js";
import { abs } from "./extrema.js";
import { indicator } from "./indicator.js";
import { and } from "./logic.js";
import { lu } from "./lu.js";
import { batchMany, batchOne, checkSquare, diagonalOf, eyeLike, matmul, mT, sizes } from "./matrix.js";
import { div, sub } from "./quotient.js";
import { reduceProd } from "./reductions.js";
import { sign } from "./rounding.js";
import { slice } from "./slicing.js";
import { solveP } from "./solve.js";

const scalars = ({ shape, dtype, weak }: Aval): Aval => avalOf(shape.slice(0, -2), dtype, weak);

// The diagonal of u, and the sign of the permutation: every row that was exchanged changes it.
function pivotsOf(x: Tensor): [diagonal: Tensor, parity: Tensor] {
  const [factors, pivots] = lu(x);
  const exchanged = reduceSum(cast(notEqual(pivots, iota(sizes(x)[0])), "int32"), -1);
  return [diagonalOf(factors), sub(1, mul(2, indicator(and(exchanged, 1), x)))];
}

// A singular matrix has the determinant 0, whatever its rows were exchanged for.
const positiveZero = (x: Tensor): Tensor => add(x, 0);

const summed = (x: Tensor): Tensor => reduceSum(x, [-2, -1]);

/** [sign, log|det|] of square matrices. */
export const slogdetP: Primitive<void, "many"> = /* @__PURE__ */ definePrimitive<void, "many">("slogdet", {
  multipleResults: true,
  abstractEval([x]) {
    checkSquare(x as Aval, "slogdet");
    return [scalars(x as Aval), scalars(x as Aval)];
  },
  decompose([x]) {
    const [diagonal, parity] = pivotsOf(x as Tensor);
    return [positiveZero(mul(parity, reduceProd(sign(diagonal), -1))), reduceSum(log(abs(diagonal)), -1)];
  },
  rules: {
    // d log|det x| = tr(x⁻¹ dx); the sign is flat.
    jvp([x], [dx]) {
      const t = x as Tensor;
      const [sign, logs] = bind(slogdetP, [t]) as [Tensor, Tensor];
      if (dx instanceof Zero) return [[sign, logs], [zeroTangent(sign.aval), zeroTangent(logs.aval)]];
      const inverse = bind(solveP, [t, eyeLike(t, sizes(t)[0])]);
      return [[sign, logs], [zeroTangent(sign.aval, "the sign of a determinant is constant wherever it is not 0"), summed(mul(mT(inverse), dx as Tensor))]];
    },
    batch: /* @__PURE__ */ batchMany(() => slogdetP),
  },
});

/** The determinant of square matrices. */
export const detP: Primitive = /* @__PURE__ */ definePrimitive("det", {
  abstractEval([x]) {
    checkSquare(x as Aval, "det");
    return scalars(x as Aval);
  },
  decompose([x]) {
    const [diagonal, parity] = pivotsOf(x as Tensor);
    return positiveZero(mul(parity, reduceProd(diagonal, -1)));
  },
  rules: {
    // d det x = Σ cofactor(x)∘dx
    jvp([x], [dx]) {
      const out = bind(detP, [x as Tensor]);
      return [out, dx instanceof Zero ? zeroTangent(out.aval) : summed(mul(bind(cofactorP, [x as Tensor]), dx as Tensor))];
    },
    batch: /* @__PURE__ */ batchOne(() => detP),
  },
});

/** The cofactors of square matrices: det(x)·x⁻ᵀ where there is an inverse, and its limit where there is none. */
export const cofactorP: Primitive = /* @__PURE__ */ definePrimitive("cofactor", {
  abstractEval([x]) {
    checkSquare(x as Aval, "cofactor");
    return x as Aval;
  },
  rules: {
    // dc = (⟨c, dx⟩c − c·dxᵀ·c)/det x, of c = det(x)·x⁻ᵀ
    jvp([x], [dx]) {
      const c = bind(cofactorP, [x as Tensor]);
      if (dx instanceof Zero) return [c, zeroTangent(c.aval)];
      const scalar = (s: Tensor): Tensor => reshape(s, [...s.shape, 1, 1]);
      const change = sub(mul(scalar(summed(mul(c, dx as Tensor))), c), matmul(matmul(c, mT(dx as Tensor)), c));
      return [c, div(change, scalar(bind(detP, [x as Tensor])))];
    },
    batch: /* @__PURE__ */ batchOne(() => cofactorP),
  },
});

/**
 * The matrices of cofactors, `f[…,n,n]` to `f[…,n,n]`: the derivatives of the determinant by each entry; det(x)·x⁻ᵀ where x has an
 * inverse, and its limit where it has none. The derivative at a singular matrix is NaN.
 * @throws ShapeError unless square @throws DTypeError unless floats
 * @example cofactor(array([[1, 2], [3, 4]])) // [[4, -3], [-2, 1]]
 */
export function cofactor(x: TensorLike): Tensor {
  return bind(cofactorP, [toTensor(x, "cofactor")]);
}

/**
 * The sign of the determinant, and the logarithm of its absolute value: `f[…,n,n]` to `f[…]` each. Of a singular matrix 0 and −∞,
 * where the gradient is not finite. @throws ShapeError unless square @throws DTypeError unless floats
 * @example slogdet(array([[0, 2], [1, 0]])) // [-1, log 2]
 */
export function slogdet(x: TensorLike): [sign: Tensor, logabsdet: Tensor] {
  const t = toTensor(x, "slogdet");
  checkSquare(t.aval, "slogdet");
  return bind(slogdetP, [t]) as [Tensor, Tensor];
}

/**
 * The determinant: `f[…,n,n]` to `f[…]`. Its gradient is the matrix of cofactors, of singular matrices too; that of the gradient
 * of a singular matrix of more than three rows is NaN. @throws ShapeError unless square @throws DTypeError unless floats
 * @example det(array([[1, 2], [3, 4]])) // -2
 */
export function det(x: TensorLike): Tensor {
  const t = toTensor(x, "det");
  checkSquare(t.aval, "det");
  const n = sizes(t)[0];
  if (n === 0 || n > 3) return bind(detP, [t]);
  // Polynomials of the entries: derivatives of every order are exact.
  const entry = (i: number, j: number): Tensor => {
    const batch = t.shape.slice(0, -2);
    const zeros = batch.map(() => 0);
    return reshape(slice(t, [...zeros, i, j], [...batch, i + 1, j + 1]), batch);
  };
  const minor = (j: number, k: number): Tensor => sub(mul(entry(n - 2, j), entry(n - 1, k)), mul(entry(n - 2, k), entry(n - 1, j)));
  if (n === 1) return entry(0, 0);
  if (n === 2) return minor(0, 1);
  return add(sub(mul(entry(0, 0), minor(1, 2)), mul(entry(0, 1), minor(0, 2))), mul(entry(0, 2), minor(0, 1)));
}
