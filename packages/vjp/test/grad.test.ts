// grad and valueAndGrad: which arguments, which outputs, aux, and every refusal by class and message.

import { vmap } from "@gradus/batching";
import { add, ArgumentError, array, cast, ConcretizationError, definePrimitive, bind, DTypeError, EscapedTracerError, MissingRuleError, mul, reduceSum, reshape, ShapeError, type Tensor, tree, type Aval, useBackend } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { greater, nextafter, sin } from "@gradus/ops";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { jit } from "@gradus/tracing";
import { describe, expect, test } from "vitest";
import { grad, hessian, hvp, jacrev, valueAndGrad, vjp } from "../src/index.js";

useBackend(eagerCpu());

const int = (n: number): Tensor => array(n, { dtype: "int32" });
const show = (x: unknown): unknown => tree.map((leaf: unknown) => String(leaf), x);
const js = (x: unknown): unknown => tree.map((leaf: Tensor) => leaf.js(), x);

describe("argnums", () => {
  const f = (x: Tensor, y: Tensor, z: Tensor): Tensor => mul(x, add(mul(y, y), z));
  test("is the first argument unless given, and counts from the end when negative", () => {
    expect([grad(f)(2, 3, 5).item(), grad(f, { argnums: 1 })(2, 3, 5).item(), grad(f, { argnums: -1 })(2, 3, 5).item()]).toEqual([14, 12, 2]);
  });
  test("as an array gives a tuple in its order, of one as of several", () => {
    expect(js(grad(f, { argnums: [2, 0] })(2, 3, 5))).toEqual([2, 14]);
    expect(js(grad(f, { argnums: [1] })(2, 3, 5))).toEqual([12]);
    expect(js(grad(f, { argnums: [] })(2, 3, 5))).toEqual([]);
    expect(js(valueAndGrad(f, { argnums: [0, -1] })(2, 3, 5))).toEqual([28, [14, 2]]);
  });
  test("leaves the other arguments as they were passed", () => {
    const seen: unknown[] = [];
    grad((x: Tensor, n: number, o: { text: string }, g: (t: Tensor) => Tensor) => (seen.push(n, o.text, g), mul(x, n)))(2, 3, { text: "a" }, sin);
    expect(seen).toEqual([3, "a", sin]);
  });
});

describe("the gradient", () => {
  test("has the structure, shapes, dtypes and weakness of the argument", () => {
    const arg = { w: array([1, 2]), deep: [array(3, { dtype: "float64" }), 4, null], b: [] };
    const g = grad((p: typeof arg) => add(add(reduceSum(mul(p.w, p.w)), p.deep[0]!), p.deep[1]!))(arg as never);
    expect(show(g)).toEqual({ b: [], deep: ["Tensor<f64[]> 1", "Tensor<~f32[]> 1", null], w: "Tensor<f32[2]> [2, 4]" });
  });
  test("is a materialised zero for what the value does not depend on", () => {
    expect(show(grad((x: Tensor, _y: Tensor) => x, { argnums: [0, 1] })(1, array([1, 2])))).toEqual(["Tensor<~f32[]> 1", "Tensor<f32[2]> [0, 0]"]);
    expect(show(grad((_x: Tensor) => 3)(2))).toBe("Tensor<~f32[]> 0");
    expect(show(grad((x: Tensor) => reduceSum(cast(greater(x, 1), "float32")))(array([1, 2])))).toBe("Tensor<f32[2]> [0, 0]");
  });
  test("with allowInt is float0 for integers and booleans", () => {
    const arg = { x: array(2), n: int(3), flag: array(true) };
    expect(show(grad((p: typeof arg) => mul(p.x, cast(p.n, "float32")), { allowInt: true })(arg))).toEqual({ flag: "Tensor<float0[]>", n: "Tensor<float0[]>", x: "Tensor<f32[]> 3" });
    expect(show(grad((n: Tensor) => reduceSum(cast(n, "float32")), { allowInt: true })(array([1, 2], { dtype: "int32" })))).toBe("Tensor<float0[2]>");
  });
  test("of a JS number stays a double until it meets a dtype", () => {
    expect(grad((x: Tensor) => mul(x, x))(0.1).item()).toBe(0.2);
    expect(grad((x: Tensor) => sin(x))(1).item()).toBe(Math.cos(1));
    expect(grad((x: Tensor) => mul(x, array(3)))(0.1).item()).toBe(3);
  });
  test("adds up over every use of the argument", () => {
    expect(grad((x: Tensor) => add(add(mul(x, x), x), mul(x, 5)))(3).item()).toBe(12);
  });
});

