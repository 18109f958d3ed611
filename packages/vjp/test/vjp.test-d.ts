// What the types of reverse mode promise: gradients have the structure of what is differentiated, and a parameter that will
// meet a tracer cannot be declared as a number.

import type { Tensor, TensorLike } from "@gradus/core";
import { cos, mul, reduceSum, sin } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { describe, expectTypeOf, test } from "vitest";
import { grad, hessian, hvp, jacrev, linearize, linearTranspose, valueAndGrad, vjp } from "../src/index.js";

interface Layer {
  readonly weight: Tensor;
  readonly bias: Tensor;
}
interface Model {
  layers: Layer[];
  scale: TensorLike;
  name: string;
}
type Pair = [Tensor, { deep: Tensor }];

declare const x: Tensor;
declare const model: Model;
declare function loss(m: Model): Tensor;

describe("grad", () => {
  test("infers the parameters of a lambda as tensors", () => {
    const g = grad((a, b) => {
      expectTypeOf(a).toEqualTypeOf<Tensor>();
      return mul(a, b);
    });
    expectTypeOf(g(1, x)).toEqualTypeOf<Tensor>();
  });

  test("gives a tensor for TensorLike, and takes JS numbers where tensors are declared", () => {
    expectTypeOf(grad((a: TensorLike) => sin(a))(2)).toEqualTypeOf<Tensor>();
    expectTypeOf(grad((a: Tensor) => sin(a))(2)).toEqualTypeOf<Tensor>();
  });

  test("keeps the structure of interfaces, arrays and tuples", () => {
    const g = grad(loss)(model);
    expectTypeOf(g.layers[0]!.weight).toEqualTypeOf<Tensor>();
    expectTypeOf(g.scale).toEqualTypeOf<Tensor>();
    const p = grad(([a, { deep }]: Pair) => mul(a, deep))([x, { deep: 3 }]);
    expectTypeOf(p[0]).toEqualTypeOf<Tensor>();
    expectTypeOf(p[1].deep).toEqualTypeOf<Tensor>();
    expectTypeOf(p.length).toEqualTypeOf<2>();
  });

  test("gives a tuple for a tuple of argnums, in its order", () => {
    const g = grad((a: Tensor, b: { w: Tensor }) => mul(a, b.w), { argnums: [1, 0] })(x, { w: x });
    expectTypeOf(g).toExtend<readonly [{ w: Tensor }, Tensor]>();
    expectTypeOf(g[0].w).toEqualTypeOf<Tensor>();
    expectTypeOf(g[1]).toEqualTypeOf<Tensor>();
    expectTypeOf(grad((a: { u: Tensor }, b: { w: Tensor }) => mul(a.u, b.w), { argnums: 1 })({ u: x }, { w: x }).w).toEqualTypeOf<Tensor>();
  });

  test("counts negative argnums from the end", () => {
    expectTypeOf(grad((a: Tensor, b: { w: Tensor }) => mul(a, b.w), { argnums: -1 })(x, { w: x }).w).toEqualTypeOf<Tensor>();
    const [b, a] = grad((a: Tensor, b: { w: Tensor }) => mul(a, b.w), { argnums: [-1, -2] })(x, { w: x });
    expectTypeOf(b.w).toEqualTypeOf<Tensor>();
    expectTypeOf(a).toEqualTypeOf<Tensor>();
    expectTypeOf(grad((a, b) => mul(a, b), { argnums: -1 })(1, 2)).toEqualTypeOf<Tensor>();
    // @ts-expect-error the last argument is a number
    grad((a: Tensor, n: number) => mul(a, n), { argnums: -1 });
  });

  test("passes aux on with its own type", () => {
    const [g, aux] = grad((a: Tensor) => [sin(a), { note: "text", n: 3 }], { hasAux: true })(1);
    expectTypeOf(g).toEqualTypeOf<Tensor>();
    expectTypeOf(aux).toEqualTypeOf<{ note: string; n: number }>();
    const [[value, more], gradient] = valueAndGrad((a: Tensor) => [sin(a), "text"], { hasAux: true })(1);
    expectTypeOf(value).toEqualTypeOf<Tensor>();
    expectTypeOf(more).toEqualTypeOf<string>();
    expectTypeOf(gradient).toEqualTypeOf<Tensor>();
  });

  test("refuses a differentiated parameter declared as number", () => {
    // @ts-expect-error a tracer is no number
    grad((a: number) => sin(a));
    // @ts-expect-error neither is a leaf of a tree
    grad((a: { w: number }) => sin(a.w));
    // @ts-expect-error nor one in an array
    grad((a: number[]) => sin(a[0]!));
    // @ts-expect-error nor the second argument, where that is selected
    grad((a: Tensor, n: number) => mul(a, n), { argnums: 1 });
    // @ts-expect-error nor one of several
    valueAndGrad((a: Tensor, n: number) => mul(a, n), { argnums: [0, 1] });
    grad((a: Tensor, n: number) => mul(a, n));
  });

  test("refuses an output that is no scalar value", () => {
    // @ts-expect-error an array of tensors
    grad((a: Tensor) => [a, a]);
    // @ts-expect-error a string
    grad((_a: Tensor) => "text");
    // @ts-expect-error an async function
    grad(async (a: Tensor) => sin(a));
    // @ts-expect-error hasAux needs a pair
    grad((a: Tensor) => sin(a), { hasAux: true });
  });

  test("nests", () => {
    expectTypeOf(grad(grad((a) => sin(a)))(1)).toEqualTypeOf<Tensor>();
    expectTypeOf(grad(jit((a) => sin(a)))(1)).toEqualTypeOf<Tensor>();
    expectTypeOf(jit(grad((a) => sin(a)))(1)).toEqualTypeOf<Tensor>();
  });
});

