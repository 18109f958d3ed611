// checkpoint: what is kept and what is computed again, by each policy; names; options and their refusals. That values and
// derivatives are those of the function itself, whatever is around or inside, is tested with the conformance kit.

import { add, ArgumentError, array, bind, ConcretizationError, definePrimitive, EscapedTracerError, type Handler, mul, performBelow, type Primitive, reduceSum, type Tensor, tree, useBackend, withHandler } from "@gradus/core";
import { dotGeneral, greater, sin, sinP } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit, makeProgram } from "@gradus/tracing";
import { describe, expect, test } from "vitest";
import {
  checkpoint, type CheckpointOptions, checkpointName, checkpointPolicies, dotsSaveable, dotsWithNoBatchDimsSaveable, everythingSaveable, grad, linearize, linearTranspose, nothingSaveable, remat, saveAnyNamesButThese,
  saveAnythingExceptTheseNames, saveFromBothPolicies, saveOnlyTheseNames, vjp,
} from "../src/index.js";

useBackend(cpu());

type F = (x: Tensor) => Tensor;
const x = array(0.7, { dtype: "float64" });

/** The names of the operations that run while `f` does, without those of calls. */
function operations(f: () => unknown): string[] {
  const seen: string[] = [];
  const recorder: Handler = {
    name: "recorder",
    perform(p, args, params) {
      seen.push(p.name);
      return performBelow(p, args, params);
    },
  };
  withHandler(recorder, f);
  return seen;
}
const count = (names: readonly string[], name: string): number => names.filter((n) => n === name).length;
const residuals = (pullback: unknown): string[] => tree.leaves(pullback).map((r) => String((r as Tensor).aval));

// sin(sin(sin x)), the values along the way named: the derivative needs x, "first" and "second".
const chain: F = (v) => sin(checkpointName(sin(checkpointName(sin(v), "first")), "second"));

