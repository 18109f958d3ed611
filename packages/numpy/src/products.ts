// Products of vectors and matrices.

import { broadcastShapes, broadcastTo, mul, normalizeAxis, reshape, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { dotGeneral } from "@gradus/ops";

const range = (n: number, from = 0): number[] => Array.from({ length: n }, (_, i) => from + i);
const flat = (x: TensorLike, what: string): Tensor => {
  const t = toTensor(x, what);
  return reshape(t, [t.size]);
};

/** Σ over the last axis of a and the last but one of b, or its only one; a product where either is 0-d. @throws ShapeError where the axes differ in length @throws DTypeError for booleans */
export function dot(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = [toTensor(a, "dot"), toTensor(b, "dot")];
  if (x.ndim === 0 || y.ndim === 0) return mul(a, b);
  return dotGeneral(x, y, { contract: [[x.ndim - 1], [Math.max(y.ndim - 2, 0)]] });
}

/**
 * The matrix product of the last two axes, the axes before them broadcast; a vector is a row on the left, a column on the right,
 * and that axis vanishes. @throws ShapeError for scalars, or axes that do not fit @throws DTypeError for booleans
 */
export function matmul(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = [toTensor(a, "matmul"), toTensor(b, "matmul")];
  if (x.ndim === 0 || y.ndim === 0) throw new ShapeError(`matmul: ${x.aval.toString()} and ${y.aval.toString()}: a scalar is no matrix; use multiply.`);
  const inner = [x.shape[x.ndim - 1], y.shape[Math.max(y.ndim - 2, 0)]];
  if (inner[0] !== inner[1]) throw new ShapeError(`matmul: ${x.aval.toString()} and ${y.aval.toString()}: ${inner[0]} columns do not meet ${inner[1]} rows.`);
  // One without batch axes needs no broadcasting: those of the other stay where they are if they come first.
  if (y.ndim <= 2) return dotGeneral(x, y, { contract: [[x.ndim - 1], [Math.max(y.ndim - 2, 0)]] });
  const batch = broadcastShapes(x.shape.slice(0, -2), y.shape.slice(0, -2), "matmul");
  const n = batch.length;
  if (x.ndim === 1) return dotGeneral(y, x, { contract: [[y.ndim - 2], [0]] });
  const [p, q] = [x, y].map((t) => broadcastTo(t, [...batch, ...t.shape.slice(-2)])) as [Tensor, Tensor];
  return dotGeneral(p, q, { contract: [[n + 1], [n]], batch: [range(n), range(n)] });
}

/** Σ over the last `axes` axes of a and the first of b, or over axes given pairwise. @throws ShapeError where they differ @throws DTypeError for booleans */
export function tensordot(a: TensorLike, b: TensorLike, axes: number | readonly [readonly number[], readonly number[]] = 2): Tensor {
  const [x, y] = [toTensor(a, "tensordot"), toTensor(b, "tensordot")];
  if (typeof axes !== "number") return dotGeneral(x, y, { contract: axes });
  if (!Number.isInteger(axes) || axes < 0 || axes > Math.min(x.ndim, y.ndim)) throw new ShapeError(`tensordot: ${x.aval.toString()} and ${y.aval.toString()} have no ${String(axes)} axes to sum over.`);
  return dotGeneral(x, y, { contract: [range(axes, x.ndim - axes), range(axes)] });
}

/** Σ over the last axis of both. @throws ShapeError where they differ in length @throws DTypeError for booleans */
export function inner(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = [toTensor(a, "inner"), toTensor(b, "inner")];
  if (x.ndim === 0 || y.ndim === 0) return mul(a, b);
  return dotGeneral(x, y, { contract: [[normalizeAxis(-1, x.ndim, "inner")], [normalizeAxis(-1, y.ndim, "inner")]] });
}

/** All products of an element of a and one of b, both flattened: [size of a, size of b]. @throws DTypeError for booleans */
export function outer(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = [flat(a, "outer"), flat(b, "outer")];
  return mul(reshape(x, [x.size, 1]), y);
}

/** Σ of products of elements, both flattened. @throws ShapeError where the sizes differ @throws DTypeError for booleans */
export function vdot(a: TensorLike, b: TensorLike): Tensor {
  return dotGeneral(flat(a, "vdot"), flat(b, "vdot"), { contract: [[0], [0]] });
}

/** The Kronecker product: each element of a times the whole of b. @throws DTypeError for booleans */
export function kron(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = [toTensor(a, "kron"), toTensor(b, "kron")];
  const ndim = Math.max(x.ndim, y.ndim);
  const fill = (t: Tensor): number[] => [...Array.from({ length: ndim - t.ndim }, () => 1), ...t.shape];
  const [p, q] = [fill(x), fill(y)];
  const product = mul(reshape(x, p.flatMap((d) => [d, 1])), reshape(y, q.flatMap((d) => [1, d])));
  return reshape(product, p.map((d, i) => d * (q[i] as number)));
}