describe("hasAux", () => {
  test("passes anything out beside the gradient, stripped of this derivative's tracers", () => {
    const [g, aux] = grad((x: Tensor) => [mul(x, x), { text: "a", n: 3, t: sin(x), none: null, f: sin, missing: undefined }], { hasAux: true })(2);
    expect(g.item()).toBe(4);
    expect({ ...aux, t: aux.t.item() }).toEqual({ text: "a", n: 3, t: Math.sin(2), none: null, f: sin, missing: undefined });
    const [[value, second], gradient] = valueAndGrad((x: Tensor) => [mul(x, x), "aux"], { hasAux: true })(2);
    expect([value.item(), second, gradient.item()]).toEqual([4, "aux", 4]);
  });
  test("keeps what enclosing transformations differentiate or map", () => {
    const outer = (y: Tensor): Tensor => {
      const [g, aux] = grad((x: Tensor) => [mul(x, y), mul(x, y)], { hasAux: true })(y);
      return add(g, aux);
    };
    expect(grad(outer)(3).item()).toBe(7);
    expect(js(vmap((x: Tensor) => grad((y: Tensor) => [mul(y, y), mul(y, 10)], { hasAux: true })(x))(array([1, 2])))).toEqual([[2, 4], [10, 20]]);
    expect(js(jit((x: Tensor) => grad((y: Tensor) => [mul(y, y), mul(y, 10)], { hasAux: true })(x))(2))).toEqual([4, 20]);
  });
  test("of jacrev and hessian", () => {
    const [j, aux] = jacrev((x: Tensor) => [mul(x, x), "text"], { hasAux: true })(array([1, 2]));
    expect([j.js(), aux]).toEqual([[[2, 0], [0, 4]], "text"]);
    const [h, more] = hessian((x: Tensor) => [reduceSum(mul(x, x)), { note: "text", x }], { hasAux: true })(array([1, 2]));
    expect([h.js(), more.note, more.x.js()]).toEqual([[[2, 0], [0, 2]], "text", [1, 2]]);
  });
});

