// @gradus/surrogates: smooth stand-ins for functions with jumps and kinks, under the names of the hard ones, and identities
// that shape gradients.

export type { SharpnessOptions } from "./sharpness.js";
export { ceil, floor, round, sign, step } from "./steps.js";
export { abs, max, relu } from "./kinks.js";
export { logaddexp, logaddexpP } from "@gradus/ops";
export { argmax, argmaxWeights, sort, topk } from "./order.js";
export type { FakeQuantizeOptions } from "./quantize.js";
export { fakeQuantize } from "./quantize.js";
export type { GumbelSoftmaxOptions } from "./gumbel.js";
export { gumbelSoftmax } from "./gumbel.js";
export type { ClipGradientOptions } from "./gradient-shape.js";
export { clipGradient, reverseGradient, scaleGradient } from "./gradient-shape.js";
