// The named programs, each written twice: with operations of the library, and on jets. What a program means is the second
// text; where a rule is replaced or a gradient stopped, the jets say what derivative that is, in closed form.

import { customJvp, customVjp, defineRule, straightThrough, zeroGradient } from "@gradus/custom-rules";
import type { Tensor } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import * as ops from "@gradus/ops";
import { stopGradient } from "@gradus/stop-gradient";
import { grad, linearize } from "@gradus/vjp";
import { add, cos, exp, type Jet, log, mul, real, scale, sin, smooth, stop, constant } from "./jet.js";
import { fromData, JetArray, type JetTree, scalar, vector } from "./jet-array.js";
import type { Program } from "./letters.js";

const { add: plus, mul: times, sub: minus } = ops;
type T = Tensor;

const at = (x: JetArray, i = 0): Jet => x.data[i] as Jet;
const sum = (...xs: Jet[]): Jet => xs.reduce(add);
const product = (...xs: Jet[]): Jet => xs.reduce(mul);
/** Arguments of given shapes, near given values, which differ a little from variant to variant. */
const near = (...leaves: [shape: number[], values: number[]][]) => (variant: number): JetTree[] =>
  leaves.map(([shape, values]) => fromData(shape, values.map((v, i) => v + 0.03 * variant * Math.cos(7 * i + variant))));
const point = (...xs: number[]): [number[], number[]] => [[], xs];

// Derivatives that are not those of the value, to see that the rule is what counts: sin with 3x², and x² with 5x.
const odd = customJvp((x: T): T => ops.sin(x), { name: "odd" }).defjvp(([x]: [T], [dx]: [T]) => [odd(x), times(times(3, ops.square(x)), dx)]);
const steep = customVjp((x: T): T => ops.square(x), { name: "steep" }).defvjp((x: T) => [steep(x), x], (x: T, ct: T) => [times(times(5, x), ct)]);

const rounded = straightThrough((x: T): T => ops.round(x));
const flat = zeroGradient((x: T): T => ops.sin(x));
// The batch rule says what batching would: what counts is that it is taken at every level.
const mapped = defineRule((x: T): T => ops.sin(x), { batch: (_size: number, [isBatched]: [boolean], x: T) => [ops.sin(x), isBatched] });

