// Methods are the functions: on concrete tensors, and on the tracers of every transformation.

import { describe, expect, it } from "vitest";
import {
  array, type Fluent, grad, hessian, hvp, jacfwd, jacrev, jit, jvp, linearize, makeProgram, ops, stopGradient, Tensor, vjp, vmap,
} from "../src/index.js";

const i32 = (data: number[]): Tensor => array(data, { dtype: "int32" });
const x = array([[0.5, 0.25, 0.125], [0.75, 0.375, 0.0625]]);
const y = array([[2, 3, 4], [5, 6, 7]]);
const n = i32([5, -3, 6]);
const b = array([true, false, true]);

// One call of every method, and the function it stands for.
const calls: { readonly [K in Exclude<Extract<keyof Fluent, string>, "dispose">]: [method: Tensor | Tensor[], f: Tensor | Tensor[]] } = {
  add: [x.add(y), ops.add(x, y)],
  sub: [x.sub(y), ops.sub(x, y)],
  mul: [x.mul(y), ops.mul(x, y)],
  div: [x.div(y), ops.div(x, y)],
  rem: [y.rem(x), ops.rem(y, x)],
  pow: [x.pow(y), ops.pow(x, y)],
  integerPow: [x.integerPow(3), ops.integerPow(x, 3)],
  square: [x.square(), ops.square(x)],
  neg: [x.neg(), ops.neg(x)],
  abs: [n.abs(), ops.abs(n)],
  sign: [n.sign(), ops.sign(n)],
  max: [x.max(0.3), ops.max(x, 0.3)],
  min: [x.min(0.3), ops.min(x, 0.3)],
  clamp: [x.clamp(0.1, 0.5), ops.clamp(0.1, x, 0.5)],
  nextafter: [x.nextafter(y), ops.nextafter(x, y)],
  floor: [x.floor(), ops.floor(x)],
  ceil: [x.ceil(), ops.ceil(x)],
  round: [x.round(), ops.round(x)],
  trunc: [x.trunc(), ops.trunc(x)],
  sqrt: [x.sqrt(), ops.sqrt(x)],
  rsqrt: [x.rsqrt(), ops.rsqrt(x)],
  cbrt: [x.cbrt(), ops.cbrt(x)],
  exp: [x.exp(), ops.exp(x)],
  exp2: [x.exp2(), ops.exp2(x)],
  expm1: [x.expm1(), ops.expm1(x)],
  log: [x.log(), ops.log(x)],
  log2: [x.log2(), ops.log2(x)],
  log1p: [x.log1p(), ops.log1p(x)],
  sin: [x.sin(), ops.sin(x)],
  cos: [x.cos(), ops.cos(x)],
  tan: [x.tan(), ops.tan(x)],
  asin: [x.asin(), ops.asin(x)],
  acos: [x.acos(), ops.acos(x)],
  atan: [x.atan(), ops.atan(x)],
  atan2: [x.atan2(y), ops.atan2(x, y)],
  sinh: [x.sinh(), ops.sinh(x)],
  cosh: [x.cosh(), ops.cosh(x)],
  tanh: [x.tanh(), ops.tanh(x)],
  asinh: [x.asinh(), ops.asinh(x)],
  acosh: [y.acosh(), ops.acosh(y)],
  atanh: [x.atanh(), ops.atanh(x)],
  sigmoid: [x.sigmoid(), ops.sigmoid(x)],
  equal: [x.equal(0.5), ops.equal(x, 0.5)],
  notEqual: [x.notEqual(0.5), ops.notEqual(x, 0.5)],
  less: [x.less(0.5), ops.less(x, 0.5)],
  lessEqual: [x.lessEqual(0.5), ops.lessEqual(x, 0.5)],
  greater: [x.greater(0.5), ops.greater(x, 0.5)],
  greaterEqual: [x.greaterEqual(0.5), ops.greaterEqual(x, 0.5)],
  isNan: [x.isNan(), ops.isNan(x)],
  isFinite: [x.isFinite(), ops.isFinite(x)],
  not: [b.not(), ops.not(b)],
  and: [b.and(false), ops.and(b, false)],
  or: [b.or(true), ops.or(b, true)],
  xor: [b.xor(true), ops.xor(b, true)],
  shiftLeft: [n.shiftLeft(2), ops.shiftLeft(n, 2)],
  shiftRightArithmetic: [n.shiftRightArithmetic(1), ops.shiftRightArithmetic(n, 1)],
  shiftRightLogical: [n.shiftRightLogical(1), ops.shiftRightLogical(n, 1)],
  select: [b.select(x, y), ops.select(b, x, y)],
  cast: [n.cast("float64"), ops.cast(n, "float64")],
  astype: [n.astype("bool"), ops.astype(n, "bool")],
  reduceSum: [x.reduceSum(0), ops.reduceSum(x, 0)],
  reduceProd: [x.reduceProd(1), ops.reduceProd(x, 1)],
  reduceMax: [x.reduceMax(), ops.reduceMax(x)],
  reduceMin: [x.reduceMin([0, 1]), ops.reduceMin(x, [0, 1])],
  reduceAnd: [b.reduceAnd(), ops.reduceAnd(b)],
  reduceOr: [b.reduceOr(), ops.reduceOr(b)],
  argmax: [x.argmax(1), ops.argmax(x, 1)],
  argmin: [x.argmin(), ops.argmin(x)],
  dotGeneral: [x.dotGeneral(y, { contract: [[1], [1]] }), ops.dotGeneral(x, y, { contract: [[1], [1]] })],
  reshape: [x.reshape([3, 2]), ops.reshape(x, [3, 2])],
  transpose: [x.transpose(), ops.transpose(x)],
  broadcastTo: [n.broadcastTo([2, 3]), ops.broadcastTo(n, [2, 3])],
  squeeze: [x.reshape([1, 6]).squeeze(0), ops.squeeze(ops.reshape(x, [1, 6]), 0)],
  expandDims: [x.expandDims(1), ops.expandDims(x, 1)],
  reverse: [x.reverse(1), ops.reverse(x, 1)],
  slice: [x.slice([0, 0], [2, 3], [1, 2]), ops.slice(x, [0, 0], [2, 3], [1, 2])],
  split: [x.split(3, 1), ops.split(x, 3, 1)],
  pad: [x.pad(9, [[1, 0], [0, 1]]), ops.pad(x, 9, [[1, 0], [0, 1]])],
  take: [x.take([2, 0], 1), ops.take(x, [2, 0], 1)],
  gather: [x.gather(i32([1]).reshape([1, 1])), ops.gather(x, ops.reshape(i32([1]), [1, 1]))],
  scatterAdd: [n.scatterAdd(i32([0, 0]).reshape([2, 1]), i32([1, 2])), ops.scatterAdd(n, ops.reshape(i32([0, 0]), [2, 1]), i32([1, 2]))],
  oneHot: [i32([0, 2]).oneHot(3), ops.oneHot(i32([0, 2]), 3)],
  stopGradient: [x.stopGradient(), stopGradient(x)],
};

