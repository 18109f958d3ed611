// A third party's slot merges into Rules<P>, with the params of each primitive; overlays and lookup know it, and no other.

import { describe, expectTypeOf, it } from "vitest";
import { type AnyPrimitive, definePrimitive, findRule, type Handler, type Overlay, type Rules, sinP, type Tensor } from "../src/index.js";

declare module "@gradus/core" {
  interface Rules<P> {
    "@acme/typed:rule"?(args: Tensor[], params: P): number;
  }
}

const handler: Handler = { name: "typed", perform: (_p, args) => args };

describe("types of rules", () => {
  it("give a slot the params of its primitive", () => {
    definePrimitive<{ n: number }>("@acme/typed", {
      rules: {
        "@acme/typed:rule": (args, params) => {
          expectTypeOf(args).toEqualTypeOf<Tensor[]>();
          expectTypeOf(params).toEqualTypeOf<{ n: number }>();
          return params.n;
        },
      },
    });
    // @ts-expect-error: nobody declared this slot
    definePrimitive("@acme/typed", { rules: { "@acme/other:rule": () => 1 } });
  });

  it("check overlays", () => {
    expectTypeOf(new Map<AnyPrimitive, Rules<any>>([[sinP, { "@acme/typed:rule": () => 1 }]])).toExtend<Overlay>();
    // @ts-expect-error: a rule of this slot gives a number
    void new Map<AnyPrimitive, Rules<any>>([[sinP, { "@acme/typed:rule": () => "1" }]]);
  });

  it("type what is found", () => {
    expectTypeOf(findRule(handler, sinP, "@acme/typed:rule")).toEqualTypeOf<((args: Tensor[], params: any) => number) | undefined>();
    // @ts-expect-error: nobody declared this slot
    void findRule(handler, sinP, "@acme/other:rule");
  });
});
