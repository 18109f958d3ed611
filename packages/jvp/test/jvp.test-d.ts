// What the types of forward mode promise.

import type { Tensor, TensorLike } from "@gradus/core";
import { mul, sin } from "@gradus/ops";
import { expectTypeOf, test } from "vitest";
import { jacfwd, jvp } from "../src/index.js";

declare const x: Tensor;

test("jvp gives value and tangent in the structure of the output", () => {
  const [out, tangent] = jvp((a: Tensor) => ({ y: sin(a), pair: [a, 3] as [TensorLike, number] }), [1], [1]);
  expectTypeOf(out).toEqualTypeOf<{ y: Tensor; pair: [Tensor, Tensor] }>();
  expectTypeOf(tangent).toEqualTypeOf<{ y: Tensor; pair: [Tensor, Tensor] }>();
});

test("jvp passes aux on with its own type", () => {
  const [out, tangent, aux] = jvp((a: Tensor) => [sin(a), { note: "text" }], [1], [1], { hasAux: true });
  expectTypeOf(out).toEqualTypeOf<Tensor>();
  expectTypeOf(tangent).toEqualTypeOf<Tensor>();
  expectTypeOf(aux).toEqualTypeOf<{ note: string }>();
});

test("lambdas need no annotations", () => {
  const [y] = jvp((a, b) => mul(a, b), [1, x], [1, x]);
  expectTypeOf(y).toEqualTypeOf<Tensor>();
  jacfwd((a) => sin(a))(x);
  jacfwd((a) => sin(a))(2);
});

test("primals and tangents are arrays", () => {
  // @ts-expect-error a bare primal
  jvp((a: Tensor) => sin(a), x, x);
});
