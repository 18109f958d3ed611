// Conventions at ties, boundaries and singular points: one test for each operation. Values are JAX's, but where the title says
// that Gradus differs on purpose.
import { describe, expect, test } from "vitest";
import {
  abs, acos, acosh, add, argmax, argmin, array, asin, atan2, atanh, cbrt, clamp, cummax, cummin, cumprod, div, gather, grad, greater, grad as gradient, integerPow, jvp, log, log1p, max, min, mul, nn, np, pow, reduceMax, reduceMin, reduceProd, reduceSum, rem, round,
  rsqrt, scatter, scatterAdd, scatterMax, scatterMin, select, sign, sort, sqrt, square, take, type Tensor, topK, vmap,
} from "../src/index.js";
import { expectGradient, expectPartials, expectReverse, f64, type Fn, i32, pulled } from "./derivatives.js";

const at = (...places: number[]): Tensor => array(places.map((i) => [i]), { dtype: "int32" });
const weighted = (f: Fn, ...w: number[]): Fn => (x) => reduceSum(mul(f(x), f64(w)));

test("max and min: the winner has 1, the loser 0; a tie, of zeros too, is halved; with NaN both have 0", () => {
  expectPartials(max, [3, 2], [1, 0]);
  expectPartials(max, [2, 2], [0.5, 0.5]);
  expectPartials(max, [0, -0], [0.5, 0.5]);
  expectPartials(max, [NaN, 2], [0, 0]);
  expectPartials(min, [3, 2], [0, 1]);
  expectPartials(min, [2, 2], [0.5, 0.5]);
  expectPartials(min, [-0, 0], [0.5, 0.5]);
  expectPartials(min, [2, NaN], [0, 0]);
});

test("reduceMax and reduceMin: split equally over all that are greatest; NaN makes all NaN", () => {
  expectGradient(reduceMax as Fn, [1, 3, 3], [0, 1 / 2, 1 / 2]);
  expectGradient(reduceMax as Fn, [2, 2, 2], [1 / 3, 1 / 3, 1 / 3]);
  expectGradient(reduceMin as Fn, [1, 1, 3], [1 / 2, 1 / 2, 0]);
  expectReverse(reduceMax as Fn, [1, NaN, 3], [NaN, NaN, NaN]);
});

test("cummax and cummin: pairwise maxima in a tree, so that ties give powers of 1/2", () => {
  expectReverse(weighted((x) => cummax(x, 0), 0, 0, 1, 0), [1, 1, 1, 1], [0.25, 0.25, 0.5, 0]);
  expectReverse(weighted((x) => cummin(x, 0), 0, 0, 1, 0), [1, 1, 1, 1], [0.25, 0.25, 0.5, 0]);
  expectGradient(weighted((x) => cummax(x, 0), 1, 10, 100), [2, 1, 3], [11, 0, 100]);
});

test("argmax and argmin: the first of a tie, NaN before all, no gradient", () => {
  expect([argmax(f64([1, 3, 3]), 0).item(), argmin(f64([1, 1, 3]), 0).item(), argmax(f64([1, NaN, 3, NaN]), 0).item(), argmin(f64([1, NaN, 0]), 0).item()]).toEqual([1, 0, 1, 1]);
  expect(jvp((x: Tensor) => argmax(x, 0), [f64([1, 2])], [f64([1, 1])])[1].dtype).toBe("float0");
});

test("abs: 1 at both zeros and above, −1 below", () => {
  for (const [x, d] of [[0, 1], [-0, 1], [2, 1], [-2, -1]] as const) expectPartials(abs, [x], [d]);
});

test("sign: 0 at 0, and flat", () => {
  expect([sign(f64(0)).item(), sign(f64(-3)).item()]).toEqual([0, -1]);
  for (const x of [0, -0, 3]) expectPartials(sign, [x], [0]);
});

test("round: half to even, one round at every level (differs from lax.round), and flat", () => {
  expect(round(f64([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])).js()).toEqual([-2, -2, -0, 0, 2, 2]);
  expect(np.round(f64([0.5, 2.5])).js()).toEqual([0, 2]);
  expectPartials(round, [0.5], [0]);
});