describe("vjp and linearize", () => {
  test("a pullback takes the structure of the output and gives one cotangent per primal", () => {
    const [out, pullback] = vjp((a: Tensor, b: { w: Tensor }) => ({ y: mul(a, b.w) }), [1, { w: x }]);
    expectTypeOf(out).toEqualTypeOf<{ y: Tensor }>();
    expectTypeOf(pullback).parameter(0).toEqualTypeOf<{ y: Tensor | number }>();
    expectTypeOf(pullback({ y: 1 })).toExtend<[Tensor, { w: Tensor }]>();
    // @ts-expect-error the wrong structure
    pullback([1]);
  });

  test("a pullback stays callable through jit", () => {
    const pullback = jit((a: Tensor) => vjp((b: Tensor) => sin(b), [a])[1])(1);
    expectTypeOf(pullback(1)[0]).toEqualTypeOf<Tensor>();
  });

  test("a pushforward takes tangents of the arguments and gives one of the output", () => {
    const [out, pushforward, aux] = linearize((a: Tensor, b: Tensor) => [{ y: mul(a, b) }, "text"], [1, 2], { hasAux: true });
    expectTypeOf(out).toEqualTypeOf<{ y: Tensor }>();
    expectTypeOf(aux).toEqualTypeOf<string>();
    expectTypeOf(pushforward(1, x)).toEqualTypeOf<{ y: Tensor }>();
    // @ts-expect-error one tangent is missing
    pushforward(1);
  });

  test("linearTranspose gives one cotangent per argument", () => {
    const [a, b] = linearTranspose((u: Tensor, v: { w: Tensor }) => [mul(u, 2), v.w], [x, { w: x }])(x);
    expectTypeOf(a).toEqualTypeOf<Tensor>();
    expectTypeOf(b.w).toEqualTypeOf<Tensor>();
  });
});

test("the rest of the family takes lambdas without annotations", () => {
  jacrev((a) => cos(a))(1);
  hessian((a) => reduceSum(mul(a, a)))(x);
  hvp((a) => reduceSum(mul(a, a)), [x], [x]);
  vjp((a) => sin(a), [1]);
  linearize((a) => sin(a), [1]);
});
