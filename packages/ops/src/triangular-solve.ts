// Systems of equations with a triangular matrix. The other triangle is never read, and has no gradient.

import { type Aval, avalOf, bind, definePrimitive, neg, type Primitive, reshape, ShapeError, type Tensor, type TensorLike, Zero, zeroTangent } from "@gradus/core";
import { greater, greaterEqual, less, lessEqual } from "./comparison.js";
import { alignFront, checkMatrix, checkSquare, matmul, mT, part, sizes, withBatch } from "./matrix.js";
import { promoted } from "./promotion.js";
import { sub } from "./quotient.js";

export interface TriangularSolveParams {
  /** Whether a is on the left of x. */
  leftSide: boolean;
  /** Which triangle of a is read. */
  lower: boolean;
  /** aᵀ in the place of a. */
  transposeA: boolean;
  /** Ones in the place of the diagonal of a. */
  unitDiagonal: boolean;
}

/** The x of a·x = b or of x·a = b, with one triangle of a. */
export const triangularSolveP: Primitive<TriangularSolveParams> = /* @__PURE__ */ definePrimitive<TriangularSolveParams>("triangular_solve", {
  abstractEval([a, b], { leftSide }) {
    const [x, y] = [a as Aval, b as Aval];
    checkSquare(x, "triangular_solve");
    checkMatrix(y, "triangular_solve");
    const [rows, columns] = sizes(y);
    const batch = ({ shape }: Aval): string => shape.slice(0, -2).join();
    if (batch(x) !== batch(y) || sizes(x)[0] !== (leftSide ? rows : columns)) {
      throw new ShapeError(`triangular_solve: ${x.toString()} and ${y.toString()}: ${leftSide ? "the rows" : "the columns"} of b must be as many as those of a, and batch axes equal.`);
    }
    return avalOf(y.shape, y.dtype, x.weak && y.weak);
  },
  linearIn: [1],
  rules: {
    // a·x = b:  dx = a⁻¹(db − da·x).  x·a = b:  dx = (db − x·da)a⁻¹.
    jvp([a, b], [da, db], params) {
      const { leftSide, lower, transposeA, unitDiagonal } = params;
      const x = bind(triangularSolveP, [a as Tensor, b as Tensor], params);
      let right = db as Tensor | Zero;
      if (!(da instanceof Zero)) {
        const used = part(da as Tensor, lower ? (unitDiagonal ? greater : greaterEqual) : unitDiagonal ? less : lessEqual);
        const moved = transposeA ? mT(used) : used;
        const product = leftSide ? matmul(moved, x) : matmul(x, moved);
        right = right instanceof Zero ? neg(product) : sub(right, product);
      }
      return [x, right instanceof Zero ? zeroTangent(x.aval) : bind(triangularSolveP, [a as Tensor, right], params)];
    },
    transpose: (ct: Tensor, [a], params) => [null, bind(triangularSolveP, [a as Tensor, ct], { ...params, transposeA: !params.transposeA })],
    batch: (args, axes, params, axisSize) => [bind(triangularSolveP, alignFront(args, axes, axisSize), params), 0],
  },
});

export interface TriangularSolveOptions {
  /** Whether a is on the left of x: no unless given. */
  readonly leftSide?: boolean;
  /** Which triangle of a is read: the upper one unless given. */
  readonly lower?: boolean;
  /** aᵀ in the place of a: no unless given. */
  readonly transposeA?: boolean;
  /** Ones in the place of the diagonal of a: no unless given. */
  readonly unitDiagonal?: boolean;
}

/**
 * The x of x·a = b, or with `leftSide` of a·x = b, where a `f[…,n,n]` is triangular and b is `f[…,m,n]`, with `leftSide`
 * `f[…,n,m]`; one axis less than a makes b a vector. Batch axes broadcast. A zero on the diagonal gives ±∞ or NaN.
 * @throws ShapeError unless a is square and b fits it @throws DTypeError unless floats
 * @example triangularSolve(array([[2, 0], [1, 1]]), array([[4], [5]]), { leftSide: true, lower: true }) // [[2], [3]]
 */
export function triangularSolve(a: TensorLike, b: TensorLike, { leftSide = false, lower = false, transposeA = false, unitDiagonal = false }: TriangularSolveOptions = {}): Tensor {
  const [x, y] = promoted([a, b], "triangularSolve") as [Tensor, Tensor];
  checkSquare(x.aval, "triangularSolve");
  const isVector = y.ndim === x.ndim - 1;
  const given = isVector ? reshape(y, leftSide ? [...y.shape, 1] : [...y.shape.slice(0, -1), 1, ...y.shape.slice(-1)]) : y;
  checkMatrix(given.aval, "triangularSolve");
  const out = bind(triangularSolveP, withBatch(x, given, "triangularSolve"), { leftSide, lower, transposeA, unitDiagonal });
  return isVector ? reshape(out, out.shape.filter((_, i) => i !== out.ndim - (leftSide ? 1 : 2))) : out;
}
