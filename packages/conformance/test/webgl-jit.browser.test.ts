// jit on the device: programs are a few draws, whose number is part of what is promised, and give what they give operation by operation.
import { vmap } from "@gradus/batching";
import { cond, foriLoop, scan, switchCase, whileLoop } from "@gradus/control-flow";
import { add, array, type Aval, bind, definePrimitive, mul, type Primitive, reduceSum, reshape, type Tensor, transpose, tree, useBackend, withBackend } from "@gradus/core";
import { concatenate, cos, cumsum, div, dotGeneral, exp, greater, less, log, max, neg, reduceMax, rsqrt, sin, slice, sort, sub, tanh } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { webgl, type WebGLBackend } from "@gradus/ops-webgl";
import { jit } from "@gradus/tracing";
import { grad, valueAndGrad } from "@gradus/vjp";
import { expect, test, vi } from "vitest";
import { expectAll, expectTree, testRandomPrograms } from "../src/index.js";

const counter = (backend: WebGLBackend, name: string): number => backend.stats()[name] as number;
const filled = (shape: readonly number[]): Tensor => array(Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(1.7 * i + 0.3)), { shape });

type Jitted = ((...xs: unknown[]) => unknown) & { explainPlan(...xs: unknown[]): string; compile(...xs: unknown[]): Promise<void> };
const compiled = (f: (...xs: any[]) => unknown): Jitted => jit(f as never) as unknown as Jitted;
// A software rasteriser on a busy machine takes its time to compile shaders.
vi.setConfig({ testTimeout: 300_000 });
const close = { rtol: 3e-6, atol: 3e-6 };

/** The draws of a call of jit(f), which gives what f gives. */
function draws(f: (...xs: any[]) => unknown, ...xs: unknown[]): number {
  const g = compiled(f);
  const got = g(...xs);
  const backend = (tree.leaves(xs) as Tensor[]).find((x) => x.backend)?.backend as WebGLBackend;
  const before = counter(backend, "draws");
  const again = g(...xs);
  const count = counter(backend, "draws") - before;
  expectTree(got, f(...xs), "jit(f)", close);
  expectTree(again, got, "jit(f), applied again");
  return count;
}

const rowsOf = (x: Tensor): Tensor => reshape(x, [x.shape[0] as number, 1]);
const matmul = (x: Tensor, y: Tensor): Tensor => dotGeneral(x, y, { contract: [[1], [0]], batch: [[], []] });
const softmax = (x: Tensor): Tensor => {
  const e = exp(sub(x, rowsOf(reduceMax(x, 1))));
  return div(e, rowsOf(reduceSum(e, 1)));
};

test("a chain of elementwise operations is one draw", () => {
  withBackend(webgl(), () => {
    const f = (x: Tensor, b: Tensor): Tensor => add(mul(tanh(add(mul(x, 1.5), 0.3)), sin(x)), exp(sub(b, mul(x, x))));
    expect(draws(f, filled([30, 7]), filled([7]))).toBe(1);
    expect(draws(f, filled([30, 8]), filled([8]))).toBe(1);
    // Several rows of texels.
    expect(draws(f, filled([2, 40_003]), filled([40_003]))).toBe(1);
    expect(draws(f, filled([5001, 12]), filled([12]))).toBe(1);
  });
});

test("softmax is three draws", () => {
  withBackend(webgl(), () => {
    expect(draws(softmax, filled([30, 64]))).toBeLessThanOrEqual(3);
    expect(draws(softmax, filled([31, 37]))).toBeLessThanOrEqual(3);
  });
});

test("sums of rows, of columns and of everything", () => {
  withBackend(webgl(), () => {
    for (const shape of [[40, 64], [41, 67], [3, 5000], [5, 20_004], [4099, 20]]) {
      for (const axis of [0, 1]) draws((x: Tensor) => reduceSum(mul(x, x), axis), filled(shape));
      draws((x: Tensor) => reduceSum(mul(x, x)), filled(shape));
    }
    expect(draws((x: Tensor) => reduceSum(exp(x), 1), filled([30, 100]))).toBe(1);
    expect(draws((x: Tensor) => reduceSum(exp(x)), filled([300, 100]))).toBe(2);
  });
});

