// Products of vectors that are axes of arrays.

import { mul, normalizeAxis, reduceSum, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { concatenate, expandDims, sliceAlong, squeeze, sub } from "@gradus/ops";
import { matmul } from "./products.js";
import { moveaxis } from "./shape.js";

/** The cross product of vectors of 3 on an axis, the last unless given; of vectors of 2, which lie in a plane, the component across it. @throws ShapeError for other lengths */
export function cross(x: TensorLike, y: TensorLike, axis = -1): Tensor {
  const [a, b] = [x, y].map((v) => {
    const t = toTensor(v, "cross");
    const last = moveaxis(t, normalizeAxis(axis, t.ndim, "cross"), -1);
    const n = last.shape[last.ndim - 1] as number;
    if (n !== 2 && n !== 3) throw new ShapeError(`cross: axis ${axis} of ${t.aval.toString()} has the length ${n}, expected 2 or 3.`);
    return last;
  }) as [Tensor, Tensor];
  const [n, m] = [a.shape[a.ndim - 1] as number, b.shape[b.ndim - 1] as number];
  // The component k of a vector; one of a plane has 0 across it.
  const part = (t: Tensor, k: number): Tensor => (k < (t.shape[t.ndim - 1] as number) ? sliceAlong(t, t.ndim - 1, k, k + 1) : mul(sliceAlong(t, t.ndim - 1, 0, 1), 0));
  const component = (k: number): Tensor => {
    const [i, j] = [(k + 1) % 3, (k + 2) % 3];
    return sub(mul(part(a, i), part(b, j)), mul(part(a, j), part(b, i)));
  };
  if (n === 2 && m === 2) return squeeze(component(2), -1);
  const out = concatenate([component(0), component(1), component(2)], -1);
  return moveaxis(out, -1, axis);
}

/** Σ xy along an axis, the last unless given, the others broadcast. @throws ShapeError where lengths differ */
export function vecdot(x: TensorLike, y: TensorLike, axis = -1): Tensor {
  const [a, b] = [x, y].map((v) => {
    const t = toTensor(v, "vecdot");
    return moveaxis(t, normalizeAxis(axis, t.ndim, "vecdot"), -1);
  }) as [Tensor, Tensor];
  if (a.shape[a.ndim - 1] !== b.shape[b.ndim - 1]) throw new ShapeError(`vecdot: ${a.aval.toString()} and ${b.aval.toString()}: vectors must be of one length.`);
  return reduceSum(mul(a, b), -1);
}

/** Matrices times vectors on the last axis, other axes broadcast. @throws ShapeError */
export const matvec = (a: TensorLike, x: TensorLike): Tensor => squeeze(matmul(a, expandDims(x, -1)), -1);

/** Vectors on the last axis times matrices, other axes broadcast. @throws ShapeError */
export const vecmat = (x: TensorLike, a: TensorLike): Tensor => squeeze(matmul(expandDims(x, -2), a), -2);
