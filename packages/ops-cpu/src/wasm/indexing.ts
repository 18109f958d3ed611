// The code of reading and writing slices that begin at computed positions: gathers, scatters, dynamic slices. Shapes are static,
// index vectors are int32 in row-major order. Elements that lie side by side in array and slices are moved as vectors.

import { type DType, rowMajor, type Shape } from "@gradus/core";
import type { Intrinsic } from "@gradus/core/scalar";
import type { IndexingParams } from "@gradus/ops";
import { type Callee, type I32, type Local, select } from "./code.js";
import type { CodesOf } from "./cumulative.js";
import type { FunctionBuilder } from "./function.js";
import { bytesPer, type LaneCode } from "./lane-code.js";
import type { ModuleBuilder } from "./module.js";
import { i32, memory } from "./scalar-ops.js";
import { v128 } from "./vector-ops.js";

export interface Indexing {
  readonly dtype: DType;
  /** The shape of the array, that of the indices, and that of what a gather gives and a scatter takes; all in row-major order. */
  readonly array: Shape;
  readonly indices: Shape;
  readonly slices: Shape;
  readonly params: IndexingParams;
}

/** (array, indices, slices): addresses. */
export type IndexingCode = Callee<readonly ["i32", "i32", "i32"], "void">;

/** One slice of a shape, begun at an index vector with a component for every axis: what dynamicSlice and dynamicUpdateSlice move. */
export function dynamicIndexing(dtype: DType, array: Shape, sizes: Shape): Indexing {
  const axes = array.map((_, i) => i);
  const dimensionNumbers = { offsetDims: axes, collapsedSliceDims: [], startIndexMap: axes, operandBatchingDims: [], startIndicesBatchingDims: [] };
  return { dtype, array, indices: [array.length], slices: sizes, params: { dimensionNumbers, sliceSizes: sizes, mode: "clip" } };
}

/** Slices ← array. What is outside reads `fillValue` in mode drop. */
export const emitGather = (m: ModuleBuilder, codesOf: CodesOf, of: Indexing, fillValue = 0): IndexingCode =>
  m.function(["i32", "i32", "i32"], "void", (f, array, indices, slices) => writeGather(f, codesOf, of, fillValue, array, indices, slices));

/** An axis of the indices that has several, and the steps along it in array, indices and slices, in bytes. */
export interface QueryAxis {
  readonly axis: number;
  readonly count: number;
  readonly steps: readonly [array: number, indices: number, slices: number];
}

/** The outermost such axis. */
export function outermostQueries(of: Indexing): QueryAxis | undefined {
  const queries = of.indices.slice(0, -1);
  const axis = queries.findIndex((n) => n > 1);
  const [array, slices] = querySteps(of)[axis] ?? [0, 0];
  return axis < 0 ? undefined : { axis, count: queries[axis] as number, steps: [array, 4 * (rowMajor(of.indices)[axis] as number), slices] };
}

/** A gather for some of the outermost queries, as many as the last argument says. */
export const emitSomeGather = (m: ModuleBuilder, codesOf: CodesOf, of: Indexing, { axis }: QueryAxis, fillValue = 0): Callee<readonly ["i32", "i32", "i32", "i32"], "void"> =>
  m.function(["i32", "i32", "i32", "i32"], "void", (f, array, indices, slices, count) => writeGather(f, codesOf, of, fillValue, array, indices, slices, { axis, count }));

function writeGather(f: FunctionBuilder, codesOf: CodesOf, of: Indexing, fillValue: number, array: I32, indices: Local<"i32">, slices: I32, some?: { readonly axis: number; readonly count: I32 }): void {
  const { one, four } = codesOf(f);
  const axes = sliceAxes(of);
  eachSlice(f, of, array, indices, slices, waitedFor(of, axes), (from, to, isOutside) => {
    const read = (): void => alongSlice(f, axes, (n, a, s) => {
      const [p, q] = [i32.add(from, a), i32.add(to, s)];
      if (n === undefined) one.store(of.dtype, q, one.load(of.dtype, p));
      else copyRun(f, four !== undefined, q, p, n * bytesPer(of.dtype));
    }, bytesPer(of.dtype), true);
    const fill = (): void => alongSlice(f, axes, (_n, _a, s) => one.store(of.dtype, i32.add(to, s), one.constant(of.dtype, of.params.mode === "drop" ? fillValue : 0)), bytesPer(of.dtype), false);
    if (isOutside === undefined) read();
    else f.if(isOutside, fill, read);
  }, some);
}