test("layer norm", () => {
  withBackend(webgl(), () => {
    const f = (x: Tensor): Tensor => {
      const d = sub(x, rowsOf(mul(reduceSum(x, 1), 1 / 64)));
      return mul(d, rsqrt(add(rowsOf(mul(reduceSum(mul(d, d), 1), 1 / 64)), 1e-5)));
    };
    // The scale of each row is a draw of its own.
    expect(draws(f, filled([30, 64]))).toBe(4);
  });
});

const mlp = (p: { w: Tensor; b: Tensor; v: Tensor }, x: Tensor, y: Tensor): Tensor => {
  const z = matmul(tanh(add(matmul(x, p.w), p.b)), p.v);
  const d = sub(z, y);
  return mul(reduceSum(mul(d, d)), 1 / 20);
};

test("a step of training a network", () => {
  withBackend(webgl(), () => {
    const step = (p: { w: Tensor; b: Tensor; v: Tensor }, x: Tensor, y: Tensor, rate: Tensor): unknown => {
      const [loss, g] = valueAndGrad(mlp as never)(p as never, x as never, y as never) as unknown as [Tensor, typeof p];
      return [loss, { w: sub(p.w, mul(g.w, rate)), b: sub(p.b, mul(g.b, rate)), v: sub(p.v, mul(g.v, rate)) }];
    };
    const xs = [{ w: filled([12, 8]), b: filled([8]), v: filled([8, 3]) }, filled([20, 12]), filled([20, 3]), 0.1] as const;
    const [backend] = [xs[1].backend as WebGLBackend];
    const f = compiled(step as never);
    expectTree(f(...xs), (step as (...xs: unknown[]) => unknown)(...xs), "jit(step)", close);
    const before = counter(backend, "draws");
    f(...xs);
    // Those of the products are their kernels' own.
    expect(f.explainPlan(...xs)).toMatch(/^7 loop nests in 9 draws \(\d shaders\), 5 kernels,/);
    expect(counter(backend, "draws") - before).toBeLessThanOrEqual(9 + 3 * 5);
  });
});

test("scan", () => {
  withBackend(webgl(), () => {
    const f = (h: Tensor, xs: Tensor, w: Tensor): unknown => scan((c: Tensor, x: Tensor) => { const n = tanh(add(x, mul(c, w))); return [n, n]; }, h, xs);
    // A nest in each of 20 turns; the initial carry; two eights of rows, and what was left with them.
    expect(draws(f, filled([6]), filled([20, 6]), filled([6]))).toBe(24);
  });
});

