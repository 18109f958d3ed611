// Fake quantization: values on a grid of 2^bits levels, as a quantized model will see them, with a gradient to train by.
// The grid is that of Jacob et al. 2018, "Quantization and training of neural networks for efficient integer-arithmetic-only
// inference", https://arxiv.org/abs/1712.05877, section 3.

import { add, ArgumentError, DTypeError, isFloat, mul, normalizeAxis, reshape, select, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { straightThrough } from "@gradus/custom-rules";
import { div, greater, less, round, sub } from "@gradus/ops";

export interface FakeQuantizeOptions {
  /** Bits per value, 1 to 24: 2^bits levels. 8 unless given. */
  readonly bits?: number;
  /** The least level. A tensor may be learned. */
  readonly min: TensorLike;
  /** The greatest level. A tensor may be learned. */
  readonly max: TensorLike;
  /** The channel axis of x, along which min and max have one entry each; without it they are 0-d. */
  readonly axis?: number;
  /** Whether the range is moved, by at most half a step, so that 0 is a level. No unless given. */
  readonly exactZero?: boolean;
  /**
   * What the ends of the range learn from. `"step"`: also from the rounding error inside, since they set the step (LSQ: Esser
   * et al. 2020, https://arxiv.org/abs/1902.08153, equation 3; with an offset Bhalgat et al. 2020, https://arxiv.org/abs/2004.09576).
   * `"clip"`: only from the values cut off (PACT: Choi et al. 2018, https://arxiv.org/abs/1805.06085). `"step"` unless given.
   */
  readonly rangeGradient?: "step" | "clip";
}

// x where it is in the range, both ends inside, else the end that it passes. The derivative by x is 1 inside, 0 outside.
const cut = (x: Tensor, low: Tensor, high: Tensor): Tensor => select(greater(x, high), high, select(less(x, low), low, x));

/**
 * x rounded to the nearest of 2^bits levels from `min` to `max`. The derivative by x is 1 in the range, ends included, and 0
 * outside; a value cut off gives its gradient to the end that cut it. NaN stays NaN.
 * @throws ArgumentError for bits out of range, JS numbers min ≥ max, or an unknown rangeGradient
 * @throws ShapeError unless min and max are 0-d, or of the length of `axis` @throws DTypeError unless x is a float
 * @example fakeQuantize(array([-2, 0.3, 2]), { bits: 2, min: -1.5, max: 1.5 }) // [-1.5, 0.5, 1.5]
 */
export function fakeQuantize(x: TensorLike, options: FakeQuantizeOptions): Tensor {
  if (typeof options !== "object" || options === null) throw new ArgumentError("fakeQuantize needs the range as its second argument: fakeQuantize(x, { min: -1, max: 1 }).");
  const { bits = 8, exactZero = false, rangeGradient = "step", min, max } = options;
  if (!Number.isInteger(bits) || bits < 1 || bits > 24) throw new ArgumentError(`fakeQuantize: bits is ${String(bits)}, and has to be a whole number from 1 to 24.`);
  if (rangeGradient !== "step" && rangeGradient !== "clip") throw new ArgumentError(`fakeQuantize: rangeGradient is ${String(rangeGradient)}, expected "step" or "clip".`);
  if (typeof min === "number" && typeof max === "number" && !(min < max)) throw new ArgumentError(`fakeQuantize: the range from ${min} to ${max} is empty: min must be less than max.`);
  const t = toTensor(x, "fakeQuantize");
  if (!isFloat(t.dtype)) throw new DTypeError(`fakeQuantize: ${t.aval.toString()} is no float. Convert first: cast(x, "float32").`);
  const [low, high] = [rangeEnd(t, min, options.axis, "min"), rangeEnd(t, max, options.axis, "max")];
  const levels = 2 ** bits - 1;
  // The same arithmetic in both: only what counts as rounded without a derivative differs.
  const grid = (v: Tensor, a: Tensor, b: Tensor): Tensor => {
    const width = div(sub(b, a), levels);
    const start = exactZero ? mul(roundSt(div(a, width)), width) : a;
    const end = exactZero ? add(start, mul(width, levels)) : b;
    return add(mul(roundSt(div(sub(cut(v, start, end), start), width)), width), start);
  };
  return rangeGradient === "step" ? grid(t, low, high) : straightThrough(grid, cut)(t, low, high);
}

const roundSt = (x: Tensor): Tensor => straightThrough(round)(x);

// An end of the range, shaped to broadcast with x.
function rangeEnd(x: Tensor, value: TensorLike, axis: number | undefined, name: string): Tensor {
  const end = typeof value === "number" ? mul(value, 1) : toTensor(value, `fakeQuantize: ${name}`);
  if (!isFloat(end.dtype)) throw new DTypeError(`fakeQuantize: ${name} is ${end.aval.toString()}, and has to be a float.`);
  if (axis === undefined) {
    if (end.ndim === 0) return end;
    throw new ShapeError(`fakeQuantize: ${name} is ${end.aval.toString()}, and without an axis has to be 0-d; with { axis } it has one entry per channel.`);
  }
  const at = normalizeAxis(axis, x.ndim, "fakeQuantize");
  if (end.ndim !== 1 || end.shape[0] !== x.shape[at]) {
    throw new ShapeError(`fakeQuantize: ${name} is ${end.aval.toString()}, and has to have the shape [${x.shape[at]}] of axis ${axis} of ${x.aval.toString()}.`);
  }
  return reshape(end, x.shape.map((d, i) => (i === at ? d : 1)));
}
