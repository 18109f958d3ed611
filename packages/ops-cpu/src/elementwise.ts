// Elementwise operations on arrays: the dense case in one call of a loop; every other layout, and bodies of several steps,
// tile by tile. A program of several steps is run step by step on tiles that stay in the cache.

import { allocate, type DType, isInteger, rowMajor, type Tensor, type TypedArray } from "@gradus/core";
import { dense } from "./copy.js";
import { anyLoop, copyLoop } from "./generic-loops.js";
import { alignedStrides, single, viewOf } from "./layout.js";
import type { Loop, Loops } from "./loops.js";
import type { Plan } from "./plan.js";
import { isDirect, type Step } from "./program.js";
import { fresh } from "./storage.js";
import { type Cursor, forEachTile, runLoop } from "./tiles.js";
import { View, zeroStrides } from "./view.js";

/** What running a plan on arrays needs beside it. */
interface Prepared {
  /** By step; a constant has no loop. */
  readonly loops: readonly (Loop | undefined)[];
  /** The loop of one step on the operands in order. */
  readonly loop: Loop | undefined;
  /** The step through a dense operand: 1, 0 for one element, −1 where it broadcasts or has to be converted. */
  readonly stepX: number;
  readonly stepY: number;
  /** 0-d operands of array loops pass through these, one each, of the dtype that they are converted to. */
  readonly cells: readonly TypedArray[];
}

/** The loop that runs a step on arrays: one of its own, or one that calls its function; none of a constant. */
export function loopOf({ inputs, from, to, name = "" }: Step, loops: Loops): Loop | undefined {
  if (inputs.length === 0) return undefined;
  return name === "cast" ? copyLoop(from, to) : (loops[name] ?? anyLoop(inputs.length, from, to));
}

/** Whether loops cannot read elements of one dtype as if they were of another: float32 has no equal of every integer. */
const needsConversion = (from: DType, to: DType): boolean => (isInteger(from) && to === "float32") || (from === "bool" && to !== "bool");

function prepare({ avals, steps, types, out }: Plan, loops: Loops): Prepared {
  const step = (i: number): number => {
    const a = avals[i];
    return a === undefined || a.size === 1 ? 0 : a.shape === out.shape && !needsConversion(a.dtype, types[i] as DType) ? 1 : -1;
  };
  const own = steps.map((s) => loopOf(s, loops));
  return {
    loops: own,
    loop: isDirect(steps, avals.length) && avals.length < 3 ? own[0] : undefined,
    stepX: step(0),
    stepY: step(1),
    cells: types.map((t) => single(t, 0)),
  };
}

/** The elements of the result of an operation. */
export function elements(plan: Plan, operands: readonly Tensor[], loops: Loops): TypedArray {
  const prepared = (plan.prepared ??= prepare(plan, loops)) as Prepared;
  const { loop, stepX, stepY } = prepared;
  const a = (operands[0] as Tensor | undefined)?.payload;
  const b = operands.length > 1 ? (operands[1] as Tensor).payload : undefined;
  if (loop === undefined || stepX < 0 || stepY < 0 || a instanceof View || b instanceof View) return tileByTile(plan, prepared, operands);
  const { f, out } = plan;
  const result = fresh(out.dtype, out.size);
  const left = typeof a === "number" ? cell(prepared, 0, a) : (a as TypedArray);
  const right = typeof b === "number" ? cell(prepared, 1, b) : (b as TypedArray);
  loop(f, 1, result.length, result, 0, 0, 1, left, 0, 0, stepX, right, 0, 0, stepY, left, 0, 0, 0);
  return result;
}

function cell({ cells }: Prepared, operand: number, value: number): TypedArray {
  const data = cells[operand] as TypedArray;
  data[0] = value;
  return data;
}

const tileSize = 1024; // a handful of such tiles, in doubles, fit a first-level cache

// Any number of operands in any layout.
function tileByTile({ steps, out, types }: Plan, prepared: Prepared, operands: readonly Tensor[]): TypedArray {
  const { loops } = prepared;
  const result = fresh(out.dtype, out.size);
  const last = steps.length - 1;
  // What the steps before the last one give.
  const between = steps.slice(0, last).map(({ f, to, name }, s): Cursor => {
    // A float32 is rounded only where it is cast.
    const data = loops[s] === undefined ? Float64Array.of(f(0)) : scratch(to === "float32" && name !== "cast" ? "float64" : to, s);
    return { data, at: 0, row: 0, column: loops[s] === undefined ? 0 : 1 };
  });
  const views = [
    new View(result, rowMajor(out.shape)),
    ...operands.map((x, i) => {
      if (typeof x.payload === "number") return new View(cell(prepared, i, x.payload), zeroStrides(out.shape));
      const view = converted(x, types[i] as DType);
      return x.shape === out.shape ? view : new View(view.data, alignedStrides(view.strides, x.shape, out.shape), view.offset);
    }),
  ];
  forEachTile(out.shape, views, (cursors, m, n) => {
    const slots = cursors.concat(between); // the first is the result
    const starts = cursors.map((c) => c.at);
    const width = last === 0 ? n : Math.min(n, tileSize);
    const height = last === 0 ? m : Math.floor(tileSize / width);
    for (let i = 0; i < m; i += height) {
      for (let j = 0; j < n; j += width) {
        const [h, w] = [Math.min(height, m - i), Math.min(width, n - j)];
        cursors.forEach((c, k) => (c.at = (starts[k] as number) + i * c.row + j * c.column));
        for (const c of between) c.row = c.column * w;
        for (let s = 0; s <= last; s++) {
          const { f, inputs } = steps[s] as Step;
          const loop = loops[s];
          const slot = (k: number): Cursor => slots[(inputs[k] ?? -1) + 1] as Cursor;
          if (loop !== undefined) runLoop(loop, f, h, w, s === last ? slot(3) : (between[s] as Cursor), slot(0), slot(1), slot(2));
        }
      }
    }
    cursors.forEach((c, k) => (c.at = starts[k] as number));
  });
  return result;
}

// Results between steps, one array for each step and dtype, kept for the next operation.
const tiles: { [D in DType]?: TypedArray }[] = [];
const scratch = (dtype: DType, step: number): TypedArray => ((tiles[step] ??= {})[dtype] ??= allocate(dtype, tileSize));

function converted(x: Tensor, dtype: DType): View {
  if (!needsConversion(x.dtype, dtype)) return viewOf(x);
  const data = fresh(dtype, x.size);
  data.set(dense(x));
  return new View(data, rowMajor(x.shape));
}
