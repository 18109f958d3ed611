// Training in Chromium while the context is lost now and then: the weights are those of a run that never lost it. And values that
// move from one backend to another; and operations that two backends disagree on.
import { whileLoop } from "@gradus/control-flow";
import { add, array, BackendMismatchError, bind, definePrimitive, mul, reduceSum, type Tensor, toBackend, toBackendAsync, withBackend } from "@gradus/core";
import { concatenate, dotGeneral, exp, greater, slice, tanh } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { webgl, type WebGLBackend } from "@gradus/ops-webgl";
import { jit } from "@gradus/tracing";
import { grad, valueAndGrad, vjp } from "@gradus/vjp";
import { expect, test } from "vitest";
import { compareBackends } from "../src/index.js";

const timeout = 180_000;

interface Weights {
  readonly inner: Tensor;
  readonly outer: Tensor;
}

const product = (a: Tensor, b: Tensor): Tensor => dotGeneral(a, b, { contract: [[1], [0]] });
const numbers = (n: number, shape: number[], seed: number): Tensor => array(Float32Array.from({ length: n }, (_, i) => Math.sin(seed + 1.7 * i)), { shape });

/** 40 steps of gradient descent on a small network; `during(step)` is called after each, and amid the eager ones with half a step less. */
async function trained(backend: WebGLBackend, how: "eager" | "jit" | "donated", during: (step: number) => void = () => undefined): Promise<{ weights: number[]; losses: number[] }> {
  const [x, y, start] = withBackend(backend, () => [numbers(96, [32, 3], 1), numbers(32, [32, 1], 2), { inner: numbers(24, [3, 8], 3), outer: numbers(8, [8, 1], 4) }] as const);
  let i = 0;
  const loss = (w: Weights): Tensor => {
    const hidden = tanh(product(x, w.inner));
    if (how === "eager") during(i - 0.5);
    const error = add(product(hidden, w.outer), mul(y, -1));
    return mul(reduceSum(mul(error, error)), 1 / 32);
  };
  const step = (w: Weights): [Tensor, Weights] => {
    const [value, gradient] = valueAndGrad(loss)(w) as [Tensor, Weights];
    return [value, { inner: add(w.inner, mul(gradient.inner, -0.1)), outer: add(w.outer, mul(gradient.outer, -0.1)) }];
  };
  const run = how === "eager" ? step : jit(step, how === "donated" ? { donateArgnums: 0 } : {});
  let w: Weights = start;
  const losses: number[] = [];
  for (; i < 40; i++) {
    let value: Tensor;
    [value, w] = withBackend(backend, () => run(w)) as [Tensor, Weights];
    during(i);
    // Between the loss and its being read, and on to the next step.
    if (i % 3 === 0) losses.push((await value.data())[0] as number);
  }
  return { weights: [...(await w.inner.data()), ...(await w.outer.data())], losses };
}

/** A backend whose context comes back a task after its loss, until it is dropped. */
function fragile(every: number): { backend: WebGLBackend; lose(): void; drop(): void } {
  const canvas = new OffscreenCanvas(1, 1);
  const backend = webgl({ canvas, recover: { every } });
  const extension = (canvas.getContext("webgl2") as WebGL2RenderingContext).getExtension("WEBGL_lose_context") as WEBGL_lose_context;
  const restore = (): unknown => setTimeout(() => extension.restoreContext());
  canvas.addEventListener("webglcontextlost", restore);
  const lose = (): void => extension.loseContext();
  const drop = (): void => {
    canvas.removeEventListener("webglcontextlost", restore);
    lose(); // browsers keep few contexts at a time
  };
  return { backend, lose, drop };
}

// Steps 7 and 8 are in one task: the second finds no context to lose.
const lossSteps = [0, 7, 8, 11.5, 19, 26.5, 33, 39];

test.each([
  ["eager", 100],
  ["jit", 2048],
  ["donated", 60],
] as const)("training %s, with copies every %i passes, loses the context and nothing else", { timeout }, async (how, every) => {
  const calm = await trained(webgl(), how);
  const { backend, lose, drop } = fragile(every);
  const shaken = await trained(backend, how, (i) => lossSteps.includes(i) && lose());
  expect(shaken).toEqual(calm);
  expect(backend.stats()["contextLosses"]).toBe(how === "eager" ? 7 : 5);
  drop();
  expect(calm.losses[13]).toBeLessThan((calm.losses[0] as number) / 2);
});

