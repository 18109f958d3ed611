// Elementwise operations: texel by texel where all operands lie alike, element by element otherwise.

import { type Aval, type DType, type Shape, type Tensor } from "@gradus/core";
import { arg, type Expr } from "@gradus/core/scalar";
import { type Device, placed, unraveled } from "./device.js";
import { calledFunctions } from "./glsl-library.js";
import { converted, formatOf } from "./glsl-types.js";
import { lowerBody } from "./lower.js";
import { alignedStrides, isDense, merged, View, whole } from "./view.js";

/** An operand: elements on the device, or a number that is passed along; and the dtype that it is converted to. */
export interface Operand {
  readonly value: View | number;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly as: DType;
}

export const operandOf = (x: Tensor, as: DType = x.dtype): Operand => ({ value: x.payload as View | number, shape: x.shape, dtype: x.dtype, as });

const longest = 1500; // characters of a body, with the functions that it calls, that is written out

/** Applies a body to operands that broadcast to the shape of the result. */
export function elementwise(device: Device, body: Expr, operands: readonly Operand[], { shape, size, dtype }: Aval): View {
  const views = operands.filter((o): o is Operand & { value: View } => o.value instanceof View);
  const ints: number[] = [];
  const floats: number[] = [];
  const number = ({ value, dtype: d }: Operand): string => {
    if (d === "float32" || d === "float64") return `q[${floats.push(value as number) - 1}]`;
    return converted(`p[${ints.push((value as number) | 0) - 1}]`, "int32", d);
  };
  const numbers = operands.map((o) => (typeof o.value === "number" ? number(o) : ""));
  const types = operands.map((o) => (o.dtype === "float64" ? "float32" : o.dtype));
  const dtypes = operands.map((o) => (o.as === "float64" ? "float32" : o.as));
  const scalars = lowerBody("body", body, dtypes, dtype);
  const call = (elements: readonly string[]): string => `body(${elements.map((e, i) => converted(e, types[i] as DType, dtypes[i] as DType)).join(", ")})`;
  const inputs = views.map((o) => o.value.storage);
  const pass = { out: dtype, size, inputs, ints, floats };

  if (views.every((o) => o.value.storage.size >= size && o.shape.length === shape.length && o.shape.every((d, i) => d === shape[i]) && isDense(o.value, shape))) {
    const { vector, scalar } = formatOf(dtype);
    const params = views.map((o, k) => `${formatOf(o.dtype).vector} x${k}`);
    let k = 0;
    const names = operands.map((o) => (typeof o.value === "number" ? "" : `x${k++}`));
    const value = (lane: string): string => {
      const elements = operands.map((o, i) => (typeof o.value === "number" ? (numbers[i] as string) : o.dtype === "bool" ? `(${names[i]}${lane} != 0u)` : `${names[i]}${lane}`));
      return scalar === "bool" ? `uint(${call(elements)})` : call(elements);
    };
    // Written out four times it is quicker, and takes longer to compile.
    const isShort = calledFunctions(scalars).length + scalars.length < longest;
    const body4 = isShort ? `return ${vector}(${["x", "y", "z", "w"].map((lane) => value(`.${lane}`)).join(", ")});` : `${vector} result;\n  for (int k = 0; k < 4; k++) result[k] = ${value("[k]")};\n  return result;`;
    const source = `${scalars}\n${vector} texel(${params.join(", ")}) {\n  ${body4}\n}`;
    return whole(device.run({ ...pass, source, isTexelwise: true }), shape);
  }

  const plan = merged(shape, views.map((o) => alignedStrides(o.value.strides, o.shape, shape)));
  const rank = plan.shape.length;
  const shapeAt = ints.length;
  ints.push(...plan.shape);
  let k = 0;
  const elements = operands.map((o, i) => {
    if (typeof o.value === "number") return numbers[i] as string;
    const offset = ints.push(o.value.offset) - 1;
    ints.push(...(plan.strides[k] as number[]));
    return `read${k++}(${placed(rank, offset + 1, offset)})`;
  });
  const source = `${scalars}\n${formatOf(dtype).scalar} element(int i) {\n  ${unraveled(rank, shapeAt)}\n  return ${call(elements)};\n}`;
  return whole(device.run({ ...pass, source }), shape);
}

/** The elements of a view of a shape in row-major order, as a storage of their own unless they are one already. */
export function dense(device: Device, view: View, shape: Shape, size: number): View {
  if (view.storage.size === size && isDense(view, shape)) return view;
  const { dtype } = view.storage;
  return elementwise(device, arg(0), [{ value: view, shape, dtype, as: dtype }], { shape, size, dtype } as Aval);
}