test("relu and relu6: 0 at the corners, and for NaN", () => {
  for (const [x, d] of [[0, 0], [-0, 0], [1e-300, 1], [-1, 0], [NaN, 0]] as const) expectPartials(nn.relu, [x], [d]);
  for (const [x, d] of [[0, 0], [6, 0], [5.9, 1], [7, 0], [NaN, 0]] as const) expectPartials(nn.relu6, [x], [d]);
});

test("max(x, 0): 0.5 at 0, other than relu", () => expectPartials((x) => max(x, 0), [0], [0.5]));

test("leakyRelu, elu, selu: one-sided at 0", () => {
  expectPartials(nn.leakyRelu, [0], [1]);
  expectPartials(nn.elu, [0], [1]);
  // λα = 1.0507009873554805 · 1.6732632423543772.
  expectPartials(nn.selu, [0], [1.0507009873554805 * 1.6732632423543772]);
});

test("hardTanh: the ends count as inside", () => {
  for (const [x, d] of [[1, 1], [-1, 1], [1.5, 0], [-1.5, 0], [0, 1]] as const) expectPartials(nn.hardTanh, [x], [d]);
});

test("clamp: by x strictly inside, by an end where it is taken, all 0 at equality", () => {
  expectPartials(clamp, [0, 0.5, 1], [0, 1, 0]);
  expectPartials(clamp, [0, -1, 1], [1, 0, 0]);
  expectPartials(clamp, [0, 2, 1], [0, 0, 1]);
  expectPartials(clamp, [0, 0, 1], [0, 0, 0]);
  expectPartials(clamp, [0, 1, 1], [0, 0, 0]);
  // With the ends in the wrong order x is neither: below the lower one, but that is not below the upper.
  expectPartials(clamp, [2, 0, 1], [0, 0, 0]);
});

test("np.clip: a maximum and a minimum, 0.5 at each end", () => {
  for (const [x, d] of [[0, 0.5], [1, 0.5], [0.5, 1], [2, 0]] as const) expectPartials((v) => np.clip(v, 0, 1), [x], [d]);
});

test("sort, sort by key, topK: tangents go with the elements; ties keep their order and are not averaged", () => {
  expectGradient(weighted(sort as Fn, 1, 10, 100), [2, 1, 1], [100, 1, 10]);
  expectGradient((x) => reduceSum(mul(sort([i32([1, 0, 1]), x])[1]!, f64([1, 10, 100]))), [5, 6, 7], [10, 1, 100]);
  expectGradient((x) => reduceSum(mul(topK(x, 2)[0], f64([1, 10]))), [3, 1, 3], [1, 0, 10]);
});

test("median: all to the middle one, or half to each of the two middle ones", () => {
  expectGradient((x) => np.median(x), [3, 1, 2], [0, 0, 1]);
  expectGradient((x) => np.median(x), [4, 1, 2, 3], [0, 0, 0.5, 0.5]);
});

test("rem: 1 by x, minus the truncated quotient by y", () => {
  expectPartials(rem, [7.5, 2], [1, -3]);
  expectPartials(rem, [-7.5, 2], [1, 3]);
});

test("np.mod: 1 by x, minus the floored quotient by y", () => {
  expectPartials(np.mod, [7.5, 2], [1, -3]);
  expectPartials(np.mod, [-7.5, 2], [1, 4]);
});

test("sqrt, rsqrt and cbrt at 0: ∞, −∞, ∞; along a tangent that is an array of 0, NaN", () => {
  expectPartials(sqrt, [0], [Infinity]);
  expectPartials(rsqrt, [0], [-Infinity]);
  expectPartials(cbrt, [0], [Infinity]);
  expect(jvp(sqrt, [f64(0)], [f64(0)])[1].item()).toBeNaN();
});

test("log at 0 and below: ∞, and 1/x where the value is NaN; log1p at −1: ∞", () => {
  expectPartials(log, [0], [Infinity]);
  expectPartials(log, [-2], [-0.5]);
  expectPartials(log1p, [-1], [Infinity]);
});

test("asin, acos, acosh, atanh at 1: ∞, −∞, ∞, ∞; outside of the domain NaN", () => {
  for (const [f, d] of [[asin, Infinity], [acos, -Infinity], [acosh, Infinity], [atanh, Infinity]] as const) expectPartials(f, [1], [d]);
  expectPartials(asin, [2], [NaN]);
  expectPartials(acos, [2], [NaN]);
  expectPartials(acosh, [0.5], [NaN]);
  expectPartials(atanh, [2], [NaN]); // JAX has 1/(1 − x²) there, beside a value of NaN
});

