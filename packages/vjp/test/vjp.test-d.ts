// What the types of reverse mode promise: gradients have the structure of what is differentiated, and a parameter that will
// meet a tracer cannot be declared as a number.

import { avalOf, type Tensor, type TensorLike } from "@gradus/core";
import { cos, mul, reduceSum, sin } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { describe, expectTypeOf, test } from "vitest";
import { checkpoint, checkpointName, checkpointPolicies, dotsSaveable, fwdAndBwd, grad, hessian, hvp, jacobian, jacrev, linearize, linearTranspose, remat, valueAndGrad, vjp } from "../src/index.js";

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
declare function net(m: Model, input: Tensor): { y: Tensor; parts: [Tensor, number] };

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
    // @ts-expect-error a bare primal
    vjp((a: Tensor) => sin(a), x);
    // @ts-expect-error a primal of another structure
    vjp((a: { w: Tensor }) => sin(a.w), [x]);
    // @ts-expect-error one primal too many
    vjp((a: Tensor) => sin(a), [x, x]);
    // @ts-expect-error aux needs a pair
    vjp((a: Tensor) => sin(a), [x], { hasAux: true });
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
    // @ts-expect-error a primal is missing
    linearize((a: Tensor, b: Tensor) => mul(a, b), [1]);
    // @ts-expect-error aux needs a pair
    linearize((a: Tensor) => sin(a), [1], { hasAux: true });
  });

  test("linearTranspose gives one cotangent per argument", () => {
    const transposed = linearTranspose((u: Tensor, v: { w: Tensor }) => ({ y: mul(u, 2), z: v.w }), [avalOf([], "float32"), { w: x }]);
    const [a, b] = transposed({ y: x, z: 1 });
    // @ts-expect-error a cotangent has the structure of the output
    transposed(x);
    // @ts-expect-error an example is missing
    linearTranspose((u: Tensor, v: Tensor) => mul(u, v), [x]);
    expectTypeOf(a).toEqualTypeOf<Tensor>();
    expectTypeOf(b.w).toEqualTypeOf<Tensor>();
  });
});

describe("Jacobians and Hessians", () => {
  test("have the structure of the output, with that of the argument at each leaf", () => {
    expectTypeOf(jacrev((a) => cos(a))(1)).toEqualTypeOf<Tensor>();
    const j = jacrev(net)(model, 1);
    expectTypeOf(j.y.layers[0]!.weight).toEqualTypeOf<Tensor>();
    expectTypeOf(j.parts[1].scale).toEqualTypeOf<Tensor>();
    expectTypeOf(jacobian).toEqualTypeOf<typeof jacrev>();
    expectTypeOf(jacrev(net, { argnums: [1, -1] })(model, x).y).toEqualTypeOf<readonly [Tensor, Tensor]>();
  });

  test("a Hessian has the structure of the argument twice", () => {
    expectTypeOf(hessian((a) => reduceSum(mul(a, a)))(x)).toEqualTypeOf<Tensor>();
    const h = hessian((p: { a: Tensor; b: Tensor[] }) => mul(p.a, p.b[0]!))({ a: 1, b: [2] });
    expectTypeOf(h).toEqualTypeOf<{ a: { a: Tensor; b: Tensor[] }; b: { a: Tensor; b: Tensor[] }[] }>();
    const pair = hessian((a: Tensor, b: { w: Tensor }) => mul(a, b.w), { argnums: [0, 1] })(x, { w: x });
    expectTypeOf(pair[0][1].w).toEqualTypeOf<Tensor>();
    expectTypeOf(pair[1].w[0]).toEqualTypeOf<Tensor>();
  });

  test("pass aux on with its own type", () => {
    const [j, more] = jacrev((a: Tensor) => [[sin(a)], { note: "text" }], { hasAux: true })(1);
    expectTypeOf(j).toEqualTypeOf<Tensor[]>();
    expectTypeOf(more).toEqualTypeOf<{ note: string }>();
    const [h, note] = hessian((a: Tensor) => [sin(a), "text"], { hasAux: true })(1);
    expectTypeOf(h).toEqualTypeOf<Tensor>();
    expectTypeOf(note).toEqualTypeOf<string>();
    // @ts-expect-error aux needs a pair
    jacrev((a: Tensor) => sin(a), { hasAux: true });
    // @ts-expect-error aux needs a pair
    hessian((a: Tensor) => sin(a), { hasAux: true });
  });

  test("refuse numbers, wrong argnums and wrong arguments", () => {
    // @ts-expect-error a tracer is no number
    jacrev((a: { n: number }) => sin(a.n));
    // @ts-expect-error a tracer is no number
    hessian((a: Tensor, n: number) => mul(a, n), { argnums: 1 });
    // @ts-expect-error argnums are numbers
    jacrev((a: Tensor) => sin(a), { argnums: ["0"] });
    // @ts-expect-error an argument is missing
    hessian((a: Tensor, b: Tensor) => mul(a, b))(x);
  });

  test("hvp takes primals and tangents like the arguments, and gives one product per argument", () => {
    const [a, b] = hvp((u: Tensor, v: { w: Tensor }) => mul(u, v.w), [1, { w: x }], [x, { w: 1 }]);
    expectTypeOf(a).toEqualTypeOf<Tensor>();
    expectTypeOf(b).toEqualTypeOf<{ w: Tensor }>();
    hvp((u) => reduceSum(mul(u, u)), [x], [x]);
    // @ts-expect-error a tangent is missing
    hvp((u: Tensor, v: Tensor) => mul(u, v), [x, x], [x]);
    // @ts-expect-error another structure
    hvp((u: { w: Tensor }) => u.w, [{ w: x }], [{ v: x }]);
  });
});

