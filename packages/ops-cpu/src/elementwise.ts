// Elementwise operations on arrays: the dense case in one call of a loop, every other layout through `execute`.

import { type Aval, type DType, type Tensor, type TypedArray } from "@gradus/core";
import { execute } from "./execute.js";
import { zeros } from "./iterate.js";
import { dense, rowMajor, View } from "./layout.js";
import type { Loop1, Loop2 } from "./loops.js";
import { needsConversion, type Plan } from "./plan.js";
import { fresh } from "./storage.js";

// 0-d operands of array loops pass through these, one per operand and dtype. They are written just before each use.
type Cells = { readonly [D in DType]: TypedArray };
const makeCells = (): Cells => ({
  float32: new Float32Array(1),
  float64: new Float64Array(1),
  int32: new Int32Array(1),
  uint32: new Uint32Array(1),
  bool: new Uint8Array(1),
  float0: new Uint8Array(0),
});
let cells: Cells[] | undefined;

function cell(position: number, dtype: DType, value: number): TypedArray {
  cells ??= [makeCells(), makeCells(), makeCells()];
  const data = (cells[position] ?? makeCells())[dtype];
  data[0] = value;
  return data;
}

/** The elements of the result of an operation of one operand. */
export function elements1(plan: Plan, x: Tensor): TypedArray {
  const { out, loop, stepX } = plan;
  const { payload } = x;
  if (loop === undefined || stepX < 0 || payload instanceof View) return elementsN(plan, [x]);
  const result = fresh(out.dtype, out.size);
  (loop as Loop1)(plan.f, result, 0, payload as TypedArray, 0, 0, stepX, 1, result.length);
  return result;
}

/** The elements of the result of an operation of two operands. */
export function elements2(plan: Plan, x: Tensor, y: Tensor): TypedArray {
  const { out, loop, stepX, stepY } = plan;
  const a = x.payload;
  const b = y.payload;
  if (loop === undefined || stepX < 0 || stepY < 0 || a instanceof View || b instanceof View) return elementsN(plan, [x, y]);
  const result = fresh(out.dtype, out.size);
  const left = typeof a === "number" ? cell(0, plan.types[0] as DType, a) : (a as TypedArray);
  const right = typeof b === "number" ? cell(1, plan.types[1] as DType, b) : (b as TypedArray);
  (loop as Loop2)(plan.f, result, 0, left, 0, 0, stepX, right, 0, 0, stepY, 1, result.length);
  return result;
}

/** The elements of the result of an operation of any number of operands in any layout. */
export function elementsN(plan: Plan, operands: readonly Tensor[]): TypedArray {
  const { out, types, program } = plan;
  const result = fresh(out.dtype, out.size);
  const views = operands.map((x, i) => aligned(x, i, types[i] as DType, out));
  execute(program, result, out.shape, views);
  return result;
}

// An operand as a view with one stride for each axis of the result: 0 along axes that it is broadcast along.
function aligned(x: Tensor, position: number, dtype: DType, out: Aval): View {
  const { payload, aval } = x;
  if (typeof payload === "number") return new View(cell(position, dtype, payload), zeros(out.ndim), 0);
  let view: View | undefined = payload instanceof View ? payload : undefined;
  if (needsConversion(aval.dtype, dtype)) {
    const data = fresh(dtype, aval.size);
    data.set(dense(x));
    view = new View(data, rowMajor(aval.shape), 0);
  }
  view ??= new View(payload as TypedArray, rowMajor(aval.shape), 0);
  if (aval.shape === out.shape) return view;
  const lead = out.ndim - aval.ndim;
  const strides = out.shape.map((_, i) => (i < lead || aval.shape[i - lead] === 1 ? 0 : ((view as View).strides[i - lead] as number)));
  return new View(view.data, strides, view.offset);
}