/** array ← array joined with slices, one after the other, or the slices themselves; those that are outside are left out. */
export const emitScatter = (m: ModuleBuilder, codesOf: CodesOf, of: Indexing, combine?: Intrinsic): IndexingCode =>
  m.function(["i32", "i32", "i32"], "void", (f, array, indices, slices) => {
    const { one, four } = codesOf(f);
    const axes = sliceAxes(of);
    const size = bytesPer(of.dtype);
    eachSlice(f, of, array, indices, slices, 0, (to, from, isOutside) => {
      const join = (code: LaneCode, q: I32, p: I32): void => {
        const update = code.load(of.dtype, p);
        code.store(of.dtype, q, combine === undefined ? update : code.apply(combine, of.dtype, [code.load(of.dtype, q), update]));
      };
      const write = (): void => alongSlice(f, axes, (n, a, s) => {
        const [q, p] = [f.local("i32", i32.add(to, a)), f.local("i32", i32.add(from, s))];
        if (n === undefined) join(one, q, p);
        else if (combine === undefined) copyRun(f, four !== undefined, q, p, n * size);
        else {
          const end = f.local("i32");
          const run = (code: LaneCode, count: number): void => {
            if (count === 0) return;
            f.set(end, i32.add(p, i32.const(count * size)));
            f.while(i32.ltU(p, end), () => {
              join(code, q, p);
              f.increment(p, code.lanes * size);
              f.increment(q, code.lanes * size);
            });
          };
          const whole = four === undefined ? 0 : n - (n % 4);
          if (four !== undefined) run(four, whole);
          run(one, n - whole);
        }
      }, size, true);
      if (isOutside === undefined) write();
      else f.if(i32.eqz(isOutside), write);
    });
  });

/** An axis of slices: its length, and the steps along it in the array and in the slices, in elements. */
interface SliceAxis {
  readonly count: number;
  readonly array: number;
  readonly slices: number;
}

function sliceAxes({ array, slices, params: { dimensionNumbers, sliceSizes } }: Indexing): SliceAxis[] {
  const { collapsedSliceDims, operandBatchingDims, offsetDims } = dimensionNumbers;
  const [a, s] = [rowMajor(array), rowMajor(slices)];
  const rest = sliceSizes.map((_, i) => i).filter((i) => !collapsedSliceDims.includes(i) && !operandBatchingDims.includes(i));
  const axes = rest.map((axis, i): SliceAxis => ({ count: sliceSizes[axis] as number, array: a[axis] as number, slices: s[offsetDims[i] as number] as number })).filter(({ count }) => count !== 1);
  // Neighbours that are one run of equal steps in both become one axis.
  const merged: SliceAxis[] = [];
  for (const axis of axes) {
    const outer = merged.at(-1);
    if (outer?.array === axis.array * axis.count && outer.slices === axis.slices * axis.count) merged[merged.length - 1] = { ...axis, count: outer.count * axis.count };
    else merged.push(axis);
  }
  return merged;
}

// The steps from one query to the next along each axis of the indices, in the array and in the slices, in bytes.
function querySteps({ dtype, array, indices, slices, params: { dimensionNumbers } }: Indexing): (readonly [array: number, slices: number])[] {
  const { operandBatchingDims, startIndicesBatchingDims, offsetDims } = dimensionNumbers;
  const [a, s] = [rowMajor(array), rowMajor(slices)];
  const size = bytesPer(dtype);
  const queryAxes = slices.map((_, i) => i).filter((i) => !offsetDims.includes(i));
  const batchSteps = (q: number): number => startIndicesBatchingDims.reduce((sum, axis, b) => (axis === q ? sum + (a[operandBatchingDims[b] as number] as number) : sum), 0);
  return indices.slice(0, -1).map((_, q) => [batchSteps(q) * size, (s[queryAxes[q] as number] as number) * size]);
}

// Slices that come from memory wait for one another, unless a line of each is read before the first one is moved.
const together = 4;
const line = 64;
const cached = 2 ** 20;

/** The bytes of slices for which that pays: short runs from large arrays. Otherwise 0. */
function waitedFor({ dtype, array, params: { sliceSizes } }: Indexing, axes: readonly SliceAxis[]): number {
  const isRun = axes.length === 0 || (axes.length === 1 && axes[0]?.array === 1);
  const bytes = (axes[0]?.count ?? 1) * bytesPer(dtype);
  const isThere = sliceSizes.every((n, axis) => n <= (array[axis] as number));
  return isRun && isThere && bytes <= 8 * line && array.reduce((n, d) => n * d, bytesPer(dtype)) > cached ? bytes : 0;
}

