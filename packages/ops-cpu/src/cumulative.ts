// The kernel family of cumulative sums, products and extrema: one pass along each line, in doubles, or in wrapped integers.

import { isFloat, type TypedArray } from "@gradus/core";
import { cumlogsumexpP, cummaxP, cumminP, cumprodP, cumsumP, type CumulativeParams } from "@gradus/ops";
import type { Kernel, KernelFamily } from "./kernel.js";
import { viewOf } from "./layout.js";
import { contiguous, forEachLine } from "./lines.js";
import { fresh } from "./storage.js";

type Combine = (a: number, b: number) => number;

/** Writes what becomes of a line: `n` elements of x from `from` on, `step` apart, to places from `to` on, `down` apart. */
type Pass = (out: TypedArray, to: number, down: number, x: TypedArray, from: number, step: number, n: number) => void;

const along =
  (passOf: (isFloat: boolean) => Pass): Kernel<CumulativeParams> =>
  ([x], { axis, reverse }, [out]) => {
    const { dtype, shape, size } = out!;
    const n = shape[axis] as number;
    const pass = passOf(isFloat(dtype));
    const result = fresh(dtype, size);
    const view = viewOf(x!);
    forEachLine(shape, axis, [contiguous(result, shape), view], ([o, e]) => {
      const [to, from] = [o!.at, e!.at];
      const [down, step] = [o!.step, e!.step];
      if (reverse) pass(result, to + (n - 1) * down, -down, view.data, from + (n - 1) * step, -step, n);
      else pass(result, to, down, view.data, from, step, n);
    });
    return result;
  };

const cumulative = (float: Combine, int: Combine = float): Kernel<CumulativeParams> => {
  const joining =
    (combine: Combine): Pass =>
    (out, to, down, x, from, step, n) => {
      for (let i = 0, total = 0; i < n; i++, to += down, from += step) {
        const v = x[from] as number;
        total = i === 0 ? v : combine(total, v);
        out[to] = total;
      }
    };
  return along((isFloat) => joining(isFloat ? float : int));
};

// The sum of e^(v − most) beside the greatest so far: nothing overflows, and the logarithm is taken of at least 1.
const logarithms: Pass = (out, to, down, x, from, step, n) => {
  let most = -Infinity;
  let sum = 0;
  for (let i = 0; i < n; i++, to += down, from += step) {
    const v = x[from] as number;
    if (v === most) sum++;
    else if (v < most) sum += Math.exp(v - most);
    else {
      sum = sum * Math.exp(most - v) + 1;
      most = v; // NaN stays, since nothing is less
    }
    out[to] = most + Math.log(sum);
  }
};

/** cumsum, cumprod, cummax, cummin and cumlogsumexp. */
export const cumulation: KernelFamily = [
  [cumsumP, /* @__PURE__ */ cumulative((a, b) => a + b, (a, b) => (a + b) | 0)],
  [cumprodP, /* @__PURE__ */ cumulative((a, b) => a * b, Math.imul)],
  [cummaxP, /* @__PURE__ */ cumulative(Math.max)],
  [cumminP, /* @__PURE__ */ cumulative(Math.min)],
  [cumlogsumexpP, /* @__PURE__ */ along(() => logarithms)],
];
