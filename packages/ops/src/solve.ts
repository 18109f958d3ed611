// Systems of linear equations.

import { type Aval, avalOf, bind, definePrimitive, moveAxis, neg, type Primitive, reshape, ShapeError, type Tensor, type TensorLike, Zero, zeroTangent } from "@gradus/core";
import { lu } from "./lu.js";
import { luSolve } from "./lu-factors.js";
import { alignFront, checkMatrix, checkSquare, matmul, sizes, withBatch } from "./matrix.js";
import { promoted } from "./promotion.js";
import { sub } from "./quotient.js";

/** The x of a·x = b. */
export const solveP: Primitive = /* @__PURE__ */ definePrimitive("solve", {
  abstractEval([a, b]) {
    const [x, y] = [a as Aval, b as Aval];
    checkSquare(x, "solve");
    checkMatrix(y, "solve");
    if (x.shape.slice(0, -1).join() !== y.shape.slice(0, -1).join()) throw new ShapeError(`solve: ${x.toString()} and ${y.toString()}: b must have as many rows as a, and the same batch axes.`);
    return avalOf(y.shape, y.dtype, x.weak && y.weak);
  },
  decompose: ([a, b]) => applied(a as Tensor)(b as Tensor),
  rules: {
    // dx = a⁻¹(db − da·x), by the factors that gave x.
    jvp([a, b], [da, db]) {
      const inverse = applied(a as Tensor);
      const x = inverse(b as Tensor);
      let right = db as Tensor | Zero;
      if (!(da instanceof Zero)) {
        const product = matmul(da as Tensor, x);
        right = right instanceof Zero ? neg(product) : sub(right, product);
      }
      return [x, right instanceof Zero ? zeroTangent(x.aval) : inverse(right)];
    },
    batch([a, b], [axisA, axisB], _params, axisSize) {
      if (typeof axisA === "number") return [bind(solveP, alignFront([a as Tensor, b as Tensor], [axisA, axisB as number | null], axisSize)), 0];
      // One matrix for all examples is factored once: their right sides are columns side by side.
      const moved = moveAxis(b as Tensor, axisB as number, (b as Tensor).ndim - 1);
      const x = bind(solveP, [a as Tensor, reshape(moved, [...moved.shape.slice(0, -2), (moved.shape[moved.ndim - 2] as number) * axisSize])]);
      return [reshape(x, moved.shape), moved.ndim - 1];
    },
  },
});

function applied(a: Tensor): (b: Tensor) => Tensor {
  const [factors, , permutation] = lu(a);
  return (b) => luSolve(factors, permutation, b);
}

/**
 * The x of a·x = b for square a `f[…,n,n]` and b `f[…,n,m]` or a vector `f[n]`, by exchanging rows for the greatest pivots. Batch
 * axes broadcast. Its derivatives solve with the same factors. A singular a gives ±∞ or NaN.
 * @throws ShapeError unless a is square and b fits it @throws DTypeError unless floats
 * @example solve(array([[2, 0], [0, 4]]), array([2, 4])) // [1, 1]
 */
export function solve(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = promoted([a, b], "solve") as [Tensor, Tensor];
  checkSquare(x.aval, "solve");
  const given = y.ndim === 1 ? reshape(y, [...y.shape, 1]) : y;
  checkMatrix(given.aval, "solve");
  if (sizes(given)[0] !== sizes(x)[0]) throw new ShapeError(`solve: ${x.aval.toString()} and ${y.aval.toString()}: b must have as many rows as a.`);
  const out = bind(solveP, withBatch(x, given, "solve"));
  return y.ndim === 1 ? reshape(out, out.shape.slice(0, -1)) : out;
}
