// Activations: values and derivatives at corners and infinities by convention, elsewhere by formulas and differences.

import { ArgumentError, array, DTypeError, mul, reduceSum, ShapeError, type Tensor, type TensorLike, useBackend } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { checkGrads } from "@gradus/conformance";
import { jvp } from "@gradus/jvp";
import { onesLike } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { elu, gelu, hardTanh, leakyRelu, logSigmoid, logSoftmax, logsumexp, relu, relu6, selu, silu, softmax, softplus, softSign } from "../src/index.js";

useBackend(cpu());

type Activation = (x: TensorLike) => Tensor;
const f64 = (data: number[] | number[][]): Tensor => array(data, { dtype: "float64" });
const numbers = (x: Tensor): number[] => [...x.dataSync()] as number[];
const close = (got: Tensor | readonly number[], expected: readonly number[], tol = 1e-12): void => {
  const data = Array.isArray(got) ? (got as number[]) : numbers(got as Tensor);
  expect(data.length).toBe(expected.length);
  data.forEach((g, i) => {
    const e = expected[i] as number;
    expect(Object.is(g, e) || g === e || Math.abs(g - e) <= tol, `element ${i}: ${g}, expected ${e}`).toBe(true);
  });
};
const both = (f: Activation, x: Tensor): [reverse: Tensor, forward: Tensor] => [
  grad((y: Tensor) => reduceSum(f(y)))(x),
  jvp((y: Tensor) => f(y), [x], [onesLike(x)])[1] as Tensor,
];

const { exp, log1p, tanh, sqrt, PI, LN2 } = Math;
const sigma = (x: number): number => 1 / (1 + exp(-x));
// Φ(x) = ½ + φ(x)·Σ x^(2n+1)/(1·3·5…(2n+1)), Marsaglia 2004, https://doi.org/10.18637/jss.v011.i04
const normal = (x: number): number => {
  let [term, sum] = [x, x];
  for (let n = 1; n < 200; n++) sum += term *= (x * x) / (2 * n + 1);
  return 0.5 + (sum * exp((-x * x) / 2)) / sqrt(2 * PI);
};
const points = [-3.1, -1.4, -0.2, 0.3, 0.9, 2.2, 5.5, 7.1];
const table: [string, Activation, (x: number) => number][] = [
  ["relu", relu, (x) => Math.max(x, 0)],
  ["relu6", relu6, (x) => Math.min(Math.max(x, 0), 6)],
  ["hardTanh", hardTanh, (x) => Math.min(Math.max(x, -1), 1)],
  ["leakyRelu", leakyRelu, (x) => (x >= 0 ? x : 0.01 * x)],
  ["elu", elu, (x) => (x > 0 ? x : exp(x) - 1)],
  ["selu", selu, (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (exp(x) - 1))],
  ["softplus", softplus, (x) => log1p(exp(x))],
  ["logSigmoid", logSigmoid, (x) => -log1p(exp(-x))],
  ["silu", silu, (x) => x * sigma(x)],
  ["softSign", softSign, (x) => x / (1 + Math.abs(x))],
  ["gelu", gelu, (x) => 0.5 * x * (1 + tanh(sqrt(2 / PI) * (x + 0.044715 * x ** 3)))],
  ["gelu, exactly", (x) => gelu(x, { approximate: false }), (x) => x * normal(x)],
];

describe.each(table)("%s", (_name, f, formula) => {
  test("has the values of its formula", () => {
    close(f(f64(points)), points.map(formula), 1e-12);
    close(f(array(points)), points.map(formula), 1e-6);
    close(f(array([-2, 3], { dtype: "int32" })), [-2, 3].map(formula), 1e-6);
    expect(f(array([1], { dtype: "int32" })).dtype).toBe("float32");
    expect(f(array([NaN])).item()).toBeNaN();
    expect(f(f64([])).shape).toEqual([0]);
  });

  test("has right derivatives", () => checkGrads(f, [f64(points)], { order: 2, atol: 1e-6, rtol: 1e-6 }));

  test("is the same under jit and vmap", () => {
    const x = f64(points);
    close(jit((y: Tensor) => f(y))(x), numbers(f(x)));
    close(vmap((y: Tensor) => f(y))(x), numbers(f(x)));
    close(vmap(grad((y: Tensor) => f(y)))(x), numbers(both(f, x)[0]));
  });

  test("refuses booleans and what is no tensor", () => {
    expect(() => f(array([true]))).toThrow(DTypeError);
    expect(() => f("x" as never)).toThrow(ArgumentError);
  });
});

