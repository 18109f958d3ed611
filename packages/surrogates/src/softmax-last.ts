// The weights that soft choices are made with.

import { broadcastInDim, reduceSum, type Tensor } from "@gradus/core";
import { div, exp, reduceMax, sub } from "@gradus/ops";
import { stopGradient } from "@gradus/stop-gradient";

/** e^x/Σe^x along the last axis. The maximum that prevents overflow cancels, so it is held fixed. */
export function softmaxLast(x: Tensor): Tensor {
  const last = x.ndim - 1;
  const kept = x.shape.slice(0, -1).map((_, i) => i);
  const e = exp(sub(x, broadcastInDim(stopGradient(reduceMax(x, last)), x.shape, kept)));
  return div(e, broadcastInDim(reduceSum(e, last), x.shape, kept));
}
