// The kernel family of products summed over shared axes.

import { isFloat, type Tensor } from "@gradus/core";
import { type DotGeneralParams, dotGeneralP } from "@gradus/ops";
import { gemm, integerGemm } from "./gemm.js";
import type { Kernel, KernelFamily } from "./kernel.js";
import { copied, reshapeStrides, rowMajor, View, viewOf } from "./layout.js";
import { fresh } from "./storage.js";

// An operand as a stack of matrices [batch, kept, contracted], without a copy where its axes merge evenly into three.
function matrices(x: Tensor, batch: readonly number[], contract: readonly number[]): { view: View; sizes: [batch: number, kept: number, contracted: number] } {
  const { data, strides, offset } = viewOf(x);
  const kept = x.shape.map((_, i) => i).filter((i) => !batch.includes(i) && !contract.includes(i));
  const size = (axes: readonly number[]): number => axes.reduce((n, i) => n * (x.shape[i] as number), 1);
  const sizes: [number, number, number] = [size(batch), size(kept), size(contract)];
  const order = [...batch, ...kept, ...contract];
  const shape = order.map((i) => x.shape[i] as number);
  const view = new View(data, order.map((i) => strides[i] as number), offset);
  const merged = reshapeStrides(shape, view.strides, sizes);
  if (merged !== undefined) return { view: new View(data, merged, offset), sizes };
  return { view: new View(copied(view, { dtype: x.dtype, shape, size: x.size }), rowMajor(sizes), 0), sizes };
}

const dotGeneral: Kernel<DotGeneralParams> = ([x, y], { contract, batch }, [out]) => {
  const { view: a, sizes } = matrices(x!, batch[0], contract[0]);
  const { view: b, sizes: sizesB } = matrices(y!, batch[1], contract[1]);
  const [count, m, k] = sizes;
  const n = sizesB[1];
  const result = fresh(out!.dtype, out!.size);
  const multiply = isFloat(out!.dtype) ? gemm : integerGemm;
  const matrix = ({ data, offset, strides }: View, i: number) => ({
    data,
    at: offset + i * (strides[0] as number),
    kept: strides[1] as number,
    contracted: strides[2] as number,
  });
  for (let i = 0; i < count; i++) multiply(result, i * m * n, matrix(a, i), matrix(b, i), m, n, k);
  return result;
};

/** dotGeneral. */
export const contraction: KernelFamily = [[dotGeneralP, dotGeneral]];