describe("what the backward pass is given", () => {
  const policies: [string, CheckpointOptions, kept: number, again: number][] = [
    ["nothing but the argument", {}, 1, 2],
    ["nothing but the argument, by name", { policy: nothingSaveable }, 1, 2],
    ["every factor, and not the argument", { policy: everythingSaveable }, 3, 0],
    ["one name", { policy: saveOnlyTheseNames("second") }, 2, 1],
    ["another name", { policy: saveOnlyTheseNames("first") }, 2, 1],
    ["two names", { policy: saveOnlyTheseNames("first", "second") }, 3, 0],
    ["a name that there is not", { policy: saveOnlyTheseNames("third") }, 1, 2],
    ["all names but one", { policy: saveAnyNamesButThese("first") }, 2, 1],
    ["either of two policies", { policy: saveFromBothPolicies(saveOnlyTheseNames("first"), saveOnlyTheseNames("second")) }, 3, 0],
  ];
  test.each(policies)("%s", (_name, options, kept, again) => {
    const [, pullback] = vjp(checkpoint(chain, options), [x]);
    expect(residuals(pullback)).toEqual(Array.from({ length: kept }, () => "f64[]"));
    // Cosines are factors of the derivative; the sines are the values that it has to know.
    const backward = operations(() => pullback(1));
    expect(count(backward, "sin")).toBe(again);
  });

  test("without checkpoint there are the three factors, and nothing is computed again", () => {
    const [, pullback] = vjp(chain, [x]);
    expect(residuals(pullback)).toHaveLength(3);
    expect(operations(() => pullback(1))).toEqual(["mul", "mul", "mul"]);
  });

  test("a value is kept or not with its name: what made it is not kept in its place", () => {
    // d n² = 2n·dn with n = sin x
    const squared: F = (v) => {
      const n = checkpointName(sin(v), "n");
      return mul(n, n);
    };
    const again = (policy: CheckpointOptions["policy"] & {}): number => {
      const [, pullback] = vjp(checkpoint(squared, { policy }), [x]);
      return count(operations(() => pullback(1)), "sin");
    };
    expect([saveAnythingExceptTheseNames("n"), everythingSaveable, saveAnythingExceptTheseNames("m"), saveAnyNamesButThese("m"), saveAnyNamesButThese("n")].map(again)).toEqual([1, 0, 0, 0, 1]);
  });

  test("the forward pass is the function itself, once; the backward pass computes again once", () => {
    const c = checkpoint(chain);
    expect(count(operations(() => c(x)), "sin")).toBe(3);
    let pullback: ((ct: number) => Tensor[]) | undefined;
    expect(count(operations(() => (pullback = vjp(c, [x])[1] as never)), "sin")).toBe(3);
    expect(count(operations(() => pullback?.(1)), "sin")).toBe(2);
    expect(count(operations(() => linearize(c, [x])[1](1)), "sin")).toBe(3 + 2);
  });

  test("arguments that the derivative does not need are not kept", () => {
    const [, pullback] = vjp(checkpoint((a: Tensor, b: Tensor, c: Tensor) => add(mul(a, sin(b)), c)), [x, x, array([1, 2], { dtype: "float64" })]);
    expect(residuals(pullback)).toEqual(["f64[]", "f64[]"]);
  });

  test("what is captured of an enclosing derivative is an argument", () => {
    const f = (v: Tensor): Tensor => checkpoint((u: Tensor) => sin(mul(u, sin(v))))(2);
    const [y, pullback] = vjp(f, [x]);
    expect(y.item()).toBeCloseTo(Math.sin(2 * Math.sin(0.7)), 12);
    expect(pullback(1)[0].item()).toBeCloseTo(Math.cos(2 * Math.sin(0.7)) * 2 * Math.cos(0.7), 12);
  });

  test("a second derivative computes again in both of its backward passes", () => {
    const g = grad(checkpoint(chain));
    const [, pullback] = vjp(g, [x]);
    expect(new Set(residuals(pullback))).toEqual(new Set(["f64[]"]));
    expect(count(operations(() => pullback(1)), "sin")).toBeGreaterThan(0);
  });

  test("a function linear in its arguments computes nothing again, and has no barrier", () => {
    const transposed = makeProgram((ct: Tensor) => linearTranspose(checkpoint((v: Tensor) => mul(v, 3)) as F, [x])(ct))(x);
    expect(transposed.toString()).not.toContain("barrier");
  });
});

describe("matrix products", () => {
  const product = (a: Tensor, b: Tensor): Tensor => dotGeneral(a, b, { contract: [[1], [0]], batch: [[], []] });
  const batched = (a: Tensor, b: Tensor): Tensor => dotGeneral(a, b, { contract: [[2], [1]], batch: [[0], [0]] });
  const w = array([[1, 2], [3, 4]], { dtype: "float64" });
  const ws = array([[[1, 2], [3, 4]]], { dtype: "float64" });
  const again = (f: F, arg: Tensor, options: CheckpointOptions): number => {
    const [, pullback] = vjp((v: Tensor) => reduceSum(checkpoint(f, options)(v) as Tensor), [arg]);
    return count(operations(() => pullback(1)), "dot_general");
  };
  const f: F = (v) => sin(product(sin(product(v, v)), v));
  const g: F = (v) => sin(batched(sin(batched(v, v)), v));
  // The backward pass has four products of its own.
  test.each<[string, F, Tensor, CheckpointOptions, number]>([
    ["are computed again", f, w, {}, 6],
    ["are kept by dotsSaveable", f, w, { policy: dotsSaveable }, 4],
    ["without batch axes are kept by dotsWithNoBatchDimsSaveable", f, w, { policy: dotsWithNoBatchDimsSaveable }, 4],
    ["with batch axes are kept by dotsSaveable", g, ws, { policy: dotsSaveable }, 4],
    ["with batch axes are computed again by dotsWithNoBatchDimsSaveable", g, ws, { policy: dotsWithNoBatchDimsSaveable }, 6],
    ["inside of a jitted function are kept", jit(f) as F, w, { policy: dotsSaveable }, 4],
    ["inside of a jitted function are computed again", jit(f) as F, w, {}, 6],
  ])("%s", (_name, h, arg, options, products) => {
    expect(again(h, arg, options)).toBe(products);
    const plain = grad((v: Tensor) => reduceSum(h(v)))(arg);
    const found = grad((v: Tensor) => reduceSum(checkpoint(h, options)(v) as Tensor))(arg);
    // Compiled in other pieces, sums may be rounded elsewhere.
    plain.dataSync().forEach((v, i) => expect(found.dataSync()[i]).toBeCloseTo(v as number, 10));
  });
});

