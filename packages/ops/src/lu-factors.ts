// What is done with the factors that lu gives: exchanging rows, and solving with either factor.

import { add, reshape, type Tensor } from "@gradus/core";
import { greater, greaterEqual, lessEqual } from "./comparison.js";
import { gather } from "./indexing.js";
import { eyeLike, part, sizes } from "./matrix.js";
import { pad, type PadEntry } from "./slicing.js";
import { triangularSolve } from "./triangular-solve.js";

/** The rows of x in the order of a permutation. */
export function rowsAt(x: Tensor, permutation: Tensor): Tensor {
  const n = x.ndim - 2;
  return gather(x, reshape(permutation, [...permutation.shape, 1]), { axes: [n], batchDims: n });
}

export interface Factors {
  /** m × m, with ones on the diagonal. */
  readonly l: Tensor;
  /** n × n. */
  readonly u: Tensor;
  /** l⁻¹ b */
  readonly solveL: (b: Tensor) => Tensor;
  /** b u⁻¹ */
  readonly solveU: (b: Tensor) => Tensor;
}

/** The factors of m × n matrices, made square by a part of the identity. */
export function factorsOf(lu: Tensor): Factors {
  const [m, n] = sizes(lu);
  const square = (size: number): Tensor => pad(lu, 0, lu.shape.map((_, i): PadEntry => [0, i < lu.ndim - 2 ? 0 : size - (i === lu.ndim - 2 ? m : n), 0]));
  const l = add(part(square(m), greater), eyeLike(lu, m));
  const u = add(part(square(n), lessEqual), part(eyeLike(lu, n), (i) => greaterEqual(i, m)));
  return {
    l,
    u,
    solveL: (b) => triangularSolve(l, b, { leftSide: true, lower: true, unitDiagonal: true }),
    solveU: (b) => triangularSolve(u, b),
  };
}

/** The x of a·x = b, by the factors of square a. */
export function luSolve(lu: Tensor, permutation: Tensor, b: Tensor): Tensor {
  const first = triangularSolve(lu, rowsAt(b, permutation), { leftSide: true, lower: true, unitDiagonal: true });
  return triangularSolve(lu, first, { leftSide: true });
}
