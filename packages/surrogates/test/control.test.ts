// fakeQuantize, gumbelSoftmax and the identities that shape gradients.

import { ArgumentError, array, DTypeError, mul, NonlinearError, reduceSum, ShapeError, type Tensor, type TensorLike, useBackend } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { jvp } from "@gradus/jvp";
import { integerPow, sin } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad, vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { argmaxWeights, clipGradient, fakeQuantize, type FakeQuantizeOptions, gumbelSoftmax, reverseGradient, scaleGradient } from "../src/index.js";

useBackend(cpu());

const f64 = (data: number[] | number[][]): Tensor => array(data, { dtype: "float64" });
const numbers = (x: Tensor): number[] => [...x.dataSync()] as number[];
const close = (got: Tensor, expected: readonly number[], tol = 1e-12): void => {
  const data = numbers(got);
  expect(data.length).toBe(expected.length);
  data.forEach((g, i) => expect(Math.abs(g - (expected[i] as number)), `element ${i}: ${g}, expected ${expected[i]}`).toBeLessThanOrEqual(tol));
};

describe("fakeQuantize", () => {
  // Two bits from −1.5 to 1.5: the levels −1.5, −0.5, 0.5, 1.5.
  const range = { bits: 2, min: -1.5, max: 1.5 } as const;
  const x = f64([-2, -1.5, -0.9, 0.3, 0.5, 1.5, 2]);

  test("gives the nearest level", () => {
    for (const rangeGradient of ["step", "clip"] as const) {
      close(fakeQuantize(x, { ...range, rangeGradient }), [-1.5, -1.5, -0.5, 0.5, 0.5, 1.5, 1.5], 0);
    }
    expect(numbers(fakeQuantize(array([NaN]), range))).toEqual([NaN]);
    expect(new Set(numbers(fakeQuantize(f64(Array.from({ length: 200 }, (_, i) => i / 50 - 2)), { bits: 3, min: -1, max: 1 }))).size).toBe(8);
  });

  test("passes the gradient inside the range, ends included", () => {
    for (const rangeGradient of ["step", "clip"] as const) {
      close(grad((y: Tensor) => reduceSum(fakeQuantize(y, { ...range, rangeGradient })))(x), [0, 1, 1, 1, 1, 1, 0]);
    }
  });

  const scalar = (v: number): Tensor => array(v, { dtype: "float64" });
  const gradients = (v: number, rangeGradient: "step" | "clip"): number[] => {
    const f = (lo: Tensor, hi: Tensor): Tensor => reduceSum(fakeQuantize(f64([v]), { bits: 2, min: lo, max: hi, rangeGradient }));
    return (grad(f, { argnums: [0, 1] })(scalar(-1.5), scalar(1.5)) as unknown as Tensor[]).map((t) => t.item());
  };

  test("gives the gradient of values cut off to the end that cut them", () => {
    for (const rangeGradient of ["step", "clip"] as const) {
      close(f64(gradients(-2, rangeGradient)), [1, 0]);
      close(f64(gradients(2, rangeGradient)), [0, 1]);
    }
    expect(gradients(0.3, "clip")).toEqual([0, 0]);
  });

  test("gives the ends the rounding error per step, as LSQ", () => {
    // v = (0.3 + 1.5)/1 = 1.8, round(v) = 2: d/dmax = (2 − 1.8)/3, d/dmin = −that.
    close(f64(gradients(0.3, "step")), [-0.2 / 3, 0.2 / 3]);
  });

  test("moves the range so that 0 is a level", () => {
    close(fakeQuantize(f64([0, -5, 5]), { bits: 2, min: -1.4, max: 1.6, exactZero: true }), [0, -1, 2]);
  });

  test("has a range per channel", () => {
    const w = f64([[0.3, 0.3], [9, -9]]);
    const options = { bits: 2, min: f64([-1.5, 0]), max: f64([1.5, 3]) };
    close(fakeQuantize(w, { ...options, axis: -1 }), [0.5, 0, 1.5, 0]);
    close(fakeQuantize(w, { ...options, axis: 0 }), [0.5, 0.5, 3, 0]);
    const d = grad((hi: Tensor) => reduceSum(fakeQuantize(w, { ...options, max: hi, axis: 1, rangeGradient: "clip" })))(options.max);
    close(d, [1, 0]);
  });

  test("is the same under jit, vmap and forward mode", () => {
    const f = (y: Tensor): Tensor => fakeQuantize(y, range);
    close(jit(f)(x), numbers(f(x)));
    close(vmap(f)(x), numbers(f(x)));
    close(jvp(f, [x], [mul(x, 2)])[1] as Tensor, [0, -3, -1.8, 0.6, 1, 3, 0]);
    close(vmap(grad(f))(x), [0, 1, 1, 1, 1, 1, 0]);
  });

  test("refuses bad options", () => {
    const bad: [Partial<FakeQuantizeOptions>, new (message: string) => Error][] = [
      [{ bits: 0 }, ArgumentError],
      [{ bits: 2.5 }, ArgumentError],
      [{ bits: 25 }, ArgumentError],
      [{ min: 2 }, ArgumentError],
      [{ rangeGradient: "no" as never }, ArgumentError],
      [{ min: f64([1, 2]) }, ShapeError],
      [{ axis: 1, min: f64([0]), max: f64([1]) }, ShapeError],
      [{ axis: 0, min: f64([0]), max: f64([1]) }, ShapeError],
      [{ min: array(0, { dtype: "int32" }) }, DTypeError],
    ];
    for (const [options, error] of bad) expect(() => fakeQuantize(x, { ...range, ...options })).toThrow(error);
    expect(() => fakeQuantize(array([1], { dtype: "int32" }), range)).toThrow(DTypeError);
  });
});