test("loops and branches, nested and backwards", () => {
  withBackend(webgl(), () => {
    const rnn = (p: { x: Tensor; h: Tensor }, xs: Tensor): Tensor => {
      const [h, hs] = scan((c: Tensor, x: Tensor) => { const n = tanh(add(matmul(x, p.x), matmul(c, p.h))); return [n, n]; }, filled([3, 4]), xs) as [Tensor, Tensor];
      return add(reduceSum(mul(h, h)), reduceSum(sin(hs)));
    };
    draws(valueAndGrad(rnn as never) as never, { x: filled([5, 4]), h: filled([4, 4]) }, filled([7, 3, 5]));
    draws((xs: Tensor) => scan((c: Tensor, x: Tensor) => [add(c, x), mul(c, x)], array(0), xs, { reverse: true }), filled([11]));
    draws((xs: Tensor) => scan((c: Tensor, x: Tensor) => [add(c, x), mul(c, x)], array(0), xs), filled([0]));
    draws((xs: Tensor) => scan(([a, b, k]: Tensor[], x: Tensor) => [[b!, add(a!, mul(k!, x)), k!], a!], [1, 2, 3], xs), filled([6]));
    draws((xs: Tensor) => scan((c: Tensor, row: Tensor) => scan((d: Tensor, x: Tensor) => [add(mul(d, 0.5), x), x], c, row), array(0), xs), filled([5, 3]));
    draws((x: Tensor) => whileLoop(([i, y]: Tensor[]) => less(i!, reduceSum(y!)), ([i, y]: Tensor[]) => [add(i!, 1), cos(y!)], [array(0), x]), filled([5]));
    draws((x: Tensor) => foriLoop(0, 10, (i: Tensor, y: Tensor) => add(y, mul(x, i)), x), filled([3]));
    draws(vmap((x: Tensor) => whileLoop((y: Tensor) => less(y, 10), (y: Tensor) => add(mul(y, 2), 1), x)) as never, array([0.5, 3, 20]));
    draws(grad((x: Tensor) => reduceSum(whileLoop((y: Tensor) => less(reduceSum(y), 10), (y: Tensor) => mul(y, 2), x))) as never, array([0.5, 1]));
    const branch = (x: Tensor): Tensor => cond(greater(reduceSum(x), 0), (y: Tensor) => mul(y, sin(y)), (y: Tensor) => exp(y), x) as Tensor;
    for (const x of [filled([3]), neg(filled([3]))]) draws(branch, x);
    for (const i of [-5, 0, 1, 2, 9]) draws((k: Tensor, x: Tensor) => switchCase(k, [(y: Tensor) => y, (y: Tensor) => mul(y, 2), (y: Tensor) => [y, y][1]!], x), array(i, { dtype: "int32" }), filled([3]));
  });
});

test("loops of unknown length, backwards: what they save stays where it is", () => {
  const backend = webgl();
  withBackend(backend, () => {
    const doubled = (x: Tensor): Tensor => reduceSum(whileLoop((y: Tensor) => less(reduceSum(mul(y, y)), 50), (y: Tensor) => add(mul(y, 1.7), sin(y)), x));
    draws(grad(doubled) as never, filled([5]));
    draws(grad((x: Tensor) => reduceSum(scan((c: Tensor, row: Tensor) => [add(c, doubled(row)), c], array(0), x)[0] as Tensor)) as never, filled([3, 5]));
    draws(grad((x: Tensor) => reduceSum(whileLoop(([i]: Tensor[]) => less(i!, 4), ([i, y]: Tensor[]) => [add(i!, 1), foriLoop(0, i!, (_: Tensor, z: Tensor) => mul(z, cos(z)), y!)], [array(0, { dtype: "int32" }), x])[1] as Tensor)) as never, filled([4]));
    draws(vmap(grad((x: Tensor) => whileLoop((y: Tensor) => less(y, 10), (y: Tensor) => add(mul(y, y), 1), x))) as never, array([0.5, 3, 20]));
    const plan = compiled(grad(doubled) as never).explainPlan(filled([5]));
    expect(plan).toMatch(/ 0 kernels, 2 loops and branches/);
    // Numbers on stacks stay numbers.
    const f = jit(grad((x: Tensor) => whileLoop((y: Tensor) => less(y, 1000), (y: Tensor) => add(mul(y, 2), sin(y)), x)));
    const before = backend.stats();
    const slope = (f(1) as Tensor).item();
    expect([counter(backend, "draws"), counter(backend, "uploads")]).toEqual([before["draws"], before["uploads"]]);
    expect(slope).toBeCloseTo((grad((x: Tensor) => whileLoop((y: Tensor) => less(y, 1000), (y: Tensor) => add(mul(y, 2), sin(y)), x))(1) as Tensor).item(), 1);
  });
});

test("numbers stay on the host: no draw, no read", () => {
  const backend = webgl();
  withBackend(backend, () => {
    const f = jit((x: Tensor) => whileLoop((y: Tensor) => less(y, 1000), (y: Tensor) => add(mul(y, 2), sin(y)), x));
    const before = backend.stats();
    expect(f(1).item()).toBeCloseTo(whileLoop((y: Tensor) => less(y, 1000), (y: Tensor) => add(mul(y, 2), sin(y)), array(1)).item(), 3);
    expect([counter(backend, "draws"), counter(backend, "syncReads")]).toEqual([before["draws"], before["syncReads"]]);
    // float64 is on no device, and numbers are on none.
    expect((jit(grad((x: Tensor) => mul(sin(x), x)))(array(0.5, { dtype: "float64" })) as Tensor).item()).toBeCloseTo(Math.sin(0.5) + 0.5 * Math.cos(0.5), 14);
  });
});

