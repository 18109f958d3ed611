// What the types of forward mode promise, and refuse.

import type { Tensor, TensorLike } from "@gradus/core";
import { mul, reduceSum, sin } from "@gradus/ops";
import { describe, expectTypeOf, test } from "vitest";
import { jacfwd, jvp, type Tensors } from "../src/index.js";

interface Layer {
  readonly weight: Tensor;
  readonly bias: TensorLike;
}
interface Model {
  layers: Layer[];
  scale: Tensor;
}
declare const x: Tensor;
declare const model: Model;
declare function net(m: Model, input: Tensor): { y: Tensor; parts: [Tensor, number] };

describe("jvp", () => {
  test("gives value and tangent in the structure of the output", () => {
    const [out, tangent] = jvp((a: Tensor) => ({ y: sin(a), pair: [a, 3] as [TensorLike, number] }), [1], [1]);
    expectTypeOf(out).toEqualTypeOf<{ y: Tensor; pair: [Tensor, Tensor] }>();
    expectTypeOf(tangent).toEqualTypeOf<{ y: Tensor; pair: [Tensor, Tensor] }>();
    expectTypeOf(jvp(net, [model, x], [model, x])[1]).toEqualTypeOf<{ y: Tensor; parts: [Tensor, Tensor] }>();
  });

  test("passes aux on with its own type", () => {
    const [out, tangent, aux] = jvp((a: Tensor) => [sin(a), { note: "text" }], [1], [1], { hasAux: true });
    expectTypeOf(out).toEqualTypeOf<Tensor>();
    expectTypeOf(tangent).toEqualTypeOf<Tensor>();
    expectTypeOf(aux).toEqualTypeOf<{ note: string }>();
    // @ts-expect-error aux needs a pair
    jvp((a: Tensor) => sin(a), [1], [1], { hasAux: true });
  });

  test("lambdas need no annotations", () => {
    const [y] = jvp((a, b) => mul(a, b), [1, x], [1, x]);
    expectTypeOf(y).toEqualTypeOf<Tensor>();
    jvp((a) => {
      expectTypeOf(a).toEqualTypeOf<Tensor>();
      return a;
    }, [x], [x]);
  });

  test("takes JS numbers for tensors, in any structure", () => {
    jvp(net, [{ layers: [{ weight: 1, bias: 2 }], scale: 3 }, 4], [{ layers: [{ weight: 1, bias: x }], scale: x }, 4]);
  });

  test("refuses primals and tangents that are not like the arguments", () => {
    // @ts-expect-error a bare primal
    jvp((a: Tensor) => sin(a), x, [x]);
    // @ts-expect-error a bare tangent
    jvp((a: Tensor) => sin(a), [x], x);
    // @ts-expect-error a tangent is missing
    jvp((a: Tensor, b: Tensor) => mul(a, b), [x, x], [x]);
    // @ts-expect-error one too many
    jvp((a: Tensor) => sin(a), [x], [x, x]);
    // @ts-expect-error another structure
    jvp((a: { w: Tensor }) => sin(a.w), [{ w: x }], [x]);
    // @ts-expect-error another key
    jvp((a: { w: Tensor }) => sin(a.w), [{ w: x }], [{ v: x }]);
    // @ts-expect-error a leaf of the interface is missing
    jvp(net, [model, x], [{ layers: [{ weight: x }], scale: x }, x]);
    // @ts-expect-error text is no tensor
    jvp((a: Tensor) => sin(a), ["a"], [1]);
    // @ts-expect-error the output has no such leaf
    void jvp((a: Tensor) => ({ y: a }), [x], [x])[1].z;
  });
});

describe("jacfwd", () => {
  test("has the structure of the output, with that of the argument at each leaf", () => {
    expectTypeOf(jacfwd((a) => sin(a))(x)).toEqualTypeOf<Tensor>();
    const j = jacfwd(net)(model, 2);
    expectTypeOf(j.y).toEqualTypeOf<Tensors<Model>>();
    expectTypeOf(j.parts[1].layers[0]!.bias).toEqualTypeOf<Tensor>();
    expectTypeOf(jacfwd(net, { argnums: 1 })(model, x)).toEqualTypeOf<{ y: Tensor; parts: [Tensor, Tensor] }>();
    expectTypeOf(jacfwd(net, { argnums: -1 })(model, x).y).toEqualTypeOf<Tensor>();
  });

  test("has a tuple at each leaf for a tuple of argnums", () => {
    const { y } = jacfwd(net, { argnums: [1, 0] })(model, x);
    expectTypeOf(y[0]).toEqualTypeOf<Tensor>();
    expectTypeOf(y[1]).toEqualTypeOf<Tensors<Model>>();
    expectTypeOf(y.length).toEqualTypeOf<2>();
  });

  test("passes aux on with its own type", () => {
    const [j, aux] = jacfwd((a: Tensor) => [{ y: sin(a) }, "text"], { hasAux: true })(1);
    expectTypeOf(j).toEqualTypeOf<{ y: Tensor }>();
    expectTypeOf(aux).toEqualTypeOf<string>();
    // @ts-expect-error aux needs a pair
    jacfwd((a: Tensor) => sin(a), { hasAux: true });
  });

  test("refuses a differentiated parameter declared as number, wrong argnums and wrong arguments", () => {
    // @ts-expect-error a tracer is no number
    jacfwd((a: number) => sin(a));
    // @ts-expect-error nor is one of several
    jacfwd((a: Tensor, n: number) => mul(a, n), { argnums: [0, 1] });
    jacfwd((a: Tensor, n: number) => mul(a, n));
    // @ts-expect-error argnums are numbers
    jacfwd((a: Tensor) => sin(a), { argnums: "0" });
    // @ts-expect-error an argument is missing
    jacfwd((a: Tensor, b: Tensor) => mul(a, b))(x);
    // @ts-expect-error the whole structure is wanted
    jacfwd(net)({ layers: [] }, x);
  });

  test("nests", () => {
    expectTypeOf(jacfwd(jacfwd((a) => reduceSum(a)))(x)).toEqualTypeOf<Tensor>();
  });
});
