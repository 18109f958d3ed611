// Samples of a categorical distribution that a gradient passes through.
// Jang, Gu & Poole 2017, https://arxiv.org/abs/1611.01144; Maddison, Mnih & Teh 2017, https://arxiv.org/abs/1611.00712

import { add, ArgumentError, cast, DTypeError, isFloat, moveAxis, mul, neg, normalizeAxis, type Shape, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { straightThrough } from "@gradus/custom-rules";
import { argmax, log, max, min, oneHot, randomBits, shiftRightLogical } from "@gradus/ops";
import { stopGradient } from "@gradus/stop-gradient";
import { softmaxLast } from "./softmax-last.js";

export interface GumbelSoftmaxOptions {
  /** Positive, 1 unless given: towards 0 samples become one-hot, and their gradients large. */
  readonly temperature?: number;
  /** Whether the value is exactly one-hot, with the gradient of the soft sample (straight through). No unless given. */
  readonly hard?: boolean;
  /** The axis of the categories: the last unless given. */
  readonly axis?: number;
}

/**
 * softmax((logits − ln(−ln u))/temperature) for uniform noise u of the shape of the logits, or of a key `u32[2]` that such
 * noise is made from: a sample, whose greatest entry is at each category with its probability. The noise decides the sample,
 * so equal noise gives equal samples; it takes no gradient. Noise of 0 and of 1 is moved to the nearest inner number.
 * @throws ShapeError unless noise has the shape of logits, or for a wrong or empty axis @throws DTypeError unless both are floats, or the first a key
 * @throws ArgumentError for a temperature that is not positive
 * @example gumbelSoftmax(array([0.3, 0.9]), array([0, 0]), { hard: true }) // [0, 1]
 */
export function gumbelSoftmax(noiseOrKey: TensorLike, logits: TensorLike, options: GumbelSoftmaxOptions = {}): Tensor {
  const { temperature = 1, hard = false, axis = -1 } = options;
  if (!(typeof temperature === "number" && temperature > 0 && temperature < Infinity)) {
    throw new ArgumentError(`gumbelSoftmax: the temperature is ${String(temperature)}, and has to be a finite positive JS number.`);
  }
  const x = toTensor(logits, "gumbelSoftmax: logits");
  const u = noiseOf(toTensor(noiseOrKey, "gumbelSoftmax: noise"), x.shape);
  if (!isFloat(u.dtype) || !isFloat(x.dtype)) throw new DTypeError(`gumbelSoftmax: noise ${u.aval.toString()} and logits ${x.aval.toString()} must be floats.`);
  if (u.ndim !== x.ndim || u.shape.some((d, i) => d !== x.shape[i])) {
    throw new ShapeError(`gumbelSoftmax: noise ${u.aval.toString()} must have the shape of logits ${x.aval.toString()}.`);
  }
  const at = normalizeAxis(axis, x.ndim, "gumbelSoftmax");
  if (x.shape[at] === 0) throw new ShapeError(`gumbelSoftmax: axis ${axis} of ${x.aval.toString()} is empty: there is no category.`);
  const inner = max(min(stopGradient(u), 1 - 2 ** -24), 2 ** -100);
  const scores = mul(add(x, cast(neg(log(neg(log(inner)))), x.dtype)), 1 / temperature);
  const soft = softmaxLast(moveAxis(scores, at, x.ndim - 1));
  return moveAxis(hard ? straightThrough(greatest)(soft) : soft, x.ndim - 1, at);
}

// 23 random bits as a fraction, where a key is given.
const noiseOf = (given: Tensor, shape: Shape): Tensor =>
  given.dtype === "uint32" ? mul(cast(shiftRightLogical(randomBits(given, shape), 9), "float32"), 2 ** -23) : given;

const greatest = (x: Tensor): Tensor => oneHot(argmax(x, -1), x.shape[x.ndim - 1] as number, x.dtype);
