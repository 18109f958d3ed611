// Smooth stand-ins: the hard function is their limit, they are increasing where it is, and their derivatives are right.

import { ArgumentError, array, DTypeError, reduceSum, ShapeError, type Tensor, useBackend } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { checkGrads } from "@gradus/conformance";
import { jvp } from "@gradus/jvp";
import * as ops from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { abs, argmax, argmaxWeights, ceil, floor, logaddexp, max, relu, round, type SharpnessOptions, sign, sort, step, topk } from "../src/index.js";

useBackend(cpu());

type Smooth = (x: Tensor, o?: SharpnessOptions) => Tensor;
const f64 = (data: number[] | number[][]): Tensor => array(data, { dtype: "float64" });
const numbers = (x: Tensor): number[] => [...x.dataSync()] as number[];
const close = (got: Tensor, expected: readonly number[], tol: number): void => {
  const data = numbers(got);
  expect(data.length).toBe(expected.length);
  data.forEach((g, i) => expect(Math.abs(g - (expected[i] as number)), `element ${i}: ${g}, expected ${expected[i]}`).toBeLessThanOrEqual(tol));
};

const away = [-2.8, -1.6, -0.75, -0.2, 0.3, 0.9, 1.25, 2.7];
const kinds: [string, Smooth, (x: number) => number, "increasing" | "any"][] = [
  ["step", step, (x) => (x > 0 ? 1 : 0), "increasing"],
  ["sign", sign, Math.sign, "increasing"],
  ["round", round, Math.round, "increasing"],
  ["floor", floor, Math.floor, "increasing"],
  ["ceil", ceil, Math.ceil, "increasing"],
  ["relu", relu, (x) => Math.max(x, 0), "increasing"],
  ["abs", abs, Math.abs, "any"],
];

describe.each(kinds)("%s", (_name, f, hard, shape) => {
  test("converges to the hard function", () => {
    for (const [sharpness, tol] of [[100, 0.02], [1e4, 2e-4], [1e6, 2e-6]] as const) close(f(f64(away), { sharpness }), away.map(hard), tol);
    const errors = [1, 10, 100, 1000].map((sharpness) => Math.max(...numbers(f(f64(away), { sharpness })).map((g, i) => Math.abs(g - hard(away[i] as number)))));
    for (const [i, e] of errors.entries()) if (i > 0) expect(e).toBeLessThanOrEqual(errors[i - 1] as number);
  });

  test.skipIf(shape === "any")("increases", () => {
    const grid = Array.from({ length: 401 }, (_, i) => (i - 200) / 50);
    for (const sharpness of [0.5, 3, 30]) {
      const y = numbers(f(f64(grid), { sharpness }));
      y.forEach((v, i) => i > 0 && expect(v).toBeGreaterThanOrEqual(y[i - 1] as number));
      expect(Math.min(...numbers(grad((x: Tensor) => reduceSum(f(x, { sharpness })))(f64(grid))))).toBeGreaterThanOrEqual(0);
    }
  });

  test("has right derivatives, at jumps, ties and corners of the hard function too", () => {
    for (const sharpness of [0.7, 4]) checkGrads((x: Tensor) => f(x, { sharpness }), [f64([...away, 0, 1])], { order: 2, atol: 1e-5, rtol: 1e-5 });
    checkGrads((x: Tensor) => f(x, { sharpness: 4 }), [f64([-0.5, 0.5, 1.5])], { atol: 1e-5, rtol: 1e-5 });
  });

  test("has finite derivatives when it is sharp and far out", () => {
    const d = numbers(grad((x: Tensor) => reduceSum(f(x, { sharpness: 1e4 })))(array([-1000.25, -1, 0, 0.5, 1, 1000.25])));
    for (const v of d) expect(Number.isFinite(v)).toBe(true);
  });

  test("is the same in float32, under jit, vmap and forward mode", () => {
    const x = array(away);
    const expected = numbers(f(x));
    close(jit((y: Tensor) => f(y))(x), expected, 1e-5);
    close(vmap((y: Tensor) => f(y))(x), expected, 1e-5);
    const [value, tangent] = jvp((y: Tensor) => f(y), [x], [ops.onesLike(x)]) as [Tensor, Tensor];
    close(value, expected, 1e-5);
    close(tangent, numbers(grad((y: Tensor) => reduceSum(f(y)))(x)), 1e-4);
    expect(value.dtype).toBe("float32");
  });

  test("refuses a sharpness that is no positive number", () => {
    for (const sharpness of [0, -1, NaN, Infinity, "3" as never]) expect(() => f(f64([1]), { sharpness })).toThrow(ArgumentError);
    expect(() => f("x" as never)).toThrow(ArgumentError);
  });
});

