// optimizationBarrier: the identity in value and derivative, which passes do not see through.

import { vmap } from "@gradus/batching";
import { add, array, full, mul, reduceSum, type Tensor, tree, useBackend } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { sin } from "@gradus/ops";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { jit, makeProgram, optimizationBarrier } from "@gradus/tracing";
import { expect, test } from "vitest";
import { grad, linearTranspose, vjp } from "../src/index.js";

useBackend(eagerCpu());

const f = (x: Tensor, y: Tensor): Tensor => {
  const { a, b } = optimizationBarrier({ a: mul(x, x), b: [y] });
  return mul(sin(a), b[0]!);
};
const plain = (x: Tensor, y: Tensor): Tensor => mul(sin(mul(x, x)), y);
const numbers = (t: unknown): unknown => tree.map((x: Tensor) => x.js(), t);
const [x, y] = [array(0.7), array(2)];

test.each<[string, (g: typeof f) => unknown]>([
  ["in value", (g) => g(x, y)],
  ["jvp, of both operands and of one", (g) => [jvp(g, [x, y], [1, 3]), jvp((v: Tensor) => g(v, y), [x], [1]), jvp((v: Tensor) => g(x, v), [y], [1])]],
  ["grad", (g) => grad(g, { argnums: [0, 1] })(x, y)],
  ["grad∘grad", (g) => grad(grad(g))(x, y)],
  ["jit∘grad∘jit∘grad", (g) => jit(grad(jit(grad(g))))(x, y)],
  ["vmap over one operand", (g) => vmap(g, [0, null])(array([1, 2]), y)],
  ["vmap∘grad over both, along other axes", (g) => vmap(vmap(grad(g), [0, 0]), [0, 1])(array([[1, 2], [3, 4]]), array([[5, 6], [7, 8]]))],
  ["grad∘vmap", (g) => grad((v: Tensor) => reduceSum(vmap(g, [null, 0])(v, array([3, 4]))))(x)],
  ["the transpose of a pullback", (g) => linearTranspose(vjp(g, [x, y])[1] as (ct: Tensor) => Tensor[], [1])([array(1), array(2)])],
])("is the identity: %s", (_name, use) => {
  expect(numbers(use(f))).toEqual(numbers(use(plain)));
});

test("equal computations before and behind it stay two", () => {
  const sines = (g: (x: Tensor) => Tensor): number => jit(g).program(x).equations.filter((eq) => eq.primitive.name === "sin").length;
  expect(sines((v) => add(sin(v), sin(v)))).toBe(1);
  expect(sines((v) => add(sin(v), sin(optimizationBarrier(v))))).toBe(2);
});

test("is one equation for a whole tree, none for an empty one, and passes any dtype", () => {
  expect(makeProgram((a: Tensor, b: Tensor) => optimizationBarrier([a, { b }]))(1, x).toString()).toBe("{ lambda ; a:~f32[] b:f32[] . let\n    c:~f32[] d:f32[] = optimization_barrier a b\n  in (c, d) }");
  expect(optimizationBarrier([])).toEqual([]);
  const others = [array(3, { dtype: "int32" }), array(true), full([2], 0, "float0")];
  expect(optimizationBarrier(others).map(String)).toEqual(others.map(String));
  expect(() => optimizationBarrier("a")).toThrow(/optimizationBarrier: an argument: expected a tensor/);
});