describe("fluent methods", () => {
  it.each(Object.entries(calls))("%s is its function", (_name, [method, f]) => {
    expect(String(method)).toBe(String(f));
  });

  it("are not enumerable, and bear their names", () => {
    for (const name in x) expect(Object.keys(calls)).not.toContain(name);
    for (const name of Object.keys(calls)) expect((x as unknown as Record<string, { name: string }>)[name]?.name).toBe(name);
  });

  const f = (t: Tensor): Tensor => t.sin().mul(t.cos());
  const total = (t: Tensor): Tensor => f(t).reduceSum();
  const point = 0.3;
  const close = (a: Tensor, expected: number): void => expect(a.item()).toBeCloseTo(expected, 5);

  it("work under every transformation", () => {
    close(grad(f)(point), Math.cos(0.6));
    close(grad(grad(f))(point), -2 * Math.sin(0.6));
    close(jvp(f, [point], [1])[1], Math.cos(0.6));
    close(vjp(f, [point])[1](2)[0] as Tensor, 2 * Math.cos(0.6));
    close(linearize(f, [point])[1](1), Math.cos(0.6));
    close(jit(f)(array(point)), Math.sin(0.6) / 2);
    close(jit(grad(f))(array(point)), Math.cos(0.6));
    expect(vmap(f)(array([0, point])).js()).toEqual([0, f(array(point)).item()]);
    expect(vmap(grad(f))(array([0, point])).shape).toEqual([2]);
    for (const jacobian of [jacfwd, jacrev]) expect(jacobian((t: Tensor) => f(t))(array([0, point])).shape).toEqual([2, 2]);
    expect(hessian(total)(array([0, point])).js()).toEqual([[expect.closeTo(0, 5), expect.closeTo(0, 5)], [expect.closeTo(0, 5), expect.closeTo(-2 * Math.sin(0.6), 5)]]);
    expect(hvp(total, [array([0, point])], [array([0, 1])])[0].js()).toEqual([expect.closeTo(0, 5), expect.closeTo(-2 * Math.sin(0.6), 5)]);
  });

  it("trace to the program of the functions", () => {
    const functions = (t: Tensor): Tensor => ops.mul(ops.sin(t), ops.cos(t));
    expect(String(makeProgram(f)(x))).toBe(String(makeProgram(functions)(x)));
  });

  it("stop gradients", () => {
    close(grad((t: Tensor) => t.sin().mul(t.cos().stopGradient()))(Math.PI / 4), 0.5);
  });

  it("free what a block leaves behind", () => {
    let left: Tensor | undefined;
    {
      using y = x.exp();
      left = y;
      expect(y.shape).toEqual(x.shape);
    }
    expect(() => left?.js()).toThrow(/freed by dispose/);
    const y = x.sin();
    y.dispose();
    y.dispose();
    expect(() => y.js()).toThrow(/freed by dispose/);
    expect(x.size).toBeGreaterThan(0);
  });
});
