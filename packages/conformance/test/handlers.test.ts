// Five handlers written with public API alone, around and inside of every transformation.
import { readdirSync, readFileSync } from "node:fs";
import { vmap } from "@gradus/batching";
import { add, array, type Handler, mul, performBelow, type Tensor, useBackend, withHandler } from "@gradus/core";
import { cos, exp, log, reduceSum, sin, sub } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad, valueAndGrad } from "@gradus/vjp";
import { beforeAll, describe, expect, test } from "vitest";
import { expectAll, runCases, testHandler } from "../src/index.js";
import { boundsOf, type Interval, intervals } from "./handlers/interval.js";
import { NanError, nanGuard } from "./handlers/nan-guard.js";
import { type OpCounter, opCounter } from "./handlers/op-counter.js";
import { type OpLogger, opLogger } from "./handlers/op-logger.js";
import { type ValueRange, valueRange } from "./handlers/value-range.js";

beforeAll(() => useBackend(cpu()));

type Fn = (x: Tensor) => Tensor;
const f64 = (x: number): Tensor => array(x, { dtype: "float64" });

describe("the kit", { timeout: 60_000 }, () => {
  test("an op counter", () => expectAll(testHandler(opCounter, { seen: (h) => (h as OpCounter).counts.size })));
  test("an op logger", () => expectAll(testHandler(opLogger, { seen: (h) => (h as OpLogger).lines.length })));
  test("a recorder of value ranges", () => expectAll(testHandler(valueRange, { seen: (h) => (h as ValueRange).ranges.size + (h as ValueRange).unread.size })));
  test("interval arithmetic, which sees only intervals", () => expectAll(testHandler(intervals)));
  test("a NaN guard", () => expectAll(testHandler(nanGuard)));

  test("finds a handler that meddles, one that sees nothing, and one that lies about its name", async () => {
    const meddler = (): Handler => ({ name: "meddler", perform: (p, args, params) => (p.name === "sin" ? performBelow(p, args.map((a) => mul(a, 2)), params) : performBelow(p, args, params)) });
    const meddled = await runCases(testHandler(meddler));
    expect(meddled.failures.length).toBeGreaterThan(100);
    expect(meddled.failures.map((f) => f.name)).toContain("meddler leaves programs as they are");
    const blind = await runCases(testHandler(() => ({ name: "blind", sees: "own", perform: performBelow }), { seen: () => 0 }));
    expect(blind.failures.map((f) => f.name)).toEqual(["blind sees what is applied under it, around and inside of jit too"]);
    let named = 0;
    const liar = await runCases(testHandler(() => ({ name: `liar ${named++}`, sees: "own", perform: performBelow })));
    expect(liar.failures.map((f) => f.name)).toEqual(["liar 0 is on the stack for the extent of the call and no longer"]);
  });

  test("a handler that is not transparent is only asked for its manners", async () => {
    expect(testHandler(intervals, { transparent: false }).length).toBe(3);
  });
});

test("each of the five is written in well under 60 lines", () => {
  const folder = new URL("handlers/", import.meta.url);
  const files = readdirSync(folder);
  expect(files).toHaveLength(5);
  for (const file of files) expect(readFileSync(new URL(file, folder), "utf8").split("\n").length, file).toBeLessThan(60);
});

describe("an op counter", () => {
  const f: Fn = (x) => mul(sin(x), cos(x));
  const countsOf = (run: (h: Handler) => unknown): Record<string, number> => {
    const handler = opCounter();
    run(handler);
    return Object.fromEntries(handler.counts);
  };
  const own = { cos: 1, mul: 1, sin: 1 };
  const under = (h: Handler): Fn => (x) => withHandler(h, () => f(x));

  test("sees inside of a transformation what the function applies, once", () => {
    expect(countsOf((h) => under(h)(f64(1)))).toEqual(own);
    expect(countsOf((h) => grad(under(h))(f64(1)))).toEqual(own);
    expect(countsOf((h) => vmap(under(h))(array([1, 2])))).toEqual(own);
    expect(countsOf((h) => jit(under(h))(f64(1)))).toEqual(own);
    expect(countsOf((h) => grad((x: Tensor) => reduceSum(jit(vmap(under(h)))(x)))(array([1, 2])))).toEqual(own);
  });

  test("sees around a transformation what it comes down to", () => {
    expect(countsOf((h) => withHandler(h, () => vmap(f)(array([1, 2]))))).toEqual(own);
    expect(countsOf((h) => withHandler(h, () => jit(f)(f64(1))))).toEqual(own);
    const around = countsOf((h) => withHandler(h, () => grad(f)(f64(1))));
    // sin and cos each for their value and for the other's derivative; a product forwards, and four backwards at most.
    expect(around).toMatchObject({ sin: 2, cos: 2 });
    expect(around["mul"]).toBeGreaterThan(1);
    expect(around["mul"]).toBeLessThanOrEqual(5);
  });

  test("sees a compiled function each time that it runs, not only when it is traced", () => {
    const compiled = jit(f);
    compiled(f64(1));
    const counts = countsOf((h) => withHandler(h, () => [compiled(f64(1)), compiled(f64(2))]));
    expect(counts).toEqual({ cos: 2, mul: 2, sin: 2 });
  });
});

