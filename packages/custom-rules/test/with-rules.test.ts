// withRules: other rules for primitives in an extent, wherever the derivative is taken, and nowhere else.

import { vmap } from "@gradus/batching";
import { add, addP, array, bind, type BroadcastParams, broadcastP, broadcastTo, mul, mulP, reduceSum, reduceSumP, ShapeError, type Tensor, useBackend } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { cos, cosP, round, roundP, sin, sinP } from "@gradus/ops";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { evalProgram, jit, makeProgram } from "@gradus/tracing";
import { grad, linearize, vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { contexts } from "./contexts.js";
import { type RuleSet, withRules } from "../src/index.js";

useBackend(eagerCpu());

type Rules = Parameters<typeof withRules>[0];
type F = (x: Tensor) => Tensor;

const at = (): Tensor => array(0.7);
const slope = (k: number, p: typeof sinP, f: F): Rules => [[p, { jvp: ([x], [t]) => [f(x), mul(t, mul(k, x))] }]];
const sin10 = slope(10, sinP, sin);
const cos100 = slope(100, cosP, cos);
const plain = Math.fround(Math.cos(0.7));
const numbers = (x: Tensor | Tensor[]): number[] => [x].flat().flatMap((y) => [...y.dataSync()]);

describe("an extent around the whole computation", () => {
  const rules: [string, RuleSet][] = [
    ["jvp", { jvp: ([x], [t]) => [sin(x), mul(t, mul(10, x))] }],
    ["vjp", { vjp: { fwd: (x) => [sin(x), x], bwd: (x, ct) => [mul(ct, mul(10, x))] } }],
  ];
  const known = { v: Math.sin, d: (x: number) => 10 * x, dd: () => 10 };
  describe.each(rules)("a %s rule", (_name, rule) => {
    test.each(contexts)("$name", ({ run, expected }) => {
      const got = withRules([[sinP, rule]], () => numbers(run((x) => sin(x))));
      expected(known).forEach((e, i) => expect(Math.abs(got[i]! - e)).toBeLessThan(1e-4 * Math.max(1, Math.abs(e))));
      expect(got).toHaveLength(expected(known).length);
    });
  });
});

describe("an extent ends with its callback", () => {
  test("what was linearized inside keeps the rule outside", () => {
    const [, pullback] = withRules(sin10, () => vjp(sin, [at()]));
    expect(pullback(1)[0].item()).toBeCloseTo(7, 5);
    const [, pushforward] = withRules(sin10, () => linearize(sin, [at()]));
    expect(pushforward(1).item()).toBeCloseTo(7, 5);
    const program = withRules(sin10, () => makeProgram(sin)(at()));
    expect(grad((x: Tensor) => evalProgram(program, [x])[0]!)(at()).item()).toBeCloseTo(7, 5);
  });

  test("what was linearized outside keeps its own inside", () => {
    const [, pullback] = vjp(sin, [at()]);
    expect(withRules(sin10, () => pullback(1)[0].item())).toBe(plain);
  });

  test("also when the callback throws", () => {
    expect(() =>
      withRules(sin10, () => {
        throw new ShapeError("on purpose");
      }),
    ).toThrow("on purpose");
    expect(grad(sin)(at()).item()).toBe(plain);
  });

  test("inner extents come first, and add to outer ones", () => {
    const twice = withRules(sin10, () => withRules(slope(1000, sinP, sin), () => [grad(sin)(at()).item(), 0]));
    expect(twice[0]).toBeCloseTo(700, 3);
    const both = withRules(sin10, () => withRules(cos100, () => grad((x: Tensor) => add(sin(x), cos(x)))(at()).item()));
    expect(both).toBeCloseTo(77, 4);
    const after = withRules(sin10, () => {
      withRules(slope(1000, sinP, sin), () => 0);
      return grad(sin)(at()).item();
    });
    expect(after).toBeCloseTo(7, 5);
  });
});

describe("an override holds at every order", () => {
  // (x·f)″ = 2f′ + x·f″, and f′ is that of the rule wherever f comes from, the value of the rule included.
  const twice = (f: F): F => grad(grad((x: Tensor) => mul(x, f(x)))) as F;
  const uses: [string, (rules: Rules) => F][] = [
    ["around the derivatives", (rules) => (x) => withRules(rules, () => twice(sin)(x))],
    ["inside of them", (rules) => twice((x) => withRules(rules, () => sin(x)))],
    ["inside of them, jitted", (rules) => twice(jit((x: Tensor) => withRules(rules, () => sin(x))) as F)],
    ["between them", (rules) => grad((x: Tensor) => withRules(rules, () => grad((v: Tensor) => mul(v, sin(v)))(x))) as F],
    ["around, jitted", (rules) => (x) => withRules(rules, () => jit(twice(sin))(x))],
    ["around, mapped", (rules) => (x) => withRules(rules, () => reduceSum(vmap(twice(sin))(broadcastTo(x, [1]))))],
  ];
  const x = 0.7;
  test.each(uses)("%s", (_name, use) => {
    expect(use(sin10)(at()).item()).toBeCloseTo(2 * 10 * x + x * 10, 4);
    const byVjp: Rules = [[sinP, { vjp: { fwd: (v) => [sin(v), v], bwd: (v, ct) => [mul(ct, mul(10, v))] } }]];
    expect(use(byVjp)(at()).item()).toBeCloseTo(2 * 10 * x + x * 10, 4);
  });
  test.each(uses)("a rule may differentiate the primitive itself, which then is what it was: %s", (_name, use) => {
    const doubled: Rules = [[sinP, { jvp: ([v], [t]) => {
      const [y, dy] = jvp(sin, [v], [t]);
      return [y, mul(2, dy)];
    } }]];
    expect(use(doubled)(at()).item()).toBeCloseTo(2 * 2 * Math.cos(x) - x * 2 * Math.sin(x), 4);
  });
  test.each(uses)("other overrides hold in a rule as where it was applied: %s", (_name, use) => {
    const both: Rules = [[sinP, { jvp: ([v], [t]) => [sin(v), mul(t, cos(v))] }], ...cos100];
    expect(use(both)(at()).item()).toBeCloseTo(2 * Math.cos(x) + x * 100 * x, 3);
  });
});

describe("jit keeps programs of an extent and programs of the outside apart", () => {
  const expectAlternating = (derivative: () => number): void => {
    for (let i = 0; i < 2; i++) {
      expect(derivative()).toBe(plain);
      expect(withRules(sin10, derivative)).toBeCloseTo(7, 5);
    }
  };

  test("traced outside first", () => {
    const f = jit(sin);
    expectAlternating(() => grad(f)(at()).item());
    expect(f.cacheSize()).toBe(1);
  });

  test("traced inside first", () => {
    const f = jit(sin);
    withRules(sin10, () => grad(f)(at()));
    expect(f.cacheSize()).toBe(0);
    expectAlternating(() => grad(f)(at()).item());
  });

  test("one inside the other", () => {
    const inner = jit(sin);
    const outer = jit((x: Tensor) => inner(x));
    expectAlternating(() => grad(outer)(at()).item());
  });

  test("of a derivative", () => {
    const d = jit(grad(sin));
    expectAlternating(() => d(at()).item());
  });

  test("two calls in one extent share a program", () => {
    let traces = 0;
    const f = jit((x: Tensor) => {
      traces++;
      return sin(x);
    });
    withRules(sin10, () => [f(at()), f(at()), grad(f)(at())]);
    expect(traces).toBe(1);
  });

  test("also where the overridden operation is performed by another one's derivative", () => {
    // The derivative of sin is cos, and that of cos is 100·x here.
    const second = (f: (x: Tensor) => Tensor): number => withRules(cos100, () => grad(grad(f))(at()).item());
    expect(second(sin)).toBeCloseTo(70, 4);
    const f = jit(sin);
    expect(grad(grad(f))(at()).item()).toBeCloseTo(-Math.sin(0.7), 6);
    expect(second(f)).toBeCloseTo(70, 4);
    expect(second(jit((x: Tensor) => f(x)))).toBeCloseTo(70, 4);
    expect(withRules(cos100, () => grad(jit(grad(f)))(at()).item())).toBeCloseTo(70, 4);
    expect(withRules(cos100, () => vmap(grad(grad(f)))(array([0.7])).item())).toBeCloseTo(70, 4);
    expect(grad(grad(f))(at()).item()).toBeCloseTo(-Math.sin(0.7), 6);
  });
});

describe("what an override is given", () => {
  test("the params of the primitive come last, in every rule", () => {
    const x = array([1, 2]);
    const jvpRule: Rules = [[reduceSumP, { jvp: (([v]: Tensor[], [t]: Tensor[], params: { axes: number[] }) => [bind(reduceSumP, [v!], params), mul(3, bind(reduceSumP, [t!], params))]) as never }]];
    expect(withRules(jvpRule, () => grad((v: Tensor) => reduceSum(v, 0))(x).js())).toEqual([3, 3]);
    const vjpRule: Rules = [
      [
        reduceSumP,
        {
          vjp: {
            fwd: (v: Tensor, params: { axes: number[] }) => [bind(reduceSumP, [v], params), v],
            bwd: ((v: Tensor, ct: Tensor, params: { axes: number[] }) => [mul(params.axes.length + 3, bind(broadcastP, [ct], { shape: v.shape, axes: [] } satisfies BroadcastParams))]) as never,
          },
        },
      ],
    ];
    expect(withRules(vjpRule, () => grad((v: Tensor) => reduceSum(v, 0))(x).js())).toEqual([4, 4]);
  });

  test("a structural primitive can be overridden, and rules may perform it", () => {
    const product: Rules = [[mulP, { jvp: ([x, y], [s, t]) => [mul(x, y), add(mul(s, y), mul(x, t))] }]];
    const cube = (x: Tensor): Tensor => mul(x, mul(x, x));
    expect(withRules(product, () => grad(cube)(array(2)).item())).toBe(12);
    expect(withRules(product, () => grad(grad(cube))(array(2)).item())).toBe(12);
    expect(withRules(product, () => grad(jit(grad(jit(cube))))(array(2)).item())).toBe(12);
    const sums: Rules = [[addP, { jvp: ([x, y], [s, t]) => [add(x, y), mul(5, add(s, t))] }]];
    expect(grad((x: Tensor) => withRules(sums, () => add(mul(x, x), x)))(array(2)).item()).toBe(25);
  });

  test("the model is not touched: straight-through rounding from outside", () => {
    const model = (w: Tensor, x: Tensor): Tensor => reduceSum(mul(round(w), x));
    const through: Rules = [[roundP, { jvp: ([x], [dx]) => [round(x), dx] }]];
    const w = array([0.4, 1.6]);
    const x = array([3, 5]);
    expect(grad(model)(w, x).js()).toEqual([0, 0]);
    expect(withRules(through, () => grad(model)(w, x).js())).toEqual([3, 5]);
    expect(withRules(through, () => jit(grad(model))(w, x).js())).toEqual([3, 5]);
    expect(withRules(through, () => vmap(grad(model), [0, null])(array([[0.4, 1.6]]), x).js())).toEqual([[3, 5]]);
    expect(withRules(through, () => jvp(model, [w, x], [array([1, 1]), array([0, 0])])[1].item())).toBe(8);
  });

  test("a batch rule replaces batching, and stays through jit", () => {
    const marked: Rules = [[sinP, { batch: (axisSize, [isBatched], x) => [add(sin(x), isBatched ? 100 * axisSize : 0), isBatched] }]];
    const expected = [Math.sin(1) + 200, Math.sin(2) + 200];
    const xs = array([1, 2]);
    for (const f of [(x: Tensor) => sin(x), jit((x: Tensor) => sin(x))]) {
      withRules(marked, () => vmap(f)(xs).js() as number[]).forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 4));
    }
    expect(withRules(marked, () => sin(at()).item())).toBeCloseTo(Math.sin(0.7), 6);
  });
});

test("without overrides nothing in a program mentions them, and with them each application is a rule_call", () => {
  const f = (x: Tensor): Tensor => sin(cos(x));
  const names = (): string[] => makeProgram(f)(at()).equations.map((eq) => eq.primitive.name);
  expect(names()).toEqual(["cos", "sin"]);
  expect(withRules(sin10, names)).toEqual(["cos", "rule_call"]);
  expect(withRules(sin10, () => makeProgram(f)(at()).toString())).toBe(
    [
      "{ lambda ; a:f32[] . let",
      "    b:f32[] = cos a",
      "    c:f32[] = rule_call[name=sin program={ lambda ; a:f32[] . let",
      "        b:f32[] = sin a",
      "      in (b) }] b",
      "  in (c) }",
    ].join("\n"),
  );
});
