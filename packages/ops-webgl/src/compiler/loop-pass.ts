// A pass of a compiled program: one draw that computes arrays of one size, and what its shader is given.

import type { DType } from "@gradus/core";
import type { Buffer, Type } from "@gradus/loops";

/** What elements of a type are on the device: doubles, which weak scalars are, are passed as float32. */
export const held = (type: Type): DType => (type === "float64" ? "float32" : type);

/** A draw. Its source defines `texels(t, r0, r1, …)`: texel t of every result. */
export interface LoopPass {
  readonly outs: readonly Buffer[];
  /** Elements of each result. */
  readonly size: number;
  readonly inputs: readonly Buffer[];
  /** p[0], p[1], … */
  readonly ints: readonly number[];
  /** Where in `ints` the place begins that is read in an input: it moves with slices. */
  readonly starts: readonly { readonly at: number; readonly input: number }[];
  /** Where in `ints` numbers go that are on the host. */
  readonly integers: readonly { readonly at: number; readonly buffer: Buffer }[];
  /** Numbers on the host that are q[0], q[1], … */
  readonly floats: readonly Buffer[];
  readonly source: string;
}

/** What a nest becomes. */
export interface NestPlan {
  /** Stores of numbers that are known on the host. */
  readonly numbers: readonly { readonly buffer: Buffer; readonly value: (read: (b: Buffer) => number) => number }[];
  /** Draws in order. */
  readonly passes: readonly LoopPass[];
  /** What passes hand to later ones of the same nest. */
  readonly temporaries: readonly Buffer[];
}

/** What a device allows in one pass. */
export interface Limits {
  readonly targets: number;
  readonly textures: number;
  /** Integers and floats that a shader is given. */
  readonly numbers: number;
  /** Elementary functions: beyond that devices take long to compile. */
  readonly functions: number;
}
