// What passes and caches must not confuse: signs of zero, effects, weak and strong, one structure and another.
import { add, array, bind, cast, definePrimitive, mul, type Tensor, useBackend } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { atan2, div, log, sin } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { eliminateCommonSubexpressions, eliminateDeadCode, evalProgram, jit, makeProgram, type Program } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { beforeAll, describe, expect, test } from "vitest";
import { laws } from "../src/laws/index.js";

beforeAll(() => useBackend(cpu()));

const f64 = (x: number): Tensor => array(x, { dtype: "float64" });
const names = (program: Program): string[] => program.equations.map((eq) => eq.primitive.name);
const reduce = (program: Program): Program => eliminateDeadCode(eliminateCommonSubexpressions(program));
const run = (program: Program, ...xs: Tensor[]): number[] => evalProgram(program, xs).map((t) => t.item());

describe("merging equal equations", () => {
  test("merges what is equal, and so what follows from it", () => {
    const program = makeProgram((x: Tensor) => add(mul(sin(x), 2), mul(sin(x), 2)))(f64(1));
    expect(names(program)).toEqual(["sin", "mul", "sin", "mul", "add"]);
    expect(names(reduce(program))).toEqual(["sin", "mul", "add"]);
  });

  test("tells 0 from −0", () => {
    const program = makeProgram((x: Tensor) => [atan2(x, 0), atan2(x, -0)])(f64(0));
    expect(run(reduce(program), f64(0))).toEqual([0, Math.PI]);
  });

  test("tells dtypes and params apart", () => {
    const f = (x: Tensor): Tensor[] => [cast(cast(x, "int32"), "float64"), cast(cast(x, "float32"), "float64"), cast(cast(x, "int32"), "float32")];
    const program = makeProgram(f)(f64(0.1));
    expect(run(reduce(program), f64(0.1))).toEqual([0, Math.fround(0.1), 0]);
    expect(reduce(program).outAvals.map(String)).toEqual(["f64[]", "f64[]", "f32[]"]);
  });

  test("does no algebra: what is NaN stays NaN", () => {
    const f = (x: Tensor): Tensor[] => [mul(x, 0), div(x, x), add(x, mul(x, -1))];
    expect(run(reduce(makeProgram(f)(f64(1))), f64(Infinity))).toEqual([NaN, NaN, NaN]);
    expect(grad((x: Tensor) => jit((y: Tensor) => mul(log(y), 0))(x))(f64(0)).item()).toBeNaN();
  });

  test("leaves effects, in number and order, used or not", () => {
    const seen: string[] = [];
    const tap = (name: string) => definePrimitive(`@test/${name}`, { effect: "unordered", abstractEval: ([x]) => x!, decompose: ([x]) => (seen.push(name), x!) });
    const [a, b] = [tap("a"), tap("b")];
    const f = (x: Tensor): Tensor => {
      bind(a, [x]);
      bind(b, [x]);
      bind(a, [x]);
      return sin(x);
    };
    const program = reduce(makeProgram(f)(f64(1)));
    expect(names(program)).toEqual(["@test/a", "@test/b", "@test/a", "sin"]);
    run(program, f64(1));
    expect(seen).toEqual(["a", "b", "a"]);
    seen.length = 0;
    jit(f)(f64(1));
    expect(seen).toEqual(["a", "b", "a"]);
  });

  test("twice is once", () => {
    const program = makeProgram((x: Tensor) => grad((y: Tensor) => mul(sin(y), sin(y)))(x))(f64(1));
    expect(reduce(reduce(program)).toString()).toBe(reduce(program).toString());
  });
});

describe("the cache of jit", () => {
  test("has a program for each aval, weakness among it, and for each structure", () => {
    let traced = 0;
    const f = jit((x: any) => {
      traced++;
      return Array.isArray(x) ? mul(x[0], 2) : mul("a" in x ? x.a : x, 2);
    });
    const list: [unknown, string][] = [
      [array([1, 2]), "f32[2]"],
      [array([1, 2], { dtype: "float64" }), "f64[2]"],
      [array([1, 2], { dtype: "int32" }), "i32[2]"],
      [array([[1, 2]]), "f32[1,2]"],
      [array([[1], [2]]), "f32[2,1]"],
      [array(1), "f32[]"],
      [{ a: array(1) }, "f32[]"],
      [[array(1)], "f32[]"],
      [[array(1), array(2)], "f32[]"],
    ];
    for (let round = 0; round < 2; round++) for (const [x, aval] of list) expect(f(x).aval.toString()).toBe(aval);
    expect(traced).toBe(list.length);
    expect(f.cacheSize()).toBe(list.length);
    const g = jit((x: Tensor) => mul(x, 2));
    expect([g(1 as never), g(array(1)), g(2 as never), g(true as never)].map((t) => t.aval.toString())).toEqual(["~f32[]", "f32[]", "~f32[]", "i32[]"]);
    expect(g.cacheSize()).toBe(3);
  });

  test("keeps nothing of a call that captured a tracer, and bakes concrete captures", () => {
    const inner = (x: Tensor) => jit((y: Tensor) => mul(x, y));
    const f = (x: Tensor): Tensor => inner(x)(f64(3));
    expect([grad(f)(f64(1)).item(), grad(f)(f64(2)).item()]).toEqual([3, 3]);
    let shared: ((y: Tensor) => Tensor) & { cacheSize(): number };
    const g = (x: Tensor): Tensor => {
      shared = jit((y: Tensor) => mul(x, y));
      return add(shared(f64(1)), shared(f64(2)));
    };
    expect(grad(g)(f64(5)).item()).toBe(3);
    expect(shared!.cacheSize()).toBe(0);
  });
});

test("a long elementwise body, shared nodes and all, keeps every law", () => {
  // ((x² + 1)·(x² + 1) + x²)/(x² + 2), each square one node of the body.
  const bodyP = definePrimitive("@test/body", {
    elementwise: {
      accepts: "float",
      body(x: s.Expr) {
        const square = s.mul(x, x);
        const one = s.add(square, 1);
        return s.div(s.add(s.mul(one, one), square), s.add(one, 1));
      },
    },
    decompose: undefined as never,
  });
  const plain = (x: number): number => ((x * x + 1) ** 2 + x * x) / (x * x + 2);
  const x = array([0.5, -1.5, 2], { dtype: "float64" });
  expect(bind(bodyP, [x]).js()).toEqual([0.5, -1.5, 2].map((v) => expect.closeTo(plain(v), 12)));
  for (const law of ["pure", "compiled", "batched", "compiledBatch", "printed", "inferred", "optimized"] as const) {
    laws[law]({ f: (y) => bind(bodyP, [y]), points: [[x], [array([1, 2, 3], { dtype: "float64" })], [array([0, 1, -1], { dtype: "float64" })]] });
  }
});
