// How rows of structured operations are put together, and what they have in common.

import { type AnyPrimitive, type DType, isFloat, roundTo, type Shape, type Tensor } from "@gradus/core";
import { build, type HostArray } from "../host-array.js";
import type { Operand, Operation, Sample } from "../operation.js";

export const floats: readonly DType[] = ["float32", "float64"];
export const numbers: readonly DType[] = ["float32", "float64", "int32", "uint32"];
export const everything: readonly DType[] = [...numbers, "bool"];
/** What shape operations take: float0 too, whose shape is all there is to it. */
export const anything: readonly DType[] = [...everything, "float0"];

type Fn = (...xs: Tensor[]) => Tensor | Tensor[];
type Extra = Partial<Pick<Sample, "dtypes" | "derivative" | "isEdge" | "tolerance" | "except">>;

/** A sample of an operation that is differentiable in every dtype that has derivatives, unless `extra` says otherwise. */
export function sample(name: string, apply: Fn, operands: readonly (Shape | Operand)[], expected: NonNullable<Sample["expected"]>, extra: Extra = {}): Sample {
  const list = operands.map((o) => ("shape" in o ? o : { shape: o }));
  return { name, apply, operands: list, dtypes: numbers, derivative: "real", expected, ...extra };
}

/** A result of a shape, its elements computed index by index and stored in `dtype`. */
export function result(shape: Shape, dtype: DType, element: (index: number[]) => number): HostArray {
  return { shape, dtype, data: dtype === "float0" ? [] : build(shape, (index) => roundTo(dtype, element(index))) };
}

/** The row of an operation `f` with its primitive `fP`. */
export const structured = (name: string, primitive: AnyPrimitive, samples: readonly Sample[], more: { readonly also?: readonly string[]; readonly refuses?: readonly DType[] } = {}): Operation => ({
  name,
  exports: [name, `${name}P`, ...(more.also ?? [])],
  primitives: [primitive],
  samples,
  ...(more.refuses && { refuses: more.refuses }),
});

/** The row of a function that is written with other operations. */
export const composed = (names: readonly string[], samples: readonly Sample[]): Operation => ({ name: names[0] as string, exports: names, primitives: [], samples });

/** Int32 operands with exactly these elements: indices. */
export const indexOperand = (shape: Shape, values: readonly number[]): Operand => ({ shape, dtype: "int32", values });

/** The sum in double precision; of integers, wrapped around. */
export const total = (terms: readonly number[], dtype: DType): number => (isFloat(dtype) ? terms.reduce((a, b) => a + b, 0) : Number(BigInt.asIntN(32, terms.reduce((a, b) => a + BigInt(b), 0n))));
