// What the types of vmap promise.

import type { Tensor, TensorLike } from "@gradus/core";
import { mul, sin } from "@gradus/ops";
import { expectTypeOf, test } from "vitest";
import { vmap } from "../src/index.js";

interface Point {
  at: Tensor;
  weight: TensorLike;
}
declare const x: Tensor;

test("vmap keeps structures, and its results are tensors", () => {
  const f = vmap((p: Point, n: number) => ({ y: mul(p.at, n), same: 2, list: [p.weight] }), [0, null]);
  expectTypeOf(f({ at: x, weight: 1 }, 3)).toEqualTypeOf<{ y: Tensor; same: Tensor; list: Tensor[] }>();
});

test("lambdas need no annotations", () => {
  expectTypeOf(vmap((a, b) => mul(a, b))(x, x)).toEqualTypeOf<Tensor>();
  expectTypeOf(vmap(vmap((a) => sin(a)))(x)).toEqualTypeOf<Tensor>();
});

test("axes are numbers, null, or trees of them", () => {
  vmap((p: Point, n: Tensor) => mul(p.at, n), [{ at: 1, weight: null }, null], { outAxes: 1, axisSize: 3 });
  // @ts-expect-error a string is no axis
  vmap((a: Tensor) => a, "0");
  // @ts-expect-error neither is a boolean
  vmap((a: Tensor) => a, [true]);
});