test("fwdAndBwd hands residuals from one function to the other, and to no other one", () => {
  const [fwd, bwd] = fwdAndBwd(net, { argnums: [1, 0] });
  const [out, residuals] = fwd(model, 2);
  expectTypeOf(out).toEqualTypeOf<{ y: Tensor; parts: [Tensor, Tensor] }>();
  const [dx, dm] = bwd(residuals, { y: 1, parts: [x, 1] });
  expectTypeOf(dx).toEqualTypeOf<Tensor>();
  expectTypeOf(dm.layers[0]!.bias).toEqualTypeOf<Tensor>();
  const [fwd1, bwd1] = fwdAndBwd((a: Tensor) => [sin(a), { note: x }], { hasAux: true, jitted: false });
  const [, residuals1, aux] = fwd1(1);
  expectTypeOf(aux).toEqualTypeOf<{ note: Tensor }>();
  expectTypeOf(bwd1(residuals1, 1)).toEqualTypeOf<Tensor>();
  // @ts-expect-error residuals of another function
  bwd(residuals1, { y: 1, parts: [x, 1] });
  // @ts-expect-error another structure
  bwd(residuals, 1);
});

describe("checkpoint", () => {
  test("keeps parameters and the structure of the result, whose leaves are tensors", () => {
    const c = checkpoint(net, { policy: dotsSaveable, preventCse: false, staticArgnums: [1] });
    expectTypeOf(c(model, 1)).toEqualTypeOf<{ y: Tensor; parts: [Tensor, Tensor] }>();
    expectTypeOf(grad(checkpoint((a) => sin(a)))(1)).toEqualTypeOf<Tensor>();
    expectTypeOf(remat).toEqualTypeOf<typeof checkpoint>();
    // @ts-expect-error an argument is missing
    c(model);
    // @ts-expect-error no such policy
    checkpoint(net, { policy: "dots" });
    // @ts-expect-error policies by name are made first
    checkpoint(net, { policy: checkpointPolicies.saveOnlyTheseNames });
  });

  test("a policy is asked about a value; a name keeps the structure", () => {
    checkpoint(net, { policy: ({ primitive, avals, names }) => primitive.name === "sin" && avals.length === names.length });
    expectTypeOf(checkpointName({ y: x, n: 1 }, "hidden")).toEqualTypeOf<{ y: Tensor; n: Tensor }>();
    // @ts-expect-error a name is text
    checkpointName(x, 1);
  });
});

test("the rest of the family takes lambdas without annotations", () => {
  vjp((a) => sin(a), [1]);
  linearize((a) => sin(a), [1]);
});
