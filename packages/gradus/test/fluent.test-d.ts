import { describe, expectTypeOf, it } from "vitest";
import { array, grad, jit, type Tensor, valueAndGrad, vmap } from "../src/index.js";

describe("types of fluent methods", () => {
  const x: Tensor = array([1, 2]);

  it("chain as tensors", () => {
    expectTypeOf(x.sin().mul(x.cos()).reduceSum()).toEqualTypeOf<Tensor>();
    expectTypeOf(x.split(2)).toEqualTypeOf<Tensor[]>();
    expectTypeOf(x.greater(0).select(x, 0)).toEqualTypeOf<Tensor>();
  });

  it("take what their functions take, without the array", () => {
    expectTypeOf(x.clamp).parameters.toEqualTypeOf<[lo: Tensor | number | boolean, hi: Tensor | number | boolean]>();
    expectTypeOf(x.sin).parameters.toEqualTypeOf<[]>();
    expectTypeOf(x.reshape).parameter(0).toEqualTypeOf<readonly number[]>();
    // @ts-expect-error: a dtype is one of the names
    void x.cast("float");
    // @ts-expect-error: methods are the operations that take an array first
    void x.iota;
  });

  it("are there on what transformations hand to a function", () => {
    expectTypeOf(grad((t) => t.sin().mul(t))(2)).toEqualTypeOf<Tensor>();
    expectTypeOf(valueAndGrad((p: { w: Tensor }) => p.w.square())({ w: x })).toEqualTypeOf<[Tensor, { w: Tensor }]>();
    expectTypeOf(vmap((t: Tensor) => t.exp())(x)).toEqualTypeOf<Tensor>();
    expectTypeOf(jit((t: Tensor) => ({ y: t.tanh() }))(x)).toEqualTypeOf<{ y: Tensor }>();
  });
});
