// Kernels that read and write at computed positions.

import { add, type Expr, max, min, mul } from "@gradus/core/scalar";
import { bytesOf, type Operand, storedType } from "@gradus/loops";
import type { DynamicSliceParams, IndexingParams } from "@gradus/ops";
import { call, type FunctionBuilder, i32, type I32, type Local, memory } from "../../wasm/encoder.js";
import { dynamicIndexing, emitGather, emitScatter, emitSomeGather, type Indexing, outermostQueries, type QueryAxis } from "../../wasm/indexing.js";
import { intrinsic } from "../../wasm/intrinsic.js";
import { bytesPer } from "../../wasm/lane-code.js";
import type { Emission } from "../emission.js";
import { chunksOf, type Parts, type Pieces, pieces, sizeAt } from "../parts.js";
import { product } from "./axes.js";
import { codesIn } from "./codes.js";
import { addressOf, type KernelMaker, nothing } from "./maker.js";

export const gather: KernelMaker = (params: IndexingParams & { readonly fillValue?: number }, args, [out], { dense }) => {
  const dtype = storedType(out!);
  if (out!.size === 0) return nothing("gather");
  if (args[0]!.buffer.type !== dtype || args[1]!.buffer.type !== "int32") return undefined;
  const [x, indices] = [dense(0), dense(1)];
  const of: Indexing = { dtype, array: x.shape, indices: indices.shape, slices: out!.shape, params };
  return {
    name: "gather",
    args: [x, indices],
    code: ([to]) => (e, f, base) => {
      const cut = cutOf(of, e);
      if (cut === undefined) return f.do(call(emitGather(e.module, codesIn(e), of, params.fillValue), addressOf(e, base, x), addressOf(e, base, indices), addressOf(e, base, to!)));
      cut.parts.fork(f, base, cut.chunks, (g, arena, chunk) => {
        const first = g.local("i32", i32.mul(chunk, i32.const(cut.size)));
        const at = (array: Operand, step: number): I32 => i32.add(addressOf(e, arena, array), i32.mul(first, i32.const(step)));
        const [inArray, inIndices, inSlices] = cut.queries.steps;
        g.do(call(emitSomeGather(e.module, codesIn(e), of, cut.queries, params.fillValue), at(x, inArray), at(indices, inIndices), at(to!, inSlices), sizeAt(chunk, cut)));
      });
    },
  };
};

const perQuery = 1; // nanoseconds
const perByte = 0.04;

/** The queries of a gather in chunks for threads; undefined where it is too small. */
function cutOf(of: Indexing, { parts }: Emission): (Pieces & { readonly parts: Parts; readonly queries: QueryAxis }) | undefined {
  const queries = outermostQueries(of);
  if (parts === undefined || queries === undefined) return undefined;
  const work = perQuery * product(of.indices.slice(0, -1)) + perByte * product(of.slices) * bytesPer(of.dtype);
  const cut = pieces(queries.count, chunksOf(parts.sharing, work, 4), 1, 1);
  return cut.chunks > 1 ? { ...cut, parts, queries } : undefined;
}

/** Copies an array and scatters into the copy. */
function scattered(e: Emission, f: FunctionBuilder, base: Local<"i32">, [x, indices, updates]: readonly Operand[], to: Operand, of: Indexing, join?: (a: Expr, b: Expr) => Expr): void {
  const target = f.local("i32", addressOf(e, base, to));
  f.do(memory.copy(target, addressOf(e, base, x!), i32.const(to.buffer.size * bytesOf[to.buffer.type])));
  f.do(call(emitScatter(e.module, codesIn(e), of, join && intrinsic(join)), target, addressOf(e, base, indices!), addressOf(e, base, updates!)));
}

const scatterBy =
  (name: string, join?: (a: Expr, b: Expr) => Expr): KernelMaker =>
  (params: IndexingParams, args, [out], { dense }) => {
    const dtype = storedType(out!);
    if (args[2]!.aval.size === 0 || args[0]!.buffer.type !== dtype || args[2]!.buffer.type !== dtype || args[1]!.buffer.type !== "int32") return undefined;
    const all = [dense(0), dense(1), dense(2)] as const;
    const of: Indexing = { dtype, array: out!.shape, indices: all[1].shape, slices: all[2].shape, params };
    return { name, args: all, code: ([to]) => (e, f, base) => scattered(e, f, base, all, to!, of, join) };
  };

export const scatter: KernelMaker = /* @__PURE__ */ scatterBy("scatter");
export const scatterAdd: KernelMaker = /* @__PURE__ */ scatterBy("scatter_add", add);
export const scatterMul: KernelMaker = /* @__PURE__ */ scatterBy("scatter_mul", mul);
export const scatterMax: KernelMaker = /* @__PURE__ */ scatterBy("scatter_max", max);
export const scatterMin: KernelMaker = /* @__PURE__ */ scatterBy("scatter_min", min);

export const dynamicSlice: KernelMaker = ({ sizes }: DynamicSliceParams, args, [out], { dense }) => {
  const dtype = storedType(out!);
  if (out!.size === 0) return nothing("dynamic_slice");
  if (args[0]!.buffer.type !== dtype || args[1]!.buffer.type !== "int32") return undefined;
  const [x, start] = [dense(0), dense(1)];
  const of = dynamicIndexing(dtype, x.shape, sizes);
  return {
    name: "dynamic_slice",
    args: [x, start],
    code: ([to]) => (e, f, base) => f.do(call(emitGather(e.module, codesIn(e), of), addressOf(e, base, x), addressOf(e, base, start), addressOf(e, base, to!))),
  };
};

export const dynamicUpdateSlice: KernelMaker = (_params, args, [out], { dense }) => {
  const dtype = storedType(out!);
  if (args[1]!.aval.size === 0 || args[0]!.buffer.type !== dtype || args[1]!.buffer.type !== dtype || args[2]!.buffer.type !== "int32") return undefined;
  const [x, update, start] = [dense(0), dense(1), dense(2)];
  const of = dynamicIndexing(dtype, out!.shape, update.shape);
  return { name: "dynamic_update_slice", args: [x, update, start], code: ([to]) => (e, f, base) => scattered(e, f, base, [x, start, update], to!, of) };
};
