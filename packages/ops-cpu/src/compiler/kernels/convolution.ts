// Convolutions, as products of windows that are gathered block by block.

import { storedType } from "@gradus/loops";
import type { ConvGeneralParams } from "@gradus/ops";
import { call } from "../../wasm/encoder.js";
import { convolutionScratch, emitConvolution } from "../../wasm/convolution.js";
import { emitGatheredGemm } from "../../wasm/gathered-gemm.js";
import { emitGatheredIntegers } from "../../wasm/integer-product.js";
import { addressOf, type KernelMaker, nothing } from "./maker.js";

export const convolution: KernelMaker = (params: ConvGeneralParams, args, [out], { features, dense, scratch }) => {
  const dtype = storedType(out!);
  if (out!.size === 0) return nothing("convolution");
  if (dtype === "bool" || !features.simd || args.some((x) => x.buffer.type !== dtype)) return undefined;
  const [lhs, rhs] = [dense(0), dense(1)];
  const conv = { dtype, lhs: lhs.shape, rhs: rhs.shape, out: out!.shape, params };
  const room = scratch("float64", Math.ceil(convolutionScratch(conv) / 8));
  return {
    name: "convolution",
    args: [lhs, rhs],
    code: ([to]) => (e, f, base) => {
      const isWhole = dtype === "int32" || dtype === "uint32";
      const gemm = isWhole ? e.shared("gathered integers", () => emitGatheredIntegers(e.module)) : e.shared(`gathered gemm ${dtype}`, () => emitGatheredGemm(e.module, { dtype, features }));
      f.do(call(emitConvolution(e.module, gemm, conv), addressOf(e, base, lhs), addressOf(e, base, rhs), addressOf(e, base, to!), e.addressOf(base, room)));
    },
  };
};
