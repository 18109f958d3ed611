// fwdAndBwd: reverse mode in two functions that know nothing of one another but the residuals.

import { vmap } from "@gradus/batching";
import { add, ArgumentError, array, mul, reduceSum, type Tensor, tree, TreeMismatchError, useBackend } from "@gradus/core";
import { sin } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { describe, expect, test } from "vitest";
import { fwdAndBwd, grad } from "../src/index.js";

useBackend(cpu());

const f64 = (x: number | number[]): Tensor => array(x, { dtype: "float64" });
const f = (x: Tensor, p: { w: Tensor }): { y: Tensor; z: Tensor } => ({ y: sin(mul(x, p.w)), z: mul(x, x) });
const [x, w] = [0.7, 1.5];

describe.each([true, false])("fwdAndBwd, jitted: %s", (jitted) => {
  test("gives value and residuals, and cotangents from residuals and a cotangent", () => {
    const [fwd, bwd] = fwdAndBwd(f, { jitted });
    const [out, residuals] = fwd(f64(x), { w: f64(w) });
    expect([out.y.item(), out.z.item()]).toEqual([expect.closeTo(Math.sin(x * w), 12), expect.closeTo(x * x, 12)]);
    for (const [a, b] of [[1, 0], [0, 1], [2, 3]] as const) {
      expect(bwd(residuals, { y: f64(a), z: f64(b) }).item()).toBeCloseTo(a * w * Math.cos(x * w) + b * 2 * x, 12);
    }
    expect(tree.leaves(residuals).length).toBeGreaterThan(0);
  });

  test("takes argnums as grad does", () => {
    const [fwd, bwd] = fwdAndBwd(f, { argnums: [1, 0], jitted });
    const cts = bwd(fwd(f64(x), { w: f64(w) })[1], { y: f64(1), z: f64(0) });
    expect([cts[0].w.item(), cts[1].item()]).toEqual([expect.closeTo(x * Math.cos(x * w), 12), expect.closeTo(w * Math.cos(x * w), 12)]);
    const [, bwd1] = fwdAndBwd(f, { argnums: -1, jitted });
    expect(bwd1(fwdAndBwd(f, { argnums: -1, jitted })[0](f64(x), { w: f64(w) })[1], { y: f64(1), z: f64(0) }).w.item()).toBeCloseTo(x * Math.cos(x * w), 12);
  });

  test("passes aux out", () => {
    const [fwd, bwd] = fwdAndBwd((v: Tensor) => [sin(v), { twice: mul(v, 2) }], { hasAux: true, jitted });
    const [y, residuals, aux] = fwd(f64(x));
    expect([y.item(), aux.twice.item(), bwd(residuals, f64(1)).item()]).toEqual([expect.closeTo(Math.sin(x), 12), 1.4, expect.closeTo(Math.cos(x), 12)]);
  });

  test("residuals of several calls do not mix; they map and are differentiated", () => {
    const [fwd, bwd] = fwdAndBwd((v: Tensor) => sin(v), { jitted });
    const kept = [0.1, 0.2, 0.3].map((v) => fwd(f64(v))[1]);
    expect(kept.map((r) => bwd(r, f64(1)).item())).toEqual([0.1, 0.2, 0.3].map((v) => expect.closeTo(Math.cos(v), 12)));
    expect(vmap((v: Tensor) => bwd(fwd(v)[1], f64(1)))(f64([0.1, 0.2])).js()).toEqual([expect.closeTo(Math.cos(0.1), 12), expect.closeTo(Math.cos(0.2), 12)]);
    expect(grad((v: Tensor) => bwd(fwd(v)[1], f64(1)))(f64(x)).item()).toBeCloseTo(-Math.sin(x), 12);
    expect(jit((v: Tensor) => reduceSum(add(bwd(fwd(v)[1], f64(1)), 1)))(f64(x)).item()).toBeCloseTo(Math.cos(x) + 1, 12);
  });

  test("refuses a cotangent of another structure, a missing argument, what is no function", () => {
    const [fwd, bwd] = fwdAndBwd(f, { jitted });
    const [, residuals] = fwd(f64(x), { w: f64(w) });
    expect(() => bwd(residuals, [1, 2] as never)).toThrow(TreeMismatchError);
    expect(() => fwdAndBwd(f, { argnums: 5 as 0, jitted })[0](f64(x), { w: f64(w) })).toThrow(ArgumentError);
    expect(() => fwdAndBwd(3 as never, { jitted })).toThrow(ArgumentError);
  });
});

test("both functions are traced once, whatever the number of calls", () => {
  let traces = 0;
  const [fwd, bwd] = fwdAndBwd((v: Tensor) => (traces++, sin(v)));
  for (let i = 0; i < 4; i++) bwd(fwd(f64(i))[1], f64(1));
  expect([traces, (fwd as unknown as { cacheSize(): number }).cacheSize(), (bwd as unknown as { cacheSize(): number }).cacheSize()]).toEqual([1, 1, 1]);
});
