// Products summed over shared axes: matrix products of operands read where they are, one for each index of the batch axes.

import { bytesOf, type Operand, storedType } from "@gradus/loops";
import type { DotGeneralParams } from "@gradus/ops";
import { call, i32, type Local } from "../../wasm/encoder.js";
import { emitGemm, gemmScratch } from "../../wasm/gemm.js";
import { emitIntegerGemm, integerScratch } from "../../wasm/integer-product.js";
import { mergedStride } from "../../layout.js";
import type { KernelMaker } from "./maker.js";

/** An operand as matrices: its steps along batch axes, along the kept ones as one, and along the contracted ones as one. */
interface Matrices {
  readonly operand: Operand;
  readonly batch: readonly number[];
  readonly kept: number;
  readonly contracted: number;
}

export const contraction: KernelMaker = ({ contract, batch }: DotGeneralParams, args, [out], { features, rearranged, scratch }) => {
  const dtype = out!.dtype;
  if (!features.simd || dtype === "bool" || dtype === "float0" || storedType(out!) !== dtype || args.some((x) => x.buffer.type !== dtype)) return undefined;
  const side = (i: 0 | 1): { matrices: Matrices; kept: number; contracted: number } => {
    const operand = args[i] as Operand;
    const { shape } = operand;
    const keptAxes = shape.map((_, k) => k).filter((k) => !batch[i].includes(k) && !contract[i].includes(k));
    const size = (axes: readonly number[]): number => axes.reduce((n, k) => n * (shape[k] as number), 1);
    const [kept, contracted] = [size(keptAxes), size(contract[i])];
    const [keptStride, contractedStride] = [mergedStride(keptAxes, shape, operand.strides), mergedStride(contract[i], shape, operand.strides)];
    if (keptStride !== undefined && contractedStride !== undefined) {
      return { matrices: { operand, batch: batch[i].map((k) => operand.strides[k] as number), kept: keptStride, contracted: contractedStride }, kept, contracted };
    }
    const copy = rearranged(i, [...batch[i], ...keptAxes, ...contract[i]]);
    const b = batch[i].length;
    return { matrices: { operand: copy, batch: copy.strides.slice(0, b), kept: contracted, contracted: 1 }, kept, contracted };
  };
  const [a, b] = [side(0), side(1)];
  const [m, n, k] = [a.kept, b.kept, a.contracted];
  const counts = batch[0].map((axis) => (args[0] as Operand).shape[axis] as number);
  const isWhole = dtype === "int32" || dtype === "uint32";
  const work = scratch(dtype, Math.ceil((isWhole ? integerScratch(k) : gemmScratch(dtype, m, n, k)) / bytesOf[dtype]));
  return {
    name: `dot_general ${[...(counts.length === 0 ? [] : [counts.join("×")]), `${m}×${k}·${k}×${n}`].join(" of ")}`,
    args: [a.matrices.operand, b.matrices.operand],
    code: ([to]) => (e, f, base) => {
      const gemm = isWhole ? e.shared("product of integers", () => emitIntegerGemm(e.module)) : e.shared(`gemm ${dtype}`, () => emitGemm(e.module, { dtype, features }));
      const size = bytesOf[dtype];
      const c = (elements: number) => i32.const(elements * size);
      const start = ({ buffer, offset }: Operand): Local<"i32"> => f.local("i32", e.addressOf(base, buffer, offset * size));
      const product = (pa: Local<"i32">, pb: Local<"i32">, pc: Local<"i32">): void =>
        f.do(call(gemm, pa, c(a.matrices.kept), c(a.matrices.contracted), pb, c(b.matrices.contracted), c(b.matrices.kept), pc, c(n), i32.const(m), i32.const(n), i32.const(k), e.addressOf(base, work), i32.const(0)));
      const loop = (axis: number, pa: Local<"i32">, pb: Local<"i32">, pc: Local<"i32">): void => {
        if (axis === counts.length) return product(pa, pb, pc);
        const [x, y, z, i] = [f.local("i32", pa), f.local("i32", pb), f.local("i32", pc), f.local("i32")];
        const step = counts.slice(axis + 1).reduce((s, d) => s * d, m * n);
        f.for(i, i32.const(0), i32.const(counts[axis] as number), 1, () => {
          loop(axis + 1, x, y, z);
          f.increment(x, (a.matrices.batch[axis] as number) * size);
          f.increment(y, (b.matrices.batch[axis] as number) * size);
          f.increment(z, step * size);
        });
      };
      loop(0, start(a.matrices.operand), start(b.matrices.operand), start(to as Operand));
    },
  };
};