type Refusal = [string, () => unknown, new (m: string) => Error, RegExp];
const id = (x: Tensor): Tensor => x;
const refusals: Refusal[] = [
  ["an array as output", () => grad(id)(array([1, 2])), ArgumentError, /returns a scalar, and this one returned an array f32\[2\].*reduceSum.*jacrev.*vjp/],
  ["an output of one element with an axis", () => grad((x) => reshape(x, [1]))(1), ArgumentError, /an array ~f32\[1\]/],
  ["a tuple as output", () => grad(((x: Tensor) => [x]) as never)(1), ArgumentError, /the structure \[\*\]/],
  ["null as output", () => grad((() => null) as never)(1 as never), ArgumentError, /the structure null/],
  ["nothing as output", () => grad((() => undefined) as never)(1 as never), ArgumentError, /undefined \(is a return or an argument missing\?\)/],
  ["an integer output", () => grad((x) => cast(x, "int32"))(1), DTypeError, /returns a float, and this one returned i32\[\]/],
  ["a boolean output", () => grad((x) => greater(x, 1))(1), DTypeError, /returned bool\[\]/],
  ["an integer argument", () => grad((n) => cast(n, "float32"))(int(2)), DTypeError, /a differentiated argument is i32\[\].*allowInt/],
  ["an integer deep in the argument", () => grad((p: { x: Tensor; n: Tensor }) => p.x)({ x: 1, n: int(2) }), DTypeError, /is i32\[\]/],
  ["a missing argument", () => (grad(id) as () => Tensor)(), ArgumentError, /argnums 0 names an argument that was not given: the call has 0/],
  ["argnums out of range", () => grad(id as never, { argnums: 2 as 0 })(1 as never), ArgumentError, /argnums 2.*1 argument/],
  ["argnums below the range", () => grad(id as never, { argnums: -2 as 0 })(1 as never), ArgumentError, /argnums -2/],
  ["fractional argnums", () => grad(id as never, { argnums: 0.5 as 0 })(1 as never), ArgumentError, /argnums 0.5/],
  ["one argument twice", () => grad(id, { argnums: [0, -1] })(1), ArgumentError, /argnums \[0,-1\] name one argument twice/],
  ["argnums that are none", () => grad(id as never, { argnums: "0" as never })(1 as never), ArgumentError, /argnums must be an argument's index/],
  ["null as argnums", () => grad(id as never, { argnums: null as never })(1 as never), ArgumentError, /argnums must be/],
  ["text as argument", () => grad(id)("1" as never), ArgumentError, /an argument: expected a tensor or a JS number, got the string "1"/],
  ["a typed array as argument", () => grad(id)(new Float32Array(1) as never), ArgumentError, /wrap it: array\(data\)/],
  ["no function", () => grad(5 as never), ArgumentError, /grad needs a function as first argument, got number/],
  ["an async function", () => grad((async (x: Tensor) => x) as never)(1), ArgumentError, /grad needs a synchronous function.*promise/],
  ["a generator", () => grad(function* (x: Tensor) {
    yield x;
  } as never)(1), ArgumentError, /generator or iterator/],
  ["hasAux without a pair", () => grad(id as never, { hasAux: true })(1), ArgumentError, /grad with hasAux.*\[out, aux\]/],
  ["hasAux with three", () => valueAndGrad(((x: Tensor) => [x, 1, 2]) as never, { hasAux: true })(1), ArgumentError, /valueAndGrad with hasAux/],
  ["an operation without derivative", () => grad((x) => nextafter(x, 2))(1), MissingRuleError, /nextafter has no rule for differentiation \(grad, vjp, linearize\).*~?f32\[\].*stopGradient/],
  ["reading a traced value", () => grad((x) => mul(x, x.item()))(1), ConcretizationError, /A gradient would be lost: read stopGradient\(x\)\.item\(\)/],
  ["a weak number that meets an integer", () => grad((x) => cast(mul(x, int(2)), "float32"))(3), DTypeError, /cast\(n, "int32"\).*cast\(x, "float32"\)/],
];
test.each(refusals)("grad refuses %s", (_name, run, kind, message) => {
  expect(run).toThrow(kind);
  expect(run).toThrow(message);
});

test("an operation without derivative is no hindrance where nothing perturbed reaches it", () => {
  expect(grad((x: Tensor) => mul(x, nextafter(array(1), 2)))(3).item()).toBeCloseTo(1, 6);
});

test("an exception of the function comes out as it is, and leaves no handler behind", () => {
  class Mine extends Error {}
  expect(() =>
    grad((_x: Tensor) => {
      throw new Mine();
    })(1),
  ).toThrow(Mine);
  expect(grad((x: Tensor) => mul(x, x))(3).item()).toBe(6);
});

test("a tracer that outlived its call is refused wherever it turns up, with the mend", () => {
  let kept = array(0);
  grad((x: Tensor) => (kept = mul(x, x)))(3);
  for (const use of [() => sin(kept), () => grad(id)(kept), () => grad((x: Tensor) => mul(x, kept))(1), () => jit((x: Tensor) => mul(x, kept))(1), () => vjp((_x: Tensor) => kept, [1]), () => jvp(id, [kept], [1])]) {
    expect(use).toThrow(EscapedTracerError);
    expect(use).toThrow(/belongs to jvp, which has ended.*Return it from the function/);
  }
});

describe("Jacobians and Hessians", () => {
  test("have the output's structure outside and the argument's inside, argnums as tuple", () => {
    const f = (p: { a: Tensor; b: Tensor[] }): { y: Tensor } => ({ y: mul(p.a, p.b[0]!) });
    expect(js(jacrev(f)({ a: array([1, 2]), b: [array(3)] }))).toEqual({ y: { a: [[3, 0], [0, 3]], b: [[1, 2]] } });
    const g = (x: Tensor, y: Tensor): Tensor => reduceSum(mul(mul(x, x), y));
    const x = array([1, 2]);
    expect(js(hessian(g, { argnums: [0, 1] })(x, x))).toEqual([[[[2, 0], [0, 4]], [[2, 0], [0, 4]]], [[[2, 0], [0, 4]], [[0, 0], [0, 0]]]]);
    expect(js(hessian(g, { argnums: -1 })(x, x))).toEqual([[0, 0], [0, 0]]);
    expect(js(jacrev(g, { argnums: [1, 0] })(x, x))).toEqual([[1, 4], [2, 8]]);
    expect(js(hessian((p: { a: Tensor; b: Tensor }) => mul(mul(p.a, p.a), p.b))({ a: 2, b: 3 }))).toEqual({ a: { a: 6, b: 4 }, b: { a: 4, b: 0 } });
  });
  test("of constants and of empty arrays", () => {
    expect(js(jacrev((_x: Tensor) => array([3, 4]))(array([1, 2])))).toEqual([[0, 0], [0, 0]]);
    expect((jacrev((x: Tensor) => mul(x, 2))(array([])) as Tensor).shape).toEqual([0, 0]);
    expect(jacrev(id, { argnums: [] })(1)).toEqual([]);
    expect(show(jacrev((n: Tensor) => cast(n, "float32"), { allowInt: true })(array([1, 2], { dtype: "int32" })))).toBe("Tensor<float0[2,2]>");
  });
  test("map, nest and go through jit", () => {
    const square = (x: Tensor): Tensor => mul(x, x);
    expect(js(vmap(jacrev(square) as never)(array([[1, 2], [3, 4]])))).toEqual([[[2, 0], [0, 4]], [[6, 0], [0, 8]]]);
    expect(js(jit(jacrev(square) as never)(array([1, 2])))).toEqual([[2, 0], [0, 4]]);
    expect(js(grad((x: Tensor) => reduceSum(hessian((y: Tensor) => reduceSum(mul(y, square(y))))(x)))(array([1, 2])))).toEqual([6, 6]);
  });
  test.each<Refusal>([
    ["jacrev of an integer", () => jacrev(id)(int(1)), DTypeError, /jacrev: a differentiated argument is i32\[\]/],
    ["jacrev to an integer", () => jacrev((x) => cast(x, "int32"))(1), DTypeError, /jacrev: an output is i32\[\]/],
    ["jacrev without argument", () => (jacrev(id) as () => unknown)(), ArgumentError, /argnums 0/],
    ["hessian of no scalar", () => hessian(3 as never), ArgumentError, /needs a function/],
    ["hvp of a bare primal", () => hvp(id, 1 as never, [1]), ArgumentError, /hvp takes primals and tangents as arrays/],
    ["hvp of a bare tangent", () => hvp((x) => mul(x, x), [1], 1 as never), ArgumentError, /hvp takes primals and tangents as arrays/],
    ["hvp of another structure", () => hvp((x: Tensor) => mul(x, x), [1], [1, 2] as never), TypeError, /tangents/],
    ["hvp of another shape", () => hvp((x) => reduceSum(mul(x, x)), [array([1, 2])], [array([1])]), ShapeError, /tangent 0 is f32\[1\]/],
  ])("refuse %s", (_name, run, kind, message) => {
    if (kind !== TypeError) expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});

describe("a primitive of someone else", () => {
  const cube = (transpose: (ct: Tensor) => unknown) =>
    definePrimitive("@test/triple", { abstractEval: ([x]) => x as Aval, decompose: ([x]) => mul(x!, 3), linearIn: [0], rules: { transpose: transpose as never } });
  const use = (transpose: (ct: Tensor) => unknown, arg = array(2)) => (): Tensor => grad((x: Tensor) => reduceSum(bind(cube(transpose), [x])))(arg);

  test("is transposed by its own rule, null and undefined being zero", () => {
    expect(use((ct) => [mul(ct, 3)])().item()).toBe(3);
    expect(use(() => [null])().item()).toBe(0);
  });
  test.each<Refusal>([
    ["too few cotangents", use(() => []), ArgumentError, /transpose rule of @test\/triple.*1 argument.*0/],
    ["too many", use((ct) => [ct, ct]), ArgumentError, /transpose rule of @test\/triple.*1 argument.*2/],
    ["a bare cotangent", use((ct) => ct), ArgumentError, /transpose rule of @test\/triple/],
    ["a cotangent of another shape", use((ct) => [reduceSum(ct)], array([1, 2])), ShapeError, /transpose rule of @test\/triple gave a cotangent f32\[\] for an argument f32\[2\]/],
    ["a cotangent of another dtype", use((ct) => [cast(ct, "float64")]), DTypeError, /transpose rule of @test\/triple gave a cotangent f64\[\] for an argument f32\[\]/],
  ])("is refused where its transpose gives %s", (_name, run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});
