// Reductions over sliding windows, and where the extrema of windows are.

import { type DType, isFloat, type Shape } from "@gradus/core";
import { add, type Binary, max, min } from "@gradus/core/scalar";
import { type Buffer, bytesOf, storedType, type Type } from "@gradus/loops";
import type { WindowGeometry, WindowPlaceParams } from "@gradus/ops";
import { highest, lowest } from "../../limits.js";
import { call, i32, type I32, memory } from "../../wasm/encoder.js";
import { intrinsic } from "../../wasm/intrinsic.js";
import { emitCount, emitSpread, emitWindowPlaces, emitWindows, spreadShape, type WindowReduction } from "../../wasm/windows.js";
import { lineAt, linesOf, shareLines } from "../share-lines.js";
import { product } from "./axes.js";
import { codesIn } from "./codes.js";
import { type KernelMaker, nothing } from "./maker.js";

const isSpread = ({ padding, baseDilation }: WindowGeometry): boolean => padding.some(([low, high]) => low !== 0 || high !== 0) || baseDilation.some((d) => d !== 1);

/** The axis along which arrays may be cut in lines for threads: the outermost one that has several, if windows do not reach along it. */
function cutOf({ window, strides, padding, baseDilation }: WindowGeometry, shape: Shape): { readonly count: number; some(shape: Shape, count: number): Shape } {
  const axis = shape.findIndex((d) => d !== 1);
  const isApart = axis >= 0 && [window[axis], strides[axis], baseDilation[axis]].every((d) => d === 1) && padding[axis]?.every((p) => p === 0) === true;
  return { count: isApart ? (shape[axis] as number) : 1, some: (of, count) => (isApart ? of.map((d, i) => (i === axis ? count : d)) : of) };
}

// About how many nanoseconds an element takes for each tap that it has.
const perTap = 0.3;

/** Windows of so many taps at most are joined at once; larger ones axis by axis, where n × m of them take n + m steps. */
const mostTaps = 16;

interface Pass extends Pick<WindowReduction, "dtypes" | "shape" | "out" | "window" | "strides" | "windowDilation"> {
  readonly to: Buffer | undefined;
}

const reduction =
  (name: string, join: Binary, init: (dtype: DType) => number): KernelMaker =>
  (geometry: WindowGeometry, _args, [out], { dense, scratch }) => {
    if (out!.size === 0) return nothing(name);
    const dtype = storedType(out!);
    const x = dense(0);
    const { window, strides, windowDilation } = geometry;
    const shape = spreadShape(x.shape, geometry);
    const room = isSpread(geometry) ? scratch(dtype, product(shape)) : undefined;
    const within: Type = join === add && isFloat(dtype) ? "float64" : dtype; // rounded once, at the end
    const moving = shape.map((_, i) => i).filter((i) => window[i] !== 1 || strides[i] !== 1);
    const groups = product(window) <= mostTaps && moving.length > 0 ? [moving] : moving.map((i) => [i]);
    let before = shape;
    const passes = groups.map((axes, k): Pass => {
      const only = (list: readonly number[]): number[] => list.map((v, i) => (axes.includes(i) ? v : 1));
      const after = before.map((d, i) => (axes.includes(i) ? (out!.shape[i] as number) : d));
      const [isFirst, isLast] = [k === 0, k === groups.length - 1];
      const pass = { dtypes: [isFirst ? dtype : within, within, isLast ? dtype : within] as const, shape: before, out: after, window: only(window), strides: only(strides), windowDilation };
      before = after;
      return { ...pass, to: isLast ? undefined : scratch(within, product(after)) };
    });
    const op = intrinsic(join);
    const cut = cutOf(geometry, x.shape);
    const taps = groups.reduce((n, axes) => n + product(axes.map((i) => window[i] as number)), 0);
    return {
      name,
      args: [x],
      code: ([result]) => (e, f, base) => shareLines(e, f, base, cut.count, perTap * (x.aval.size + taps * out!.size), (g, arena, lines) => {
        const own = (b: Buffer): I32 => lineAt(e.addressOf(arena, b), (b.size / cut.count) * bytesOf[b.type], lines);
        const some = (of: Shape): Shape => cut.some(of, lines.count);
        let at: I32 = linesOf(e, arena, x, cut.count, lines);
        const end = linesOf(e, arena, result!, cut.count, lines);
        if (room !== undefined) {
          const to = passes.length === 0 ? end : own(room);
          g.do(call(emitSpread(e.module, codesIn(e), dtype, some(x.shape), geometry, init(dtype)), at, to));
          at = to;
        } else if (passes.length === 0) g.do(memory.copy(end, at, i32.const(product(some(out!.shape)) * bytesOf[dtype])));
        for (const { to, ...pass } of passes) {
          const next = to === undefined ? end : own(to);
          g.do(call(emitWindows(e.module, codesIn(e), { ...pass, shape: some(pass.shape), out: some(pass.out), op, init: init(dtype) }), at, next));
          at = next;
        }
      }),
    };
  };

export const windowSum: KernelMaker = /* @__PURE__ */ reduction("reduce_window_sum", add, () => 0);
export const windowMax: KernelMaker = /* @__PURE__ */ reduction("reduce_window_max", max, (dtype) => lowest[dtype] ?? -Infinity);
export const windowMin: KernelMaker = /* @__PURE__ */ reduction("reduce_window_min", min, (dtype) => highest[dtype] ?? Infinity);

export const windowPlace: KernelMaker = ({ reduction: kind, ...geometry }: WindowPlaceParams, args, [out], { dense, scratch }) => {
  if (out!.size === 0) return nothing("window_place");
  const dtype = args[0]!.buffer.type;
  const x = dense(0);
  const { window, strides, windowDilation } = geometry;
  const shape = spreadShape(x.shape, geometry);
  const places = scratch("int32", x.aval.size);
  const cut = cutOf(geometry, x.shape);
  const spread = isSpread(geometry) ? { x: scratch(dtype, product(shape)), places: scratch("int32", product(shape)) } : undefined;
  return {
    name: "window_place",
    args: [x],
    code: ([result]) => (e, f, base) => {
      f.do(call(emitCount(e.module, codesIn(e), x.aval.size), e.addressOf(base, places)));
      shareLines(e, f, base, cut.count, 2 * perTap * (x.aval.size + product(window) * out!.size), (g, arena, lines) => {
        const own = (b: Buffer): I32 => lineAt(e.addressOf(arena, b), (b.size / cut.count) * bytesOf[b.type], lines);
        const some = (of: Shape): Shape => cut.some(of, lines.count);
        let [at, placesAt]: [I32, I32] = [linesOf(e, arena, x, cut.count, lines), own(places)];
        if (spread !== undefined) {
          const to = [own(spread.x), own(spread.places)] as const;
          g.do(call(emitSpread(e.module, codesIn(e), dtype, some(x.shape), geometry, 0), at, to[0]));
          g.do(call(emitSpread(e.module, codesIn(e), "int32", some(x.shape), geometry, -1), placesAt, to[1]));
          [at, placesAt] = to;
        }
        const of = { dtype, reduction: kind, shape: some(shape), out: some(out!.shape), window, strides, windowDilation };
        g.do(call(emitWindowPlaces(e.module, codesIn(e), of), at, placesAt, linesOf(e, arena, result!, cut.count, lines)));
      });
    },
  };
};
