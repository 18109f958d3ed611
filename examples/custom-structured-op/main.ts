// A third party's structured operations, by public API alone: shape rules, derivatives, batching, a CPU kernel, and a slot
// for rules of its own. Expected, for p = prefix sums and m = running maxima of x = (1, 3, 2, 5, 4), and w = (1, 2, 3, 4, 5):
//   p = (1, 4, 6, 11, 15)             ∇ w·p = w summed from the end = (15, 14, 12, 9, 5)
//   m = (1, 3, 3, 5, 5), places (0, 1, 1, 3, 3)      ∇ w·m = w summed by place = (1, 2 + 3, 0, 4 + 5, 0)
//   the Hessian of ½|p|² for three elements is LᵀL, with L the lower triangle of ones.

import { report, type Row } from "@gradus/example-table";
import { array, backend, grad, hessian, jit, jvp, linearTranspose, makeProgram, mul, reduceSum, sin, square, type Tensor, vmap } from "gradus";
import { countFlops } from "./flops.js";
import { prefixSum, prefixSumLowering, prefixSumP } from "./prefix-sum.js";
import { runningMax, runningMaxLowering, runningMaxP } from "./running-max.js";

const x = array([1, 3, 2, 5, 4]);
const w = array([1, 2, 3, 4, 5]);
const rows2 = array([[1, 3, 2], [6, 5, 7]]);
const weighted = (f: (x: Tensor) => Tensor) => (x: Tensor): Tensor => reduceSum(mul(w, f(x)));
const maxima = (x: Tensor): Tensor => runningMax(x)[0];

const inProgram = (f: (x: Tensor) => Tensor) => makeProgram(f)(x).equations.map((eq) => `${eq.primitive} ${eq.outputs.map((v) => v.aval)}`);

report("before the backend has kernels", [
  ["prefix sums", "MissingRuleError: defineLowering", () => prefixSum(x)],
  ["shapes are known all the same", "[@acme/prefix_sum f32[5]]", () => inProgram((x) => prefixSum(x))],
]);

backend.defineLowering(prefixSumP, prefixSumLowering);
backend.defineLowering(runningMaxP, runningMaxLowering);

const linear: Row[] = [
  ["value", "[1, 4, 6, 11, 15]", () => prefixSum(x)],
  ["along the first axis", "[[1, 3, 2], [7, 8, 9]]", () => prefixSum(rows2)],
  ["from the end, along the last", "[[6, 5, 2], [18, 12, 7]]", () => prefixSum(rows2, -1, true)],
  ["grad of w·p", "[15, 14, 12, 9, 5]", () => grad(weighted(prefixSum))(x)],
  ["jvp in direction w", "[1, 3, 6, 10, 15]", () => jvp((x: Tensor) => prefixSum(x), [x], [w])[1]],
  ["its transpose", "[[15, 14, 12, 9, 5]]", () => linearTranspose((x) => prefixSum(x), [x])(w)],
  ["vmap over rows", "[[1, 4, 6], [6, 11, 18]]", () => vmap((x: Tensor) => prefixSum(x))(rows2)],
  ["vmap over columns", "[[1, 7], [3, 8], [2, 9]]", () => vmap((x: Tensor) => prefixSum(x), 1)(rows2)],
  ["jit", "[1, 4, 6, 11, 15]", () => jit((x: Tensor) => prefixSum(x))(x)],
  ["jit(grad)", "[15, 14, 12, 9, 5]", () => jit(grad(weighted(prefixSum)))(x)],
  ["grad(jit)", "[15, 14, 12, 9, 5]", () => grad(jit(weighted(prefixSum)))(x)],
  ["jit(vmap(grad)) of ½p₃²", "[[6, 6, 6], [18, 18, 18]]", () => jit(vmap(grad((x: Tensor) => square(prefixSum(x).take(-1)).mul(0.5))))(rows2)],
  ["Hessian of ½|p|²", "[[3, 2, 1], [2, 2, 1], [1, 1, 1]]", () => hessian((x) => square(prefixSum(x)).reduceSum().mul(0.5))(array([1, 3, 2]))],
  ["an axis that is not there", "ShapeError: out of range", () => prefixSum(x, 1)],
  ["integers", "DTypeError: no float", () => prefixSum(array([1, 2], { dtype: "int32" }))],
];
report("prefix sums", linear);