test("a condition on the device is read once a turn, and the reads are counted", () => {
  const backend = webgl();
  withBackend(backend, () => {
    const x = filled([4]);
    const f = jit((y: Tensor) => whileLoop((z: Tensor) => less(reduceSum(mul(z, z)), 1000), (z: Tensor) => mul(z, 2), y));
    const before = counter(backend, "syncReads");
    f(x);
    const norm = Array.from(x.dataSync()).reduce((n, v) => n + v * v, 0);
    const turns = Math.ceil(Math.log2(1000 / norm) / 2);
    expect(counter(backend, "syncReads") - before - 1).toBe(turns + 1);
  });
});

test("equal nests share a shader, at other sizes and offsets too", () => {
  const backend = webgl();
  withBackend(backend, () => {
    const f = jit((x: Tensor, y: Tensor) => concatenate([sin(mul(slice(x, [0], [4]), 3)), sin(mul(slice(y, [2], [9]), 3))], 0));
    const g = jit((x: Tensor) => sin(mul(slice(x, [1], [6]), 3)));
    f(filled([10]), filled([10]));
    const before = counter(backend, "shaders");
    g(filled([10]));
    f(filled([20]), filled([30]));
    expect(counter(backend, "shaders")).toBe(before);
  });
});

test("more arrays than a pass reads, and more results than it writes", () => {
  withBackend(webgl(), () => {
    const xs = Array.from({ length: 70 }, (_, i) => filled([6, i + 1]));
    draws((...ys: Tensor[]) => ys.map((y) => neg(slice(y, [0, 0], [6, 1]))).reduce((a, b) => add(mul(a, 0.9), b)), ...xs);
    draws((...ys: Tensor[]) => ys.map((y) => reduceSum(slice(y, [0, 0], [6, 1]))), ...xs);
    draws((x: Tensor) => Array.from({ length: 30 }, (_, i) => mul(x, i)), filled([100]));
  });
});

test("products with 0 are not 0 for NaN and infinities, whatever the device makes of constants", () => {
  withBackend(webgl(), () => {
    const f = jit((x: Tensor) => [mul(x, 0), mul(-0, x), div(0, x), mul(mul(x, 0), 2), reduceSum(mul(reshape(x, [2, 3]), 0), 1)]);
    const x = array([NaN, Infinity, -Infinity, 0, 2, -3]);
    const times0 = [NaN, NaN, NaN, 0, 0, -0];
    const wanted = [times0, [NaN, NaN, NaN, -0, -0, 0], [NaN, 0, -0, NaN, 0, -0], times0, [NaN, 0]];
    expect((f(x) as Tensor[]).map((y) => Array.from(y.dataSync()))).toEqual(wanted);
  });
});

test("a long chain compiles, and its gradient", () => {
  withBackend(webgl(), () => {
    const chain = (x: Tensor): Tensor => {
      let y = x;
      for (let i = 0; i < 12; i++) y = add(mul(sin(y), y), tanh(mul(y, 0.3)));
      return y;
    };
    expect(draws(chain, filled([64]))).toBe(1);
    draws(grad((x: Tensor) => reduceSum(chain(x))) as never, filled([64]));
  });
});

test("what a program makes on its way is freed", () => {
  const backend = webgl();
  withBackend(backend, () => {
    const xs = filled([40, 33]);
    const f = jit((x: Tensor) => {
      const [h, hs] = scan((c: Tensor, row: Tensor) => [add(mul(c, 0.5), cumsum(row)), transpose(c)], slice(x, [0, 0], [1, 33]), reshape(x, [40, 1, 33])) as [Tensor, Tensor];
      return add(reduceSum(h), reduceSum(mul(log(max(hs, 0.1)), 2)));
    });
    f(xs);
    const before = counter(backend, "liveTextures");
    for (let i = 0; i < 5; i++) f(xs);
    expect(counter(backend, "liveTextures") - before).toBe(5);
  });
});

