// Kernels along one axis: cumulative sums, products and extrema, sorts, and the places of extrema.

import { type Shape } from "@gradus/core";
import { add, type Binary, greater, less, max, min, mul, notEqual } from "@gradus/core/scalar";
import { type Buffer, bytesOf, storedType, type Type } from "@gradus/loops";
import type { AxisParams, CumulativeParams, SortParams, TopKParams } from "@gradus/ops";
import { call, i32, type I32 } from "../../wasm/encoder.js";
import { cumulationScratch, emitCumulation, emitCumulativeLogarithms } from "../../wasm/cumulative.js";
import { intrinsic } from "../../wasm/intrinsic.js";
import { emitSortWords } from "../../wasm/radix-sort.js";
import { emitSort, sortScratch } from "../../wasm/sorting.js";
import { emitTopK, topKScratch } from "../../wasm/top-k.js";
import { linesOf, ownScratch, shareLines } from "../share-lines.js";
import { codesIn } from "./codes.js";
import { type KernelContext, type KernelMaker, nothing } from "./maker.js";

/** The elements of a shape. */
export const product = (shape: Shape): number => shape.reduce((n, d) => n * d, 1);

// About how many nanoseconds an element takes.
const perElement = 1;
const perSorted = 10;

/** Room of whole vectors for each thread: so many bytes each. */
function roomsOf({ scratch, sharing }: KernelContext, least: number): { readonly bytes: number; readonly room: Buffer } {
  const bytes = Math.ceil(least / 16) * 16;
  return { bytes, room: scratch("float64", (bytes * (sharing?.threads ?? 1)) / 8) };
}

/** The sizes of the axes before one, its own, and of those behind it. */
const around = (shape: Shape, axis: number): readonly [number, number, number] => [product(shape.slice(0, axis)), shape[axis] as number, product(shape.slice(axis + 1))];

const cumulative =
  (join: Binary): KernelMaker =>
  ({ axis, reverse }: CumulativeParams, _args, [out], context) => {
    const { shape, size } = out!;
    const dtype = storedType(out!);
    if (size === 0) return nothing("cumulation");
    const [outer, n, inner] = around(shape, axis);
    const cumulation = { dtype, op: intrinsic(join), reverse, sizes: [outer, n, inner] as const };
    const { bytes, room } = roomsOf(context, cumulationScratch(cumulation));
    const x = context.dense(0);
    return {
      name: cumulation.op.name === "add" ? "cumsum" : `cum${cumulation.op.name}`,
      args: [x],
      code: ([to]) => (e, f, base) => shareLines(e, f, base, outer, perElement * size, (g, arena, lines) => {
        const code = emitCumulation(e.module, codesIn(e), { ...cumulation, sizes: [lines.count, n, inner] });
        g.do(call(code, linesOf(e, arena, x, outer, lines), linesOf(e, arena, to!, outer, lines), ownScratch(e.addressOf(arena, room), bytes, lines)));
      }),
    };
  };

export const cumsum: KernelMaker = /* @__PURE__ */ cumulative(add);
export const cumprod: KernelMaker = /* @__PURE__ */ cumulative(mul);
export const cummax: KernelMaker = /* @__PURE__ */ cumulative(max);
export const cummin: KernelMaker = /* @__PURE__ */ cumulative(min);

export const sort: KernelMaker = ({ axis, numKeys, descending }: SortParams, args, outs, context) => {
  const { shape, size } = outs[0]!;
  if (size === 0) return nothing("sort");
  if (outs.some((o, i) => storedType(o) !== args[i]!.buffer.type)) return undefined;
  const [outer, n, inner] = around(shape, axis);
  const sorting = { dtypes: outs.map((o) => storedType(o)), numKeys, descending, sizes: [outer, n, inner] as const };
  const { bytes, room } = roomsOf(context, sortScratch(sorting));
  const xs = args.map((_, i) => context.dense(i));
  return {
    name: `sort by ${numKeys}`,
    args: xs,
    code: (to) => (e, f, base) => {
      const words = e.shared("sort words", () => emitSortWords(e.module));
      shareLines(e, f, base, outer, perSorted * numKeys * size, (g, arena, lines) => {
        const code = emitSort(e.module, words, { ...sorting, sizes: [lines.count, n, inner] });
        g.do(call(code, ...[...xs, ...to].map((x) => linesOf(e, arena, x, outer, lines)), ownScratch(e.addressOf(arena, room), bytes, lines)));
      });
    },
  };
};

