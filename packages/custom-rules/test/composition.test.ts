// Rules that use transformations themselves, and custom functions made of one another, in every use.

import { vmap } from "@gradus/batching";
import { add, array, cast, mul, reduceSum, select, type Tensor, useBackend } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { greater, sin, sinP } from "@gradus/ops";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { jit } from "@gradus/tracing";
import { grad, vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { contexts, type Known } from "./contexts.js";
import { customGradient, customJvp, customVjp, straightThrough, withRules } from "../src/index.js";

useBackend(eagerCpu());

type F = (x: Tensor) => Tensor;

// The derivative is 10·x by every rule, of whatever value.
const of = (v: (x: number) => number): Known => ({ v, d: (x) => 10 * x, dd: () => 10 });
const square5: F = (x) => mul(5, mul(x, x));
const parts = array([1, 2, 3]);

const byJvp: F = customJvp((x: Tensor): Tensor => sin(x)).defjvp(([x], [t]) => [byJvp(x), mul(t, mul(10, x))]);
const byVjp: F = customVjp((x: Tensor): Tensor => sin(x)).defvjp((x) => [byVjp(x), x], (x, ct) => [mul(ct, mul(10, x))]);

const jitted: F = customJvp((x: Tensor): Tensor => jit((y: Tensor) => sin(y))(x)).defjvp(([x], [t]) => [jitted(x), jit((u: Tensor, v: Tensor) => mul(u, mul(10, v)))(t, x)]);
const jittedVjp: F = customVjp((x: Tensor): Tensor => sin(x)).defvjp(
  (x) => [jittedVjp(x), jit((y: Tensor) => mul(10, y))(x)],
  (res, ct) => [jit((u: Tensor, v: Tensor) => mul(u, v))(res, ct)],
);
const mapped: F = customJvp((x: Tensor): Tensor => reduceSum(vmap((y: Tensor) => mul(y, x))(parts))).defjvp(([x], [t]) => [
  mapped(x),
  reduceSum(vmap((y: Tensor) => mul(mul(t, x), mul(y, 10 / 6)))(parts)),
]);
const differentiated: F = customJvp((x: Tensor): Tensor => sin(x)).defjvp(([x], [t]) => [differentiated(x), mul(t, grad(square5)(x))]);
const pushed: F = customJvp((x: Tensor): Tensor => sin(x)).defjvp(([x], [t]) => [pushed(x), jvp(square5, [x], [t])[1]]);
const pulled: F = customVjp((x: Tensor): Tensor => sin(x)).defvjp(
  (x) => [pulled(x), vjp(square5, [x])[1]],
  (pullback, ct) => pullback(ct),
);
const pulledThrough: F = customVjp((x: Tensor): Tensor => byJvp(x)).defvjp(
  (x) => [...vjp(byJvp, [x])],
  (pullback, ct) => pullback(ct),
);

const subjects: { name: string; f: F; known: Known }[] = [
  { name: "jit in a jvp rule", f: jitted, known: of(Math.sin) },
  { name: "jit in fwd and bwd", f: jittedVjp, known: of(Math.sin) },
  { name: "vmap in a rule", f: mapped, known: of((x) => 6 * x) },
  { name: "grad in a rule", f: differentiated, known: of(Math.sin) },
  { name: "jvp in a rule", f: pushed, known: of(Math.sin) },
  { name: "a pullback as residual", f: pulled, known: of(Math.sin) },
  { name: "a pullback of a custom function as residual", f: pulledThrough, known: of(Math.sin) },
  { name: "jit in a surrogate", f: straightThrough((x) => sin(x), (x) => jit(square5)(x)), known: of(Math.sin) },
  { name: "vmap in a surrogate", f: straightThrough((x) => sin(x), (x) => reduceSum(vmap((y: Tensor) => mul(y, mul(x, mul(x, 5 / 6))))(parts))), known: of(Math.sin) },
  { name: "jit in the pullback of customGradient", f: customGradient((x) => [sin(x), (ct) => jit((u: Tensor) => mul(u, 10))(mul(ct, x))]), known: of(Math.sin) },
  { name: "a custom function in another's body", f: customJvp((x: Tensor) => byVjp(x)).defjvps((t, _out, x) => mul(t, mul(10, x))), known: of(Math.sin) },
  { name: "one branch each", f: (x) => select(greater(x, 0.5), byJvp(x), byVjp(x)), known: of(Math.sin) },
  { name: "an override beneath a custom function", f: (x) => withRules([[sinP, { jvp: ([y], [t]) => [sin(y), mul(t, 1000)] }]], () => byJvp(x)), known: of(Math.sin) },
  { name: "an override inside jit", f: (x) => jit((y: Tensor) => withRules([[sinP, { jvp: ([z], [t]) => [sin(z), mul(t, mul(10, z))] }]], () => sin(y)))(x), known: of(Math.sin) },
  { name: "a value that does not depend on the argument", f: customJvp((_x: Tensor) => array(3)).defjvp(([x], [t]) => [array(3), mul(t, mul(10, x))]), known: of(() => 3) },
  { name: "the same by vjp", f: customVjp((_x: Tensor) => array(3)).defvjp((x) => [array(3), x], (x, ct) => [mul(ct, mul(10, x))]), known: of(() => 3) },
  {
    name: "an integer output beside it",
    f: (x) => {
      const pair: (z: Tensor) => [Tensor, Tensor] = customJvp((z: Tensor): [Tensor, Tensor] => [sin(z), cast(mul(z, 10), "int32")]).defjvp(([z], [t]) => [pair(z), [mul(t, mul(10, z)), 0]]);
      const [y, n] = pair(x);
      return add(y, mul(0, cast(n, "float32")));
    },
    known: of(Math.sin),
  },
];

describe.each(subjects)("$name", ({ f, known }) => {
  test.each(contexts)("$name", ({ run, expected }) => {
    const got = [run(f)].flat().flatMap((x) => [...x.dataSync()]);
    const want = expected(known);
    expect(got.map((g, i) => (Math.abs(g - want[i]!) <= 1e-4 * Math.max(1, Math.abs(want[i]!)) ? want[i] : g))).toEqual(want);
  });
});
