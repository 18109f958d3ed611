// linearCall: a linear function with a transpose of its own. The transposes here are never the true ones, so that a transformation that
// loses them gives another number.

import { vmap } from "@gradus/batching";
import { add, array, DTypeError, full, mul, NonlinearError, reduceSum, ShapeError, type Tensor, tree, TreeMismatchError, useBackend } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { sin } from "@gradus/ops";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { jit, makeProgram } from "@gradus/tracing";
import { grad, linearize, linearTranspose, vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { linearCall } from "../src/index.js";

useBackend(eagerCpu());

const f64 = (x: number | number[]): Tensor => array(x, { dtype: "float64" });
// Forwards 2·n·x, backwards 100·n·ct.
const f = (x: Tensor, n: Tensor = f64(3)): Tensor => linearCall((k: Tensor, v: Tensor) => mul(mul(2, k), v), (k: Tensor, ct: Tensor) => mul(mul(100, k), ct), n, x);
const at = f64(0.7);

test.each<[string, () => Tensor | Tensor[], number[]]>([
  ["the value is the function's", () => f(at), [6 * 0.7]],
  ["forward mode applies the function to the tangent", () => jvp(f, [at], [f64(2)])[1], [12]],
  ["reverse mode applies the transpose", () => grad((x: Tensor) => f(x))(at), [300]],
  ["a pushforward", () => linearize((x: Tensor) => f(x), [at])[1](f64(2)), [12]],
  ["linearTranspose gives the transpose", () => linearTranspose((x: Tensor) => f(x), [at])(f64(2))[0], [600]],
  ["transposed twice it is the function", () => linearTranspose((ct: Tensor) => linearTranspose((x: Tensor) => f(x), [at])(ct)[0], [at])(f64(2))[0], [12]],
  ["jit∘grad", () => jit(grad((x: Tensor) => f(x)))(at), [300]],
  ["grad∘jit", () => grad(jit((x: Tensor) => f(x)))(at), [300]],
  ["vmap", () => vmap((x: Tensor) => f(x))(f64([1, 2])), [6, 12]],
  ["vmap over residuals", () => vmap(f, [null, 0])(at, f64([1, 2])), [1.4, 2.8]],
  ["vmap∘grad", () => vmap(grad(f), [0, 0])(f64([1, 2]), f64([1, 2])), [100, 200]],
  ["grad∘vmap", () => grad((x: Tensor) => reduceSum(vmap((v: Tensor) => f(v))(x)))(f64([1, 2])), [300, 300]],
  ["grad∘vmap over residuals, of a shared argument", () => grad((x: Tensor) => reduceSum(vmap(f, [null, 0])(x, f64([1, 2]))))(at), [300]],
  ["grad∘grad of a function of it", () => grad(grad((x: Tensor) => sin(f(x))))(at), [-Math.sin(4.2) * 6 * 300]],
  ["a pullback, transposed in its cotangent", () => linearTranspose(vjp((x: Tensor) => f(x), [at])[1] as (ct: Tensor) => Tensor[], [at])([f64(2)]), [12]],
])("%s", (_name, run, wanted) => {
  const got = [run()].flat().flatMap((x) => [...x.dataSync()]);
  expect(got).toEqual(wanted.map((w) => expect.closeTo(w, 9)));
});

test("takes and gives trees, and functions that capture values", () => {
  const g = (x: { a: Tensor; b: Tensor[] }, k: Tensor): { sum: Tensor } =>
    linearCall((_none: null, v: { a: Tensor; b: Tensor[] }) => ({ sum: add(mul(v.a, k), v.b[0]!) }), (_none: null, ct: { sum: Tensor }) => ({ a: mul(ct.sum, 10), b: [mul(ct.sum, k)] }), null, x);
  const [out, pullback] = vjp((x: { a: Tensor; b: Tensor[] }) => g(x, f64(5)), [{ a: at, b: [at] }]);
  expect([out.sum.item(), ...tree.leaves(pullback({ sum: f64(2) })[0]).map((x) => (x as Tensor).item())]).toEqual([expect.closeTo(6 * 0.7, 12), 20, 10]);
  expect(jit((k: Tensor) => grad((x: { a: Tensor; b: Tensor[] }) => g(x, k).sum)({ a: at, b: [at] }).b[0]!)(f64(7)).item()).toBe(7);
});

test("is one equation of a program", () => {
  expect(makeProgram((x: Tensor) => f(x))(at).equations.map((eq) => eq.primitive.name)).toEqual(["linear_function"]);
});

describe("refuses", () => {
  const id = (_n: unknown, x: Tensor): Tensor => x;
  test.each<[string, () => unknown, new (m: string) => Error, RegExp]>([
    ["a derivative by a residual", () => grad(f, { argnums: 1 })(at, at), NonlinearError, /a residual is differentiated.*stopGradient/],
    ["a captured value that is differentiated", () => grad((k: Tensor) => linearCall((_n: null, x: Tensor) => mul(x, k), (_n: null, ct: Tensor) => mul(ct, k), null, f64(2)))(at), NonlinearError, /a residual is differentiated/],
    ["a transpose of another structure", () => linearCall(id, (_n, ct) => [ct], null, at), TreeMismatchError, /the transpose gives the structure \[\*\]/],
    ["a transpose of another shape", () => linearCall(id, () => full([2], 0, "float64"), null, at), ShapeError, /gives f64\[2\] for an argument f64\[\]/],
    ["a transpose of another dtype", () => linearCall(id, () => full([], 0, "float32"), null, at), DTypeError, /gives f32\[\] for an argument f64\[\]/],
    ["an integer argument", () => linearCall(id, id, null, array(1, { dtype: "int32" })), DTypeError, /make it a residual/],
    ["what is no function", () => linearCall(id, 3 as never, null, at), TypeError, /linearCall: transpose needs a function/],
  ])("%s", (_name, run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});
