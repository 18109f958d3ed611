// What a transformation of one's own returns has the structure of the function's result, with leaves as `strip` makes them.

import { describe, expectTypeOf, it } from "vitest";
import { type Aval, array, defineTransform, type Handler, type Tensor } from "../src/index.js";

const handler = (): Handler => ({ name: "typed", perform: (_p, args) => args });
const x = array([1, 2]);

describe("types of defineTransform", () => {
  it("give tensors where nothing is stripped, and take numbers for them", () => {
    const same = defineTransform({ name: "same", handler });
    expectTypeOf(same((x: Tensor) => ({ y: x, n: 1 }))(2)).toEqualTypeOf<{ y: Tensor; n: Tensor }>();
  });

  it("give what strip gives", () => {
    const shapes = defineTransform({ name: "shapes", handler, strip: (x) => x.aval });
    expectTypeOf(shapes((x: Tensor) => ({ y: x, pair: [x, x] as [Tensor, Tensor] }))(x)).toEqualTypeOf<{ y: Aval; pair: [Aval, Aval] }>();
    // @ts-expect-error: a leaf is an aval now
    void shapes((x: Tensor) => x)(x).sin();
  });
});
