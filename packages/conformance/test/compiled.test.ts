// Programs compiled as a whole: loops and branches run inside the module, forward and backward, and plans say what does not.

import { vmap } from "@gradus/batching";
import { add, array, mul, reduceSum, reshape, type Tensor, useBackend, withBackend } from "@gradus/core";
import { cond, foriLoop, scan, switchCase, whileLoop } from "@gradus/control-flow";
import { conv, cos, dotGeneral, exp, greater, less, max, reduceWindow, sin, sub, tanh, zeta } from "@gradus/ops";
import { type CpuBackend, cpu, eagerCpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad, valueAndGrad } from "@gradus/vjp";
import { beforeEach, describe, expect, test } from "vitest";
import { expectTree } from "../src/index.js";

let backend: CpuBackend;
beforeEach(() => useBackend((backend = cpu())));

const matmul = (x: Tensor, y: Tensor): Tensor => dotGeneral(x, y, { contract: [[1], [0]], batch: [[], []] });
const filled = (shape: readonly number[]): Tensor => array(Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(i) / 2), { shape });

/** jit(f) gives what f gives, without a call of the host. */
function compiledAlike(f: (...xs: any[]) => unknown, ...xs: unknown[]): void {
  const before = backend.stats();
  const g = jit(f as never) as unknown as ((...xs: unknown[]) => unknown) & { explainPlan(...xs: unknown[]): string };
  const got = g(...xs);
  const after = backend.stats();
  expect(after["programs"]).toBeGreaterThan(before["programs"] as number);
  expect(after["hostCalls"], g.explainPlan(...xs)).toBe(before["hostCalls"]);
  expectTree(got, f(...xs), "jit(f)");
  expectTree(g(...xs), got, "jit(f), applied again");
}

describe("without a call of the host", () => {
  const rnn = (p: { x: Tensor; h: Tensor }, xs: Tensor): Tensor => {
    const [h, hs] = scan((c: Tensor, x: Tensor) => { const n = tanh(add(matmul(x, p.x), matmul(c, p.h))); return [n, n]; }, filled([3, 4]), xs) as [Tensor, Tensor];
    return add(reduceSum(mul(h, h)), reduceSum(sin(hs)));
  };
  const parameters = (): { x: Tensor; h: Tensor } => ({ x: filled([5, 4]), h: filled([4, 4]) });

  test("scan", () => compiledAlike(rnn, parameters(), filled([7, 3, 5])));
  test("scan, its gradient", () => compiledAlike(valueAndGrad(rnn as never) as never, parameters(), filled([7, 3, 5])));
  test("scan, backwards and of no steps", () => {
    compiledAlike((xs: Tensor) => scan((c: Tensor, x: Tensor) => [add(c, x), mul(c, x)], array(0), xs, { reverse: true }), filled([5]));
    compiledAlike((xs: Tensor) => scan((c: Tensor, x: Tensor) => [add(c, x), mul(c, x)], array(0), xs), filled([0]));
  });
  test("scan with JS numbers as carry, carries that change places, and a carry that stays", () => {
    compiledAlike((xs: Tensor) => scan(([a, b, k]: Tensor[], x: Tensor) => [[b!, add(a!, mul(k!, x)), k!], a!], [1, 2, 3], xs), filled([6]));
  });
  test("scan of scans", () => {
    compiledAlike(grad((x: Tensor) => reduceSum((scan((c: Tensor) => [(scan((d: Tensor, y: Tensor) => [sin(add(d, y)), d], c, x) as Tensor[])[0]!, null], array(0.3), null, { length: 3 }) as Tensor[])[0]!)) as never, filled([4]));
  });
  test("whileLoop and foriLoop", () => {
    compiledAlike((x: Tensor) => whileLoop(([i, y]: Tensor[]) => less(i!, reduceSum(y!)), ([i, y]: Tensor[]) => [add(i!, 1), cos(y!)], [array(0), x]), filled([5]));
    compiledAlike((x: Tensor) => foriLoop(0, 10, (i: Tensor, y: Tensor) => add(y, mul(x, i)), x), filled([3]));
    compiledAlike(vmap((x: Tensor) => whileLoop((y: Tensor) => less(y, 10), (y: Tensor) => add(mul(y, 2), 1), x)) as never, array([0.5, 3, 20]));
  });
  test("cond and switchCase, and their gradients", () => {
    const f = (x: Tensor): Tensor => cond(greater(x, 0), (y: Tensor) => mul(y, sin(y)), (y: Tensor) => exp(y), x) as Tensor;
    for (const x of [-0.7, 0.7]) {
      compiledAlike(f, x);
      compiledAlike(grad(f) as never, array(x, { dtype: "float64" }));
    }
    for (const i of [-5, 0, 1, 2, 9]) compiledAlike((k: Tensor, x: Tensor) => switchCase(k, [(y: Tensor) => y, (y: Tensor) => mul(y, 2), (y: Tensor) => [y, y][1]!], x), array(i, { dtype: "int32" }), filled([3]));
  });
  test("a network with pooling, and its gradient", () => {
    const pooled = (x: Tensor, kind: "max" | "sum", padding: "VALID" | "SAME"): Tensor => reduceWindow(x, kind, [1, 2, 2, 1], { strides: [1, 2, 2, 1], padding });
    const loss = (p: { first: Tensor; second: Tensor; last: Tensor }, x: Tensor): Tensor => {
      const features = pooled(max(0, conv(x, p.first, { padding: "SAME", dimensionNumbers: ["NHWC", "HWIO", "NHWC"] })), "max", "VALID");
      const more = pooled(max(0, conv(features, p.second, { padding: "SAME", dimensionNumbers: ["NHWC", "HWIO", "NHWC"] })), "max", "SAME");
      const means = mul(pooled(more, "sum", "VALID"), 0.25);
      return reduceSum(tanh(matmul(reshape(means, [x.shape[0] as number, -1]), p.last)));
    };
    const parameters = { first: filled([3, 3, 1, 4]), second: filled([3, 3, 4, 6]), last: filled([6, 3]) };
    compiledAlike(loss, parameters, filled([2, 10, 11, 1]));
    compiledAlike(valueAndGrad(loss as never) as never, parameters, filled([2, 10, 11, 1]));
  });
  test("cond in scan in cond", () => {
    compiledAlike((p: Tensor, xs: Tensor) => cond(p, (v: Tensor) => scan((c: Tensor, x: Tensor) => [cond(greater(c, x), () => x, () => add(c, 1)) as Tensor, c], array(0), v)[0], (v: Tensor) => reduceSum(v), xs), array(true), filled([9]));
  });
});