export const programs: { readonly [name: string]: Program } = {
  polynomial: {
    f: (x: T) => plus(minus(ops.integerPow(x, 3), times(2, x)), 3),
    reference: (x: JetArray) => scalar(sum(product(at(x), at(x), at(x)), scale(-2, at(x)), constant(3))),
    args: near(point(0.7)),
  },
  "sin·cos": {
    f: (x: T) => times(ops.sin(x), ops.cos(x)),
    reference: (x: JetArray) => scalar(mul(sin(at(x)), cos(at(x)))),
    args: near(point(1.1)),
  },
  "exp and log": {
    f: (x: T, y: T) => ops.log(plus(1, ops.exp(times(x, ops.log(y))))),
    reference: (x: JetArray, y: JetArray) => scalar(log(add(constant(1), exp(mul(at(x), log(at(y))))))),
    args: near(point(0.8), point(1.7)),
  },
  matmul: {
    f(a: T, x: T) {
      const y = ops.dotGeneral(a, x, { contract: [[1], [0]] });
      return times(y, ops.sin(y));
    },
    reference(a: JetArray, x: JetArray) {
      const y = [0, 1].map((i) => add(mul(at(a, 2 * i), at(x, 0)), mul(at(a, 2 * i + 1), at(x, 1))));
      return vector(y.map((v) => mul(v, sin(v))));
    },
    args: near([[2, 2], [0.5, -0.3, 0.8, 1.1]], [[2], [0.9, -0.4]]),
  },
  reductions: {
    f: (x: T) => plus(times(ops.reduceSum(ops.square(x), 0), ops.reduceProd(x, 1)), ops.reduceMax(x)),
    reference(x: JetArray) {
      const [a, b, c, d] = [0, 1, 2, 3].map((i) => at(x, i)) as [Jet, Jet, Jet, Jet];
      const greatest = [a, b, c, d].reduce((u, v) => (real(v) > real(u) ? v : u));
      return vector([add(product(add(mul(a, a), mul(c, c)), a, b), greatest), add(product(add(mul(b, b), mul(d, d)), c, d), greatest)]);
    },
    args: near([[2, 2], [0.5, -0.8, 1.6, 0.7]]),
  },
  "max and select": {
    f: (x: T, y: T) => ops.select(ops.greater(x, 0), times(x, ops.max(y, ops.sin(x))), ops.max(times(x, y), -0.2)),
    reference(x: JetArray, y: JetArray) {
      const greater = (u: Jet, v: Jet): Jet => (real(u) > real(v) ? u : v);
      return vector(x.data.map((u, i) => (real(u) > 0 ? mul(u, greater(at(y, i), sin(u))) : greater(mul(u, at(y, i)), constant(-0.2)))));
    },
    args: near([[3], [0.6, -0.9, 1.4]], [[3], [1.3, 0.8, 0.5]]),
  },
  "gather and scatter": {
    f(x: T, i: T) {
      const taken = ops.take(x, i);
      return ops.scatterAdd(times(x, x), ops.reshape(i, [3, 1]), times(taken, ops.reverse(taken)));
    },
    reference(x: JetArray, i: JetArray) {
      const index = i.data.map(real);
      const taken = index.map((k) => at(x, k));
      const out = x.data.map((v) => mul(v, v));
      index.forEach((k, q) => (out[k] = add(out[k] as Jet, mul(taken[q] as Jet, taken[2 - q] as Jet))));
      return vector(out);
    },
    args: (variant) => [...near([[3], [0.4, -0.7, 1.2]])(variant), fromData([3], variant % 2 === 0 ? [2, 0, 2] : [1, 1, 0], "int32")],
  },
  "integers beside floats": {
    f: (x: T, n: T) => [times(x, ops.cast(n, "float64")), plus(n, 1), ops.integerPow(x, 2)],
    reference: (x: JetArray, n: JetArray) => [
      vector(x.data.map((v, i) => scale(real(at(n, i)), v))),
      new JetArray([2], "int32", n.data.map((v) => constant(real(v) + 1))),
      vector(x.data.map((v) => mul(v, v))),
    ],
    args: (variant) => [...near([[2], [0.3, -1.2]])(variant), fromData([2], [3 + variant, -2], "int32")],
  },
  // x·d/dy(x + xy³) at y = x, so 3x⁴; a library that confuses the two perturbations adds the derivative by x.
  "a derivative inside": {
    f: (x: T) => times(x, grad((y: T) => plus(x, times(x, ops.integerPow(y, 3))))(x)),
    reference: (x: JetArray) => scalar(scale(3, product(at(x), at(x), at(x), at(x)))),
    args: near(point(0.6)),
  },
  // d/dz (sin(xz)·y) at z = y by jvp, and d/dz (xz²) at z = x by linearize: xy·cos(xy) + 2x².
  "forward derivatives inside": {
    f(x: T, y: T) {
      const [, slope] = jvp((z: T) => times(ops.sin(times(x, z)), y), [y], [1]);
      const [, pushforward] = linearize((z: T) => times(x, ops.square(z)), [x]);
      return plus(slope, pushforward(1));
    },
    reference(x: JetArray, y: JetArray) {
      const xy = mul(at(x), at(y));
      return scalar(add(mul(xy, cos(xy)), scale(2, mul(at(x), at(x)))));
    },
    args: near(point(0.7), point(1.2)),
  },
  "a stopped gradient": {
    f: (x: T) => plus(times(x, stopGradient(ops.sin(x))), ops.square(stopGradient(x))),
    reference: (x: JetArray) => vector(x.data.map((v) => add(mul(v, stop(sin(v))), stop(mul(v, v))))),
    args: near([[2], [0.8, -1.3]]),
  },
  "custom rules": {
    f: (x: T, y: T) => plus(odd(times(x, y)), times(steep(x), y)),
    reference(x: JetArray, y: JetArray) {
      const asOdd = (v: Jet): Jet => smooth(v, (a) => [Math.sin(a), 3 * a * a, 6 * a, 6]);
      const asSteep = (v: Jet): Jet => smooth(v, (a) => [a * a, 5 * a, 5, 0]);
      return scalar(add(asOdd(mul(at(x), at(y))), mul(asSteep(at(x)), at(y))));
    },
    args: near(point(0.9), point(-0.5)),
  },
  "straight through, flat, and batched by rule": {
    f: (x: T) => plus(times(rounded(times(3, x)), x), plus(times(flat(x), x), mapped(times(x, x)))),
    reference: (x: JetArray) =>
      vector(
        x.data.map((v) => {
          const throughRound = smooth(scale(3, v), (a) => [Math.round(a), 1, 0, 0]);
          return sum(mul(throughRound, v), mul(stop(sin(v)), v), sin(mul(v, v)));
        }),
      ),
    args: near([[2], [0.8, -1.3]]),
  },
  "trees in and out": {
    f: ({ a, b: [c, d] }: { a: T; b: [T, T] }, e: T) => ({ p: times(a, c), q: [ops.sin(times(d, e)), null, c] }),
    reference: ({ a, b: [c, d] }: { a: JetArray; b: [JetArray, JetArray] }, e: JetArray) => ({
      p: vector(c.data.map((v) => mul(at(a), v))),
      q: [scalar(sin(mul(at(d), at(e)))), null, c],
    }),
    args(variant) {
      const [a, c, d, e] = near(point(0.4), [[2], [1.1, -0.6]], point(0.7), point(-0.9))(variant) as JetArray[];
      return [{ a, b: [c, d] }, e];
    },
  },
  broadcasting: {
    f: (x: T, y: T, z: T) => ops.reduceSum(times(plus(x, times(z, y)), ops.broadcastTo(y, [2, 3])), 1),
    reference: (x: JetArray, y: JetArray, z: JetArray) => vector([0, 1].map((i) => sum(...y.data.map((v) => mul(add(at(x, i), mul(at(z), v)), v))))),
    args: near([[2, 1], [0.5, -0.8]], [[3], [1.2, 0.3, -0.7]], point(0.9)),
  },
};