describe("a policy of one's own", () => {
  test("is asked about operations, avals, params and names, of values that are needed", () => {
    const asked: string[] = [];
    vjp(checkpoint(chain, { policy: ({ primitive, avals, names }) => (asked.push(`${primitive.name} ${avals.join()} ${names.join()}`), primitive === (sinP as unknown)) }), [x]);
    expect(asked.filter((a) => a.startsWith("sin"))).toEqual(["sin f64[] second", "sin f64[] first"]);
  });
});

test("the text of a program shows the cut, the barrier, and how much is computed again", () => {
  expect(makeProgram(grad(checkpoint((v: Tensor) => sin(sin(v)))))(x).toString()).toBe(
    [
      "{ lambda ; a:f64[] . let",
      "    b:f64[] = checkpoint_call[name=transpose(linear(jvp(anonymous))) program={ lambda ; a:f64[] b:f64[] . let",
      "        c:f64[] d:f64[] = optimization_barrier a b",
      "        e:f64[] = sin c",
      "        f:f64[] = cos c",
      "        g:f64[] = cos e",
      "        h:f64[] = mul g d",
      "        i:f64[] = mul f h",
      "      in (i) } preventCse=true recomputed=3] a 1:f64[]",
      "  in (b) }",
    ].join("\n"),
  );
  const barriers = (options: CheckpointOptions): number => makeProgram(grad(checkpoint(chain, options)))(x).toString().split("optimization_barrier").length - 1;
  expect([barriers({}), barriers({ preventCse: false }), barriers({ policy: everythingSaveable })]).toEqual([1, 0, 0]);
});

test("under jit nothing merges what is computed again with the forward pass", () => {
  const both = (v: Tensor): Tensor[] => {
    const [y, pullback] = vjp(checkpoint(chain), [v]);
    return [y, pullback(1)[0]!];
  };
  const text = jit(both).program(x).toString();
  expect(text.split("= sin ").length - 1).toBe(3 + 2);
  expect(jit((v: Tensor) => vjp(chain, [v])[1](1)).program(x).toString().split("= sin ").length - 1).toBeLessThan(5);
});

test("an effect happens once, in the forward pass, and what comes of it is kept", () => {
  let taps = 0;
  const tapP: Primitive = definePrimitive("@test/tap", { effect: "unordered", abstractEval: ([a]) => a!, decompose: ([a]) => (taps++, a!), linearIn: [0], rules: { jvp: ([a], [t]) => [bind(tapP, [a!]), t!] } });
  const f: F = (v) => sin(bind(tapP, [sin(v)]));
  const [, pullback] = vjp(checkpoint(f), [x]);
  expect([taps, residuals(pullback).length]).toEqual([1, 2]);
  pullback(1);
  expect(taps).toBe(1);
  expect(grad(checkpoint(f))(x).item()).toBeCloseTo(Math.cos(Math.sin(0.7)) * Math.cos(0.7), 12);
});

