// defineRule: any subset of jvp, vjp and batch; what is missing is derived. And nondiffArgnums, which all custom functions share.

import { vmap } from "@gradus/batching";
import { add, ArgumentError, array, EscapedTracerError, mul, reduceSum, reshape, ShapeError, type Tensor, TreeMismatchError, useBackend } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { cos, sin } from "@gradus/ops";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { jit } from "@gradus/tracing";
import { grad, jacrev, vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { customJvp, customVjp, defineRule } from "../src/index.js";

useBackend(eagerCpu());

type Fn = (...args: any[]) => any;
const total = (f: Fn) => (x: Tensor): Tensor => reduceSum(f(x));

describe("which rule is used", () => {
  // Three derivatives, told apart: the body's cos, 10·x by jvp, 100·x by vjp.
  const both = defineRule((x: Tensor) => sin(x), {
    jvp: ([x], [t]) => [sin(x), mul(t, mul(10, x))],
    vjp: { fwd: (x) => [sin(x), x], bwd: (x, ct) => [mul(ct, mul(100, x))] },
  });
  test("forward mode takes the jvp and reverse mode the vjp, also through jit and vmap", () => {
    for (const f of [both, jit(both)]) {
      expect(jvp(f, [array(2)], [1])[1].item()).toBe(20);
      expect(grad(f)(2).item()).toBe(200);
      expect(vmap(grad(f))(array([1, 2])).js()).toEqual([100, 200]);
      expect(grad(total(vmap(f)))(array([1, 2])).js()).toEqual([100, 200]);
      expect(jvp(vmap(f), [array([1, 2])], [array([1, 1])])[1].js()).toEqual([10, 20]);
    }
  });
  test("a jvp alone is transposed, a vjp alone is transposed back", () => {
    const forward = defineRule((x: Tensor) => sin(x), { jvp: ([x], [t]) => [sin(x), mul(t, mul(10, x))] });
    const reverse = defineRule((x: Tensor) => sin(x), { vjp: { fwd: (x) => [sin(x), x], bwd: (x, ct) => [mul(ct, mul(100, x))] } });
    expect([grad(forward)(2).item(), jvp(reverse, [array(2)], [1])[1].item()]).toEqual([20, 200]);
  });
  test("bwd is called once for each pullback call, fwd once for each vjp, the body not at all", () => {
    const calls = { body: 0, fwd: 0, bwd: 0 };
    const f = defineRule(
      (x: Tensor) => {
        calls.body++;
        return sin(x);
      },
      {
        vjp: {
          fwd: (x) => {
            calls.fwd++;
            return [sin(x), x];
          },
          bwd: (x, ct) => {
            calls.bwd++;
            return [mul(ct, cos(x))];
          },
        },
      },
    );
    const [, pullback] = vjp(f, [array(1)]);
    expect(calls).toEqual({ body: 0, fwd: 1, bwd: 0 });
    pullback(1);
    pullback(2);
    expect(calls).toEqual({ body: 0, fwd: 1, bwd: 2 });
    f(array(1));
    jvp((y: Tensor) => mul(y, f(array(1))), [array(1)], [1]);
    expect(calls).toEqual({ body: 2, fwd: 1, bwd: 2 });
  });
});

describe("a batch rule", () => {
  const seen: unknown[] = [];
  const product = defineRule((x: Tensor, y: Tensor) => mul(x, y), {
    batch: (axisSize, inBatched, x, y) => {
      seen.push([axisSize, inBatched, x.aval.toString(), y.aval.toString()]);
      return [add(mul(x, y), 100), inBatched[0] || inBatched[1]];
    },
  });
  const last = (): unknown => seen.at(-1);

  test("is given batch axes first, and what is batched", () => {
    expect(vmap(product)(array([1, 2]), array([3, 4])).js()).toEqual([103, 108]);
    expect(last()).toEqual([2, [true, true], "f32[2]", "f32[2]"]);
    expect(vmap(product, [0, null])(array([1, 2]), array(3)).js()).toEqual([103, 106]);
    expect(last()).toEqual([2, [true, false], "f32[2]", "f32[]"]);
    vmap(product, [1, 0])(array([[1, 2]]), array([3, 4]));
    expect(last()).toEqual([2, [true, true], "f32[2,1]", "f32[2]"]);
  });

  test("is given trees of flags for trees of arguments", () => {
    let flags: unknown;
    const f = defineRule(({ a, b: [c] }: { a: Tensor; b: Tensor[] }) => mul(a, c!), {
      batch: (_n, inBatched, { a, b: [c] }) => {
        flags = inBatched;
        return [mul(a, c), true];
      },
    });
    vmap(f, [{ a: 0, b: null }])({ a: array([1, 2]), b: [array(3)] });
    expect(flags).toEqual([{ a: true, b: [false] }]);
  });

  test("is not asked where nothing is batched, nor without vmap", () => {
    const before = seen.length;
    expect(product(array(2), array(3)).item()).toBe(6);
    expect(vmap((_x: Tensor, y: Tensor) => product(y, y), [0, null])(array([1, 2]), array(3)).js()).toEqual([9, 9]);
    expect(grad(product)(2, 3).item()).toBe(3);
    expect(seen.length).toBe(before);
  });

  test("survives jit on either side", () => {
    expect(vmap(jit(product))(array([1, 2]), array([3, 4])).js()).toEqual([103, 108]);
    expect(jit(vmap(product))(array([1, 2]), array([3, 4])).js()).toEqual([103, 108]);
  });

  test("is differentiated where the batch is", () => {
    expect(grad((x: Tensor) => reduceSum(vmap(product)(x, array([3, 4]))))(array([1, 2])).js()).toEqual([3, 4]);
    expect(jvp((x: Tensor) => vmap(product)(x, array([3, 4])), [array([1, 2])], [array([1, 1])])[1].js()).toEqual([3, 4]);
  });

  test("goes with a jvp or a vjp, which give the derivative in any order", () => {
    const f = defineRule((x: Tensor) => sin(x), {
      jvp: ([x], [t]) => [sin(x), mul(t, mul(10, x))],
      batch: (_n, _b, x) => [add(sin(x), 100), true],
    });
    expect(vmap(grad(f))(array([1, 2])).js()).toEqual([10, 20]);
    expect(grad(total(vmap(f)))(array([1, 2])).js()).toEqual([10, 20]);
    expect(vmap(f)(array([0])).js()).toEqual([100]);
  });

  test("may say that a result is the same for every example", () => {
    const f = defineRule((x: Tensor) => [sin(x), array(5)], { batch: (_n, _b, x) => [[sin(x), array(5)], [true, false]] });
    expect(vmap(f)(array([0, 0, 0]))[1]!.js()).toEqual([5, 5, 5]);
    expect(vmap(f, 0, { outAxes: [0, null] as never })).toBeTypeOf("function");
  });

  const wrong: [string, (x: Tensor) => unknown, new (m: string) => Error, RegExp][] = [
    ["a bare tensor", (x) => sin(x), ArgumentError, /must return \[out, outBatched\].*a tensor/],
    ["flags that are none", (x) => [sin(x), 1], ArgumentError, /outBatched must be a boolean/],
    ["too many flags", (x) => [sin(x), [true, true]], ArgumentError, /outBatched must be a boolean/],
    ["a promise", async (x) => [sin(x), true], ArgumentError, /needs a synchronous function/],
    ["a batch of another size", () => [array([1, 2, 3]), true], ShapeError, /batch rule of body.*f32\[3\].*2 examples/],
    ["no batch axis where one is claimed", () => [array(5), true], ShapeError, /batch rule of body.*f32\[\].*2 examples/],
  ];
  test.each(wrong)("must not return %s", (_name, rule, kind, message) => {
    const f = defineRule(function body(x: Tensor) {
      return sin(x);
    }, { batch: (_n, _b, x) => rule(x) as never });
    for (const g of [f, jit(f)]) {
      expect(() => vmap(g)(array([1, 2]))).toThrow(kind);
      expect(() => vmap(g)(array([1, 2]))).toThrow(message);
    }
  });

  test("must give the shape, dtype and structure of the function, once that was traced", () => {
    const through = (out: (x: Tensor) => unknown) => () => vmap(jit(defineRule((x: Tensor) => sin(x), { batch: (_n, _b, x) => [out(sin(x)), true] as never })))(array([1, 2]));
    expect(through((y) => reshape(y, [2, 1]))).toThrow(ShapeError);
    expect(through((y) => [y])).toThrow(TreeMismatchError);
  });
});

describe("nondiffArgnums", () => {
  const apply = customJvp((f: Fn, x: Tensor, options: { k: number }) => f(mul(x, options.k)), { nondiffArgnums: [0, -1] }).defjvp((f: Fn, { k }: { k: number }, [x], [t]) => [
    f(mul(x, k)),
    mul(t, mul(10 * k, x)),
  ]);
  const run = (x: Tensor): Tensor => apply(sin, x, { k: 2 }) as Tensor;

  test("hands functions and data to the rules first, in order", () => {
    expect(run(array(0.7)).item()).toBeCloseTo(Math.sin(1.4), 6);
    for (const d of [grad(run), jit(grad(run)), grad(jit(run)), (x: Tensor) => jvp(run, [x], [1])[1], (x: Tensor) => jacrev(run)(x) as Tensor]) {
      expect(d(array(0.7)).item()).toBeCloseTo(14, 5);
    }
    expect(vmap(grad(run))(array([0.7, 1])).js()).toEqual([14, 20].map((v) => expect.closeTo(v, 4) as number));
  });

  test("gives bwd the static arguments before the residuals, and wants no cotangent for them", () => {
    const f = customVjp((g: Fn, x: Tensor, name: string) => (name === "sin" ? g(x) : x), { nondiffArgnums: [0, 2] }).defvjp(
      (g, x, name) => [g(x), [x, name]],
      (g, name, [x, kept], ct) => [mul(ct, name === kept && name === "sin" ? mul(10, g(x)) : 0)],
    );
    expect(grad((x: Tensor) => f(sin, x, "sin") as Tensor)(0.7).item()).toBeCloseTo(10 * Math.sin(0.7), 5);
    expect(jit(grad((x: Tensor) => f(sin, x, "sin") as Tensor))(0.7).item()).toBeCloseTo(10 * Math.sin(0.7), 5);
  });

  test("accepts concrete tensors as static arguments", () => {
    const f = customJvp((c: Tensor, x: Tensor) => mul(c, x), { nondiffArgnums: 0 }).defjvp((c: Tensor, [x], [t]) => [mul(c, x), mul(t, mul(10, c))]);
    expect(grad((x: Tensor) => f(array(3), x))(2).item()).toBe(30);
  });

  test("refuses tracers there, also deep inside, whatever handler made them", () => {
    const both = (x: Tensor): Tensor => apply(sin, x, { k: x } as never) as Tensor;
    for (const use of [() => grad(both)(1), () => jit(both)(1), () => vmap(both)(array([1])), () => jvp(both, [1], [1])]) {
      expect(use).toThrow(EscapedTracerError);
      expect(use).toThrow(/nondifferentiable argument.*Make it a differentiable argument/);
    }
  });

  test("refuses functions there that hide a differentiated value, and takes those that hide another", () => {
    expect(() => grad((x: Tensor) => apply((z: Tensor) => mul(z, x), x, { k: 1 }) as Tensor)(2)).toThrow(EscapedTracerError);
    expect(jit((y: Tensor) => grad((x: Tensor) => apply((z: Tensor) => mul(z, y), x, { k: 1 }) as Tensor)(2))(5).item()).toBe(20);
  });
});