test("what a loop saves for its backward pass outlives a scope, and moves to another backend", { timeout }, async () => {
  const device = webgl();
  const host = cpu();
  const x = withBackend(device, () => array([0.5, 0.25]));
  // x doubles until its sum is 6 or more: 0.75 · 2³.
  const f = (v: Tensor): Tensor => whileLoop((u: Tensor) => greater(6, reduceSum(u)), (u: Tensor) => mul(u, 2), v) as Tensor;
  const [out, pullback] = withBackend(device, () => device.scope(() => vjp(f, [x]))) as [Tensor, (ct: Tensor) => [Tensor]];
  expect(out.js()).toEqual([4, 2]);
  expect(withBackend(device, () => pullback(array([1, 10])))[0].js()).toEqual([8, 80]);
  const moved = toBackend(pullback, host);
  expect(withBackend(host, () => moved(array([1, 10])))[0].js()).toEqual([8, 80]);
});

test("trees move between the CPU and the device, and mixing names how", { timeout }, async () => {
  const device = webgl();
  const host = cpu();
  const weights = withBackend(host, () => ({ w: numbers(12, [3, 4], 1), b: array([1, 2], { dtype: "int32" }), steps: 3 }));
  for (const there of [toBackend(weights, device), await toBackendAsync(weights, device)]) {
    expect([there.w.backend, there.b.backend, there.steps]).toEqual([device, device, 3]);
    const back = await toBackendAsync({ w: exp(there.w), b: mul(there.b, 2) }, host);
    expect(back.w.backend).toBe(host);
    expect(back.b.js()).toEqual([2, 4]);
    exp(weights.w).dataSync().forEach((v, i) => expect(back.w.dataSync()[i]).toBeCloseTo(v, 5));
    expect(() => add(there.w, weights.w)).toThrow(BackendMismatchError);
    expect(() => add(there.w, weights.w)).toThrow(/on the backend webgl, another on cpu\. Move one first: toBackend\(x, backend\)/);
    expect(withBackend(device, () => grad((v: Tensor) => reduceSum(mul(v, toBackend(weights.w, device))))(there.w)).js()).toEqual(weights.w.js());
  }
  // What the device does not have stays an error.
  expect(() => toBackend(withBackend(host, () => array([1], { dtype: "float64" })), device)).toThrow(expect.objectContaining({ name: "DTypeError" }));
});

const rotateP = definePrimitive<{ by: number }>("@acme/rotate", {
  abstractEval: ([x]) => x!,
  decompose: ([x], { by }) => concatenate([slice(x!, [by], [x!.size]), slice(x!, [0], [by])]),
});

test("side by side with the CPU a network trains as alone, and a wrong shader is found", { timeout }, () => {
  const device = webgl();
  const both = compareBackends(device, cpu());
  const x = withBackend(both, () => numbers(12, [4, 3], 1));
  const loss = (w: Tensor): Tensor => reduceSum(exp(mul(product(x, w), 0.1)));
  const [value, gradient] = withBackend(both, () => jit(valueAndGrad(loss))(numbers(6, [3, 2], 2))) as [Tensor, Tensor];
  expect(Number.isFinite(value.item())).toBe(true);
  expect(gradient.shape).toEqual([3, 2]);

  const rotate = (): Tensor => withBackend(both, () => bind(rotateP, [array([1, 2, 3, 4])], { by: 1 }));
  expect(rotate().js()).toEqual([2, 3, 4, 1]);
  // It does not wrap around.
  device.defineLowering(rotateP, ([v], { by }) => ({ ints: [v!.size - 1, by], source: "float element(int i) { return read0(min(i + p[1], p[0])); }" }));
  expect(rotate).toThrow(/^@acme\/rotate\{"by":1\} is 4 at \[3\] on webgl, and 1 on cpu; it was applied to Tensor<f32\[4\]> \[1, 2, 3, 4\], at .*webgl-recovery\.browser\.test\.ts/);
});
