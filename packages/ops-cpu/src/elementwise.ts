// Elementwise operations on arrays: the dense case in one call of a loop; every other layout, and bodies of several steps,
// tile by tile. A program of several steps is run step by step on tiles that stay in the cache.

import { allocate, type DType, rowMajor, type Tensor, type TypedArray } from "@gradus/core";
import { dense } from "./copy.js";
import { alignedStrides, viewOf } from "./layout.js";
import type { Step } from "./program.js";
import { fresh } from "./storage.js";
import { needsConversion, type TiledPlan } from "./tiled-plan.js";
import { type Cursor, forEachTile, runLoop } from "./tiles.js";
import { Elements, isUniform, View, zeroStrides } from "./view.js";

/** The elements of the result of an operation of one or two operands. */
export function elements(plan: TiledPlan, x: Tensor, y?: Tensor): TypedArray {
  const { f, out, loop, stepX, stepY } = plan;
  const a = x.payload;
  const b = y?.payload;
  const viewX = a instanceof Elements;
  const viewY = b instanceof Elements;
  if (loop === undefined || stepX < 0 || stepY < 0 || (viewX && !isUniform(a)) || (viewY && !isUniform(b))) {
    return elementsN(plan, y === undefined ? [x] : [x, y]);
  }
  const result = fresh(out.dtype, out.size);
  const left = typeof a === "number" ? cell(plan, 0, a) : viewX ? a.data : (a as TypedArray);
  const right = typeof b === "number" ? cell(plan, 1, b) : viewY ? b.data : (b as TypedArray);
  const fromX = viewX ? a.offset : 0;
  const fromY = viewY ? b.offset : 0;
  loop(f, 1, result.length, result, 0, 0, 1, left, fromX, 0, viewX ? 0 : stepX, right, fromY, 0, viewY ? 0 : stepY, left, 0, 0, 0);
  return result;
}

function cell({ cells }: TiledPlan, operand: number, value: number): TypedArray {
  const data = cells[operand] as TypedArray;
  data[0] = value;
  return data;
}

const tileSize = 1024; // a handful of such tiles, in doubles, fit a first-level cache

/** The elements of the result of an operation of any number of operands in any layout. */
export function elementsN(plan: TiledPlan, operands: readonly Tensor[]): TypedArray {
  const { steps, loops, out, types } = plan;
  const result = fresh(out.dtype, out.size);
  const last = steps.length - 1;
  // What the steps before the last one give.
  const between = steps.slice(0, last).map(({ f, to, name }, s): Cursor => {
    // A float32 is rounded only where it is cast.
    const data = to === undefined ? Float64Array.of(f(0)) : scratch(to === "float32" && name !== "cast" ? "float64" : to, s);
    return { data, at: 0, row: 0, column: to === undefined ? 0 : 1 };
  });
  const views = [
    new View(result, rowMajor(out.shape)),
    ...operands.map((x, i) => {
      if (typeof x.payload === "number") return new View(cell(plan, i, x.payload), zeroStrides(out.shape));
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
