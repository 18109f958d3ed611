// Runs a program over strided arrays. A program of several steps is run step by step on tiles that stay in the cache.

import { allocate, type DType, type Shape, type TypedArray } from "@gradus/core";
import { forEachTile, mergeAxes, tileOf, tileSteps } from "./iterate.js";
import type { Select } from "./generic-loops.js";
import type { Loop1, Loop2 } from "./loops.js";
import type { Program, Step } from "./program.js";

/** Elements of a scratch tile: a handful of them, in doubles, fit a first-level cache. */
const tileSize = 1024;

/** Elements in a typed array, at any step. */
interface Strided {
  readonly data: TypedArray;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** What a step reads or writes in the tile at hand. */
interface Slot {
  readonly data: TypedArray;
  at: number;
  row: number;
  column: number;
}

/** Applies a program to operands with one stride for each axis of `shape`, and writes the result in row-major order. */
export function execute(program: Program, out: TypedArray, shape: Shape, operands: readonly Strided[]): void {
  if (out.length === 0) return;
  const axes = mergeAxes(shape, operands.map((v) => v.strides));
  const [m, n] = tileOf(axes);
  const slots: Slot[] = operands.map(({ data, offset }, k) => {
    const [row, column] = tileSteps(axes, k);
    return { data, at: offset, row, column };
  });
  for (const c of program.constants) slots.push({ data: Float64Array.of(c), at: 0, row: 0, column: 0 });
  for (let s = 0; s < program.steps.length - 1; s++) slots.push({ data: scratch((program.steps[s] as Step).dtype, s), at: 0, row: 0, column: 1 });
  const at = operands.map((v) => v.offset);
  const [first] = program.steps;
  let oi = 0;
  forEachTile(axes, at, () => {
    for (let k = 0; k < at.length; k++) (slots[k] as Slot).at = at[k] as number;
    if (program.steps.length === 1) runStep(first as Step, out, oi, slots, m, n);
    else runTiles(program, out, oi, slots, at, m, n);
    oi += m * n;
  });
}

// Results between steps, one array for each dtype and step, kept for the next program. Floats are kept as doubles.
const tiles: { [dtype: string]: TypedArray[] } = {};
function scratch(dtype: DType, step: number): TypedArray {
  const kept = (tiles[dtype] ??= []);
  while (kept.length <= step) kept.push(allocate(dtype === "float32" ? "float64" : dtype, tileSize));
  return kept[step] as TypedArray;
}

// Several rows make one tile only where they are whole: then the output of a tile is one run.
function runTiles({ steps, base }: Program, out: TypedArray, oi: number, slots: readonly Slot[], at: readonly number[], m: number, n: number): void {
  const last = steps.length - 1;
  const columns = Math.min(n, tileSize);
  const rows = Math.floor(tileSize / columns);
  for (let i = 0; i < m; i += rows) {
    const height = Math.min(rows, m - i);
    for (let j = 0; j < n; j += columns) {
      const width = Math.min(columns, n - j);
      for (let k = 0; k < at.length; k++) {
        const slot = slots[k] as Slot;
        slot.at = (at[k] as number) + i * slot.row + j * slot.column;
      }
      for (let s = 0; s < last; s++) {
        const target = slots[base + s] as Slot;
        target.row = width;
        runStep(steps[s] as Step, target.data, 0, slots, height, width);
      }
      runStep(steps[last] as Step, out, oi + i * n + j, slots, height, width);
    }
  }
}

function runStep({ f, loop, inputs }: Step, out: TypedArray, oi: number, slots: readonly Slot[], m: number, n: number): void {
  const x = slots[inputs[0] as number] as Slot;
  if (inputs.length === 1) return (loop as Loop1)(f, out, oi, x.data, x.at, x.row, x.column, m, n);
  const y = slots[inputs[1] as number] as Slot;
  if (inputs.length === 2) return (loop as Loop2)(f, out, oi, x.data, x.at, x.row, x.column, y.data, y.at, y.row, y.column, m, n);
  const z = slots[inputs[2] as number] as Slot;
  for (let i = 0; i < m; i++, oi += n) {
    (loop as Select)(out, oi, x.data, x.at + i * x.row, x.column, y.data, y.at + i * y.row, y.column, z.data, z.at + i * z.row, z.column, n);
  }
}
