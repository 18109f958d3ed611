// The small engine against the fast one, bit for bit: every layout, every dtype, bodies of one step and of several.

import { add, array, broadcastTo, cast, type DType, mul, neg, reduceSum, reshape, select, type Tensor, transpose, withBackend } from "@gradus/core";
import { abs, clamp, div, equal, exp, greater, isNan, log, max, min, not, pow, rem, sigmoid, sin, sub, tanh } from "@gradus/ops";
import { describe, expect, test } from "vitest";
import { cpu, eagerCpu, shaping } from "../src/index.js";
import { allDTypes, laidOut, values } from "./layouts.js";

const small = eagerCpu({ kernels: [shaping] });
const fast = cpu();

const unary: Record<string, (x: Tensor) => Tensor> = {
  neg,
  abs,
  exp,
  sin,
  log,
  tanh,
  sigmoid,
  not,
  isNan,
  "cast to float32": (x) => cast(x, "float32"),
  "cast to float64": (x) => cast(x, "float64"),
  "cast to int32": (x) => cast(x, "int32"),
  "cast to uint32": (x) => cast(x, "uint32"),
  "cast to bool": (x) => cast(x, "bool"),
  "twice transposed": (x) => transpose(neg(transpose(x))),
  reshaped: (x) => reshape(transpose(x), [-1]),
  broadcast: (x) => broadcastTo(x, [2, ...x.shape]),
  "reduceSum of all": (x) => reduceSum(x),
  "reduceSum of the last axis": (x) => reduceSum(x, -1),
  "reduceSum of the first axis": (x) => reduceSum(x, 0),
};

const binary: Record<string, (x: Tensor, y: Tensor) => Tensor> = {
  add,
  sub,
  mul,
  div,
  rem,
  pow,
  max,
  min,
  equal,
  greater,
  "with a number": (x, y) => add(mul(x, 3), y),
  "with a fraction": (x, y) => mul(mul(x, 0.1), y),
  "select of a comparison": (x, y) => select(greater(x, y), x, y),
  "clamp between numbers": (x) => clamp(-1, x, 2),
  "broadcast rows": (x, y) => add(x, reshape(reduceSum(y, 0), [1, ...y.shape.slice(1)])),
};

/** What a backend gives: the dtype, the shape and the elements, or the class of the error. */
function outcome(f: () => Tensor): unknown {
  try {
    const x = f();
    return { dtype: x.dtype, shape: x.shape, values: values(x) };
  } catch (error) {
    return (error as Error).name;
  }
}

const shapes = [[], [1], [5], [3, 4], [2, 1, 3], [0, 3]];

describe.each(allDTypes)("%s", (dtype) => {
  test.each(Object.entries(unary))("%s", (_name, f) => {
    for (const shape of shapes) {
      const results = [small, fast].map((backend) => withBackend(backend, () => laidOut(shape, dtype).map(({ layout, x }) => ({ layout, result: outcome(() => f(x)) }))));
      expect(results[0]).toEqual(results[1]);
    }
  });

  test.each(Object.entries(binary))("%s", (_name, f) => {
    for (const shape of shapes) {
      const results = [small, fast].map((backend) =>
        withBackend(backend, () =>
          laidOut(shape, dtype).flatMap(({ layout, x }) => laidOut(shape, dtype, 2).map((other) => ({ layout: [layout, other.layout], result: outcome(() => f(x, other.x)) }))),
        ),
      );
      expect(results[0]).toEqual(results[1]);
    }
  });
});

test("operands of two dtypes, large integers rounded as float32", () => {
  const big = [2 ** 24 + 1, -(2 ** 31), 3];
  const pairs: [DType, DType][] = [["int32", "float32"], ["bool", "int32"], ["bool", "float32"], ["float32", "float64"], ["int32", "float64"], ["uint32", "float32"]];
  for (const [from, to] of pairs) {
    const results = [small, fast].map((backend) =>
      withBackend(backend, () => {
        const x = array(big.map((v) => (from === "bool" ? v % 2 : from === "uint32" ? Math.abs(v) : v)), { dtype: from });
        const y = array([0.1, 1, 2], { dtype: to });
        return [add(x, y), mul(x, y), max(y, x), select(greater(x, y), x, y), sub(reshape(x, [3, 1]), y), greater(x, 0.5)].map(values);
      }),
    );
    expect(results[0]).toEqual(results[1]);
  }
});