test("div at y = 0: ∞ and −∞", () => expectPartials(div, [1, 0], [Infinity, -Infinity]));

test("pow with a float exponent: y·x^(y−1), NaN at (0, 0); 0 by y at x = 0; NaN by y for a negative base", () => {
  expectPartials(pow, [0, 0], [NaN, 0]);
  expectPartials(pow, [0, 2], [0, 0]);
  expectPartials(pow, [-2, 2], [-4, NaN]);
  expectPartials(pow, [2, 3], [12, 8 * Math.LN2]);
});

test("pow with an array of integers: exponent 0 has the derivative 0, at 0 too", () => {
  expectGradient((x) => reduceSum(pow(x, i32([0, 1, 2, 0]))), [0, 0, 3, 5], [0, 1, 6, 0]);
});

test("integerPow: 0, 1, 2x, n·x^(n−1); −∞ for 1/x at 0", () => {
  for (const [n, x, d] of [[0, 0, 0], [1, 0, 1], [2, 3, 6], [5, 2, 80], [-1, 0, -Infinity], [-2, 2, -0.25]] as const) expectPartials((v) => integerPow(v, n), [x], [d]);
});

test("products with zeros: exactly the product of the others", () => {
  expectGradient(reduceProd as Fn, [2, 0, 5], [0, 10, 0]);
  expectGradient(reduceProd as Fn, [0, 0, 5], [0, 0, 0]);
  // 1·x₀ + 10·x₀x₁ + 100·x₀x₁x₂ at [2, 0, 5].
  expectGradient(weighted((x) => cumprod(x, 0), 1, 10, 100), [2, 0, 5], [1, 20 + 1000, 0]);
});

test("atan2 at the origin: NaN and NaN", () => expectPartials(atan2, [0, 0], [NaN, NaN]));

describe("norms at the origin", () => {
  test("np.linalg.norm: 0, the least of all subgradients (differs from JAX)", () => expectGradient((x) => np.linalg.norm(x), [0, 0], [0, 0]));
  test("√Σx² written out: NaN", () => expectReverse((x) => sqrt(reduceSum(square(x))), [0, 0], [NaN, NaN]));
  test("std of a constant: NaN; var: 0", () => {
    expectReverse((x) => np.std(x), [3, 3], [NaN, NaN]);
    expectGradient((x) => np.var(x), [3, 3], [0, 0]);
  });
  test("the 1-norm: 1 at 0; the ∞-norm splits ties", () => {
    expectGradient((x) => np.linalg.norm(x, 1), [0, -2], [1, -1]);
    expectGradient((x) => np.linalg.norm(x, Infinity), [3, -3], [0.5, -0.5]);
  });
});

test("logsumexp: −∞ and NaN where all are −∞; 0 for some that are; NaN at +∞", () => {
  expect(nn.logsumexp(f64([-Infinity, -Infinity])).item()).toBe(-Infinity);
  expectReverse((x) => nn.logsumexp(x), [-Infinity, -Infinity], [NaN, NaN]);
  expectReverse((x) => nn.logsumexp(x), [-Infinity, 0, 0], [0, 0.5, 0.5]);
  expect(pulled((x) => nn.logsumexp(x), f64([0, Infinity]))[1]).toBeNaN();
  expectGradient((x) => nn.logsumexp(x), [1000, 1000], [0.5, 0.5]);
});

test("logaddexp: halves at equality; NaN at −∞ twice; 1 and 1 at ∞ twice", () => {
  expectPartials(nn.logaddexp, [2, 2], [0.5, 0.5]);
  expectPartials(nn.logaddexp, [-Infinity, -Infinity], [NaN, NaN]);
  expectPartials(nn.logaddexp, [Infinity, Infinity], [1, 1]);
});

test("softplus: 0.5 at 0, 1 at ∞, 0 at −∞, NaN at NaN", () => {
  for (const [x, d] of [[0, 0.5], [Infinity, 1], [-Infinity, 0], [NaN, NaN], [1000, 1], [-1000, 0]] as const) expectPartials(nn.softplus, [x], [d]);
});

