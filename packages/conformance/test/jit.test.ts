// jit: values, caching, static arguments, capture, and derivatives of programs that are kept.

import { vmap } from "@gradus/batching";
import { add, ArgumentError, array, type Aval, bind, ConcretizationError, definePrimitive, type Handler, mul, performBelow, type Primitive, reduceSum, type Tensor, tree, useBackend, withHandler } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { cos, div, greater, sin, where } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { evalProgram, jit, makeProgram } from "@gradus/tracing";
import { grad, linearize, vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";

useBackend(cpu());

const js = (x: unknown): unknown => tree.map((leaf: Tensor) => leaf.js(), x);

/** A function that counts how often it is traced. */
function counted<F extends (...args: any[]) => any>(f: F): { f: F; traces: () => number } {
  let n = 0;
  return { f: ((...args: any[]) => (n++, f(...args) as unknown)) as F, traces: () => n };
}

describe("the cache", () => {
  test("is empty before the first call, and keyed by structure, shape, dtype and weakness", () => {
    const f = jit((x: Tensor | { a: Tensor }) => mul("a" in x ? x.a : x, 2));
    const sizes = [f.cacheSize()];
    for (const x of [1, 2, array(1), array(3), array([1]), array([2]), array([1, 2]), array(1, { dtype: "float64" }), { a: array(1) }, { a: array(2) }]) {
      f(x as never);
      sizes.push(f.cacheSize());
    }
    expect(sizes).toEqual([0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 6]);
  });

  test("the order of keys is no structure of its own", () => {
    const { f, traces } = counted((p: { a: Tensor; b: Tensor }) => mul(p.a, p.b));
    const g = jit(f);
    expect([g({ a: 2, b: 3 }).item(), g({ b: 3, a: 2 }).item(), traces()]).toEqual([6, 6, 1]);
  });

  test("a trace that throws is not kept", () => {
    let fail = true;
    const f = jit((x: Tensor) => {
      if (fail) throw new RangeError("not yet");
      return mul(x, 2);
    });
    expect(() => f(1)).toThrow("not yet");
    expect(f.cacheSize()).toBe(0);
    fail = false;
    expect([f(1).item(), f.cacheSize()]).toEqual([2, 1]);
  });

  test("serves every transformation: one trace for all derivatives of one aval", () => {
    const { f, traces } = counted((x: Tensor) => mul(sin(x), x));
    const g = jit(f);
    const x = array(0.5);
    for (let i = 0; i < 2; i++) {
      g(x);
      grad(g)(x);
      grad(grad(g))(x);
      jvp(g, [x], [x]);
      linearize(g, [x])[1](x);
      vjp(g, [x])[1](x);
      vmap(g)(array([1, 2]));
      vmap(grad(g))(array([1, 2, 3]));
      grad((y: Tensor) => reduceSum(vmap(g)(y)))(array([1, 2]));
      jit((y: Tensor) => g(y))(x);
    }
    expect([traces(), g.cacheSize()]).toEqual([1, 1]);
  });

  test("a derived program is made once for each pattern of perturbed arguments", () => {
    // The partial derivatives are asked for only where a derived program is traced.
    const asked = [0, 0];
    const p = definePrimitive("@test/product", {
      elementwise: mulBody,
      partials: [(_x: Tensor, y: Tensor) => (asked[0]!++, y), (x: Tensor) => (asked[1]!++, x)],
    });
    const f = jit((x: Tensor, y: Tensor) => bind(p, [x, y]));
    const two = (): Tensor[] => [array(2), array(3)];
    const run = (): number[] => {
      grad(f)(...(two() as [Tensor, Tensor]));
      grad(f, { argnums: 1 })(...(two() as [Tensor, Tensor]));
      grad(f, { argnums: [0, 1] })(...(two() as [Tensor, Tensor]));
      return [...asked];
    };
    expect(run()).toEqual([2, 2]);
    expect(run()).toEqual([2, 2]);
  });

  test("a program that is kept is right for other values", () => {
    const f = jit((x: Tensor, y: Tensor) => where(greater(x, y), mul(x, y), add(x, y)));
    expect([f(array(2), array(3)).item(), f(array(5), array(3)).item(), grad(f)(array(2), array(3)).item(), grad(f)(array(5), array(3)).item()]).toEqual([5, 15, 1, 3]);
    expect(js(vmap(f)(array([2, 5]), array([3, 3])))).toEqual([5, 15]);
    expect(js(vmap(grad(f))(array([2, 5]), array([3, 3])))).toEqual([1, 3]);
  });
});

const mulBody = { accepts: "float" as const, body: (x: any, y: any) => ({ kind: "call" as const, op: { name: "mul", arity: 2 as const, float: (a: number, b: number) => a * b, result: "same" as const }, args: [x, y] }) };

describe("what a jitted function captures", () => {
  test("concrete tensors are baked in when traced", () => {
    let c = array(2);
    const f = jit((x: Tensor) => mul(x, c));
    expect(f(3).item()).toBe(6);
    c = array(100);
    expect(f(3).item()).toBe(6);
    expect(f(array(3)).item()).toBe(300);
  });

  test("values of an enclosing derivative are operands: the gradient is right, and the trace not kept", () => {
    const { f, traces } = counted((x: Tensor, y: Tensor) => mul(x, y));
    let kept: { cacheSize(): number } | undefined;
    const outer = (x: Tensor): Tensor => {
      const inner = jit((y: Tensor) => f(x, y));
      kept = inner;
      return add(inner(array(3)), inner(array(4)));
    };
    expect(grad(outer)(2).item()).toBe(7);
    expect([traces(), kept!.cacheSize()]).toEqual([2, 0]);
    expect(grad(grad((x: Tensor) => mul(x, outer(x))))(2).item()).toBe(14);
    expect(js(vmap(outer)(array([1, 2])))).toEqual([7, 14]);
    expect(js(vmap(grad(outer))(array([1, 2])))).toEqual([7, 7]);
    expect(jit(outer)(2).item()).toBe(14);
    expect(jit(grad(outer))(2).item()).toBe(7);
    expect(grad(jit(outer))(2).item()).toBe(7);
  });

  test("one function jitted outside, called inside with different captured values, stays right", () => {
    let captured: Tensor = array(1);
    const f = jit((y: Tensor) => mul(captured, y));
    const through = (x: Tensor): Tensor => {
      captured = x;
      return f(array(3));
    };
    expect([grad(through)(5).item(), grad(through)(7).item()]).toEqual([3, 3]);
    expect(js(vmap(through)(array([1, 2])))).toEqual([3, 6]);
    captured = array(10);
    expect(f(array(3)).item()).toBe(30);
  });

  test("values of two enclosing transformations at once", () => {
    const f = (x: Tensor): Tensor => grad((y: Tensor) => jit((z: Tensor) => mul(mul(x, y), mul(y, z)))(array(2)))(x);
    // d/dy 2·x·y² at y = x is 4x².
    expect([f(array(3)).item(), grad(f)(3).item(), jit(f)(array(3)).item()]).toEqual([36, 24, 36]);
    expect(js(vmap(f)(array([1, 2])))).toEqual([4, 16]);
    expect(js(vmap(grad(f))(array([1, 2])))).toEqual([8, 16]);
  });
});

describe("what is kept does not grow for ever", () => {
  const most = 256;
  test.each<[string, () => { cacheSize(): number }]>([
    ["shapes", () => {
      const { f, traces } = counted((x: Tensor) => reduceSum(mul(x, 2)));
      const g = jit(f);
      for (let n = 0; n < most + 20; n++) expect(g(array(new Float32Array(n).fill(1))).item()).toBe(2 * n);
      expect(traces()).toBe(most + 20);
      expect([g(array([1, 1])).item(), traces()]).toEqual([4, most + 21]); // it had gone
      return g;
    }],
    ["values of static arguments", () => {
      const g = jit((x: Tensor, n: number) => add(x, n), { staticArgnums: 1 });
      for (let n = 0; n < most + 20; n++) expect(g(1, n).item()).toBe(1 + n);
      return g;
    }],
    ["static objects", () => {
      const g = jit((x: Tensor, { n }: { n: number }) => add(x, n), { staticArgnums: 1 });
      for (let n = 0; n < most + 20; n++) expect(g(1, { n }).item()).toBe(1 + n);
      return g;
    }],
  ])("with many %s", (_name, run) => {
    expect(run().cacheSize()).toBe(most);
  });
  test("nor with many sizes of a batch", () => {
    const { f, traces } = counted((x: Tensor) => reduceSum(mul(x, x)));
    const g = vmap(jit(f));
    for (let n = 1; n < 100; n++) expect(js(g(array(new Float32Array(2 * n).fill(1), { shape: [n, 2] })))).toEqual(Array.from({ length: n }, () => 2));
    expect(traces()).toBe(1);
  });
});

describe("static arguments", () => {
  test("reach the function as they are, one program for each value", () => {
    const { f, traces } = counted((x: Tensor, n: number, mode: { name: string }) => {
      let y = x;
      for (let i = 0; i < n; i++) y = mode.name === "mul" ? mul(y, x) : add(y, x);
      return y;
    });
    const g = jit(f, { staticArgnums: [1, 2] });
    const product = { name: "mul" };
    expect([g(2, 3, product).item(), g(3, 3, product).item(), g(2, 1, product).item(), g(2, 3, { name: "add" }).item(), traces(), g.cacheSize()]).toEqual([16, 81, 4, 8, 3, 3]);
    expect(grad(g)(2, 3, product).item()).toBe(32);
  });
  test("count from the end when negative, and are compared as by Object.is", () => {
    const g = jit((x: Tensor, n: number | undefined) => (n === undefined ? x : div(x, n)), { staticArgnums: -1 });
    expect([g(1, 0).item(), g(1, -0).item(), g(1, NaN).item(), g(1, NaN).item(), g(1, undefined).item(), g.cacheSize()]).toEqual([Infinity, -Infinity, NaN, NaN, 1, 4]);
  });
  test("may be functions", () => {
    const g = jit((f: (x: Tensor) => Tensor, x: Tensor) => f(x), { staticArgnums: 0 });
    expect([g(sin, 0.5).item(), g(cos, 0.5).item(), g(sin, 1).item(), g.cacheSize()]).toEqual([Math.sin(0.5), Math.cos(0.5), Math.sin(1), 2]);
  });
  test.each<[string, () => unknown, RegExp]>([
    ["text", () => jit((x: Tensor) => x, { staticArgnums: "0" as never }), /staticArgnums must be argument indices, got "0"/],
    ["fractions", () => jit((x: Tensor) => x, { staticArgnums: [0.5] }), /staticArgnums must be argument indices, got \[0\.5\]/],
    ["text to donate", () => jit((x: Tensor) => x, { donateArgnums: ["0"] as never }), /donateArgnums/],
  ])("refuse %s", (_name, run, message) => {
    expect(run).toThrow(ArgumentError);
    expect(run).toThrow(message);
  });
});

describe("what jit refuses", () => {
  test.each<[string, () => unknown, new (m: string) => Error, RegExp]>([
    ["an async function", () => jit(async (x: Tensor) => x)(1), ArgumentError, /jit needs a synchronous function.*promise/],
    ["a generator", () => jit(function* (x: Tensor) {
      yield x;
    })(1), ArgumentError, /generator or iterator/],
    ["no function", () => jit({} as never), ArgumentError, /jit needs a function as first argument, got object/],
    ["a function without result", () => jit((_x: Tensor) => undefined)(1), ArgumentError, /jit: a result of the function.*undefined/],
    ["text as argument", () => jit((x: Tensor) => x)("a" as never), ArgumentError, /jit: an argument.*the string "a"/],
    ["host control flow", () => jit((x: Tensor) => (greater(x, 0).item<boolean>() ? x : mul(x, 2)))(1), ConcretizationError, /select\(pred, a, b\).*staticArgnums/],
    ["host control flow under grad", () => grad(jit((x: Tensor) => (greater(x, 0).item<boolean>() ? x : mul(x, 2))))(1), ConcretizationError, /under trace/],
  ])("%s", (_name, run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});

describe("results", () => {
  test("have the structure of the function's, JS numbers as tensors, arguments passed through", () => {
    const f = jit((x: Tensor, p: { a: Tensor[] }) => ({ x, again: x, n: 3, deep: [p.a[0]!, null], flag: true }));
    const x = array([1, 2]);
    expect(js(f(x, { a: [array(5)] }))).toEqual({ x: [1, 2], again: [1, 2], n: 3, deep: [5, null], flag: true });
  });

  test("agree in dtype and weakness with the function's", () => {
    const f = (x: Tensor, n: Tensor): Tensor[] => [mul(x, 2), mul(x, 0.5), mul(n, 2), mul(n, 0.5), add(x, 1), greater(x, 0), add(1, 2)];
    for (const [x, n] of [[1, array(1, { dtype: "int32" })], [array(1), array(1, { dtype: "uint32" })], [array(1, { dtype: "float64" }), array(true)]] as const) {
      const eager = f(typeof x === "number" ? add(x, 0) : x, n);
      expect(jit(f)(x, n).map((t) => [t.aval.toString(), t.js()])).toEqual(eager.map((t) => [t.aval.toString(), t.js()]));
    }
  });

  test("NaN, infinities and −0 come out as they went in: no pass simplifies", () => {
    const f = (x: Tensor): Tensor[] => [mul(x, 0), add(x, 0), div(0, x), mul(x, 1), div(x, x), add(x, mul(x, -1))];
    for (const v of [-0, 0, NaN, Infinity, -Infinity]) {
      const bits = (ts: Tensor[]): number[] => ts.map((t) => new Uint32Array(t.dataSync().buffer)[0]!);
      expect(bits(jit(f)(array(v)))).toEqual(bits(f(array(v))));
    }
  });

  test("effects happen at every call, once, in order, also under derivatives and vmap", () => {
    const log: unknown[] = [];
    const noteP: Primitive<{ tag: string }> = definePrimitive<{ tag: string }>("@test/note", {
      abstractEval: ([x]) => x as Aval,
      decompose: ([x], { tag }) => (log.push(tag), x!),
      effect: "ordered",
      rules: {
        jvp: ([x], [t], params) => [bind(noteP, [x!], params), t!],
        batch: ([x], [axis], params) => [bind(noteP, [x!], params), axis!],
      },
    });
    const f = jit((x: Tensor) => {
      bind(noteP, [x], { tag: "first" });
      return bind(noteP, [mul(x, x)], { tag: "second" });
    });
    const seen = (run: () => unknown): unknown[] => {
      log.length = 0;
      run();
      return [...log];
    };
    for (const run of [() => f(array(3)), () => f(array(4)), () => grad(f)(array(3)), () => grad(f)(array(4)), () => vmap(f)(array([1, 2])), () => grad(grad(f))(array(3)), () => jit(grad(f))(array(3)), () => jvp(f, [array(3)], [array(1)])]) {
      expect(seen(run)).toEqual(["first", "second"]);
    }
    const silent = jit((x: Tensor) => {
      bind(noteP, [x], { tag: "unused" });
      return mul(x, 2);
    });
    for (const run of [() => silent(array(3)), () => grad(silent)(array(3)), () => vmap(silent)(array([1, 2]))]) expect(seen(run)).toEqual(["unused"]);
  });
});

describe("handlers and jit", () => {
  const log: string[] = [];
  const logger: Handler = { name: "logger", perform: (p, args, params) => (log.push(p.name), performBelow(p, args, params)) };
  const f = jit((x: Tensor) => sin(mul(x, x)));
  const seen = (run: () => unknown): string[] => {
    log.length = 0;
    run();
    return [...log];
  };

  test("one outside sees what is inside at every call, also from the cache", () => {
    for (let i = 0; i < 2; i++) expect(seen(() => withHandler(logger, () => f(array(2))))).toEqual(["mul", "sin"]);
  });
  test("one that wants calls whole sees them so", () => {
    const whole: Handler = { ...logger, higherOrder: "forward" };
    expect(seen(() => withHandler(whole, () => f(array(2))))).toEqual(["jit_call"]);
  });
  test("one inside sees the trace, once", () => {
    const g = jit((x: Tensor) => withHandler(logger, () => sin(x)));
    expect([seen(() => g(array(2))), seen(() => g(array(3)))]).toEqual([["sin"], []]);
  });
});

describe("evalProgram", () => {
  const program = makeProgram((x: Tensor, y: Tensor) => [mul(x, y), sin(x)])(array(1), array(2));
  test("gives the outputs as a flat array, taking tensors and JS numbers", () => {
    expect(evalProgram(program, [array(3), 4]).map((t) => [t.item(), t.aval.toString()])).toEqual([[12, "f32[]"], [expect.closeTo(Math.sin(3), 6), "f32[]"]]);
  });
  test("is differentiated, mapped and traced as the function", () => {
    const f = (x: Tensor): Tensor => evalProgram(program, [x, x])[0]!;
    expect([grad(f)(3).item(), jit(f)(3).item(), js(vmap(f)(array([1, 2])))]).toEqual([6, 9, [1, 4]]);
    expect(makeProgram((x: Tensor, y: Tensor) => evalProgram(program, [x, y]))(array(1), array(2)).toString()).toBe(program.toString());
  });
  test.each<[string, () => unknown, RegExp]>([
    ["too few arguments", () => evalProgram(program, [array(1)]), /takes 2 argument\(s\), and was given 1/],
    ["too many", () => evalProgram(program, [array(1), array(2), array(3)]), /was given 3/],
    ["another shape", () => evalProgram(program, [array(1), array([1])]), /argument 1 is f32\[1\], and the program takes f32\[\]/],
    ["another dtype", () => evalProgram(program, [array(1, { dtype: "float64" }), array(1)]), /argument 0 is f64\[\], and the program takes f32\[\]: use cast/],
    ["a number for an array", () => evalProgram(makeProgram((x: Tensor) => x)(array([1])), [1]), /argument 0 is ~f32\[\], and the program takes f32\[1\]/],
    ["text", () => evalProgram(program, ["a" as never, array(1)]), /argument 0: expected a tensor or a JS number, got the string "a"/],
  ])("refuses %s", (_name, run, message) => {
    expect(run).toThrow(message);
  });
});
