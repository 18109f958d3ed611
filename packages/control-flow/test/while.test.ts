import { add, ArgumentError, array, DTypeError, mul, reduceSum, ShapeError, type Tensor } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { jvp } from "@gradus/jvp";
import { less, sin } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { describe, expect, it } from "vitest";
import { foriLoop, whileLoop } from "../src/index.js";
import { agree } from "./agree.js";

// x·2ᵏ for the first k that brings it to 100: its derivative is 2ᵏ.
const doubled = (x: Tensor): Tensor => whileLoop((c: Tensor) => less(c, 100), (c: Tensor) => mul(c, 2), x) as Tensor;
const batch = array([3, 60, 500]);

describe("whileLoop", () => {
  agree("runs until its condition fails", () => doubled(array(3)), () => array(192));
  agree("under jit", () => jit(doubled)(3) as Tensor, () => array(192));
  agree("jvp", () => jvp(doubled, [3], [1])[1], () => array(64));
  agree("jvp∘jit", () => jvp(jit(doubled) as typeof doubled, [3], [1])[1], () => array(64));
  agree("jit∘jvp", () => jit((x: Tensor) => jvp(doubled, [x], [1])[1])(3) as Tensor, () => array(64));
  agree("vmap lets each example stop by itself", () => vmap(doubled)(batch), () => array([192, 120, 500]));
  agree("vmap∘jvp", () => vmap((x: Tensor) => jvp(doubled, [x], [1])[1])(batch) as Tensor, () => array([64, 2, 1]));
  agree("grad", () => grad(doubled)(3), () => array(64));
  agree("grad∘jit", () => grad(jit(doubled) as typeof doubled)(3), () => array(64));
  agree("jit∘grad", () => jit(grad(doubled))(3), () => array(64));
  agree("vmap∘grad", () => vmap(grad(doubled))(batch), () => array([64, 2, 1]));
  agree("grad∘vmap", () => grad((x: Tensor) => reduceSum(vmap(doubled)(x)))(batch), () => array([64, 2, 1]));
  agree("grad∘grad", () => grad(grad((x: Tensor) => mul(doubled(x), doubled(x))))(3), () => array(2 * 64 * 64));

  it("goes 10^5 steps in reverse without overflow", () => {
    const last = (x: Tensor): Tensor => (whileLoop(([i]: [Tensor, Tensor]) => less(i, 100_000), ([i, c]: [Tensor, Tensor]) => [add(i, 1), sin(c)], [array(0, { dtype: "int32" }), x]) as unknown as [Tensor, Tensor])[1];
    expect(Math.abs(grad(last)(1).item())).toBeLessThan(1e-3);
  });

  it("refuses conditions that are no boolean scalar, and a carry that changes", () => {
    expect(() => whileLoop((c: Tensor) => c, (c: Tensor) => c, 1)).toThrow(DTypeError);
    expect(() => whileLoop((c: Tensor) => less(c, 1), (c: Tensor) => c, array([1, 2]))).toThrow(/boolean scalar/);
    expect(() => whileLoop(() => false, (c: Tensor) => add(c, array([1, 2])), array(1))).toThrow(ShapeError);
  });
});

describe("foriLoop", () => {
  const power = (x: Tensor, n: Tensor | number): Tensor => foriLoop(0, n, (_i, c: Tensor) => mul(c, x), 1) as unknown as Tensor;
  const five = array(5, { dtype: "int32" });
  agree("with fixed bounds", () => power(array(2), 5), () => array(32));
  agree("grad", () => grad((x: Tensor) => power(x, 5))(2), () => array(80));
  agree("grad∘grad", () => grad(grad((x: Tensor) => power(x, 5)))(2), () => array(160));
  agree("with a traced bound", () => jit(power)(2, five) as Tensor, () => array(32));
  agree("jvp with a traced bound", () => jit((x: Tensor, n: Tensor) => jvp((v: Tensor) => power(v, n), [x], [1])[1])(2, five) as Tensor, () => array(80));
  agree("with a bound per example", () => vmap(power, [null, 0])(2, array([1, 3, 5], { dtype: "int32" })), () => array([2, 8, 32]));
  agree("hands the index to the body", () => foriLoop(2, 5, (i, c: Tensor) => add(c, i), array(0, { dtype: "int32" })) as Tensor, () => array(9, { dtype: "int32" }));
  agree("without steps keeps the carry", () => foriLoop(5, 2, (_i, c: Tensor) => mul(c, 2), array(7)) as Tensor, () => array(7));

  it("refuses bounds that are no integers", () => {
    expect(() => foriLoop(0, 1.5, (_i, c: Tensor) => c, 1)).toThrow(ArgumentError);
    expect(() => foriLoop(0, array(2), (_i, c: Tensor) => c, 1)).toThrow(DTypeError);
    expect(() => foriLoop(array([0]), 2, (_i, c: Tensor) => c, 1)).toThrow(ShapeError);
  });
});