test("softmax: masked by −∞, exactly 0", () => {
  expect(nn.softmax(f64([0, -Infinity, 0])).js()).toEqual([0.5, 0, 0.5]);
  expectReverse(weighted((x) => nn.softmax(x), 1, 5, 3), [0, -Infinity, 0], [-0.5, 0, 0.5]);
});

test("sinc at 0: 1, 0, −π²/3, 0, π⁴/5", () => {
  const derivatives = [np.sinc as (x: Tensor) => Tensor];
  for (let i = 1; i <= 4; i++) derivatives.push(gradient(derivatives[i - 1]!) as (x: Tensor) => Tensor);
  expect(derivatives.map((f) => f(f64(0)).item())).toEqual([1, 0, -(Math.PI ** 2) / 3, 0, Math.PI ** 4 / 5].map((v) => expect.closeTo(v, 10)));
});

test("select: in reverse a numeric 0 goes into the branch not taken, and meets its ∞; forward mode takes one tangent alone", () => {
  const f = (x: Tensor): Tensor => select(greater(x, 0), sqrt(x), 0);
  expect(grad(f)(f64(0)).item()).toBeNaN();
  expect(jvp(f, [f64(0)], [f64(1)])[1].item()).toBe(0);
  // Selected before as well, nothing is infinite.
  expectPartials((x) => select(greater(x, 0), sqrt(select(greater(x, 0), x, 1)), 0), [0], [0]);
});

test("np.nanToNum, nansum, nanmax: 0 where NaN is, ordinary elsewhere", () => {
  expectReverse((x) => reduceSum(np.nanToNum(x)), [1, NaN, Infinity], [1, 0, 0]);
  expectReverse((x) => np.nansum(x), [1, NaN, 2], [1, 0, 1]);
  expectReverse((x) => np.nanmax(x), [1, NaN, 2], [0, 0, 1]);
});

test("places out of range: reads are clamped, with the gradient to the element read; writes are dropped, with none", () => {
  expectGradient((x) => take(x, i32(7), 0), [1, 2, 3], [0, 0, 1]);
  expectGradient((x) => reduceSum(gather(x, at(7, 0))), [1, 2, 3], [1, 0, 1]);
  expect(scatterAdd(f64([1, 2]), at(5, 0), f64([10, 20])).js()).toEqual([21, 2]);
  expectGradient((u) => reduceSum(scatterAdd(f64([1, 2]), at(5, 0), u)), [10, 20], [0, 1]);
});

test("writes to one place twice: the gradient goes to the one that stays", () => {
  const f = (u: Tensor): Tensor => scatter(f64([1, 2]), at(0, 0), u);
  const kept = f(f64([10, 20])).js() as number[];
  expect([10, 20]).toContain(kept[0]);
  expectGradient(weighted(f, 1, 0), [10, 20], kept[0] === 10 ? [1, 0] : [0, 1]);
  expectGradient((x) => reduceSum(scatter(x, at(0, 0), f64([10, 20]))), [1, 2], [0, 1]);
});

test("scatterMax and scatterMin: a tie with what is there is halved", () => {
  for (const f of [scatterMax, scatterMin] as const) {
    expectGradient((x) => reduceSum(f(x, at(0), f64([1]))), [1, 2], [0.5, 1]);
    expectGradient((u) => reduceSum(f(f64([1, 2]), at(0), u)), [1], [0.5]);
  }
});

test("np.heaviside: 0 by x; 1 by h at x = 0 alone", () => {
  expectPartials(np.heaviside, [0, 0.5], [0, 1]);
  expectPartials(np.heaviside, [1, 0.5], [0, 0]);
  expectPartials(np.heaviside, [-1, 0.5], [0, 0]);
});

test("steps by comparison: 0 everywhere, the jump included", () => {
  for (const x of [-1, 0, 1]) expectPartials((v) => select(greater(v, 0), 1, 0), [x], [0]);
});

test("what stands in for steps is smooth: σ′(0) = 1/4, σ′(±1) = 0.1966", () => {
  expect(vmap(grad(nn.sigmoid as (x: Tensor) => Tensor))(f64([0, 1, -1])).js()).toEqual([0.25, expect.closeTo(0.19661193324148185, 14), expect.closeTo(0.19661193324148185, 14)]);
  expectPartials((x) => add(nn.sigmoid(x), 0), [0], [0.25]);
});
