// What a kernel of a structured primitive is: a value keyed by the primitive, so that a page ships the kernels it names.

import { allocate, type AnyPrimitive, type Aval, type DType, type Shape, type Tensor, type TypedArray } from "@gradus/core";
import { type CopyInto, denseBy } from "./layout.js";
import type { Resident } from "./resident.js";
import type { View } from "./view.js";

/** The elements of a tensor: inline for a 0-d one, else a typed array in row-major order, a view of one, or elements that are elsewhere. */
export type Payload = number | TypedArray | View | Resident;

/** Computes the payload of each output, one of them bare if there is one. The application has been checked: `outs` are the results' avals. */
export type Kernel<P = any> = (args: readonly Tensor[], params: P, outs: readonly Aval[]) => Payload | readonly Payload[];

/** Kernels of related primitives, as a backend takes them. */
export type KernelFamily = readonly (readonly [AnyPrimitive, Kernel])[];

/** An operand or result of a kernel from outside: elements in row-major order. */
export interface Buffer {
  readonly data: TypedArray;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A kernel from outside: reads the inputs, writes the outputs, which arrive filled with zeros. */
export type Lowering<P = any> = (inputs: Buffer[], params: P, outputs: Buffer[]) => void;

/** A kernel that runs a lowering on contiguous arrays. */
export const loweringKernel =
  (copyInto: CopyInto, lowering: Lowering): Kernel =>
  (args, params, outs) => {
    const inputs = args.map((x) => ({ data: denseBy(copyInto, x), shape: x.shape, dtype: x.dtype }));
    const outputs = outs.map(({ dtype, shape, size }) => ({ data: allocate(dtype, size), shape, dtype }));
    lowering(inputs, params, outputs);
    return outputs.map((o) => o.data);
  };
