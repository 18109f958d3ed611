// The kernel family of products summed over shared axes.

import { rowMajor, type Tensor } from "@gradus/core";
import { type DotGeneralParams, dotGeneralP } from "@gradus/ops";
import { copied } from "./copy.js";
import { type MatrixProduct, product } from "./gemm.js";
import type { Kernel, KernelFamily } from "./kernel.js";
import { mergedStride, viewOf } from "./layout.js";
import { fresh } from "./storage.js";
import { View } from "./view.js";

// An operand as a stack of matrices [batch, kept, contracted], without a copy where its axes merge evenly into three.
function matrices(x: Tensor, batch: readonly number[], contract: readonly number[]): { view: View; sizes: [batch: number, kept: number, contracted: number] } {
  const { data, strides, offset } = viewOf(x);
  const kept = x.shape.map((_, i) => i).filter((i) => !batch.includes(i) && !contract.includes(i));
  const groups = [batch, kept, contract];
  const sizes = groups.map((axes) => axes.reduce((n, i) => n * (x.shape[i] as number), 1)) as [number, number, number];
  const merged = groups.map((axes) => mergedStride(axes, x.shape, strides));
  if (merged.every((s) => s !== undefined)) return { view: new View(data, merged, offset), sizes };
  const order = groups.flat();
  const ordered = new View(data, order.map((i) => strides[i] as number), offset);
  const copy = copied(ordered, { dtype: x.dtype, shape: order.map((i) => x.shape[i] as number), size: x.size });
  return { view: new View(copy, rowMajor(sizes)), sizes };
}

const dotGeneral = (multiply: MatrixProduct): Kernel<DotGeneralParams> => ([x, y], { contract, batch }, [out]) => {
  const { view: a, sizes } = matrices(x!, batch[0], contract[0]);
  const { view: b, sizes: sizesB } = matrices(y!, batch[1], contract[1]);
  const [count, m, k] = sizes;
  const n = sizesB[1];
  const result = fresh(out!.dtype, out!.size);
  const matrix = ({ data, offset, strides }: View, i: number) => ({
    data,
    at: offset + i * (strides[0] as number),
    kept: strides[1] as number,
    contracted: strides[2] as number,
  });
  for (let i = 0; i < count; i++) multiply(result, i * m * n, matrix(a, i), matrix(b, i), m, n, k);
  return result;
};

/** The family with a product of matrices of its own. */
export const contractionBy = (multiply: MatrixProduct): KernelFamily => [[dotGeneralP, dotGeneral(multiply)]];

/** dotGeneral. */
export const contraction: KernelFamily = /* @__PURE__ */ contractionBy(product);
