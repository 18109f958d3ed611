// Functions and rules that close over traced values: right, or an EscapedTracerError that says to pass the value; never a
// gradient that is silently zero.

import { vmap } from "@gradus/batching";
import { array, EscapedTracerError, reduceSum, type Tensor, useBackend } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { cos, mul, round, sin, sinP } from "@gradus/ops";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { jit } from "@gradus/tracing";
import { grad, hessian, vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { closureConvert, customGradient, customJvp, customVjp, defineRule, straightThrough, withRules } from "../src/index.js";

useBackend(eagerCpu());

type Two = (x: Tensor, y: Tensor) => Tensor;
const x = (): Tensor => array(2.6);
const y = (): Tensor => array(2);
const xs = (): Tensor => array([2.6, 1.2]);
const ys = (): Tensor => array([2, 3]);
const total = (f: (v: Tensor) => Tensor) => (v: Tensor): Tensor => reduceSum(f(v));
const close = (actual: Tensor, expected: number | number[]): void => {
  const want = [expected].flat();
  const got = [...actual.dataSync()];
  expect(got.map((g, i) => (Math.abs(g - want[i]!) < 1e-5 ? want[i] : g))).toEqual(want);
};

// The rules of the first know nothing of y, of the others they use it: 10·x·y.
const bodyCloses: Two = (u, v) => straightThrough((z) => round(mul(z, v)))(u);
const ruleCloses: [string, Two][] = [
  [
    "customJvp",
    (u, v) => {
      const f: (z: Tensor) => Tensor = customJvp((z: Tensor) => sin(z)).defjvp(([z], [t]) => [f(z), mul(mul(t, v), mul(10, z))]);
      return f(u);
    },
  ],
  ["customJvp.defjvps", (u, v) => customJvp((z: Tensor) => sin(z)).defjvps((t, _out, z) => mul(mul(t, v), mul(10, z)))(u)],
  ["customVjp, in fwd", (u, v) => customVjp((z: Tensor) => sin(z)).defvjp((z) => [sin(z), mul(v, mul(10, z))], (res, ct) => [mul(res, ct)])(u)],
  ["customVjp, as residual", (u, v) => customVjp((z: Tensor) => sin(z)).defvjp((z) => [sin(z), [v, z]], ([w, z], ct) => [mul(mul(w, ct), mul(10, z))])(u)],
  ["customVjp, in bwd", (u, v) => customVjp((z: Tensor) => sin(z)).defvjp((z) => [sin(z), z], (z, ct) => [mul(mul(v, ct), mul(10, z))])(u)],
  ["customGradient", (u, v) => customGradient((z) => [sin(z), (ct) => mul(mul(v, ct), mul(10, z))])(u)],
  ["defineRule", (u, v) => defineRule((z) => sin(z), { jvp: ([z], [t]) => [sin(z), mul(mul(t, v), mul(10, z))] })(u)],
  ["straightThrough's surrogate", (u, v) => straightThrough(sin, (z) => mul(5, mul(v, mul(z, z))))(u)],
  ["withRules", (u, v) => withRules([[sinP, { jvp: ([z], [t]) => [sin(z), mul(mul(t, v), mul(10, z))] }]], () => sin(u))],
];

describe("a body that closes over an unperturbed value", () => {
  test("is right where the other argument is differentiated", () => {
    close(bodyCloses(x(), y()), 5);
    close(grad(bodyCloses)(x(), y()), 1);
    close(grad(jit(bodyCloses))(x(), y()), 1);
    close(jit(grad(bodyCloses))(x(), y()), 1);
    close(jit(jit(bodyCloses))(x(), y()), 5);
    close(grad(jit(jit(bodyCloses)))(x(), y()), 1);
    close(hessian(jit((u: Tensor, v: Tensor) => mul(u, bodyCloses(u, v))))(x(), y()), 2);
    close(jvp((u: Tensor) => jit(bodyCloses)(u, y()), [x()], [3])[1], 3);
  });

  test("is right when jit made the value an operand and vmap a batch of it", () => {
    close(vmap(jit(bodyCloses))(xs(), ys()), [5, 4]);
    close(vmap(jit(bodyCloses), [null, 0])(x(), ys()), [5, 8]);
    close(vmap(bodyCloses, [0, null])(xs(), y()), [5, 2]);
    close(jit(vmap(jit(bodyCloses)))(xs(), ys()), [5, 4]);
    close(vmap(grad(jit(bodyCloses)))(xs(), ys()), [1, 1]);
    close(vmap(jit(grad(bodyCloses)))(xs(), ys()), [1, 1]);
    close(vmap(vmap(jit(bodyCloses)))(array([[2.6], [1.2]]), array([[2], [3]])), [5, 4]);
  });

  test("is right when the batch of it is differentiated: a staged call keeps count of what it captured", () => {
    close(grad(total((u) => vmap(jit(bodyCloses))(u, ys())))(xs()), [1, 1]);
    close(grad(total((u) => vmap(jit(bodyCloses), [0, null])(u, y())))(xs()), [1, 1]);
    close(grad(jit(total((u) => vmap(jit(bodyCloses))(u, ys()))))(xs()), [1, 1]);
    close(jvp((u: Tensor) => vmap(jit(bodyCloses))(u, ys()), [xs()], [xs()])[1], [2.6, 1.2]);
    close(vmap((w: Tensor) => grad(total((u) => vmap(jit(bodyCloses))(u, ys())))(mul(w, xs())))(array([1, 2])), [1, 1, 1, 1]);
  });

  test("is refused where the value is differentiated", () => {
    const second = { argnums: 1 } as const;
    for (const run of [
      () => grad(bodyCloses, second)(x(), y()),
      () => grad(jit(bodyCloses), second)(x(), y()),
      () => jit(grad(bodyCloses, second))(x(), y()),
      () => grad(bodyCloses, { argnums: [0, 1] })(x(), y()),
      () => grad(jit(bodyCloses), { argnums: [0, 1] })(x(), y()),
      () => jvp(jit(bodyCloses), [x(), y()], [x(), y()]),
      () => grad(total((v) => vmap(jit(bodyCloses), [null, 0])(x(), v)))(ys()),
      () => grad((v: Tensor) => vjp((u: Tensor) => jit(bodyCloses)(u, v), [x()])[0])(y()),
    ]) {
      expect(run).toThrow(EscapedTracerError);
      expect(run).toThrow(/explicit argument/);
    }
  });

  test("is refused under the vmap that made the value, which says to pass it", () => {
    for (const axes of [0, [null, 0]] as const) {
      const run = (): unknown => vmap(bodyCloses, axes)(axes === 0 ? xs() : x(), ys());
      expect(run).toThrow(EscapedTracerError);
      expect(run).toThrow(/belongs to vmap.*pass it to the rule as an explicit argument/);
    }
  });
});

describe.each(ruleCloses)("a rule that closes over a value: %s", (_name, f) => {
  test("is right where the value is not differentiated", () => {
    close(grad(f)(x(), y()), 52);
    close(jit(grad(f))(x(), y()), 52);
    close(vmap(grad(f), [0, null])(xs(), y()), [52, 24]);
  });

  test("is right over a value of an enclosing transformation, and differentiable from there", () => {
    close(jit((v: Tensor) => grad((u: Tensor) => f(u, v))(x()))(y()), 52);
    close(vmap((v: Tensor) => grad((u: Tensor) => f(u, v))(x()))(ys()), [52, 78]);
    close(vmap((v: Tensor, u: Tensor) => grad((w: Tensor) => f(w, v))(u))(ys(), xs()), [52, 36]);
    close(grad((v: Tensor) => grad((u: Tensor) => f(u, v))(x()))(y()), 26);
    close(jvp((v: Tensor) => grad((u: Tensor) => f(u, v))(x()), [y()], [2])[1], 52);
    close(jit(grad((v: Tensor) => grad((u: Tensor) => f(u, v))(x())))(y()), 26);
  });

  test("is refused where the value is differentiated with it", () => {
    const both = grad(f, { argnums: [0, 1] });
    expect(() => both(x(), y())).toThrow(EscapedTracerError);
    expect(() => jit(both)(x(), y())).toThrow(EscapedTracerError);
    expect(() => jvp(f, [x(), y()], [x(), y()])).toThrow(EscapedTracerError);
  });

  test("is refused where jit traced it and it is applied later, with the mend", () => {
    for (const run of [() => grad(jit(f))(x(), y()), () => vmap(grad(jit(f)), [0, null])(xs(), y())]) {
      expect(run).toThrow(EscapedTracerError);
      expect(run).toThrow(/which has ended: .*a custom rule captured it.*explicit argument/);
    }
  });

  test("does not touch the derivative in the value alone, on which f does not depend", () => {
    expect(grad(f, { argnums: 1 })(x(), y()).item()).toBe(0);
  });
});

describe("closureConvert", () => {
  test("makes captured tracers arguments, which are then differentiated", () => {
    const f = (u: Tensor, v: Tensor): Tensor => {
      const [converted, hoisted] = closureConvert((z: Tensor) => mul(sin(z), v), u);
      const g = customVjp((z: Tensor, ...rest: Tensor[]) => converted(z, ...rest)).defvjp(
        (z, ...rest) => [converted(z, ...rest), [z, ...rest]],
        ([z, w], ct) => [mul(ct, mul(w, mul(10, z))), mul(ct, 7)],
      );
      return g(u, ...hoisted);
    };
    const [dx, dy] = grad(f, { argnums: [0, 1] })(x(), y());
    close(dx, 52);
    close(dy, 7);
    close(jit(grad(f, { argnums: 1 }))(x(), y()), 7);
  });

  test("hoists each captured tracer once, and no concrete tensor", () => {
    const c = array([1, 2]);
    let count = -1;
    grad((u: Tensor) => {
      const v = cos(u);
      const [converted, hoisted] = closureConvert((z: Tensor) => reduceSum(mul(mul(z, v), mul(v, c))), u);
      count = hoisted.length;
      return converted(u, ...hoisted);
    })(1);
    expect(count).toBe(1);
    expect(closureConvert((z: Tensor) => mul(z, c), x())[1]).toEqual([]);
  });

  test("refuses arguments of another structure or number", () => {
    const [converted] = closureConvert((z: Tensor[]) => z[0]!, [x()]);
    expect(() => converted({ z: x() })).toThrow(/structure/);
    expect(() => converted([x()], y())).toThrow(/takes its 1 argument/);
  });
});