export const cumlogsumexp: KernelMaker = ({ axis, reverse }: CumulativeParams, _args, [out], { dense }) => {
  const { shape, size } = out!;
  if (size === 0) return nothing("cumlogsumexp");
  const [outer, n, inner] = around(shape, axis);
  const of = { dtype: storedType(out!), reverse };
  const x = dense(0);
  return {
    name: "cumlogsumexp",
    args: [x],
    code: ([to]) => (e, f, base) => shareLines(e, f, base, outer, perSorted * size, (g, arena, lines) => {
      const code = emitCumulativeLogarithms(e.module, codesIn(e), { ...of, sizes: [lines.count, n, inner] });
      g.do(call(code, linesOf(e, arena, x, outer, lines), linesOf(e, arena, to!, outer, lines), i32.const(0)));
    }),
  };
};

export const topK: KernelMaker = ({ k }: TopKParams, args, [values], context) => {
  const { shape } = args[0]!;
  if (values!.size === 0) return nothing("top_k");
  const of = { dtype: args[0]!.buffer.type, k, lines: product(shape.slice(0, -1)), n: shape.at(-1) as number };
  if (storedType(values!) !== of.dtype) return undefined;
  const { bytes, room } = roomsOf(context, topKScratch(of));
  const x = context.dense(0);
  return {
    name: `top_k of ${k}`,
    args: [x],
    code: ([to, places]) => (e, f, base) => shareLines(e, f, base, of.lines, perElement * x.aval.size, (g, arena, lines) => {
      const code = emitTopK(e.module, () => e.shared("sort words", () => emitSortWords(e.module)), { ...of, lines: lines.count });
      g.do(call(code, ...[x, to!, places!].map((y) => linesOf(e, arena, y, of.lines, lines)) as [I32, I32, I32], ownScratch(e.addressOf(arena, room), bytes, lines)));
    }),
  };
};

// The first of the greatest elements, or of the least, and of NaN before all.
const place =
  (exceeds: Binary): KernelMaker =>
  ({ axis }: AxisParams, args, [out], { dense }) => {
    const [{ shape, buffer }] = args as [(typeof args)[0] & object];
    if (out!.size === 0) return nothing("argmax");
    if (shape[axis] === 0) return undefined;
    const type: Type = buffer.type;
    const [outer, n, inner] = around(shape, axis);
    const x = dense(0);
    const size = bytesOf[type];
    return {
      name: exceeds === greater ? "argmax" : "argmin",
      args: [x],
      code: ([to]) => (e, f, base) => shareLines(e, f, base, outer, perElement * x.aval.size, (into, arena, lines) => {
        const search = e.module.function(["i32", "i32"], "void", (g, start, result) => {
          const { one } = codesIn(e)(g);
          const [i, j, k, at, best] = [g.local("i32"), g.local("i32"), g.local("i32"), g.local("i32"), g.local("i32")];
          g.for(i, i32.const(0), i32.const(lines.count), 1, () => {
            g.for(j, i32.const(0), i32.const(inner), 1, () => {
              g.set(at, start);
              g.set(best, i32.const(0));
              const first = one.load(type, at).parts.map((p) => g.local(p.type, p as never));
              g.block((end) => {
                const isNumber = (): void => {
                  if (type === "float32" || type === "float64") g.brIf(end, one.apply(intrinsic(notEqual), type, [{ parts: first }, { parts: first }]).parts[0] as never);
                };
                isNumber();
                g.for(k, i32.const(1), i32.const(n), 1, () => {
                  g.increment(at, inner * size);
                  const value = one.load(type, at);
                  const isGreater = one.apply(intrinsic(exceeds), type, [value, { parts: first }]).parts[0];
                  const isNan = one.apply(intrinsic(notEqual), type, [value, value]).parts[0];
                  g.if(i32.or(isGreater as never, isNan as never), () => {
                    g.set(best, k);
                    first.forEach((p, part) => g.set(p, value.parts[part] as never));
                    isNumber();
                  });
                });
              });
              g.do(i32.store(result, best));
              g.increment(result, 4);
              g.increment(start, size);
            });
            g.increment(start, (n - 1) * inner * size);
          });
        });
        into.do(call(search, linesOf(e, arena, x, outer, lines), linesOf(e, arena, to!, outer, lines)));
      }),
    };
  };

export const argmax: KernelMaker = /* @__PURE__ */ place(greater);
export const argmin: KernelMaker = /* @__PURE__ */ place(less);