const inf = Infinity;
const conventions: [string, Activation, number[], number[]][] = [
  ["relu is strict, also at NaN", relu, [0, -0, NaN, inf, -inf], [0, 0, 0, 1, 0]],
  ["relu6 is strict at both ends", relu6, [0, 6, NaN, inf], [0, 0, 0, 0]],
  ["hardTanh includes its ends", hardTanh, [-1, 1, 1.5, -inf], [1, 1, 0, 0]],
  ["leakyRelu takes the upper side", leakyRelu, [0, -1], [1, 0.01]],
  ["elu is smooth at 0, and flat at −∞", elu, [0, -inf, inf, 1000], [1, 0, 1, 1]],
  ["selu takes the exponential's side", selu, [0, -inf, 1000], [1.0507009873554805 * 1.6732632423543772, 0, 1.0507009873554805]],
  ["softplus", softplus, [0, inf, -inf, NaN, 1000, -1000], [0.5, 1, 0, NaN, 1, 0]],
];
test.each(conventions)("convention: %s", (_name, f, x, expected) => {
  for (const d of both(f, f64(x))) close(d, expected);
  for (const d of both(f, array(x))) close(d, expected, 1e-6);
});

test("softplus neither overflows nor underflows", () => {
  close(softplus(f64([1000, -1000, 0, inf, -inf])), [1000, 0, LN2, inf, 0]);
  close(logSigmoid(f64([1000, -1000])), [0, -1000]);
  close(softplus(f64([-40])), [exp(-40)], 1e-30);
});

describe("softmax, logSoftmax, logsumexp", () => {
  const x = f64([[0.2, -1, 3], [1, 1, 0.5]]);
  const rows = [[0.2, -1, 3], [1, 1, 0.5]];
  const sum = (row: number[]): number => row.reduce((a, b) => a + exp(b), 0);

  test("have the values of their formulas, over any axes", () => {
    close(softmax(x), rows.flatMap((r) => r.map((v) => exp(v) / sum(r))));
    close(logSoftmax(x), rows.flatMap((r) => r.map((v) => v - Math.log(sum(r)))));
    close(logsumexp(x, 1), rows.map((r) => Math.log(sum(r))));
    close(logsumexp(x), [Math.log(sum(rows.flat()))]);
    expect(logsumexp(x, -1, { keepdims: true }).shape).toEqual([2, 1]);
    close(reduceSum(softmax(x, 0), 0), [1, 1, 1]);
    close(reduceSum(softmax(x, [0, 1])), [1]);
    close(softmax(f64([1000, 1000])), [0.5, 0.5]);
    close(logsumexp(f64([1000, 1000])), [1000 + LN2]);
    close(logsumexp(f64([])), [-inf]);
    expect(softmax(f64([])).shape).toEqual([0]);
  });

  test("have right derivatives", () => {
    for (const f of [softmax, logSoftmax, logsumexp]) {
      for (const axis of [0, 1]) checkGrads((y: Tensor) => f(y, axis), [x], { order: 2, atol: 1e-6, rtol: 1e-6 });
    }
  });

  test("take −∞ as a mask: exactly 0, and no gradient", () => {
    const masked = f64([0, -inf, 0]);
    const weights = f64([1, 2, 3]);
    close(softmax(masked), [0.5, 0, 0.5], 0);
    const loss = (y: Tensor): Tensor => reduceSum(mul(softmax(y), weights));
    close(grad(loss)(masked), [-0.5, 0, 0.5], 0);
    close(grad(jit(loss))(masked), [-0.5, 0, 0.5], 0);
    close(jvp((y: Tensor) => softmax(y), [masked], [weights])[1] as Tensor, [-0.5, 0, 0.5], 0);
    close(logsumexp(masked), [LN2]);
    for (const d of both((y) => logsumexp(y), masked)) expect(numbers(d).every((v) => !Number.isNaN(v))).toBe(true);
    close(grad((y: Tensor) => logsumexp(y))(masked), [0.5, 0, 0.5]);
    close(grad((y: Tensor) => reduceSum(mul(softmax(y), softmax(y))))(masked), [0, 0, 0]);
  });

  test("logsumexp of nothing but −∞ is −∞ with gradient NaN, and of ∞ NaN at it", () => {
    expect(logsumexp(f64([-inf, -inf])).item()).toBe(-inf);
    close(grad((y: Tensor) => logsumexp(y))(f64([-inf, -inf])), [NaN, NaN]);
    expect(logsumexp(f64([inf, 0])).item()).toBe(inf);
    close(grad((y: Tensor) => logsumexp(y))(f64([inf, 0])), [NaN, 0]);
  });

  test("are the same under jit and vmap", () => {
    for (const f of [softmax, logSoftmax]) {
      close(vmap((y: Tensor) => f(y))(x), numbers(f(x)));
      close(vmap((y: Tensor) => f(y), 1, { outAxes: 1 })(x), numbers(f(x, 0)));
      close(jit((y: Tensor) => f(y))(x), numbers(f(x)));
    }
  });

  test("refuse wrong axes and dtypes", () => {
    for (const f of [softmax, logSoftmax, logsumexp]) {
      expect(() => f(x, 2)).toThrow(ShapeError);
      expect(() => f(x, [0, 0])).toThrow(ShapeError);
      expect(() => f(array([true]))).toThrow(DTypeError);
    }
    expect(() => softmax(f64([1]).item() as never)).toThrow(ShapeError);
  });
});
