// The code of a convolution: lhs with its zeros, tables of offsets, and the products of the plan. The windows are never written
// out: blocks of them are gathered as the product packs its operand.

import { call, type Callee, type I32, type Local } from "./code.js";
import { type Convolution, type ConvolutionPlan, type Index, planConvolution } from "./convolution-plan.js";
import type { FunctionBuilder } from "./function.js";
import { type GatheredGemm, gatheredScratch } from "./gathered-gemm.js";
import { integerScratch } from "./integer-product.js";
import type { ModuleBuilder } from "./module.js";
import { i32, memory } from "./scalar-ops.js";

/** (lhs, rhs, out, scratch): addresses of arrays in row-major order, and of `convolutionScratch` bytes, aligned to 16. */
export type ConvolutionCode = Callee<readonly ["i32", "i32", "i32", "i32"], "void">;

const bytesOf = (dtype: Convolution["dtype"]): number => (dtype === "float64" ? 8 : 4);
const sizeOf = (indices: readonly Index[]): number => indices.reduce((n, { count }) => n * count, 1);
const aligned = (n: number): number => Math.ceil(n / 16) * 16;

/** Where in the scratch the padded lhs, the tables and the scratch of the products begin, and how much of that each thread has. */
function layout(conv: Convolution, plan: ConvolutionPlan): { tables: number; rest: number; each: number } {
  const tables = plan.padding === undefined ? 0 : aligned(plan.padded.reduce((n, d) => n * d, bytesOf(conv.dtype)));
  const most = (size: (m: number, n: number, k: number) => number): number =>
    Math.max(0, ...plan.products.map((p) => size(sizeOf(p.places), sizeOf(p.features), sizeOf(p.summed))));
  const rest = tables + aligned(most((m, n, k) => 8 * (m + n + k)));
  const { dtype } = conv;
  const room = (m: number, n: number, k: number): number => (dtype === "int32" || dtype === "uint32" ? integerScratch(k) : Math.max(gatheredScratch(dtype, m, n, k), gatheredScratch(dtype, n, m, k)));
  return { tables, rest, each: aligned(most(room)) };
}

/** The scratch that a convolution needs, in bytes, if so many threads share its products. */
export function convolutionScratch(conv: Convolution, threads = 1): number {
  const { rest, each } = layout(conv, planConvolution(conv));
  return rest + threads * each;
}

/** A function for one convolution of static shapes, with the product for its dtype. */
export const emitConvolution = (module: ModuleBuilder, gemm: GatheredGemm, conv: Convolution): ConvolutionCode =>
  module.function(["i32", "i32", "i32", "i32"], "void", (f, lhs, rhs, out, scratch) =>
    writeConvolution(f, gemm, conv, { lhs, rhs, out, scratch }, (_sizes, write) => write(f, { lhs, rhs, out, scratch }, i32.const(0))));

/** Addresses of arrays in row-major order, and of the scratch. */
export interface Arrays {
  readonly lhs: I32;
  readonly rhs: I32;
  readonly out: I32;
  readonly scratch: I32;
}

/** What a product is over, and whether it has its features side by side: then they are the columns of the product, or else the places are. */
export interface Sizes {
  readonly places: number;
  readonly features: number;
  readonly summed: number;
  readonly areFeaturesColumns: boolean;
}

/** Some of the places or of the features. */
export interface Some {
  readonly of: "places" | "features";
  readonly first: I32;
  readonly count: I32;
}

/** Writes a product: at once, or in functions of their own, for threads and for some of what it is over. */
export type Multiply = (sizes: Sizes, write: (g: FunctionBuilder, arrays: Arrays, thread: I32, some?: Some) => void) => void;

