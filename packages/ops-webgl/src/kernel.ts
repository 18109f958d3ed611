// What a kernel of a structured primitive is: it computes results on the device from operands that are there.

import type { AnyPrimitive, Aval, Shape } from "@gradus/core";
import type { Device } from "./device.js";
import type { View } from "./view.js";

/** An operand of a kernel. */
export interface Operand {
  readonly view: View;
  readonly aval: Aval;
  readonly shape: Shape;
}

/** Computes each output, one of them bare if there is one. The application has been checked: `outs` are the results' avals. */
export type Kernel<P = any> = (device: Device, args: readonly Operand[], params: P, outs: readonly Aval[]) => View | readonly View[];

/** Kernels of related primitives. */
export type KernelFamily = readonly (readonly [AnyPrimitive, Kernel])[];
