// Convolutions, as products of windows that are gathered block by block.

import { storedType } from "@gradus/loops";
import type { ConvGeneralParams } from "@gradus/ops";
import { call, type FunctionBuilder, i32, type I32, type Local } from "../../wasm/encoder.js";
import { type Arrays, convolutionScratch, emitConvolution, type Sizes, type Some, writeConvolution } from "../../wasm/convolution.js";
import { emitGatheredGemm } from "../../wasm/gathered-gemm.js";
import { emitGatheredIntegers } from "../../wasm/integer-product.js";
import { chunksOf, perNanosecond, type Pieces, pieces, type Sharing, sizeAt } from "../parts.js";
import { addressOf, type KernelMaker, nothing } from "./maker.js";

const rows = 12; // multiples of what tiles of products have
const columns = 16;

/** A product in chunks of places or of features, so that the thread with the most of them has the least; places are read anew for each chunk of features. */
function cutOf({ places, features, summed, areFeaturesColumns }: Sizes, sharing: Sharing): (Pieces & { readonly of: Some["of"] }) | undefined {
  const most = chunksOf(sharing, (places * features * summed) / perNanosecond, 2);
  const [ofPlaces, ofFeatures] = ([["places", places, !areFeaturesColumns], ["features", features, areFeaturesColumns]] as const).map(([of, n, areColumns]) => {
    const cuts = [sharing.threads, most].map((chunks) => pieces(n, Math.min(chunks, most), areColumns ? columns : rows, 1));
    const share = ({ chunks, size }: Pieces): number => Math.min((Math.ceil(chunks / sharing.threads) * size) / n, 1);
    const best = cuts.reduce((x, y) => (share(y) <= share(x) ? y : x));
    return { of, ...best, share: share(best) };
  }) as [Pieces & { of: Some["of"]; share: number }, Pieces & { of: Some["of"]; share: number }];
  const best = ofFeatures.share < 0.8 * ofPlaces.share ? ofFeatures : ofPlaces;
  return best.chunks > 1 ? best : undefined;
}

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
      writeConvolution(f, gemm, conv, whole, (sizes, write) => {
        const cut = cutOf(sizes, parts.sharing);
        if (cut === undefined) return write(f, whole, i32.const(0));
        parts.fork(f, base, cut.chunks, (g, arena, chunk, thread) => {
          const first = g.local("i32", i32.mul(chunk, i32.const(cut.size)));
          write(g, arrays(g, arena), thread, { of: cut.of, first, count: g.local("i32", sizeAt(chunk, cut)) });
        });
      });
    },
  };
};
