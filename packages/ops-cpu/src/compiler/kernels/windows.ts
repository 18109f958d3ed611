// Reductions over sliding windows, and where the extrema of windows are.

import { type DType, isFloat } from "@gradus/core";
import { add, type Binary, max, min } from "@gradus/core/scalar";
import { type Buffer, bytesOf, storedType, type Type } from "@gradus/loops";
import type { WindowGeometry, WindowPlaceParams } from "@gradus/ops";
import { highest, lowest } from "../../limits.js";
import { call, i32, type I32, memory } from "../../wasm/encoder.js";
import { intrinsic } from "../../wasm/intrinsic.js";
import { emitCount, emitSpread, emitWindowPlaces, emitWindows, spreadShape, type WindowReduction } from "../../wasm/windows.js";
import { product } from "./axes.js";
import { codesIn } from "./codes.js";
import { addressOf, type KernelMaker, nothing } from "./maker.js";

const isSpread = ({ padding, baseDilation }: WindowGeometry): boolean => padding.some(([low, high]) => low !== 0 || high !== 0) || baseDilation.some((d) => d !== 1);

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
    return {
      name,
      args: [x],
      code: ([result]) => (e, f, base) => {
        let at: I32 = addressOf(e, base, x);
        const end = addressOf(e, base, result!);
        if (room !== undefined) {
          const to = passes.length === 0 ? end : e.addressOf(base, room);
          f.do(call(emitSpread(e.module, codesIn(e), dtype, x.shape, geometry, init(dtype)), at, to));
          at = to;
        } else if (passes.length === 0) f.do(memory.copy(end, at, i32.const(out!.size * bytesOf[dtype])));
        for (const { to, ...pass } of passes) {
          const next = to === undefined ? end : e.addressOf(base, to);
          f.do(call(emitWindows(e.module, codesIn(e), { ...pass, op, init: init(dtype) }), at, next));
          at = next;
        }
      },
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
  const spread = isSpread(geometry) ? { x: scratch(dtype, product(shape)), places: scratch("int32", product(shape)) } : undefined;
  return {
    name: "window_place",
    args: [x],
    code: ([result]) => (e, f, base) => {
      let [at, placesAt]: [I32, I32] = [addressOf(e, base, x), e.addressOf(base, places)];
      f.do(call(emitCount(e.module, codesIn(e), x.aval.size), placesAt));
      if (spread !== undefined) {
        const to = [e.addressOf(base, spread.x), e.addressOf(base, spread.places)] as const;
        f.do(call(emitSpread(e.module, codesIn(e), dtype, x.shape, geometry, 0), at, to[0]));
        f.do(call(emitSpread(e.module, codesIn(e), "int32", x.shape, geometry, -1), placesAt, to[1]));
        [at, placesAt] = to;
      }
      const of = { dtype, reduction: kind, shape, out: out!.shape, window, strides, windowDilation };
      f.do(call(emitWindowPlaces(e.module, codesIn(e), of), at, placesAt, addressOf(e, base, result!)));
    },
  };
};
