// What every differentiating transformation has in common: aux beside the result, materialised zeros and float0, and derivatives as
// maps that never run the function again.
import { vmap } from "@gradus/batching";
import { add, ArgumentError, array, full, mul, reduceSum, type Tensor, Tracer, tree, useBackend } from "@gradus/core";
import { jacfwd, jvp } from "@gradus/jvp";
import { cast, greater, sin, square } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { checkpoint, grad, hessian, jacrev, linearize, valueAndGrad, vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";

useBackend(cpu());

type Fn = (...args: any[]) => any;
const f64 = (x: number | number[]): Tensor => array(x, { dtype: "float64" });
const at = f64(0.7);

/** Each transformation applied to a function with aux: the aux, and the derivative at x as a number. */
const withAux: [string, (f: Fn, x: Tensor) => [aux: any, derivative: Tensor]][] = [
  ["grad", (f, x) => (([g, aux]) => [aux, g])(grad(f, { hasAux: true })(x))],
  ["valueAndGrad", (f, x) => (([[, aux], g]) => [aux, g])(valueAndGrad(f, { hasAux: true })(x))],
  ["jvp", (f, x) => (([, t, aux]) => [aux, t])(jvp(f, [x], [1], { hasAux: true }))],
  ["vjp", (f, x) => (([, pullback, aux]) => [aux, (pullback as Fn)(1)[0]])(vjp(f, [x], { hasAux: true }))],
  ["linearize", (f, x) => (([, pushforward, aux]) => [aux, (pushforward as Fn)(1)])(linearize(f, [x], { hasAux: true }))],
  ["jacfwd", (f, x) => (([j, aux]) => [aux, j])(jacfwd(f, { hasAux: true })(x))],
  ["jacrev", (f, x) => (([j, aux]) => [aux, j])(jacrev(f, { hasAux: true })(x))],
];

describe.each(withAux)("hasAux of %s", (name, apply) => {
  test("gives aux back as it is: text, numbers, functions, null, trees, integers", () => {
    const n = array(3, { dtype: "int32" });
    const [aux, d] = apply((x: Tensor) => [square(x), { text: "a", n: 3, f: sin, none: null, list: [n, true], missing: undefined }], at);
    expect(aux.list[0]).toBe(n);
    expect({ ...aux, list: aux.list.slice(1) }).toEqual({ text: "a", n: 3, f: sin, none: null, list: [true], missing: undefined });
    expect(d.item()).toBeCloseTo(1.4, 12);
  });

  test("strips the tracers of this derivative from aux", () => {
    const [aux] = apply((x: Tensor) => [square(x), { same: x, deep: [sin(x)] }], at);
    expect(tree.leaves(aux).some((x) => x instanceof Tracer)).toBe(false);
    expect([aux.same.item(), aux.deep[0].item()]).toEqual([0.7, Math.sin(0.7)]);
  });

  test("keeps those of enclosing ones: aux is differentiated, mapped and compiled from outside", () => {
    const aux = (y: Tensor): Tensor => apply((x: Tensor) => [square(x), mul(sin(y), x)], y)[0];
    const slope = Math.cos(0.7) * 0.7 + Math.sin(0.7);
    // Of this level aux is a constant: x is y, and its derivative is that of sin(y)·y.
    expect(grad(aux)(at).item()).toBeCloseTo(slope, 12);
    expect(jvp(aux, [at], [1])[1].item()).toBeCloseTo(slope, 12);
    expect(vmap(grad(aux))(f64([0.7])).item()).toBeCloseTo(slope, 12);
    expect(jit(aux)(at).item()).toBeCloseTo(Math.sin(0.7) * 0.7, 12);
    expect(jit(grad(aux))(at).item()).toBeCloseTo(slope, 12);
  });

  test.each([
    ["a tensor", (x: Tensor) => x],
    ["an array of one", (x: Tensor) => [x]],
    ["an array of three", (x: Tensor) => [x, 1, 2]],
    ["an object", (x: Tensor) => ({ 0: x, 1: 1, length: 2 })],
    ["nothing", () => undefined],
    ["null", () => null],
  ])(`refuses a function that returns %s`, (_what, f) => {
    expect(() => apply(f, at)).toThrow(ArgumentError);
    expect(() => apply(f, at)).toThrow(new RegExp(`${name} with hasAux.*\\[out, aux\\]`));
  });
});

test("hasAux of hessian gives aux once, stripped, and refuses what is no pair", () => {
  const [h, aux] = hessian((x: Tensor) => [mul(x, square(x)), { text: "a", x, n: 3 }], { hasAux: true })(at);
  expect([h.item(), aux.text, aux.n, aux.x.item()]).toEqual([expect.closeTo(4.2, 12), "a", 3, 0.7]);
  expect(grad((y: Tensor) => hessian((x: Tensor) => [mul(x, x), mul(sin(y), x)], { hasAux: true })(y)[1])(at).item()).toBeCloseTo(Math.cos(0.7) * 0.7 + Math.sin(0.7), 12);
  for (const f of [(x: Tensor) => x, (x: Tensor) => [x, 1, 2]]) expect(() => hessian(f as never, { hasAux: true })(at as never)).toThrow(/with hasAux.*\[out, aux\]/);
});

describe("derivatives as maps", () => {
  const counted = (): { f: Fn; runs: () => number } => {
    let runs = 0;
    return { f: (x: Tensor) => (runs++, sin(square(x))), runs: () => runs };
  };
  const slope = Math.cos(0.49) * 1.4;

  test.each<[string, (f: Fn) => () => Tensor]>([
    ["a pullback", (f) => ((pullback) => () => pullback(1)[0]!)(vjp(f, [at])[1] as Fn)],
    ["a pushforward", (f) => ((pushforward) => () => pushforward(1))(linearize(f, [at])[1] as Fn)],
  ])("%s never runs the function again, and can be applied again and again", (_name, make) => {
    const { f, runs } = counted();
    const apply = make(f);
    expect([apply().item(), apply().item(), runs()]).toEqual([expect.closeTo(slope, 12), expect.closeTo(slope, 12), 1]);
  });

  test("a pullback of an unused argument, an integer, and a boolean gives a zero, and float0", () => {
    const f = (x: Tensor, _unused: Tensor, n: Tensor, b: Tensor): Tensor => mul(x, add(cast(n, "float64"), cast(b, "float64")));
    const [, pullback] = vjp(f, [at, f64([1, 2]), array(3, { dtype: "int32" }), array(true)]);
    expect(tree.map(String, pullback(1))).toEqual(["Tensor<f64[]> 4", "Tensor<f64[2]> [0, 0]", "Tensor<float0[]>", "Tensor<float0[]>"]);
  });

  test("a float0 slot of a cotangent takes any dtype of its shape", () => {
    const [, pullback] = vjp((x: Tensor) => [square(x), greater(x, 0)], [at]);
    for (const ct of [full([], 0, "float0"), array(false), array(0, { dtype: "int32" }), 0]) expect(pullback([1, ct as Tensor])[0].item()).toBeCloseTo(1.4, 12);
  });

  test("a tangent of an integer is float0, in and out", () => {
    const f = (x: Tensor, n: Tensor): Tensor[] => [mul(x, cast(n, "float64")), n];
    const [, tangents] = jvp(f, [at, array(3, { dtype: "int32" })], [1, full([], 0, "float0")]);
    expect(tree.map(String, tangents)).toEqual(["Tensor<f64[]> 3", "Tensor<float0[]>"]);
    expect(tree.map(String, linearize(f, [at, array(3, { dtype: "int32" })])[1](1, full([], 0, "float0")))).toEqual(["Tensor<f64[]> 3", "Tensor<float0[]>"]);
  });

  test("an integer argument under jit, vmap and checkpoint has its float0 gradient with allowInt", () => {
    const n = array([3, 4], { dtype: "int32" });
    const g = grad((p: { x: Tensor; n: Tensor }) => reduceSum(mul(p.x, cast(p.n, "float64"))), { allowInt: true });
    expect(String(g({ x: f64([1, 2]), n }).n)).toBe("Tensor<float0[2]>");
    expect(String(jit(g)({ x: f64([1, 2]), n }).n)).toBe("Tensor<float0[2]>");
    expect(String(vmap(g)({ x: f64([1, 2]), n }).n)).toBe("Tensor<float0[2]>");
    expect(String(grad(checkpoint((p: { x: Tensor; n: Tensor }) => reduceSum(mul(p.x, cast(p.n, "float64")))), { allowInt: true })({ x: f64([1, 2]), n }).n)).toBe("Tensor<float0[2]>");
  });
});
