// Kernels that users write, in GLSL: a function of the place of an element in the result, which reads elements of the operands.

import { ArgumentError, type Aval, causeOf, describe, DeviceLimitError } from "@gradus/core";
import { dense } from "./elementwise.js";
import type { Kernel } from "./kernel.js";
import { whole } from "./view.js";

/** One result in GLSL ES 3.00. */
export interface GlslSource {
  /**
   * Defines `T element(int i)`: element i of the result in row-major order, where T is `float`, `int`, `uint` or `bool` after its dtype.
   * `read0(at)`, `read1(at)`, … are elements of the operands in row-major order, `p[k]` are the `ints` and `q[k]` the `floats`.
   */
  readonly source: string;
  /** Whole numbers such as sizes: shaders are compiled once for their source, not for these. */
  readonly ints?: readonly number[];
  readonly floats?: readonly number[];
}

/** What computes each result of a primitive, one of them bare, for operands and results of these avals. */
export type GlslKernel<P = any> = (args: readonly Aval[], params: P, outs: readonly Aval[]) => GlslSource | readonly GlslSource[];

/** A kernel of the backend, of one in GLSL. @throws ArgumentError for what is no function */
export function glslKernel(name: string, kernel: GlslKernel): Kernel {
  if (typeof kernel !== "function") throw new ArgumentError(`defineLowering: expected a primitive and a function that gives its source, got ${describe(kernel)} for ${name}.`);
  return (device, args, params, outs) => {
    const sources = [kernel(args.map((a) => a.aval), params, outs)].flat();
    if (sources.length !== outs.length) throw new ArgumentError(`The kernel of ${name} gives ${sources.length} sources for ${outs.length} results: give one for each.`);
    for (const s of sources) {
      if (typeof s?.source !== "string") throw new ArgumentError(`The kernel of ${name} gives ${describe(s)}; expected { source: "float element(int i) { … }" } and, if it needs them, ints and floats.`);
    }
    const inputs = args.map((a) => dense(device, a.view, a.shape, a.aval.size).storage);
    return outs.map(({ dtype, size, shape }, i) => {
      try {
        return whole(device.run({ ...(sources[i] as GlslSource), out: dtype, size, inputs }), shape);
      } catch (error) {
        throw error instanceof DeviceLimitError ? new DeviceLimitError(`The kernel of ${name}: ${causeOf(error)}`) : error;
      }
    });
  };
}