describe("values from their formulas", () => {
  test("jumps are half way up, with the documented slope", () => {
    expect(step(array(0)).item()).toBe(0.5);
    expect(grad((x) => step(x, { sharpness: 8 }))(0).item()).toBeCloseTo(2, 6);
    expect(grad((x) => sign(x, { sharpness: 8 }))(0).item()).toBeCloseTo(8, 6);
    close(round(f64([0.5, 1.5, -0.5, 3])), [0.5, 1.5, -0.5, 3], 1e-12);
    close(floor(f64([2])), [1.5], 1e-12);
    close(ceil(f64([2])), [2.5], 1e-12);
    expect(grad((x) => round(x, { sharpness: 8 }))(0.5).item()).toBeCloseTo(9, 5);
    expect(grad((x) => round(x, { sharpness: 8 }))(3).item()).toBeCloseTo(1 / 9, 6);
    close(round(f64(away), { sharpness: 1e-9 }), away, 1e-8);
  });

  test("corners are ln 2/k above", () => {
    close(relu(f64([0]), { sharpness: 5 }), [Math.LN2 / 5], 1e-15);
    close(abs(f64([0]), { sharpness: 5 }), [Math.LN2 / 5], 1e-15);
    close(max(f64([3]), f64([3]), { sharpness: 5 }), [3 + Math.LN2 / 5], 1e-14);
  });

  test("derivatives of corners are the steps", () => {
    const x = f64(away);
    close(grad((y: Tensor) => reduceSum(relu(y)))(x), numbers(step(x)), 1e-12);
    close(grad((y: Tensor) => reduceSum(abs(y)))(x), numbers(sign(x)), 1e-12);
  });
});

describe("max and logaddexp", () => {
  test("converge to the greater", () => {
    close(max(f64([1, -2]), f64([3, -5]), { sharpness: 100 }), [3, -2], 1e-12);
    checkGrads((x: Tensor, y: Tensor) => max(x, y), [f64([0.3, 1]), f64([0.4, 1])], { order: 2, atol: 1e-5, rtol: 1e-5 });
    expect(() => max(f64([1, 2]), f64([1, 2, 3]))).toThrow(ShapeError);
  });

  test("have the values and the derivatives of the conventions at infinities", () => {
    const inf = Infinity;
    const [x, y] = [f64([0, inf, inf, -inf, -inf, 1000, NaN]), f64([0, inf, 0, 0, -inf, -1000, 0])];
    expect(numbers(logaddexp(x, y))).toEqual([Math.LN2, inf, inf, 0, -inf, 1000, NaN]);
    const [dx, dy] = grad((a: Tensor, b: Tensor) => reduceSum(logaddexp(a, b)), { argnums: [0, 1] })(x, y) as unknown as [Tensor, Tensor];
    expect(numbers(dx)).toEqual([0.5, 1, 1, 0, NaN, 1, NaN]);
    expect(numbers(dy)).toEqual([0.5, 1, 0, 1, NaN, 0, NaN]);
  });
});

