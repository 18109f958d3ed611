// Products summed over shared axes: matrix products of operands read where they are, one for each index of the batch axes.

import { bytesOf, type Operand, storedType } from "@gradus/loops";
import type { DotGeneralParams } from "@gradus/ops";
import { call, type FunctionBuilder, i32, type I32, type Local } from "../../wasm/encoder.js";
import { emitGemm, gemmScratch } from "../../wasm/gemm.js";
import { emitIntegerGemm, integerScratch } from "../../wasm/integer-product.js";
import { mergedStride } from "../../layout.js";
import { chunksOf, perNanosecond, type Pieces, pieces, type Sharing, sizeAt } from "../parts.js";
import { product } from "./axes.js";
import type { KernelMaker } from "./maker.js";

/** An operand as matrices: its steps along batch axes, along the kept ones as one, and along the contracted ones as one. */
interface Matrices {
  readonly operand: Operand;
  readonly batch: readonly number[];
  readonly kept: number;
  readonly contracted: number;
}

export const contraction: KernelMaker = ({ contract, batch }: DotGeneralParams, args, [out], { features, sharing, rearranged, scratch }) => {
  const dtype = out!.dtype;
  if (!features.simd || dtype === "bool" || dtype === "float0" || storedType(out!) !== dtype || args.some((x) => x.buffer.type !== dtype)) return undefined;
  const side = (i: 0 | 1): { matrices: Matrices; kept: number; contracted: number } => {
    const operand = args[i] as Operand;
    const { shape } = operand;
    const keptAxes = shape.map((_, k) => k).filter((k) => !batch[i].includes(k) && !contract[i].includes(k));
    const size = (axes: readonly number[]): number => product(axes.map((k) => shape[k] as number));
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
  const size = bytesOf[dtype];
  const cut = sharing && cutOf(m, n, k, counts, sharing);
  const room = Math.ceil((isWhole ? integerScratch(k) : gemmScratch(dtype, m, n, k)) / 64) * 64; // of each thread
  const work = scratch(dtype, (room * (cut === undefined ? 1 : (sharing as Sharing).threads)) / size);
  return {
    name: `dot_general ${[...(counts.length === 0 ? [] : [counts.join("×")]), `${m}×${k}·${k}×${n}`].join(" of ")}`,
    args: [a.matrices.operand, b.matrices.operand],
    code: ([to]) => (e, f, base) => {
      const gemm = isWhole ? e.shared("product of integers", () => emitIntegerGemm(e.module)) : e.shared(`gemm ${dtype}`, () => emitGemm(e.module, { dtype, features }));
      const c = (elements: number) => i32.const(elements * size);
      // Steps from one element to the next in the three arrays, along what may be cut.
      const steps = { m: [a.matrices.kept, 0, n], n: [0, b.matrices.kept, 1], batch: [a.matrices.batch[0] as number, b.matrices.batch[0] as number, product(counts.slice(1)) * m * n] } as const;
      const emit = (g: FunctionBuilder, arena: Local<"i32">, own: I32, of?: { readonly along: Cut["along"]; readonly first: Local<"i32">; readonly count: I32 }): void => {
        const start = ({ buffer, offset }: Operand, array: 0 | 1 | 2): Local<"i32"> => {
          const at = g.local("i32", e.addressOf(arena, buffer, offset * size));
          if (of !== undefined) g.increment(at, i32.mul(of.first, c(steps[of.along][array])));
          return at;
        };
        const count = (along: Cut["along"], all: number): I32 => (of?.along === along ? of.count : i32.const(all));
        const loop = (axis: number, pa: Local<"i32">, pb: Local<"i32">, pc: Local<"i32">): void => {
          if (axis === counts.length) {
            return g.do(call(gemm, pa, c(a.matrices.kept), c(a.matrices.contracted), pb, c(b.matrices.contracted), c(b.matrices.kept), pc, c(n), count("m", m), count("n", n), i32.const(k), own, i32.const(0)));
          }
          const [x, y, z, i] = [g.local("i32", pa), g.local("i32", pb), g.local("i32", pc), g.local("i32")];
          const all = counts[axis] as number;
          g.for(i, i32.const(0), axis === 0 ? count("batch", all) : i32.const(all), 1, () => {
            loop(axis + 1, x, y, z);
            g.increment(x, (a.matrices.batch[axis] as number) * size);
            g.increment(y, (b.matrices.batch[axis] as number) * size);
            g.increment(z, product(counts.slice(axis + 1)) * m * n * size);
          });
        };
        loop(0, start(a.matrices.operand, 0), start(b.matrices.operand, 1), start(to as Operand, 2));
      };
      if (cut === undefined || e.parts === undefined) return emit(f, base, e.addressOf(base, work));
      const { along, size: each, chunks } = cut;
      e.parts.fork(f, base, chunks, (g, arena, chunk, thread) => {
        const first = g.local("i32", i32.mul(chunk, i32.const(each)));
        const count = g.local("i32", sizeAt(chunk, cut));
        const own = g.local("i32", i32.add(e.addressOf(arena, work), i32.mul(thread, i32.const(room))));
        emit(g, arena, own, { along, first, count });
      });
    },
  };
};

/** How a product is cut in chunks for threads: into rows, columns, or matrices. */
interface Cut extends Pieces {
  readonly along: "m" | "n" | "batch";
}

const longestChunk = 1e8; // nanoseconds
const chunksEach = 2; // what is packed for one chunk is packed again for the next: there are few
const fewest = 4; // rows and columns; less are multiplied in another way

/** Undefined where a product is too small. Chunks are of as many rows and columns as blocks of the product have, so that its bits stay the same. */
function cutOf(m: number, n: number, k: number, counts: readonly number[], sharing: Sharing): Cut | undefined {
  const work = (2 * m * n * k * product(counts)) / perNanosecond;
  const most = Math.max(chunksOf(sharing, work / 2, chunksEach), Math.ceil(work / longestChunk));
  if (most < 2) return undefined;
  const cuts: readonly Cut[] = [
    ...(counts.length > 0 ? [{ along: "batch" as const, ...pieces(counts[0] as number, most, 1, 1) }] : []),
    ...(m >= n ? (["m", "n"] as const) : (["n", "m"] as const)).map((along) => ({ along, ...(along === "m" ? pieces(m, most, 48, fewest) : pieces(n, most, 64, fewest)) })),
  ];
  const best = cuts.find((x) => x.chunks >= sharing.threads) ?? cuts.reduce((x, y) => (y.chunks > x.chunks ? y : x));
  return best.chunks > 1 ? best : undefined;
}