describe("gumbelSoftmax", () => {
  const logits = f64([[0.1, 1.2, -0.3], [2, 0, 0.5]]);
  const noise = f64([[0.2, 0.5, 0.9], [0.1, 0.99, 0.3]]);
  const gumbel = (u: number): number => -Math.log(-Math.log(u));

  test("is the softmax of logits with Gumbel noise", () => {
    const row = [0.1 + gumbel(0.2), 1.2 + gumbel(0.5), -0.3 + gumbel(0.9)].map((v) => Math.exp(v / 0.7));
    const total = row.reduce((a, b) => a + b);
    close(f64(numbers(gumbelSoftmax(noise, logits, { temperature: 0.7 })).slice(0, 3)), row.map((v) => v / total));
    close(reduceSum(gumbelSoftmax(noise, logits, { axis: 0 }), 0), [1, 1, 1]);
  });

  test("hard samples are one-hot, with the gradient of soft ones", () => {
    const weights = f64([[1, 2, 3], [4, 5, 6]]);
    const hard = gumbelSoftmax(noise, logits, { hard: true });
    expect(numbers(hard)).toEqual([0, 0, 1, 0, 1, 0]);
    const loss = (isHard: boolean) => (x: Tensor): Tensor => reduceSum(mul(gumbelSoftmax(noise, x, { hard: isHard, temperature: 0.5 }), weights));
    close(grad(loss(true))(logits), numbers(grad(loss(false))(logits)));
    close(jit(grad(loss(true)))(logits), numbers(grad(loss(false))(logits)));
  });

  test("converges to a hard sample as the temperature falls", () => {
    close(gumbelSoftmax(noise, logits, { temperature: 0.001 }), [0, 0, 1, 0, 1, 0]);
  });

  test("without differences in noise it is argmaxWeights", () => {
    close(gumbelSoftmax(f64([[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]), logits), numbers(argmaxWeights(logits, 1, { sharpness: 1 })));
  });

  test("chooses categories by their probabilities", () => {
    // Inverse of what the noise means: a low-discrepancy grid of uniforms, two categories with odds 3 to 1.
    const n = 64;
    const grid = Array.from({ length: n * n }, (_, i) => [(Math.floor(i / n) + 0.5) / n, ((i % n) + 0.5) / n]);
    const lg = f64(grid.map(() => [Math.log(3), 0]));
    const counts = numbers(reduceSum(gumbelSoftmax(f64(grid), lg, { hard: true }), 0));
    expect((counts[0] as number) / (n * n)).toBeCloseTo(0.75, 2);
  });

  test("takes a key for the noise that it makes", () => {
    const key = array([0, 42], { dtype: "uint32" });
    const lg = f64(Array.from({ length: 4000 }, () => [Math.log(3), 0]));
    const sample = gumbelSoftmax(key, lg, { hard: true });
    expect(numbers(gumbelSoftmax(key, lg, { hard: true }))).toEqual(numbers(sample));
    expect(Math.abs((numbers(reduceSum(sample, 0))[0] as number) / 4000 - 0.75)).toBeLessThan(0.03);
    expect(numbers(jit((k: Tensor) => gumbelSoftmax(k, lg, { hard: true }))(key))).toEqual(numbers(sample));
    const soft = grad((x: Tensor) => reduceSum(integerPow(gumbelSoftmax(key, x), 2)))(logits);
    for (const d of numbers(soft)) expect(Number.isFinite(d)).toBe(true);
    expect(() => gumbelSoftmax(array([1, 2, 3], { dtype: "uint32" }), lg)).toThrow(ShapeError);
  });

  test("survives noise of 0 and 1, and gives it no gradient", () => {
    const edge = array([0, 1, 0.5]);
    for (const v of numbers(gumbelSoftmax(edge, array([0, 0, 0])))) expect(Number.isFinite(v)).toBe(true);
    expect(numbers(grad((u: Tensor) => reduceSum(integerPow(gumbelSoftmax(u, array([0, 0, 0])), 2)))(edge))).toEqual([0, 0, 0]);
  });

  test("is the same under vmap", () => {
    close(vmap((u: Tensor, x: Tensor) => gumbelSoftmax(u, x, { hard: true }))(noise, logits), [0, 0, 1, 0, 1, 0]);
  });

  test("refuses what does not fit", () => {
    expect(() => gumbelSoftmax(f64([0.5]), logits)).toThrow(ShapeError);
    expect(() => gumbelSoftmax(noise, logits, { axis: 2 })).toThrow(ShapeError);
    expect(() => gumbelSoftmax(f64([]), f64([]))).toThrow(ShapeError);
    expect(() => gumbelSoftmax(array([1], { dtype: "int32" }), f64([1]))).toThrow(DTypeError);
    for (const temperature of [0, -1, NaN, Infinity]) expect(() => gumbelSoftmax(noise, logits, { temperature })).toThrow(ArgumentError);
  });
});

describe("clipGradient, scaleGradient and reverseGradient", () => {
  const special = [-0, 0, NaN, Infinity, -Infinity, 2 ** -149, 16777217, 0.1];
  const bits = (x: Tensor): number[] => [...new Uint32Array(x.dataSync().buffer)];
  const identities: [string, (x: Tensor) => Tensor][] = [
    ["clipGradient", (x) => clipGradient(x)],
    ["scaleGradient", (x) => scaleGradient(x, 3)],
    ["reverseGradient", (x) => reverseGradient(x)],
  ];
  test.each(identities)("%s gives its argument bit for bit", (_name, f) => {
    const x = array(special);
    for (const run of [f, jit(f), vmap(f), (y: Tensor) => vjp(f, [y])[0] as Tensor]) expect(bits(run(x))).toEqual(bits(x));
    const whole = array([1, 2], { dtype: "int32" });
    expect(f(whole)).toBe(whole);
  });

  const cube = (f: (x: Tensor) => Tensor) => (x: Tensor): Tensor => integerPow(f(x), 3);
  test("change the gradient: 3x² at 2 is 12", () => {
    const clip = (x: Tensor): Tensor => clipGradient(x, { min: -5, max: 5 });
    const cases: [(x: Tensor) => Tensor, number][] = [
      [clip, 5],
      [(x) => scaleGradient(x, 0.5), 6],
      [(x) => scaleGradient(x, 0), 0],
      [(x) => reverseGradient(x), -12],
      [(x) => reverseGradient(x, 0.25), -3],
    ];
    for (const [f, expected] of cases) {
      expect(grad(cube(f))(2).item()).toBe(expected);
      expect(grad(jit(cube(f)))(2).item()).toBe(expected);
      expect(jit(grad(cube(f)))(2).item()).toBe(expected);
      expect(numbers(vmap(grad(cube(f)))(array([2, 2])))).toEqual([expected, expected]);
    }
    expect(numbers(vmap(grad(cube(clip)))(array([1, 2, -2])))).toEqual([3, 5, 5]);
  });

  test("at second order", () => {
    // d/dx s·3x² with x again behind the scale: s²·6x.
    expect(grad(grad(cube((x) => scaleGradient(x, 0.5))))(2).item()).toBe(3);
    expect(grad(grad(cube((x) => reverseGradient(x))))(2).item()).toBe(12);
    expect(grad(grad((x: Tensor) => mul(sin(x), scaleGradient(x, 0))))(1).item()).toBeCloseTo(-Math.sin(1), 6);
    // Inside the bounds the clip is the identity, outside it is constant.
    const clip = (x: TensorLike): Tensor => clipGradient(x, { min: -100, max: 100 }) as Tensor;
    expect(grad(grad(cube(clip)))(2).item()).toBe(12);
    expect(grad(grad(cube((x) => clipGradient(x))))(2).item()).toBe(0);
  });

  test("in forward mode: scales are linear, a clip is not", () => {
    expect((jvp(cube((x) => scaleGradient(x, 0.5)), [array(2)], [array(1)])[1] as Tensor).item()).toBe(6);
    expect(() => jvp(cube((x) => clipGradient(x)), [array(2)], [array(1)])).toThrow(NonlinearError);
  });

  test("take trees", () => {
    const tree = scaleGradient({ a: array(1), b: [array(2), 3] as [Tensor, number] }, 2);
    expect([tree.a.item(), tree.b[0].item(), tree.b[1].item()]).toEqual([1, 2, 3]);
    const d = grad((p: { a: Tensor; b: Tensor }) => {
      const q = clipGradient(p, { max: 4 });
      return mul(integerPow(q.a, 2), q.b);
    })({ a: array(3), b: array(5) });
    expect([d.a.item(), d.b.item()]).toEqual([4, 4]);
  });

  test("refuse what is no gradient control", () => {
    expect(() => clipGradient(array(1), { min: 2, max: 1 })).toThrow(ArgumentError);
    expect(() => clipGradient(array(1), { max: NaN })).toThrow(ArgumentError);
    expect(() => clipGradient({ a: "x" as never })).toThrow(ArgumentError);
    expect(() => scaleGradient("x" as never, 1)).toThrow(ArgumentError);
    expect(() => scaleGradient(array(1), "x" as never)).toThrow(ArgumentError);
    expect(() => reverseGradient(array(1), array(1) as never)).toThrow(ArgumentError);
    expect(() => grad((x: Tensor) => scaleGradient(x, array([1, 2])))(1)).toThrow(ShapeError);
  });
});