describe("arguments", () => {
  test("may be trees, numbers, integers; results are tensors in the structure of the function's", () => {
    const f = checkpoint((p: { w: Tensor; n: Tensor }, k: Tensor) => ({ y: [mul(p.w, k)], n: p.n, three: 3 }));
    const out = f({ w: x, n: array(3, { dtype: "int32" }) }, 2);
    expect(tree.map(String, out)).toEqual({ y: ["Tensor<f64[]> 1.4"], n: "Tensor<i32[]> 3", three: "Tensor<~f32[]> 3" });
    expect(grad((v: Tensor) => f({ w: v, n: array(3, { dtype: "int32" }) }, 2).y[0]!)(x).item()).toBe(2);
  });
  test("that are static reach the function as they are", () => {
    const f = checkpoint((v: Tensor, times: number, g: F) => Array.from({ length: times }, () => g).reduce((acc, h) => h(acc), v), { staticArgnums: [1, -1] });
    expect(grad((v: Tensor) => f(v, 3, sin) as Tensor)(x).item()).toBeCloseTo(grad((v: Tensor) => sin(sin(sin(v))))(x).item(), 12);
    expect((f(x, 0, sin) as Tensor).item()).toBe(0.7);
  });
  test("the policies go by one name, too, and remat is checkpoint", () => {
    expect(checkpointPolicies.dotsSaveable).toBe(dotsSaveable);
    expect(remat).toBe(checkpoint);
  });
});

describe("refuses", () => {
  const branch = checkpoint(function model(v: Tensor): Tensor {
    return greater(v, 0).item<boolean>() ? v : mul(v, 2);
  });
  test.each<[string, () => unknown, new (m: string) => Error, RegExp]>([
    ["host control flow on a traced value", () => branch(x), ConcretizationError, /checkpoint\(model\) traces its function.*staticArgnums/],
    ["the same under grad", () => grad(branch)(x), ConcretizationError, /staticArgnums/],
    ["the same in an inner checkpoint, named once", () => checkpoint((v: Tensor) => branch(v))(x), ConcretizationError, /^checkpoint\(model\)/],
    ["what is no function", () => checkpoint(3 as never), ArgumentError, /checkpoint needs a function/],
    ["an async function", () => checkpoint((async (v: Tensor) => v) as never)(x), ArgumentError, /synchronous/],
    ["a result that is no tensor", () => checkpoint((() => "text") as never)(x), ArgumentError, /a result of the function.*"text"/],
    ["a policy that is none", () => checkpoint(sin, { policy: "dots" as never }), ArgumentError, /policy must be a function/],
    ["preventCse that is no boolean", () => checkpoint(sin, { preventCse: 1 as never }), ArgumentError, /preventCse is 1/],
    ["staticArgnums that are none", () => checkpoint(sin, { staticArgnums: ["0"] as never }), ArgumentError, /staticArgnums must be argument indices/],
    ["a name that is none", () => checkpointName(x, 3 as never), ArgumentError, /the name is 3/],
    ["a name for text", () => checkpointName("a", "b"), ArgumentError, /checkpointName: an argument/],
  ])("%s", (_name, run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });

  test("a value of a derivative that has ended", () => {
    let kept = x;
    grad((v: Tensor) => (kept = sin(v)))(x);
    expect(() => checkpoint((v: Tensor) => mul(v, kept))(x)).toThrow(EscapedTracerError);
  });
});

test("compiled, it gives the same results, merged or not", () => {
  const v = array([0.3, 0.7, 1.1], { dtype: "float64" });
  const [wantedY, pull] = vjp((b: Tensor) => reduceSum(chain(b)), [v]);
  const wanted = [wantedY.item(), ...pull(1)[0].dataSync()];
  for (const preventCse of [true, false]) {
    const both = (a: Tensor): Tensor[] => {
      const [y, pullback] = vjp((b: Tensor) => reduceSum(checkpoint(chain, { preventCse })(b) as Tensor), [a]);
      return [y, pullback(1)[0]!];
    };
    const [y, g] = jit(both)(v) as [Tensor, Tensor];
    expect([y.item(), ...g.dataSync()]).toEqual(wanted.map((w) => expect.closeTo(w, 12)));
  }
});
