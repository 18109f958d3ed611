// The kernel family of reductions over sliding windows: axis by axis, so that a window of n × m elements takes n + m steps.

import { type DType, isFloat, rowMajor, type TypedArray } from "@gradus/core";
import { reduceWindowMaxP, reduceWindowMinP, reduceWindowSumP, type WindowGeometry, windowPlaceP, type WindowPlaceParams } from "@gradus/ops";
import { dense } from "./copy.js";
import { greatest, least, sum } from "./fold-loops.js";
import { join } from "./join.js";
import type { Kernel, KernelFamily } from "./kernel.js";
import { contiguous } from "./lines.js";
import { viewOf } from "./layout.js";
import { highest, lowest } from "./limits.js";
import type { Loop } from "./loops.js";
import { fresh } from "./storage.js";
import { type Cursor, forEachTile } from "./tiles.js";
import { View } from "./view.js";
import { runsOf } from "./window-runs.js";

const reduction =
  (loop: Loop, init: (dtype: DType) => number): Kernel<WindowGeometry> =>
  ([x], { window, strides, padding, baseDilation, windowDilation }, [out]) => {
    const { dtype } = out!;
    const wide = dtype === "float32" ? "float64" : dtype; // rounded once, at the end
    const shape = [...x!.shape];
    let view = viewOf(x!);
    for (let axis = 0; axis < shape.length; axis++) {
      const [before, count] = [shape[axis] as number, out!.shape[axis] as number];
      if (before === count && window[axis] === 1 && padding[axis]?.[0] === 0 && baseDilation[axis] === 1) continue;
      shape[axis] = count;
      const into = contiguous(fresh(wide, shape.reduce((n, d) => n * d, 1)).fill(init(dtype)), shape);
      const only = (list: readonly number[]): number[] => [list[axis] as number];
      for (const { runs: [run] } of runsOf({ outer: only(window), inner: [count], moves: only(windowDilation), reads: only(strides), low: [padding[axis]?.[0] as number], dilation: only(baseDilation), sizes: [before] })) {
        const { first, step, count: n, from, fromStep } = run!;
        const part = ({ data, strides: s, offset }: View, start: number, by: number): View =>
          new View(data, s.map((k, i) => (i === axis ? k * by : k)), offset + start * (s[axis] as number));
        join(part(into, first, step), part(view, from, fromStep), shape.map((d, i) => (i === axis ? n : d)), loop, () => 0);
      }
      view = into;
    }
    if (view.data === viewOf(x!).data) return view;
    return wide === dtype ? view.data : new Float32Array(view.data);
  };

// Place by place in the window, for all windows: an element is kept unless the next one is greater by comparison, or NaN is met.
const windowPlace: Kernel<WindowPlaceParams> = ([x], { window, strides, padding, baseDilation, windowDilation, reduction: kind }, [out]) => {
  const { shape, size } = out!;
  const result = (fresh("int32", size) as Int32Array).fill(-1);
  const best = new Float64Array(size);
  const data = dense(x!); // in order, so that places in memory are places in the flattened array
  const [rows, places] = [rowMajor(shape), rowMajor(x!.shape)];
  for (const { runs } of runsOf({ outer: window, inner: shape, moves: windowDilation, reads: strides, low: padding.map(([low]) => low), dilation: baseDilation, sizes: x!.shape })) {
    const at = (k: readonly number[], of: (r: (typeof runs)[number]) => number): number => runs.reduce((sum, r, a) => sum + of(r) * (k[a] as number), 0);
    const to = new View(best, runs.map((r, a) => r.step * (rows[a] as number)), at(rows, (r) => r.first));
    const from = new View(data, runs.map((r, a) => r.fromStep * (places[a] as number)), at(places, (r) => r.from));
    forEachTile(runs.map((r) => r.count), [to, from], ([o, e], m, n) => keepBest(result, best, data, o!, e!, m, n, kind === "max" ? 1 : -1));
  }
  return result;
};

function keepBest(places: Int32Array, best: Float64Array, x: TypedArray, o: Cursor, e: Cursor, m: number, n: number, sign: number): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0, to = o.at + i * o.row, from = e.at + i * e.row; j < n; j++, to += o.column, from += e.column) {
      const v = sign * (x[from] as number);
      if ((places[to] as number) >= 0 && (best[to] as number) >= v) continue;
      best[to] = v;
      places[to] = from;
    }
  }
}

/** reduceWindow, and the places that its derivative needs. */
export const windows: KernelFamily = [
  [reduceWindowSumP, /* @__PURE__ */ reduction(sum, () => 0)],
  [reduceWindowMaxP, /* @__PURE__ */ reduction(greatest, (dtype) => (isFloat(dtype) ? -Infinity : (lowest[dtype] as number)))],
  [reduceWindowMinP, /* @__PURE__ */ reduction(least, (dtype) => (isFloat(dtype) ? Infinity : (highest[dtype] as number)))],
  [windowPlaceP, windowPlace],
];