test("an eager kernel in a loop is called from it", () => {
  const f = jit((xs: Tensor) => scan((c: Tensor, x: Tensor) => [add(c, reduceSum(zeta(add(x, 3), x))), c], array(0), xs));
  const want = scan((c: Tensor, x: Tensor) => [add(c, reduceSum(zeta(add(x, 3), x))), c], array(0), filled([4, 3]));
  expectTree(f(filled([4, 3])), want, "jit(f)");
  expect(backend.stats()["hostCalls"]).toBe(4);
});

describe("plans", () => {
  test("say how many loops there are, what runs in the host, and why", () => {
    const f = jit((x: Tensor) => { const y = exp(mul(x, 2)); return zeta(y, y); });
    const plan = f.explainPlan(filled([100]));
    expect(plan).toMatch(/^1 loop nest \(1 in vectors\), 1 host call; arena of \d+ bytes, 1 result in place; module of \d+ bytes$/m);
    expect(plan).toContain("for i < 100\n  b1[i] = exp(mul(b0[i], 2))\n");
    expect(plan).toContain("not in loops:\n  zeta: there is no kernel in WebAssembly");
  });
  test("of backends that do not compile say so", () => {
    const plan = withBackend(eagerCpu(), () => jit((x: Tensor) => add(x, 1)).explainPlan(array(1)));
    expect(plan).toMatch(/^The backend cpu does not compile: .*\n{ lambda/);
  });
});

test("compile prepares a program ahead of its first call", async () => {
  const f = jit((x: Tensor) => sub(exp(x), 1));
  await f.compile(filled([50]));
  expect([backend.stats()["programs"], f.cacheSize()]).toEqual([1, 1]);
  expectTree(f(filled([50])), sub(exp(filled([50])), 1), "jit(f)");
  expect(backend.stats()["programs"]).toBe(1);
  f(filled([51])); // another shape is another program
  expect(backend.stats()["programs"]).toBe(2);
});
