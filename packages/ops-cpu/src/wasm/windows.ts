// The code of reductions over sliding windows. Elements are first spread among the neutral ones of paddings and dilations, where
// there are any: then every window is whole, and neighbouring windows are joined side by side, tap by tap.

import { type DType, rowMajor, type Shape } from "@gradus/core";
import { add, and, greaterEqual, type Intrinsic, less, lessEqual, or, select } from "@gradus/core/scalar";
import type { WindowGeometry } from "@gradus/ops";
import type { Callee, I32 } from "./code.js";
import { assign, type CodesOf, variable } from "./cumulative.js";
import type { FunctionBuilder } from "./function.js";
import { intrinsic } from "./intrinsic.js";
import { bytesPer, type LaneCode, type Value } from "./lane-code.js";
import type { ModuleBuilder } from "./module.js";
import { i32 } from "./scalar-ops.js";
import { type Axis, walk } from "./walk.js";

/** (x, out): addresses of arrays in row-major order. */
export type WindowCode = Callee<readonly ["i32", "i32"], "void">;
/** (x, places, out): the elements, the place of each in the array that it came from, −1 for none, and the places of extrema. */
export type PlaceCode = Callee<readonly ["i32", "i32", "i32"], "void">;

type Spreading = Pick<WindowGeometry, "padding" | "baseDilation">;
type Sliding = Pick<WindowGeometry, "window" | "strides" | "windowDilation">;

/** The numbers from 0 on. */
export const emitCount = (m: ModuleBuilder, codesOf: CodesOf, n: number): Callee<readonly ["i32"], "void"> =>
  m.function(["i32"], "void", (f, out) => {
    const { one, four = one } = codesOf(f);
    const whole = n - (n % four.lanes);
    const single = (from: number, to: number): void => { for (let i = from; i < to; i++) f.do(i32.store(out, i32.const(i), 4 * i)); };
    if (whole > 0) {
      single(0, four.lanes);
      const numbers = variable(f, four.load("int32", out));
      const i = f.local("i32");
      f.for(i, i32.const(0), i32.const(whole), four.lanes, () => {
        four.store("int32", i32.add(out, i32.shl(i, i32.const(2))), numbers);
        assign(f, numbers, four.apply(intrinsic(add), "int32", [numbers, four.constant("int32", four.lanes)]));
      });
    }
    single(whole, n);
  });

/** The shape of an array with its paddings and dilations. */
export const spreadShape = (shape: Shape, { padding, baseDilation }: Spreading): number[] =>
  shape.map((d, i) => (d === 0 ? 0 : (d - 1) * (baseDilation[i] as number) + 1) + (padding[i]?.[0] as number) + (padding[i]?.[1] as number));

/** Elements of an array among others, all of which are `fill`. Those that a negative padding takes away are left out. */
export const emitSpread = (m: ModuleBuilder, codesOf: CodesOf, dtype: DType, shape: Shape, { padding, baseDilation }: Spreading, fill: number): WindowCode =>
  m.function(["i32", "i32"], "void", (f, x, out) => {
    const codes = codesOf(f);
    const size = bytesPer(dtype);
    const to = spreadShape(shape, { padding, baseDilation });
    walk(f, codes, to.map((count, i) => ({ count, steps: [rowMajor(to)[i] as number] })), [size], [out], (code, [q]) => code.store(dtype, q!, code.constant(dtype, fill)));
    let [from, start] = [0, 0];
    const axes = shape.map((d, i): Axis => {
      const [low, by] = [padding[i]?.[0] as number, baseDilation[i] as number];
      // Element e is at low + e·by, if that is within the result.
      const first = Math.max(0, Math.ceil(-low / by));
      const last = Math.min(d - 1, Math.floor(((to[i] as number) - 1 - low) / by));
      const [a, b] = [rowMajor(shape)[i] as number, rowMajor(to)[i] as number];
      from += first * a;
      start += (low + first * by) * b;
      return { count: Math.max(0, last - first + 1), steps: [a, by * b] };
    });
    walk(f, codes, axes, [size, size], [i32.add(x, i32.const(from * size)), i32.add(out, i32.const(start * size))], (code, [p, q], [from_, apart]) => {
      const value = loadFrom(code, dtype, p!, 0, from_!);
      if (apart === size) code.store(dtype, q!, value);
      else code.scatter(dtype, q!, i32.const(apart as number), value);
    });
  });

export interface WindowReduction extends Sliding {
  /** Of elements, of totals while they grow, and of the result. */
  readonly dtypes: readonly [from: DType, within: DType, to: DType];
  readonly op: Intrinsic;
  /** The total of no elements. */
  readonly init: number;
  readonly shape: Shape;
  readonly out: Shape;
}

