// Reductions: values at the edges, shared extrema, exact products at all orders, and batching.

import { array, type Tensor } from "@gradus/core";
import { argmax, argmin, mul, reduceAnd, reduceMax, reduceMin, reduceOr, reduceProd, reduceSum, reshape, sin, take } from "@gradus/ops";
import { jvp } from "@gradus/jvp";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { bool, checkBatching, checkDerivatives, f64, type Fn, i32, pullback, values } from "./support.js";

const inf = Infinity;
const nan = NaN;

describe("values", () => {
  const table: [string, Tensor, unknown][] = [
    ["product", reduceProd(f64([[1, 2], [3, 4]]), 0), [3, 8]],
    ["product of nothing", reduceProd(f64([])), 1],
    ["product of integers wraps", reduceProd(i32([65536, 65536, 3])), 0],
    ["max", reduceMax(f64([[1, 5], [7, 4]]), 1), [5, 7]],
    ["max with NaN", reduceMax(f64([[1, nan], [7, 4]]), 1), [nan, 7]],
    ["min with NaN", reduceMin(f64([[1, nan], [7, 4]]), 1), [nan, 4]],
    ["max of nothing", reduceMax(f64([])), -inf],
    ["min of nothing", reduceMin(f64([])), inf],
    ["max of no integers", reduceMax(i32([])), -(2 ** 31)],
    ["max of booleans", reduceMax(bool([false, true])), true],
    ["and", reduceAnd(bool([[true, false], [true, true]]), 1), [false, true]],
    ["and of nothing", reduceAnd(bool([])), true],
    ["and of bits", reduceAnd(i32([12, 10])), 8],
    ["or", reduceOr(bool([[false, false], [true, false]]), 1), [false, true]],
    ["or of nothing", reduceOr(bool([])), false],
    ["or of bits", reduceOr(i32([12, 10])), 14],
    ["argmax: the first of equals", argmax(f64([1, 3, 3, 2])), 1],
    ["argmin: the first of equals", argmin(f64([1, 3, 1, 2])), 0],
    ["argmax: NaN wins", argmax(f64([1, nan, 3, nan])), 1],
    ["argmin: NaN wins", argmin(f64([1, nan, -3])), 1],
    ["argmax along an axis", argmax(f64([[1, 5], [7, 4]]), 0), [1, 0]],
    ["argmax of everything", argmax(f64([[1, 5], [7, 4]])), 2],
  ];
  test.each(table)("%s", (_name, actual, expected) => expect(actual.js()).toEqual(expected));
});

describe("extrema share the derivative equally", () => {
  test.each([["max", reduceMax, [3, 1, 3, 3]] as const, ["min", reduceMin, [0, 1, 0, 0]] as const])("%s", (_name, f, data) => {
    const x = f64([...data]);
    expect(pullback((v) => f(v!), [x], f64(6))[0]!.js()).toEqual([2, 0, 2, 2]);
    expect(jvp((v: Tensor) => f(v), [x], [f64([3, 100, 6, 0])])[1].item()).toBe(3);
  });

  test("a NaN makes all of them NaN, in its row only", () => {
    const x = f64([[1, nan], [2, 1]]);
    expect(grad((v: Tensor) => reduceSum(reduceMax(v, 1)))(x).js()).toEqual([[nan, nan], [1, 0]]);
    expect(jvp((v: Tensor) => reduceMax(v, 1), [x], [f64([[1, 1], [1, 1]])])[1].js()).toEqual([nan, 1]);
  });

  test("0 and −0 tie", () => expect(grad((v: Tensor) => reduceMax(v))(f64([0, -0])).js()).toEqual([0.5, 0.5]));
});

describe("the product has the exact product of the others as derivative", () => {
  const f = (v: Tensor): Tensor => reduceProd(v);

  test("with one zero, with two, with none", () => {
    expect(grad(f)(f64([2, 0, 3])).js()).toEqual([0, 6, 0]);
    expect(grad(f)(f64([2, 0, 3, 0])).js()).toEqual([0, 0, 0, 0]);
    expect(grad(f)(f64([2, 5, 3])).js()).toEqual([15, 6, 10]);
    expect(grad(f)(f64([1e200, 1e200, 0])).js()).toEqual([0, 0, inf]);
  });

  test("second derivatives with two zeros", () => {
    const row = (i: number): Fn => (v) => take(grad(f)(v!), i);
    expect([0, 1, 2, 3].map((i) => grad(row(i) as (v: Tensor) => Tensor)(f64([2, 0, 3, 0])).js())).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 6],
      [0, 0, 0, 0],
      [0, 6, 0, 0],
    ]);
  });

  test("third derivatives with three zeros", () => {
    const d = (g: (v: Tensor) => Tensor, i: number) => (v: Tensor): Tensor => take(grad(g)(v), i);
    expect(d(d(d(f, 0), 1), 2)(f64([0, 0, 0, 7])).item()).toBe(7);
  });

  test("over lengths that are no powers of two, and over several axes", () => {
    for (const n of [1, 2, 3, 5, 7, 8]) checkDerivatives((x) => reduceProd(sin(x!)), [values([n])]);
    checkDerivatives((x) => reduceProd(x!, [0, 2]), [values([3, 2, 5])]);
  });

  test("of nothing it is 0", () => expect(grad((v: Tensor) => reduceProd(v))(f64([])).shape).toEqual([0]));
});

test("derivatives of first and second order", () => {
  const x = values([3, 4]);
  checkDerivatives((v) => reduceMax(mul(v!, v!), 1), [x]);
  checkDerivatives((v) => reduceMin(sin(v!), [0]), [x]);
  checkDerivatives((v) => reduceSum(v!, 0), [x]);
});

test("indices and logic are constants to differentiation", () => {
  expect(grad((v: Tensor) => take(v, argmax(v)))(f64([1, 3, 2])).js()).toEqual([0, 1, 0]);
  expect(jvp((v: Tensor) => argmin(v), [f64([1, 3])], [f64([1, 1])])[1].dtype).toBe("float0");
});

describe("vmap agrees with a loop", () => {
  const x = values([2, 3, 4]);
  const fs: [string, Fn][] = [
    ["reduceProd", (v) => reduceProd(v!, 1)],
    ["reduceMax", (v) => reduceMax(v!, 0)],
    ["reduceMin", (v) => reduceMin(v!)],
    ["argmax", (v) => argmax(v!, 1)],
    ["argmin", (v) => argmin(v!)],
    ["the gradient of reduceProd", (v) => grad((u: Tensor) => reduceProd(u))(v!)],
    ["the gradient of reduceMax", (v) => grad((u: Tensor) => reduceSum(reduceMax(u, 0)))(v!)],
  ];
  test.each(fs)("%s", (_name, f) => {
    for (const axis of [0, 1, 2]) checkBatching(f, [x], [axis]);
  });
  test("logic", () => {
    const p = reshape(array([1, 0, 1, 1, 0, 0], { dtype: "bool" }), [2, 3]);
    for (const axis of [0, 1]) {
      checkBatching((v) => reduceAnd(v!), [p], [axis]);
      checkBatching((v) => reduceOr(v!, 0), [p], [axis]);
    }
  });
});