const twoResults: Row[] = [
  ["values", "[1, 3, 3, 5, 5]", () => runningMax(x)[0]],
  ["places", "[0, 1, 1, 3, 3]", () => runningMax(x)[1]],
  ["grad of w·m", "[1, 5, 0, 9, 0]", () => grad(weighted(maxima))(x)],
  ["jvp in direction w", "[1, 2, 2, 4, 4]", () => jvp(maxima, [x], [w])[1]],
  ["the tangent of a place", "float0", () => jvp((x: Tensor) => runningMax(x)[1], [x], [w])[1].dtype],
  ["vmap over rows", "[[1, 3, 3], [6, 6, 7]]", () => vmap(maxima)(rows2)],
  ["vmap over columns", "[[1, 6], [3, 5], [2, 7]]", () => vmap(maxima, 1)(rows2)],
  ["vmap(grad) of the last", "[[0, 1, 0], [0, 0, 1]]", () => vmap(grad((x: Tensor) => maxima(x).take(-1)))(rows2)],
  ["jit, both results", "[[1, 3, 3, 5, 5], [0, 1, 1, 3, 3]]", () => jit((x: Tensor) => runningMax(x))(x)],
  ["grad(jit)", "[1, 5, 0, 9, 0]", () => grad(jit(weighted(maxima)))(x)],
  ["second order: it is piecewise linear", "[[0, 0, 0], [0, 0, 0], [0, 0, 0]]", () => hessian((x) => maxima(x).reduceSum())(array([1, 3, 2]))],
  ["second order of ½|m|²", "[[1, 0, 0], [0, 2, 0], [0, 0, 0]]", () => hessian((x) => square(maxima(x)).reduceSum().mul(0.5))(array([1, 3, 2]))],
  ["of a scalar", "ShapeError: needs an axis", () => runningMax(1)],
];
report("running maxima", twoResults);

/** What is counted inside a transformation: `run` is given a function that counts, and passes its result on. */
function countInside(run: (counted: (f: () => Tensor) => Tensor) => unknown): number[] {
  const counts: number[] = [];
  run((f) => {
    let out: Tensor | undefined;
    counts.push(countFlops(() => (out = f())));
    return out as Tensor;
  });
  return counts;
}

// w·p takes 5 for p, 5 for the product, 5 for the sum.
const product = weighted(prefixSum);
const cost: Row[] = [
  ["w·p", "15", () => countFlops(() => product(x))],
  ["inside vmap: one example's", "[3]", () => countInside((counted) => vmap((x: Tensor) => counted(() => prefixSum(x)))(rows2))],
  ["outside vmap: the whole batch's", "6", () => countFlops(() => vmap((x: Tensor) => prefixSum(x))(rows2))],
  ["inside jit, called twice: when it is traced", "[15]", () => countInside((counted) => { const f = jit((x: Tensor) => counted(() => product(x))); f(x); f(x); })],
  ["outside jit: at every call", "[15, 15]", () => { const f = jit(product); return [countFlops(() => f(x)), countFlops(() => f(x))]; }],
  ["inside grad: the forward pass alone", "[15]", () => countInside((counted) => grad((x) => counted(() => product(x)))(x))],
  // Forwards 15; backwards the sum's cotangent is copied (0), multiplied by w (5), and summed from the end (5).
  ["outside grad: the backward pass too", "25", () => countFlops(() => grad(product)(x))],
  ["an operation of unknown cost", 'MissingRuleError: "@acme/flops:count"', () => countFlops(() => sin(x).exp())],
];
report("a slot of one's own", cost);
