// How rows of structured operations are put together, and what they have in common.

import { type AnyPrimitive, type DType, isFloat, roundTo, type Shape, type Tensor } from "@gradus/core";
import { build, type HostArray } from "../host-array.js";
import type { Domain, NumberPath, Operand, Operation, Sample } from "../operation.js";

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

/** What rows say of JS numbers unless they take them. */
export const operandsAreIndices = "its other operands are indices, static or of an integer dtype";

/** How an operation of one operand takes a number in its place: as the 0-d array that it is. */
export const alone = (apply: (x: any) => Tensor, domain: Domain, more: Partial<NumberPath> = {}): NumberPath => ({ apply, domain, derivative: "real", operands: [{ shape: [3] }], ...more });

interface More {
  readonly exports?: readonly string[];
  readonly primitives?: readonly AnyPrimitive[];
  readonly refuses?: readonly DType[];
}

/** The row of an operation `f` with its primitive `fP`. */
export const structured = (name: string, primitive: AnyPrimitive, samples: readonly Sample[], numbers: Operation["numbers"], more: More = {}): Operation => ({
  name,
  exports: [name, `${name}P`],
  primitives: [primitive],
  samples,
  numbers,
  ...more,
});

/** The row of functions that are written with other operations. */
export const composed = (name: string, samples: readonly Sample[], numbers: Operation["numbers"]): Operation => ({ name, exports: [name], primitives: [], samples, numbers });

/** Int32 operands with exactly these elements: indices. */
export const indexOperand = (shape: Shape, values: readonly number[]): Operand => ({ shape, dtype: "int32", values });

/** The sum in double precision; of integers, wrapped around. */
export const total = (terms: readonly number[], dtype: DType): number => (isFloat(dtype) ? terms.reduce((a, b) => a + b, 0) : Number(BigInt.asIntN(32, terms.reduce((a, b) => a + BigInt(b), 0n))));
