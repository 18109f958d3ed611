// Elementwise operations on arrays: the dense case in one call of a loop; every other layout, and bodies of several steps,
// tile by tile. A program of several steps is run step by step on tiles that stay in the cache.

import { allocate, type DType, rowMajor, type Tensor, type TypedArray } from "@gradus/core";
import { dense, viewOf } from "./layout.js";
import { needsConversion, type Plan } from "./plan.js";
import type { Step } from "./program.js";
import { fresh } from "./storage.js";
import { type Cursor, forEachTile, runLoop } from "./tiles.js";
import { View, zeroStrides } from "./view.js";

/** The elements of the result of an operation of one or two operands. */
export function elements(plan: Plan, x: Tensor, y?: Tensor): TypedArray {
  const { f, out, loop, stepX, stepY } = plan;
  const a = x.payload;
  const b = y?.payload;
  if (loop === undefined || stepX < 0 || stepY < 0 || a instanceof View || b instanceof View) return elementsN(plan, y === undefined ? [x] : [x, y]);
  const result = fresh(out.dtype, out.size);
  const left = typeof a === "number" ? cell(plan, 0, a) : (a as TypedArray);
  const right = typeof b === "number" ? cell(plan, 1, b) : (b as TypedArray);
  loop(f, 1, result.length, result, 0, 0, 1, left, 0, 0, stepX, right, 0, 0, stepY, left, 0, 0, 0);
  return result;
}

function cell({ cells }: Plan, operand: number, value: number): TypedArray {
  const data = cells[operand] as TypedArray;
  data[0] = value;
  return data;
}

const tileSize = 1024; // a handful of such tiles, in doubles, fit a first-level cache

/** The elements of the result of an operation of any number of operands in any layout. */
export function elementsN(plan: Plan, operands: readonly Tensor[]): TypedArray {
  const { steps, out } = plan;
  const result = fresh(out.dtype, out.size);
  const last = steps.length - 1;
  // What the steps before the last one give. A constant has no loop.
  const between = steps.slice(0, last).map(({ f, loop, stored }, s): Cursor => {
    const data = loop === undefined ? Float64Array.of(f(0)) : scratch(stored, s);
    return { data, at: 0, row: 0, column: loop === undefined ? 0 : 1 };
  });
  const views = [new View(result, rowMajor(out.shape)), ...operands.map((x, i) => aligned(plan, x, i))];
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
          const { f, loop, inputs } = steps[s] as Step;
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

// An operand as a view with one stride for each axis of the result: 0 along axes that it is broadcast along.
function aligned(plan: Plan, x: Tensor, operand: number): View {
  const { payload, aval } = x;
  const { shape } = plan.out;
  if (typeof payload === "number") return new View(cell(plan, operand, payload), zeroStrides(shape));
  const view = converted(x, plan.types[operand] as DType);
  if (aval.shape === shape) return view;
  const lead = shape.length - aval.ndim;
  return new View(
    view.data,
    shape.map((_, i) => (i < lead || aval.shape[i - lead] === 1 ? 0 : (view.strides[i - lead] as number))),
    view.offset,
  );
}

function converted(x: Tensor, dtype: DType): View {
  const { aval } = x;
  if (!needsConversion(aval.dtype, dtype)) return viewOf(x);
  const data = fresh(dtype, aval.size);
  data.set(dense(x));
  return new View(data, rowMajor(aval.shape));
}