test("compile makes all shaders ahead of the first call", async () => {
  const backend = webgl();
  useBackend(backend);
  const [f, x] = [compiled((y: Tensor) => div(softmax(sin(y)), reduceMax(add(mul(y, y), 1)))), filled([9, 21])];
  await f.compile(x);
  const before = counter(backend, "shaders");
  expect(before).toBeGreaterThan(2);
  f(x);
  expect(counter(backend, "shaders")).toBe(before);
  // Also where rows are those of a large array.
  const g = compiled((c: Tensor, xs: Tensor) => scan((carry: Tensor, row: Tensor) => [add(carry, sin(row)), null], c, xs));
  const xs = [filled([50]), filled([400, 50])];
  await g.compile(...xs);
  const ahead = counter(backend, "shaders");
  g(...xs);
  expect(counter(backend, "shaders")).toBe(ahead);
});

test("plans say what is drawn, and why some is drawn by itself", () => {
  withBackend(webgl(), () => {
    const f = compiled((x: Tensor) => [add(sin(x), 1), matmul(exp(x), exp(x))]);
    const plan = f.explainPlan(filled([8, 8]));
    expect(plan).toMatch(/^1 loop nest in 1 draw \(1 shader\), 1 kernel; textures of 512 bytes are written$/m);
    expect(plan).toContain("for i < 64\n");
    expect(plan).toContain("not in loops:\n  dot_general: it has a shader of its own");
    const sorted = compiled((x: Tensor) => sort(exp(x))).explainPlan(filled([8]));
    expect(sorted).toMatch(/^1 loop nest in 1 draw \(1 shader\), 0 kernels, 1 transfer;/m);
    expect(sorted).toContain("sort: it has no shader");
    expect(compiled((x: Tensor) => sin(x)).explainPlan(array(1, { dtype: "float64" }))).toContain("float64 is on no device");
  });
});

const rotateP: Primitive<{ by: number }> = definePrimitive<{ by: number }>("@test/rotate", {
  abstractEval: ([x]) => x as Aval,
  linearIn: [0],
  rules: { transpose: (ct: Tensor, _args, { by }) => [bind(rotateP, [ct], { by: -by })] },
});

test("a kernel in GLSL serves a primitive of one's own, alone and in programs", () => {
  const backend = webgl();
  backend.defineLowering(rotateP, ([x], { by }: { by: number }) => ({
    ints: [(x as Aval).size, by],
    source: "float element(int i) { return read0((i + p[1] + p[0]) % p[0]); }",
  }));
  withBackend(backend, () => {
    const rotate = (x: Tensor): Tensor => bind(rotateP, [x], { by: 1 });
    expect(rotate(array([1, 2, 3])).js()).toEqual([2, 3, 1]);
    expect(rotate(transpose(array([[1, 2], [3, 4]]))).js()).toEqual([[3, 2], [4, 1]]);
    const f = jit((x: Tensor) => add(rotate(mul(x, 2)), x));
    expect(f(array([1, 2, 3])).js()).toEqual([5, 8, 5]);
    expect((grad((x: Tensor) => reduceSum(mul(f(x), array([1, 10, 100]))))(array([1, 2, 3])) as Tensor).js()).toEqual([201, 12, 120]);
  });
  backend.defineLowering(rotateP, () => []);
  expect(() => withBackend(backend, () => bind(rotateP, [array([1, 2])], { by: 1 }))).toThrow(expect.objectContaining({ name: "ArgumentError", message: expect.stringContaining("0 sources for 1 results") }));
});

test("random programs, compiled", async () => {
  const skip = (text: string): boolean => /topK|sort|cholesky|solve|fft|igamma|betainc|zeta/i.test(text);
  await expectAll(testRandomPrograms(() => webgl({ fallback: cpu() }), { runs: 30, dtype: "float32", checks: ["compiled", "compiledGradient", "looped"], skip }));
});