describe("argmax, sort and topk", () => {
  const x = f64([[0.3, -1.2, 2.5, 0.9], [4, 1, -3, 3.2]]);

  test("argmax converges to the index", () => {
    close(argmax(x, 1, { sharpness: 100 }), [2, 0], 1e-12);
    close(argmax(x, 0, { sharpness: 100 }), [1, 1, 0, 1], 1e-12);
    close(argmax(x, null, { sharpness: 100 }), [4], 1e-12);
    close(argmax(f64([1, 1, 0]), 0, { sharpness: 100 }), [0.5], 1e-12);
    close(argmaxWeights(x, 1, { sharpness: 100 }), [0, 0, 1, 0, 1, 0, 0, 0], 1e-12);
    close(reduceSum(argmaxWeights(x, 0), 0), [1, 1, 1, 1], 1e-12);
  });

  test("sort converges to the sorted array, along any axis", () => {
    close(sort(x, 1, { sharpness: 200 }), [-1.2, 0.3, 0.9, 2.5, -3, 1, 3.2, 4], 1e-9);
    close(sort(x, 0, { sharpness: 200 }), [0.3, -1.2, -3, 0.9, 4, 1, 2.5, 3.2], 1e-9);
    close(sort(f64([2, 2, 1]), 0, { sharpness: 200 }), [1, 2, 2], 1e-9);
    close(sort(f64([7]), 0), [7], 0);
    const soft = numbers(sort(x, 1, { sharpness: 0.3 }));
    for (const row of [soft.slice(0, 4), soft.slice(4)]) row.forEach((v, i) => i > 0 && expect(v).toBeGreaterThanOrEqual(row[i - 1] as number));
  });

  test("sort does not depend on the order of its input", () => {
    close(sort(f64([3, 1, 2])), numbers(sort(f64([1, 2, 3]))), 1e-12);
  });

  test("topk converges to values and indices", () => {
    const [values, indices] = topk(x, 2, { sharpness: 200 });
    expect(values.shape).toEqual([2, 2]);
    close(values, [2.5, 0.9, 4, 3.2], 1e-9);
    close(indices, [2, 3, 0, 3], 1e-9);
    expect(topk(x, 0)[0].shape).toEqual([2, 0]);
  });

  test("have right derivatives, at ties too", () => {
    const close2 = { sharpness: 1.3 };
    const tied = f64([[0.3, 0.3, 1.1], [0.2, -0.4, 0.7]]);
    checkGrads((y: Tensor) => argmax(y, 1, close2), [tied], { order: 2, atol: 1e-5, rtol: 1e-5 });
    checkGrads((y: Tensor) => sort(y, 1, close2), [tied], { order: 2, atol: 1e-4, rtol: 1e-4 });
    checkGrads((y: Tensor) => topk(y, 2, close2), [tied], { atol: 1e-5, rtol: 1e-5 });
  });

  test("are the same under vmap and jit", () => {
    close(vmap((y: Tensor) => sort(y))(x), numbers(sort(x)), 1e-12);
    close(jit((y: Tensor) => sort(y))(x), numbers(sort(x)), 1e-12);
    close(vmap((y: Tensor) => topk(y, 2)[1])(x), numbers(topk(x, 2)[1]), 1e-12);
    close(vmap((y: Tensor) => argmax(y))(x), numbers(argmax(x, 1)), 1e-12);
  });

  test("refuse wrong axes, dtypes and options", () => {
    const empty = f64([]);
    const whole = array([1, 2], { dtype: "int32" });
    for (const f of [(y: Tensor) => argmax(y, 0), (y: Tensor) => sort(y), (y: Tensor) => topk(y, 1), (y: Tensor) => argmaxWeights(y)]) {
      expect(() => f(empty)).toThrow(ShapeError);
      expect(() => f(whole)).toThrow(DTypeError);
      expect(() => f(array(1))).toThrow(ShapeError);
    }
    expect(() => sort(x, 2)).toThrow(ShapeError);
    expect(() => argmax(x, -3)).toThrow(ShapeError);
    expect(() => topk(x, 5)).toThrow(ShapeError);
    expect(() => topk(x, 1.5)).toThrow(ArgumentError);
    for (const f of [argmax, argmaxWeights, sort]) expect(() => f(x, 0, { sharpness: 0 })).toThrow(ArgumentError);
    expect(() => topk(x, 1, { sharpness: NaN })).toThrow(ArgumentError);
    expect(() => max(1, 2, { sharpness: -1 })).toThrow(ArgumentError);
  });
});
