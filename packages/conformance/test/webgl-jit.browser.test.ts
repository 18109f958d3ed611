// jit on the device: programs are a few draws, whose number is part of what is promised, and give what they give operation by operation.
import { scan } from "@gradus/control-flow";
import { add, array, mul, reduceSum, reshape, type Tensor, withBackend } from "@gradus/core";
import { div, dotGeneral, exp, reduceMax, sin, sub, tanh } from "@gradus/ops";
import { webgl, type WebGLBackend } from "@gradus/ops-webgl";
import { jit } from "@gradus/tracing";
import { expect, test } from "vitest";

const counter = (backend: WebGLBackend, name: string): number => backend.stats()[name] as number;
const filled = (shape: readonly number[]): Tensor => array(Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(1.7 * i + 0.3)), { shape });

/** The draws of a call of jit(f), which gives what f gives. */
function draws(f: (...xs: any[]) => unknown, ...xs: Tensor[]): number {
  const backend = xs[0]?.backend as WebGLBackend;
  const g = jit(f as never) as unknown as ((...xs: unknown[]) => unknown) & { explainPlan(...xs: unknown[]): string };
  const first = g(...xs);
  const before = counter(backend, "draws");
  g(...xs);
  const count = counter(backend, "draws") - before;
  const [got, wanted] = [[first].flat() as Tensor[], [f(...xs)].flat() as Tensor[]];
  got.forEach((x, i) => {
    const w = (wanted[i] as Tensor).dataSync();
    x.dataSync().forEach((v, k) => expect(Math.abs(v - (w[k] as number)), g.explainPlan(...xs)).toBeLessThanOrEqual(2e-6 * (1 + Math.abs(w[k] as number))));
  });
  return count;
}

const softmax = (x: Tensor): Tensor => {
  const e = exp(sub(x, reshape(reduceMax(x, 1), [x.shape[0] as number, 1])));
  return div(e, reshape(reduceSum(e, 1), [x.shape[0] as number, 1]));
};

test("a chain of elementwise operations is one draw", () => {
  withBackend(webgl(), () => {
    const f = (x: Tensor, b: Tensor): Tensor => add(mul(tanh(add(mul(x, 1.5), 0.3)), sin(x)), exp(sub(b, mul(x, x))));
    expect(draws(f, filled([30, 7]), filled([7]))).toBe(1);
    expect(draws(f, filled([30, 8]), filled([8]))).toBe(1);
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
    for (const shape of [[40, 64], [41, 67], [3, 5000]]) {
      for (const axis of [0, 1]) draws((x: Tensor) => reduceSum(mul(x, x), axis), filled(shape));
      draws((x: Tensor) => reduceSum(mul(x, x)), filled(shape));
    }
    expect(draws((x: Tensor) => reduceSum(exp(x), 1), filled([30, 100]))).toBe(1);
    expect(draws((x: Tensor) => reduceSum(exp(x)), filled([300, 100]))).toBe(2);
  });
});

test("scan", () => {
  withBackend(webgl(), () => {
    const f = (h: Tensor, xs: Tensor, w: Tensor): unknown => scan((c: Tensor, x: Tensor) => { const n = tanh(add(x, dotGeneral(c, w, { contract: [[0], [0]] }))); return [n, n]; }, h, xs);
    // A product and a nest in each of 20 turns; the initial carry; two eights of rows, and what was left with them.
    expect(draws(f, filled([6]), filled([20, 6]), filled([6, 6]))).toBe(44);
  });
});
