// Elementwise operations on arrays: the dense case in one call of a loop; every other layout, and bodies of several steps,
// tile by tile. A program of several steps is run step by step on tiles that stay in the cache.

import { allocate, type DType, type Tensor, type TypedArray } from "@gradus/core";
import type { Select } from "./generic-loops.js";
import { dense, viewOf } from "./layout.js";
import type { Loop1, Loop2 } from "./loops.js";
import { needsConversion, type Plan } from "./plan.js";
import type { Step } from "./program.js";
import { fresh } from "./storage.js";
import { forEachTile } from "./tiles.js";
import { rowMajor, View, zeroStrides } from "./view.js";

/** The elements of the result of an operation of one or two operands. */
export function elements(plan: Plan, x: Tensor, y?: Tensor): TypedArray {
  const { f, out, loop, stepX, stepY } = plan;
  const a = x.payload;
  const b = y?.payload;
  if (loop === undefined || stepX < 0 || stepY < 0 || a instanceof View || b instanceof View) return elementsN(plan, y === undefined ? [x] : [x, y]);
  const result = fresh(out.dtype, out.size);
  const left = typeof a === "number" ? cell(plan, 0, a) : (a as TypedArray);
  if (y === undefined) (loop as Loop1)(f, result, 0, left, 0, 0, stepX, 1, result.length);
  else (loop as Loop2)(f, result, 0, left, 0, 0, stepX, typeof b === "number" ? cell(plan, 1, b) : (b as TypedArray), 0, 0, stepY, 1, result.length);
  return result;
}

function cell({ cells }: Plan, operand: number, value: number): TypedArray {
  const data = cells[operand] as TypedArray;
  data[0] = value;
  return data;
}

/** What a step reads or writes in the tile at hand. */
interface Slot {
  readonly data: TypedArray;
  at: number;
  row: number;
  column: number;
}

const tileSize = 1024; // a handful of such tiles, in doubles, fit a first-level cache

/** The elements of the result of an operation of any number of operands in any layout. */
export function elementsN(plan: Plan, operands: readonly Tensor[]): TypedArray {
  const { steps, out } = plan;
  const result = fresh(out.dtype, out.size);
  const views = operands.map((x, i) => aligned(plan, x, i));
  const last = steps.length - 1;
  const slots = views.map(({ data }): Slot => ({ data, at: 0, row: 0, column: 0 }));
  steps.forEach(({ f, inputs, stored }, s) => {
    if (inputs.length === 0) slots.push({ data: Float64Array.of(f(0)), at: 0, row: 0, column: 0 });
    else if (s < last) slots.push({ data: scratch(stored, s), at: 0, row: 0, column: 1 });
  });
  let oi = 0;
  forEachTile(out.shape, views, (at, rows, columns, m, n) => {
    // Several rows make one tile only where they are whole: then the output of a tile is one run.
    const width = last === 0 || n < tileSize ? n : tileSize;
    const height = last === 0 ? m : Math.floor(tileSize / width);
    for (let i = 0; i < m; i += height) {
      for (let j = 0; j < n; j += width) {
        const [h, w] = [Math.min(height, m - i), Math.min(width, n - j)];
        for (let k = 0; k < at.length; k++) {
          const slot = slots[k] as Slot;
          slot.row = rows[k] as number;
          slot.column = columns[k] as number;
          slot.at = (at[k] as number) + i * slot.row + j * slot.column;
        }
        for (let s = 0; s < last; s++) {
          const slot = slots[at.length + s] as Slot;
          slot.row = slot.column * w;
          if (slot.column > 0) runStep(steps[s] as Step, slot.data, 0, slots, h, w);
        }
        runStep(steps[last] as Step, result, oi, slots, h, w);
        oi += h * w;
      }
    }
  });
  return result;
}

// Results between steps, one array for each dtype and step, kept for the next program.
const tiles: Record<string, TypedArray> = {};
const scratch = (dtype: DType, step: number): TypedArray => (tiles[dtype + step] ??= allocate(dtype, tileSize));

function runStep({ f, loop, inputs }: Step, out: TypedArray, oi: number, slots: readonly Slot[], m: number, n: number): void {
  const x = slots[inputs[0] as number] as Slot;
  const y = slots[inputs[1] as number] as Slot;
  const z = slots[inputs[2] as number] as Slot;
  if (inputs.length === 1) (loop as Loop1)(f, out, oi, x.data, x.at, x.row, x.column, m, n);
  else if (inputs.length === 2) (loop as Loop2)(f, out, oi, x.data, x.at, x.row, x.column, y.data, y.at, y.row, y.column, m, n);
  else {
    for (let i = 0; i < m; i++, oi += n) {
      (loop as Select)(out, oi, x.data, x.at + i * x.row, x.column, y.data, y.at + i * y.row, y.column, z.data, z.at + i * z.row, z.column, n);
    }
  }
}

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
