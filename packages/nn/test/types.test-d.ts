// Updates have the structure of the gradients, states that of their chain.

import type { Tensor } from "@gradus/core";
import { expectTypeOf, test } from "vitest";
import { optim, softmax } from "../src/index.js";

interface Params {
  w: Tensor;
  layers: [Tensor, { b: Tensor }];
}
declare const params: Params;

test("updates keep the structure, of interfaces too", () => {
  const opt = optim.adam(1e-3);
  const state = opt.init(params);
  const [updates, next] = opt.update(params, state);
  expectTypeOf(updates.layers[1].b).toEqualTypeOf<Tensor>();
  expectTypeOf(next).toEqualTypeOf<typeof state>();
  expectTypeOf(optim.applyUpdates(params, updates).w).toEqualTypeOf<Tensor>();
});

test("a chain has the states of its parts", () => {
  const opt = optim.chain(optim.clipByGlobalNorm(1), optim.scaleByAdam());
  const [clip, adam] = opt.init(params);
  expectTypeOf(clip).toEqualTypeOf<null>();
  expectTypeOf(adam.count).toEqualTypeOf<Tensor>();
});

test("strings are no tensors", () => {
  // @ts-expect-error: not a tensor
  softmax("x");
  // @ts-expect-error: not a rate
  optim.sgd("fast");
});
