// What a backend computes arrays with, beside elementwise operations: `walking` is small, `tiling` is fast.

import type { Aval, DType, Shape } from "@gradus/core";
import type { Expr } from "@gradus/core/scalar";
import type { Payload } from "./kernel.js";
import type { CopyInto } from "./layout.js";
import type { View } from "./view.js";

export interface Engine {
  readonly copyInto: CopyInto;
  /** Joins the elements of x to those of `into`, whose strides are 0 along folded axes, by an operation of two operands of `dtype`. */
  joinInto(into: View, x: View, shape: Shape, combine: Expr, dtype: DType): void;
  /** A result that is part of an array: the view itself, or a copy where keeping all of the array for it does not pay. */
  partOf(view: View, out: Aval): Payload;
}