/** The total of every window of an array in which all windows are whole. */
export const emitWindows = (m: ModuleBuilder, codesOf: CodesOf, { dtypes: [from, within, to], op, init, shape, out: counts, ...slide }: WindowReduction): WindowCode =>
  m.function(["i32", "i32"], "void", (f, x, out) => {
    const size = bytesPer(from);
    walk(f, codesOf(f), windowAxes(shape, counts, slide, 1), [size, bytesPer(to)], [x, out], (code, [p, q], [apart]) => {
      // Many taps go to four totals in turn: one would wait for itself.
      const totals = Array.from({ length: slide.window.some((w) => w > together) ? 4 : 1 }, () => variable(f, code.constant(within, init)));
      let tap = 0;
      eachTap(f, shape, slide, [size], [p!], ([at], [offset]) => {
        const value = code.cast(from, within, loadFrom(code, from, at!, offset!, apart!));
        const total = totals[tap++ % totals.length]!;
        assign(f, total, code.apply(op, within, [total, value]));
      });
      code.store(to, q!, code.cast(within, to, totals.slice(1).reduce<Value>((a, b) => code.apply(op, within, [a, b]), totals[0]!)));
    });
  });

export interface WindowPlaces extends Sliding {
  readonly dtype: DType;
  readonly reduction: "max" | "min";
  readonly shape: Shape;
  readonly out: Shape;
}

// From first to last in its window: an element is held if there is one, and gives way unless it is at least as great as the next.
export const emitWindowPlaces = (m: ModuleBuilder, codesOf: CodesOf, { dtype, reduction, shape, out: counts, ...slide }: WindowPlaces): PlaceCode =>
  m.function(["i32", "i32", "i32"], "void", (f, x, places, out) => {
    const sizes = [bytesPer(dtype), 4];
    const choice = intrinsic(select);
    const isHeldTo = intrinsic(reduction === "max" ? greaterEqual : lessEqual);
    walk(f, codesOf(f), windowAxes(shape, counts, slide, 2), [...sizes, 4], [x, places, out], (code, [p, r, q], [apart, placesApart]) => {
      const zero = code.constant("int32", 0);
      const [place, best] = [variable(f, code.constant("int32", -1)), variable(f, code.constant(dtype, 0))];
      eachTap(f, shape, slide, sizes, [p!, r!], ([at, placeAt], [offset, placeOffset]) => {
        const value = loadFrom(code, dtype, at!, offset!, apart!);
        const next = loadFrom(code, "int32", placeAt!, placeOffset!, placesApart!);
        const isHeld = code.apply(intrinsic(and), "bool", [code.apply(intrinsic(greaterEqual), "int32", [place, zero]), code.apply(isHeldTo, dtype, [best, value])]);
        const stays = code.apply(intrinsic(or), "bool", [isHeld, code.apply(intrinsic(less), "int32", [next, zero])]);
        assign(f, best, code.apply(choice, dtype, [stays, best, value]));
        assign(f, place, code.apply(choice, "int32", [stays, place, next]));
      });
      code.store("int32", q!, place);
    });
  });

/** Windows with the steps between their first elements, in so many arrays of `shape`, and between their results. */
const windowAxes = (shape: Shape, counts: Shape, { strides }: Sliding, arrays: number): Axis[] =>
  counts.map((count, i) => ({ count, steps: [...Array.from({ length: arrays }, () => (strides[i] as number) * (rowMajor(shape)[i] as number)), rowMajor(counts)[i] as number] }));

const together = 8; // taps along an axis that are written out, within a loop where there are many

// The taps of a window in row-major order: addresses, and offsets from them in bytes.
function eachTap(f: FunctionBuilder, shape: Shape, { window, windowDilation }: Sliding, sizes: readonly number[], starts: readonly I32[], body: (at: readonly I32[], offsets: readonly number[]) => void): void {
  const axes = window.map((count, i) => ({ count, step: (windowDilation[i] as number) * (rowMajor(shape)[i] as number) })).filter(({ count }) => count > 1);
  const visit = (level: number, at: readonly I32[], offset: number): void => {
    const axis = axes[level];
    if (axis === undefined) return f.scope(() => body(at, sizes.map((s) => offset * s)));
    const several = (from: readonly I32[], count: number): void => {
      for (let k = 0; k < count; k++) visit(level + 1, from, offset + k * axis.step);
    };
    if (axis.count <= 2 * together) return several(at, axis.count);
    f.scope(() => {
      const pointers = at.map((p) => f.local("i32", p));
      f.for(f.local("i32"), i32.const(together), i32.const(axis.count + 1), together, () => {
        several(pointers, together);
        pointers.forEach((p, k) => f.increment(p, together * axis.step * (sizes[k] as number)));
      });
      several(pointers, axis.count % together);
    });
  };
  visit(0, starts, 0);
}

/** Elements so many bytes apart. */
const loadFrom = (code: LaneCode, dtype: DType, at: I32, offset: number, apart: number): Value =>
  code.lanes === 1 || apart === bytesPer(dtype) ? code.load(dtype, at, offset) : code.gather(dtype, i32.add(at, i32.const(offset)), i32.const(apart));
