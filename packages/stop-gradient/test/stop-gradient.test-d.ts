// What the types of stopGradient promise.

import type { Tensor, TensorLike } from "@gradus/core";
import { expectTypeOf, test } from "vitest";
import { stopGradient, withoutGrad } from "../src/index.js";

interface Params {
  w: Tensor;
  readonly b: readonly TensorLike[];
  none: null;
}
declare const params: Params;
declare const x: Tensor;

test("stopGradient keeps structures, and its leaves are tensors", () => {
  expectTypeOf(stopGradient(x)).toEqualTypeOf<Tensor>();
  expectTypeOf(stopGradient(2)).toEqualTypeOf<Tensor>();
  expectTypeOf(stopGradient(params)).toEqualTypeOf<{ w: Tensor; readonly b: readonly Tensor[]; none: null }>();
  expectTypeOf(stopGradient([x, 1] as [Tensor, number])).toEqualTypeOf<[Tensor, Tensor]>();
});

test("what is stopped is a tensor, and a callback takes nothing", () => {
  // @ts-expect-error a callback takes nothing
  withoutGrad((a: Tensor) => a);
  // @ts-expect-error stopped leaves are tensors
  void stopGradient({ n: 1 }).n.toFixed;
});

test("withoutGrad gives back what its callback returns", () => {
  expectTypeOf(withoutGrad(() => ({ text: "a", y: x }))).toEqualTypeOf<{ text: string; y: Tensor }>();
});