// Every slice with where it begins, in the array and in the slices; whether it is outside, where that may be. So many bytes of several are read ahead.
function eachSlice(f: FunctionBuilder, of: Indexing, arrayAt: I32, indicesAt: Local<"i32">, slicesAt: I32, readAhead: number, body: (inArray: I32, inSlices: I32, isOutside?: I32) => void, some?: { readonly axis: number; readonly count: I32 }): void {
  const { dtype, array, indices, params } = of;
  const { sliceSizes, mode, dimensionNumbers } = params;
  const { startIndexMap } = dimensionNumbers;
  const size = bytesPer(dtype);
  const a = rowMajor(array);
  const queries = indices.slice(0, -1);
  const steps = querySteps(of);
  const last = startIndexMap.map((axis) => (array[axis] as number) - (sliceSizes[axis] as number));
  const isNowhere = last.some((end) => end < 0);
  const startOf = (inArray: I32, query: number, isOutside?: Local<"i32">): Local<"i32"> => {
    const start = f.local("i32", inArray);
    startIndexMap.forEach((axis, c) => {
      const end = i32.const(Math.max(last[c] as number, 0));
      const index = f.local("i32", i32.load(indicesAt, 4 * (query * startIndexMap.length + c)));
      // As an unsigned number a negative one is beyond the end.
      if (isOutside !== undefined) f.set(isOutside, i32.or(isOutside, i32.gtU(index, end)));
      f.set(index, select(i32.ltS(index, i32.const(0)), i32.const(0), select(i32.gtS(index, end), end, index)));
      f.set(start, i32.add(start, i32.mul(index, i32.const((a[axis] as number) * size))));
    });
    return start;
  };
  const visit = (level: number, inArray: I32, inSlices: I32): void => {
    if (level < queries.length) {
      f.scope(() => {
        const [i, p, q] = [f.local("i32"), f.local("i32", inArray), f.local("i32", inSlices)];
        const [inArrayStep, inSlicesStep] = steps[level] as readonly [number, number];
        const count = some?.axis === level ? some.count : i32.const(queries[level] as number);
        const move = (n: I32): void => f.for(i, i32.const(0), n, 1, () => {
          visit(level + 1, p, q);
          f.increment(p, inArrayStep);
          f.increment(q, inSlicesStep);
        });
        if (level < queries.length - 1 || readAhead === 0) return move(count);
        const [group, ahead] = [f.local("i32"), f.local("i32")];
        f.for(group, i32.const(0), i32.and(count, i32.const(-together)), together, () => {
          for (let query = 0; query < together; query++) {
            const start = startOf(i32.add(p, i32.const(query * inArrayStep)), query);
            for (let at = 0; at < readAhead; at += line) f.set(ahead, i32.load(start, at));
          }
          move(i32.const(together));
        });
        move(i32.and(count, i32.const(together - 1)));
      });
      return;
    }
    const isOutside = mode === "drop" ? f.local("i32", i32.const(0)) : undefined;
    const start = startOf(inArray, 0, isOutside);
    f.increment(indicesAt, 4 * startIndexMap.length);
    body(start, inSlices, isNowhere ? i32.const(1) : isOutside);
  };
  visit(0, arrayAt, slicesAt);
}

// The offsets in bytes of each element, in the array and in the slices; of each run of n side by side where that is asked for.
function alongSlice(f: FunctionBuilder, axes: readonly SliceAxis[], body: (n: number | undefined, inArray: I32, inSlices: I32) => void, size: number, byRuns: boolean): void {
  const inner = axes.at(-1);
  const run = byRuns && inner !== undefined && inner.array === 1 && inner.slices === 1 ? inner.count : undefined;
  const visit = (level: number, inArray: I32, inSlices: I32): void => {
    const axis = axes[level];
    if (axis === undefined || (run !== undefined && level === axes.length - 1)) return body(run, inArray, inSlices);
    f.scope(() => {
      const [i, p, q] = [f.local("i32"), f.local("i32", inArray), f.local("i32", inSlices)];
      f.for(i, i32.const(0), i32.const(axis.count), 1, () => {
        visit(level + 1, p, q);
        f.increment(p, axis.array * size);
        f.increment(q, axis.slices * size);
      });
    });
  };
  visit(0, i32.const(0), i32.const(0));
}

// Short runs as vectors, of which the last one may repeat part of the one before it.
function copyRun(f: FunctionBuilder, hasVectors: boolean, to: I32, from: I32, bytes: number): void {
  if (!hasVectors || bytes < 16 || bytes > 256) {
    f.do(memory.copy(to, from, i32.const(bytes)));
    return;
  }
  const [q, p] = [f.local("i32", to), f.local("i32", from)];
  for (let at = 0; at < bytes; at += 16) f.do(v128.store(q, v128.load(p, Math.min(at, bytes - 16)), Math.min(at, bytes - 16)));
}