test("an op logger writes avals, batched ones around vmap and those of one example inside", () => {
  const lines = (run: (h: OpLogger) => unknown): string[] => {
    const handler = opLogger();
    run(handler);
    return handler.lines;
  };
  const x = array([1, 2, 3]);
  expect(lines((h) => withHandler(h, () => vmap((r: Tensor) => sin(r))(x)))).toEqual(["sin(f32[3]) -> f32[3]"]);
  expect(lines((h) => vmap((r: Tensor) => withHandler(h, () => sin(r)))(x))).toEqual(["sin(f32[]) -> f32[]"]);
});

describe("a recorder of value ranges", () => {
  const f: Fn = (x) => exp(mul(x, 3));
  test("reads values where they are values, and counts the others", () => {
    const around = valueRange();
    withHandler(around, () => grad(f)(f64(1)));
    expect(around.ranges.get("exp")).toEqual([Math.exp(3), Math.exp(3)]);
    expect([...around.unread.keys()]).toEqual([]);
    const inside = valueRange();
    grad((x: Tensor) => withHandler(inside, () => f(x)))(f64(1));
    expect(Object.fromEntries(inside.unread)).toEqual({ exp: 1, mul: 1 });
  });

  test("sees every example around vmap, and the program's values around jit", () => {
    const handler = valueRange();
    withHandler(handler, () => jit(vmap(f))(array([0, 1, 2], { dtype: "float64" })));
    expect(handler.ranges.get("exp")).toEqual([1, Math.exp(6)]);
  });
});

describe("interval arithmetic", () => {
  const f: Fn = (x) => sub(mul(exp(x), x), x);
  const derivative = (x: number): number => Math.exp(x) * (x + 1) - 1;
  const between: Interval = { low: f64(0.5), high: f64(1) };
  const numbers = ({ low, high }: Interval): number[] => [low.item(), high.item()];
  const wanted = [Math.exp(0.5) * 0.5 - 1, Math.E - 0.5];
  const close = (got: Interval, [low, high]: number[]): void => {
    expect(got.low.item()).toBeCloseTo(low as number, 12);
    expect(got.high.item()).toBeCloseTo(high as number, 12);
  };

  test("bounds a function, also a compiled one, and one in a program", () => {
    close(boundsOf(f, between), wanted);
    close(boundsOf(jit(f), between), wanted);
    const compiled = jit((low: Tensor, high: Tensor) => boundsOf(f, { low, high }) as never) as unknown as (low: Tensor, high: Tensor) => Interval;
    close(compiled(between.low, between.high), wanted);
  });

  test("around grad: bounds of a derivative hold every derivative", () => {
    const [low, high] = numbers(boundsOf((x) => grad(f)(x) as Tensor, between)) as [number, number];
    for (let x = 0.5; x <= 1; x += 0.05) {
      expect(derivative(x)).toBeGreaterThanOrEqual(low);
      expect(derivative(x)).toBeLessThanOrEqual(high);
    }
    expect(high - low).toBeLessThan(3 * (derivative(1) - derivative(0.5)));
  });

  test("inside grad: how the upper bound moves with the upper end", () => {
    const upper: Fn = (high) => boundsOf(f, { low: f64(0.5), high }).high;
    // The upper bound is e^h·h − 0.5, for an upper end h.
    expect(grad(upper)(f64(1)).item()).toBeCloseTo(2 * Math.E, 12);
    expect(jit(grad(upper) as Fn)(f64(1)).item()).toBeCloseTo(2 * Math.E, 12);
  });

  test("inside vmap: intervals of many examples at once", () => {
    const uppers = vmap((x: Tensor) => boundsOf(f, { low: x, high: add(x, 0.5) }).high)(array([0.5, 1], { dtype: "float64" }));
    expect(uppers.js()).toEqual([0.5, 1].map((x) => expect.closeTo(Math.exp(x + 0.5) * (x + 0.5) - x, 12)));
  });

  test("an operation without a rule is named", () => {
    expect(() => boundsOf((x) => sin(x), between)).toThrow(expect.objectContaining({ code: "missing-rule", message: expect.stringMatching(/sin has no interval rule/) }));
    expect(() => boundsOf(jit((x: Tensor) => sin(x)), between)).toThrow(expect.objectContaining({ code: "missing-rule" }));
  });
});

describe("a NaN guard", () => {
  const f: Fn = (x) => mul(log(x), 0);
  const guarded = (run: () => unknown) => () => withHandler(nanGuard(), run);

  test("names the operation, around every transformation", () => {
    expect(guarded(() => f(f64(-1)))).toThrow(NanError);
    for (const run of [() => f(f64(-1)), () => grad(f)(f64(-1)), () => vmap(f)(array([1, -1])), () => jit(f)(f64(-1)), () => jit((x: Tensor) => valueAndGrad(f)(x)[0])(f64(-1)), () => grad(jit(f))(f64(-1))]) {
      expect(guarded(run)).toThrow(/^log\(.*\) is NaN/);
    }
  });

  test("finds a NaN that only the derivative has", () => {
    // d/dx (0·ln x) at 0 is 0·∞.
    expect(guarded(() => mul(exp(log(f64(0))), 1))).not.toThrow();
    expect(guarded(() => grad(f)(f64(0)))).toThrow(/is NaN/);
  });

  test("what a compiled gradient does not need is not computed, so there is no NaN to find", () => {
    expect(guarded(() => jit(grad(f) as Fn)(f64(-1)))).not.toThrow();
  });

  test("inside of a transformation there are no values to guard, and nothing is thrown", () => {
    for (const T of [(g: Fn) => grad(g), (g: Fn) => jit(g)] as ((g: Fn) => Fn)[]) expect(() => T((x) => withHandler(nanGuard(), () => f(x)))(f64(-1))).not.toThrow();
  });
});
