// vjp, linearize and linearTranspose: derivatives as maps that are applied later, as often as wanted, and are trees of their
// residuals.

import { vmap } from "@gradus/batching";
import { add, ArgumentError, array, avalOf, cast, ConcretizationError, DTypeError, full, mul, NonlinearError, reduceSum, ShapeError, type Tensor, tree, TreeMismatchError, useBackend } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { cos, sin } from "@gradus/ops";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { jit } from "@gradus/tracing";
import { describe, expect, test } from "vitest";
import { grad, hvp, linearize, linearTranspose, vjp } from "../src/index.js";

useBackend(eagerCpu());

type Refusal = [string, () => unknown, new (m: string) => Error, RegExp];
const int = (n: number): Tensor => array(n, { dtype: "int32" });
const float0 = (): Tensor => full([], 0, "float0");
const vector = (): Tensor => array([1, 2]);
const js = (x: unknown): unknown => tree.map((leaf: Tensor) => leaf.js(), x);
const show = (x: unknown): unknown => tree.map((leaf: unknown) => String(leaf), x);
const id = (x: Tensor): Tensor => x;

describe("vjp", () => {
  test("gives one cotangent for each primal, in its structure", () => {
    const [y, pullback] = vjp((p: { a: Tensor; n: null }, q: Tensor[]) => ({ y: mul(p.a, q[0]!), s: [reduceSum(p.a)] }), [{ a: vector(), n: null }, [array(3)]]);
    expect(js(y)).toEqual({ y: [3, 6], s: [3] });
    expect(js(pullback({ y: array([1, 10]), s: [100] }))).toEqual([{ a: [103, 130], n: null }, [21]]);
  });

  test("takes integers and booleans, with float0 cotangents", () => {
    const [y, pullback] = vjp((x: Tensor, n: Tensor) => [mul(x, cast(n, "float32")), cast(x, "int32")], [array(2.5), int(3)]);
    expect(js(y)).toEqual([7.5, 2]);
    for (const slot of [float0(), 7, int(7), array(7), array(7, { dtype: "float64" })]) expect(show(pullback([1, slot as never]))).toEqual(["Tensor<f32[]> 3", "Tensor<float0[]>"]);
  });

  test("materialises zeros for arguments without influence", () => {
    expect(show(vjp((x: Tensor, _y: Tensor) => x, [1, vector()])[1](1))).toEqual(["Tensor<~f32[]> 1", "Tensor<f32[2]> [0, 0]"]);
    expect(show(vjp((_x: Tensor) => vector(), [array(1)])[1](vector()))).toEqual(["Tensor<f32[]> 0"]);
  });

  test("does not run the function again for the pullback", () => {
    let runs = 0;
    const [, pullback] = vjp((x: Tensor) => (runs++, sin(x)), [array(1)]);
    expect([pullback(1)[0].item(), pullback(2)[0].item()]).toEqual([Math.cos(1), 2 * Math.cos(1)].map((v) => expect.closeTo(v, 6) as number));
    expect(runs).toBe(1);
  });

  test("passes aux on", () => {
    const [y, pullback, aux] = vjp((x: Tensor) => [mul(x, x), { x, text: "a" }], [3], { hasAux: true });
    expect([y.item(), pullback(1)[0].item(), aux.x.item(), aux.text]).toEqual([9, 6, 3, "a"]);
  });

  test.each<Refusal>([
    ["a bare primal", () => vjp(id, 1 as never), ArgumentError, /primals as an array/],
    ["two cotangents", () => (vjp(id, [1])[1] as (...c: unknown[]) => unknown)(1, 2), ArgumentError, /takes one cotangent of the structure of the output, \*.*given 2.*array of them/],
    ["no cotangent", () => (vjp(id, [1])[1] as () => unknown)(), ArgumentError, /given 0 arguments/],
    ["a cotangent of another structure", () => vjp((x: Tensor) => ({ a: x }), [1])[1]([1] as never), TreeMismatchError, /cotangent has the structure \[\*\], expected \{a: \*\}/],
    ["null for a cotangent", () => vjp(id, [1])[1](null as never), TreeMismatchError, /structure null, expected \*/],
    ["a cotangent of another shape", () => vjp(id, [vector()])[1](array([1, 2, 3])), ShapeError, /Cotangent 0 is f32\[3\], and its output f32\[2\] needs/],
    ["a number for a cotangent with axes", () => vjp(id, [vector()])[1](1), ShapeError, /JS number.*fullLike/],
    ["a cotangent of another width", () => vjp(id, [vector()])[1](array([1, 2], { dtype: "float64" })), DTypeError, /f64\[2\].*use cast/],
    ["an integer cotangent", () => vjp(id, [array(1)])[1](int(1)), DTypeError, /is i32\[\].*output f32\[\] needs f32\[\]/],
    ["a cotangent of another shape for an integer", () => vjp((x: Tensor) => cast(x, "int32"), [1])[1](vector() as never), ShapeError, /Cotangent 0/],
    ["text for a cotangent", () => vjp(id, [1])[1]("a" as never), ArgumentError, /got the string "a"/],
    ["nothing for a cotangent", () => vjp(id, [1])[1](undefined as never), ArgumentError, /undefined/],
    ["an async function", () => vjp((async () => 1) as never, [1]), ArgumentError, /synchronous/],
  ])("refuses %s", (_name, run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});

describe("linearize", () => {
  test("gives the value and the derivative there as a function of tangents", () => {
    let runs = 0;
    const [y, push] = linearize((x: Tensor, p: { y: Tensor }) => (runs++, { z: mul(x, p.y) }), [2, { y: 3 }]);
    expect([js(y), js(push(1, { y: 0 })), js(push(0, { y: 1 })), js(push(1, { y: 10 }))]).toEqual([{ z: 6 }, { z: 3 }, { z: 2 }, { z: 23 }]);
    expect(runs).toBe(1);
  });

  test("materialises zeros", () => {
    expect(show(linearize((x: Tensor) => [3, cast(x, "int32"), vector(), x], [array(2)])[1](1))).toEqual(["Tensor<~f32[]> 0", "Tensor<float0[]>", "Tensor<f32[2]> [0, 0]", "Tensor<f32[]> 1"]);
  });

  test("takes float0 tangents for integers", () => {
    const [, push] = linearize((x: Tensor, n: Tensor) => mul(x, cast(n, "float32")), [array(2), int(3)]);
    expect(push(1, float0()).item()).toBe(3);
    expect(() => push(1, 0)).toThrow(DTypeError);
  });

  test("passes aux on", () => {
    const [y, push, aux] = linearize((x: Tensor) => [mul(x, x), "text"], [3], { hasAux: true });
    expect([y.item(), push(1).item(), aux]).toEqual([9, 6, "text"]);
  });

  test.each<Refusal>([
    ["a bare primal", () => linearize(id, 1 as never), ArgumentError, /primals as an array/],
    ["too few tangents", () => (linearize((x: Tensor, y: Tensor) => mul(x, y), [1, 2])[1] as (...t: any[]) => unknown)(1), TreeMismatchError, /\[\*\], expected \[\*, \*\]/],
    ["a tangent of another shape", () => linearize(id, [vector()])[1](array([1])), ShapeError, /Tangent 0 is f32\[1\], and its primal f32\[2\] needs/],
    ["a tangent of another width", () => linearize(id, [array(1)])[1](array(1, { dtype: "float64" })), DTypeError, /f64/],
  ])("refuses %s", (_name, run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});

describe("a pullback or pushforward is a tree of its residuals", () => {
  const pullbackOf = (x: Tensor) => vjp(sin, [x])[1];

  test("its leaves are tensors, and it can be rebuilt with others", () => {
    const pullback = pullbackOf(array(0.5));
    const [leaves, def] = tree.flatten(pullback);
    expect(leaves.map((x) => (x as Tensor).item())).toEqual([expect.closeTo(Math.cos(0.5), 6)]);
    const rebuilt = tree.unflatten(def, [array(10)]) as typeof pullback;
    expect([rebuilt(1)[0].item(), pullback(1)[0].item()]).toEqual([10, expect.closeTo(Math.cos(0.5), 6)]);
  });

  test("it is returned from jit, given to jit, mapped, and kept by another derivative", () => {
    const fromJit = jit(pullbackOf)(array(0.5));
    expect(fromJit(1)[0].item()).toBeCloseTo(Math.cos(0.5), 6);
    expect(jit((p: ReturnType<typeof pullbackOf>) => p(2)[0])(fromJit).item()).toBeCloseTo(2 * Math.cos(0.5), 6);
    const mapped = vmap(pullbackOf)(array([0.5, 1]));
    expect(vmap((p: ReturnType<typeof pullbackOf>) => p(1)[0])(mapped).js()).toEqual([Math.cos(0.5), Math.cos(1)].map((v) => expect.closeTo(v, 6) as number));
    expect(grad((x: Tensor) => pullbackOf(x)(1)[0])(0.5).item()).toBeCloseTo(-Math.sin(0.5), 6);
    const push = jit((x: Tensor) => linearize(sin, [x])[1])(array(0.5));
    expect(push(3).item()).toBeCloseTo(3 * Math.cos(0.5), 5);
  });

  test("it is linear in what it is given, and differentiable there", () => {
    const pullback = pullbackOf(array(0.5));
    expect(jvp((ct: Tensor) => pullback(ct)[0], [array(3)], [1])[1].item()).toBeCloseTo(Math.cos(0.5), 6);
    expect(grad((ct: Tensor) => mul(ct, pullback(ct)[0]))(2).item()).toBeCloseTo(4 * Math.cos(0.5), 5);
  });

  test("called within a later transformation it is a constant map", () => {
    const pullback = pullbackOf(array(0.5));
    expect(grad((x: Tensor) => mul(x, pullback(1)[0]))(7).item()).toBeCloseTo(Math.cos(0.5), 6);
    expect(jit((ct: Tensor) => pullback(ct)[0])(2).item()).toBeCloseTo(2 * Math.cos(0.5), 6);
  });
});

describe("hvp", () => {
  test("is the Hessian times a vector, one entry for each primal", () => {
    const f = (x: Tensor, p: { y: Tensor }): Tensor => reduceSum(mul(mul(x, x), p.y));
    expect(js(hvp(f, [vector(), { y: vector() }], [array([1, 0]), { y: array([0, 1]) }]))).toEqual([[2, 4], { y: [2, 0] }]);
  });
});

describe("linearTranspose", () => {
  test("transposes, taking only shapes and dtypes of the examples", () => {
    const f = (x: Tensor, p: { y: Tensor }): Tensor => add(mul(x, 3), reduceSum(p.y));
    for (const examples of [[array(0), { y: vector() }], [avalOf([], "float32"), { y: avalOf([2], "float32") }]] as [any, any][]) {
      expect(js(linearTranspose(f, examples)(2))).toEqual([6, { y: [2, 2] }]);
    }
  });
  test("takes a JS number for a scalar cotangent of any float", () => {
    expect(show(linearTranspose((x: Tensor) => mul(x, 3), [array(1, { dtype: "float64" })])(0.1))).toEqual(["Tensor<f64[]> 0.3"]);
    expect(linearTranspose((x: Tensor) => x, [array(1, { dtype: "float64" })])(0.1)[0].item()).toBe(0.1);
  });
  test("gives zeros for arguments that are not used", () => {
    expect(show(linearTranspose((x: Tensor, _y: Tensor) => x, [array(1), vector()])(2))).toEqual(["Tensor<f32[]> 2", "Tensor<f32[2]> [0, 0]"]);
  });
  test("works from integers to integers", () => {
    expect(show(linearTranspose((n: Tensor) => mul(n, 3), [int(0)])(int(5)))).toEqual(["Tensor<i32[]> 15"]);
  });
  test("twice is the function again", () => {
    const f = (x: Tensor): Tensor => mul(x, array([2, 5]));
    const transposed = (ct: Tensor): Tensor => linearTranspose(f, [vector()])(ct)[0];
    expect(js(linearTranspose(transposed, [vector()])(array([1, 1])))).toEqual([[2, 5]]);
  });
  test.each<Refusal>([
    ["mixed dtypes", () => linearTranspose(id as never, [array(1), int(1)]), DTypeError, /f32\[\], i32\[\]: either all are floats, or all integers/],
    ["a function that is not linear", () => linearTranspose((x: Tensor) => cos(x), [1]), NonlinearError, /cos is not linear/],
    ["one that is linear in each argument, but not in both", () => linearTranspose((x: Tensor, y: Tensor) => mul(x, y), [1, 1]), NonlinearError, /mul/],
    ["one with a constant", () => linearTranspose((x: Tensor) => add(x, 1), [1]), NonlinearError, /affine/],
    ["one that reads its argument", () => linearTranspose((x: Tensor) => mul(x, x.item()), [1]), ConcretizationError, /linearize/],
    ["a bare example", () => linearTranspose(id, 1 as never), ArgumentError, /example arguments as an array/],
    ["a cotangent of another structure", () => linearTranspose(id, [1])([1] as never), TreeMismatchError, /\[\*\], expected \*/],
    ["a cotangent of another shape", () => linearTranspose(id, [array(1)])(vector()), ShapeError, /Cotangent 0 is f32\[2\], and its output f32\[\] needs/],
    ["an integer cotangent of another shape", () => linearTranspose(id, [int(1)])(array([1, 2], { dtype: "int32" })), ShapeError, /Cotangent 0 is i32\[2\], and its output is i32\[\]/],
    ["a float cotangent of an integer", () => linearTranspose((n: Tensor) => mul(n, 3), [int(1)])(5), DTypeError, /Cotangent 0 is ~f32\[\], and its output is i32\[\]: use cast/],
    ["an async function", () => linearTranspose((async (x: Tensor) => x) as never, [1]), ArgumentError, /synchronous/],
  ])("refuses %s", (_name, run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});
