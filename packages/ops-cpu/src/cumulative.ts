// The kernel family of cumulative sums, products and extrema: one pass along each line, in doubles, or in wrapped integers.

import { isFloat } from "@gradus/core";
import { cummaxP, cumminP, cumprodP, cumsumP, type CumulativeParams } from "@gradus/ops";
import type { Kernel, KernelFamily } from "./kernel.js";
import { viewOf } from "./layout.js";
import { contiguous, forEachLine } from "./lines.js";
import { fresh } from "./storage.js";

type Combine = (a: number, b: number) => number;

const cumulative =
  (float: Combine, int: Combine = float): Kernel<CumulativeParams> =>
  ([x], { axis, reverse }, [out]) => {
    const { dtype, shape, size } = out!;
    const n = shape[axis] as number;
    const combine = isFloat(dtype) ? float : int;
    const result = fresh(dtype, size);
    const view = viewOf(x!);
    forEachLine(shape, axis, [contiguous(result, shape), view], ([o, e]) => {
      let [to, from] = [o!.at, e!.at];
      let [down, step] = [o!.step, e!.step];
      if (reverse) {
        to += (n - 1) * down;
        from += (n - 1) * step;
        [down, step] = [-down, -step];
      }
      for (let i = 0, total = 0; i < n; i++, to += down, from += step) {
        const v = view.data[from] as number;
        total = i === 0 ? v : combine(total, v);
        result[to] = total;
      }
    });
    return result;
  };

/** cumsum, cumprod, cummax and cummin. */
export const cumulation: KernelFamily = [
  [cumsumP, /* @__PURE__ */ cumulative((a, b) => a + b, (a, b) => (a + b) | 0)],
  [cumprodP, /* @__PURE__ */ cumulative((a, b) => a * b, Math.imul)],
  [cummaxP, /* @__PURE__ */ cumulative(Math.max)],
  [cumminP, /* @__PURE__ */ cumulative(Math.min)],
];
