// Folds by loops: the result so far is the first operand.

import { type Shape } from "@gradus/core";
import type { Loop, ScalarFn } from "./loops.js";
import { forEachTile, memoryOrder, runLoop } from "./tiles.js";
import type { View } from "./view.js";

/** Joins the elements of x to those of `into`, whose strides are 0 along folded axes, by the loop of an operation of two operands. */
export function join(into: View, x: View, shape: Shape, loop: Loop, f: ScalarFn): void {
  forEachTile(shape, [into, x], ([o, e], m, n) => runLoop(loop, f, m, n, o!, o!, e!, e!), memoryOrder(shape, x));
}
