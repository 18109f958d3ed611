// Convolutions, as products of windows that are gathered block by block.

import { storedType } from "@gradus/loops";
import type { ConvGeneralParams } from "@gradus/ops";
import { call, type FunctionBuilder, i32, type I32, type Local } from "../../wasm/encoder.js";
import { type Arrays, convolutionScratch, emitConvolution, writeConvolution } from "../../wasm/convolution.js";
import { emitGatheredGemm } from "../../wasm/gathered-gemm.js";
import { emitGatheredIntegers } from "../../wasm/integer-product.js";
import { chunksOf, perNanosecond, pieces, sizeAt } from "../parts.js";
import { addressOf, type KernelMaker, nothing } from "./maker.js";

const tiles = 48; // places; a multiple of what tiles of products have of rows or columns

export const convolution: KernelMaker = (params: ConvGeneralParams, args, [out], { features, sharing, dense, scratch }) => {
  const dtype = storedType(out!);
  if (out!.size === 0) return nothing("convolution");
  if (dtype === "bool" || !features.simd || args.some((x) => x.buffer.type !== dtype)) return undefined;
  const [lhs, rhs] = [dense(0), dense(1)];
  const conv = { dtype, lhs: lhs.shape, rhs: rhs.shape, out: out!.shape, params };
  const room = scratch("float64", Math.ceil(convolutionScratch(conv, sharing?.threads) / 8));
  return {
    name: "convolution",
    args: [lhs, rhs],
    code: ([to]) => (e, f, base) => {
      const isWhole = dtype === "int32" || dtype === "uint32";
      const gemm = isWhole ? e.shared("gathered integers", () => emitGatheredIntegers(e.module)) : e.shared(`gathered gemm ${dtype}`, () => emitGatheredGemm(e.module, { dtype, features }));
      const { parts } = e;
      if (parts === undefined) return f.do(call(emitConvolution(e.module, gemm, conv), addressOf(e, base, lhs), addressOf(e, base, rhs), addressOf(e, base, to!), e.addressOf(base, room)));
      const arrays = (g: FunctionBuilder, arena: Local<"i32">): Arrays => {
        const local = (address: I32): I32 => g.local("i32", address);
        return { lhs: local(addressOf(e, arena, lhs)), rhs: local(addressOf(e, arena, rhs)), out: local(addressOf(e, arena, to!)), scratch: local(e.addressOf(arena, room)) };
      };
      const whole = arrays(f, base);
      writeConvolution(f, gemm, conv, whole, (operations, places, write) => {
        const cut = pieces(places, chunksOf(parts.sharing, operations / perNanosecond / 2, 2), tiles, 1);
        if (cut.chunks < 2) return write(f, whole, i32.const(0), undefined, i32.const(places));
        parts.fork(f, base, cut.chunks, (g, arena, chunk, thread) => {
          const first = g.local("i32", i32.mul(chunk, i32.const(cut.size)));
          write(g, arrays(g, arena), thread, first, g.local("i32", sizeAt(chunk, cut)));
        });
      });
    },
  };
};