/** The code of a convolution, but for its products, which `multiply` lays down. */
export function writeConvolution(f: FunctionBuilder, gemm: GatheredGemm, conv: Convolution, arrays: Arrays, multiply: Multiply): void {
  const plan = planConvolution(conv);
  const size = bytesOf(conv.dtype);
  const { tables, rest, each } = layout(conv, plan);
  if (plan.padding !== undefined) copyPadded(f, conv.lhs, plan.padding, plan.padded, size, arrays.lhs, arrays.scratch);
  for (const { places, features, summed, starts } of plan.products) {
    const [m, n, k] = [places, features, summed].map(sizeOf) as [number, number, number];
    // The tables, one after the other: of places in lhs and out, of features in rhs and out, of what is summed in lhs and rhs.
    f.scope(() => {
      const at = f.local("i32", i32.add(arrays.scratch, i32.const(tables)));
      for (const [indices, of] of [[places, "lhs"], [places, "out"], [features, "rhs"], [features, "out"], [summed, "lhs"], [summed, "rhs"]] as const) {
        fill(f, at, indices.map(({ count, [of]: step }) => ({ count, step: step * size })), i32.const(0));
      }
    });
    // Columns of products are best side by side in the result.
    const areFeaturesColumns = (features[0]?.out ?? 1) === 1;
    for (const start of starts) {
      multiply({ places: m, features: n, summed: k, areFeaturesColumns }, (g, { lhs, rhs, out, scratch }, thread, some) => {
        const from = plan.padding === undefined ? lhs : scratch;
        const [a, b, c] = [[from, start.lhs], [rhs, start.rhs], [out, start.out]].map(([array, offset]) => i32.add(array as I32, i32.const((offset as number) * size))) as [I32, I32, I32];
        const table = (before: number): I32 => i32.add(scratch, i32.const(tables + 4 * before));
        const begin = (of: Some["of"], before: number): I32 => (some?.of === of ? i32.add(table(before), i32.shl(some.first, i32.const(2))) : table(before));
        const [placesIn, placesOut, featuresIn, featuresOut] = [begin("places", 0), begin("places", m), begin("features", 2 * m), begin("features", 2 * m + n)];
        const [summedIn, summedOver] = [table(2 * m + 2 * n), table(2 * m + 2 * n + k)];
        const count = (of: Some["of"], all: number): I32 => (some?.of === of ? some.count : i32.const(all));
        const own = i32.add(i32.add(scratch, i32.const(rest)), i32.mul(thread, i32.const(each)));
        g.do(areFeaturesColumns
          ? call(gemm, a, placesIn, summedIn, b, summedOver, featuresIn, c, placesOut, featuresOut, count("places", m), count("features", n), i32.const(k), own)
          : call(gemm, b, featuresIn, summedOver, a, summedIn, placesIn, c, featuresOut, placesOut, count("features", n), count("places", m), i32.const(k), own));
      });
    }
  }
}

// The sums of the steps of all indices, the last index running fastest.
function fill(f: FunctionBuilder, at: Local<"i32">, indices: readonly { count: number; step: number }[], sum: I32): void {
  const [first, ...others] = indices;
  if (first === undefined) {
    f.do(i32.store(at, sum));
    f.increment(at, 4);
    return;
  }
  f.scope(() => {
    const [i, offset] = [f.local("i32"), f.local("i32", sum)];
    f.for(i, i32.const(0), i32.const(first.count), 1, () => {
      fill(f, at, others, offset);
      f.increment(offset, first.step);
    });
  });
}

// Rows between zeros. Trailing axes without any are copied as one.
function copyPadded(f: FunctionBuilder, shape: readonly number[], padding: readonly (readonly [number, number])[], padded: readonly number[], size: number, from: I32, to: I32): void {
  const product = (list: readonly number[]): number => list.reduce((n, d) => n * d, 1);
  f.do(memory.fill(to, i32.const(0), i32.const(product(padded) * size)));
  if (shape.includes(0)) return;
  const last = padding.reduce((axis, [low, high], i) => (low + high > 0 ? i : axis), 0);
  const run = product(shape.slice(last)) * size;
  const p = f.local("i32", from);
  const row = (axis: number, q: I32): void => {
    const step = product(padded.slice(axis + 1)) * size;
    const start = i32.add(q, i32.const((padding[axis] as readonly [number, number])[0] * step));
    if (axis === last) {
      f.do(memory.copy(start, p, i32.const(run)));
      f.increment(p, run);
      return;
    }
    const [i, at] = [f.local("i32"), f.local("i32", start)];
    f.for(i, i32.const(0), i32.const(shape[axis] as number), 1, () => {
      row(axis + 1, at);
      f.increment(at, step);
    });
  };
  row(0, to);
}
