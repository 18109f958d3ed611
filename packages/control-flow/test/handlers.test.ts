// Control flow under handlers that know nothing of it: an observer sees what is executed where that is known, and each program once
// where it is not; a handler with values of its own goes along where it can, and says so where it cannot.

import { add, array, type Handler, lift, MissingRuleError, mul, payloadOf, performBelow, type Tensor, withHandler } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { greater, less, sin } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { describe, expect, it } from "vitest";
import { cond, foriLoop, scan, whileLoop } from "../src/index.js";
import { flat } from "./agree.js";

const counting = (): { handler: Handler; counts: Record<string, number> } => {
  const counts: Record<string, number> = {};
  return {
    counts,
    handler: {
      name: "counting",
      perform(p, args, params) {
        counts[p.name] = (counts[p.name] ?? 0) + 1;
        return performBelow(p, args, params);
      },
    },
  };
};

/** How many operations of each kind are between a value and the arguments: values of its own. */
const depths = (): Handler => {
  const handler: Handler = {
    name: "depths",
    sees: "own",
    perform(p, args, params) {
      const boxes = args.map((x) => payloadOf<{ value: Tensor; depth: number }>(handler, x));
      const depth = 1 + Math.max(...boxes.map((b) => b?.depth ?? 0));
      return performBelow(p, args.map((x, i) => boxes[i]?.value ?? x), params).map((value) => lift(handler, { value, depth }, value.aval));
    },
    concrete: (payload: { value: Tensor }) => payload.value,
  };
  return handler;
};

const doubled = (x: Tensor): Tensor => whileLoop((c: Tensor) => less(c, 100), (c: Tensor) => mul(c, 2), x) as Tensor;
const chosen = (x: Tensor): Tensor => cond(greater(x, 0), (v: Tensor) => sin(v), (v: Tensor) => mul(v, v), x) as unknown as Tensor;
const power = (x: Tensor): Tensor => foriLoop(0, 5, (_i, c: Tensor) => mul(c, x), 1) as unknown as Tensor;

describe("an observer", () => {
  const seen = (run: (under: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor) => unknown): Record<string, number> => {
    const { handler, counts } = counting();
    run((f) => (x) => withHandler(handler, () => f(x)));
    return counts;
  };
  it("sees every step of a loop, and the branch that is taken", () => {
    expect(seen((under) => under(doubled)(array(3)))).toEqual({ less: 7, mul: 6 });
    expect(seen((under) => under(power)(array(3)))).toMatchObject({ mul: 5 });
    expect(seen((under) => under(chosen)(array(3)))).toMatchObject({ sin: 1 });
  });
  it("sees as much inside of grad", () => {
    expect(seen((under) => grad(under(doubled))(3))).toMatchObject({ less: 7, mul: 6 });
  });
  it("sees programs once where values are not known, and leaves results as they are", () => {
    expect(seen((under) => expect(jit(under(doubled))(3).item()).toBe(192))).toMatchObject({ mul: 1 });
    expect(seen((under) => expect(jit(under(chosen))(-3).item()).toBe(9))).toMatchObject({ sin: 1, mul: 1 });
    expect(seen((under) => expect(flat(vmap(under(doubled))(array([3, 60])))).toEqual([192, 120]))).toMatchObject({ mul: 1 });
    expect(seen((under) => expect(flat(vmap(grad(under(doubled)))(array([3, 60])))).toEqual([64, 2]))).toMatchObject({ mul: 1 });
    expect(seen((under) => expect(jit(grad(under(doubled)))(3).item()).toBe(64))).toMatchObject({ mul: 1 });
    expect(seen((under) => expect(jit(under(grad(doubled)))(3).item()).toBe(64)).mul).toBeGreaterThan(1);
  });
});

describe("a handler with values of its own", () => {
  const depthOf = (f: (x: Tensor) => Tensor) => (x: Tensor): number => {
    const handler = depths();
    return withHandler(handler, () => payloadOf<{ depth: number }>(handler, f(lift(handler, { value: x, depth: 0 }, x.aval)))?.depth as number);
  };
  it("goes along where the number of steps and the branch are known", () => {
    expect(depthOf(doubled)(array(3))).toBe(6);
    expect(depthOf(power)(array(3))).toBe(5);
    expect(depthOf(chosen)(array(3))).toBe(1);
    expect(depthOf((x) => scan((c: Tensor, v: Tensor) => [mul(add(c, v), x), null], x, array([1, 2]))[0] as Tensor)(array(3))).toBe(4);
    expect(jit((x: Tensor) => mul(x, depthOf(power)(x)))(2).item()).toBe(10);
  });
  it("says where they are not", () => {
    expect(() => jit((x: Tensor) => mul(x, depthOf(doubled)(x)))(3)).toThrow(MissingRuleError);
    expect(() => jit((x: Tensor) => mul(x, depthOf(chosen)(x)))(3)).toThrow(/depths has values of its own and no rule for cond.*overlay entry for cond/);
    expect(() => vmap((x: Tensor) => mul(x, depthOf(doubled)(x)))(array([1, 2]))).toThrow(/no rule for while_loop/);
  });
});
