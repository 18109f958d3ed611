// Memory stays flat over 10⁵ calls of a training step: in a loop that never lets the engine run finalizers, and in one that awaits.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { add, array, mul, reduceSum, type Tensor, useBackend } from "@gradus/core";
import { dotGeneral, sub, tanh } from "@gradus/ops";
import { type CpuBackend, cpu } from "@gradus/ops-cpu";
import { jit, type JitOptions } from "@gradus/tracing";
import { valueAndGrad } from "@gradus/vjp";
import { expect, test } from "vitest";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

interface Parameters {
  readonly [name: string]: Tensor;
}
const filled = (shape: readonly number[], shift = 0): Tensor => array(Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(3 * i + shift) / 2), { shape });
const matmul = (x: Tensor, y: Tensor): Tensor => dotGeneral(x, y, { contract: [[1], [0]] });

/** A step of gradient descent on n inputs, and where it starts. */
function training(n: number, options: JitOptions = {}): { step: (p: Parameters, rate: number) => [Tensor, Parameters]; start: Parameters } {
  const [x, y] = [filled([16, n]), filled([16, 1], 1)];
  const loss = (p: Parameters): Tensor => {
    const error = sub(add(matmul(tanh(add(matmul(x, p["w"] as Tensor), p["b"] as Tensor)), p["v"] as Tensor), p["c"] as Tensor), y);
    return reduceSum(mul(error, error));
  };
  const update = (p: Parameters, rate: Tensor): [Tensor, Parameters] => {
    const [value, gradient] = valueAndGrad(loss)(p) as unknown as [Tensor, Parameters];
    return [value, Object.fromEntries(Object.entries(p).map(([k, v]) => [k, sub(v, mul(rate, gradient[k] as Tensor))]))];
  };
  return { step: jit(update, options) as never, start: { w: filled([n, 8]), b: filled([8]), v: filled([8, 1]), c: array(0) } };
}

interface Memory {
  readonly heap: number;
  readonly arrays: number;
  readonly resident: number;
  readonly compiler: number;
}
/**
 * What is in use: the whole process before it is cleaned up, heap and arrays afterwards. Elements of dead arrays are freed in the
 * background; a second collection waits until those of the first are.
 */
function memory(backend: CpuBackend): Memory {
  const { rss } = process.memoryUsage();
  gc();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, arrays: arrayBuffers, resident: rss, compiler: backend.stats()["memory"] as number };
}

/** `leak`: the bytes of elements that would be there if the parameters of every call were kept. */
function expectFlat(before: Memory, after: Memory, leak: number): void {
  const mebi = 2 ** 20;
  // A tensor kept at every call would be 10 MiB of the heap at 10⁵ calls; garbage that waits is some tens of the process.
  expect((after.heap - before.heap) / mebi).toBeLessThan(2);
  expect((after.arrays - before.arrays) / mebi).toBeLessThan(leak / mebi / 3);
  expect((after.resident - before.resident) / mebi).toBeLessThan(150);
  expect(after.compiler).toBe(before.compiler);
}

const bytesOf = (p: Parameters): number => Object.values(p).reduce((n, x) => n + 4 * x.size, 0);

const warm = 10_000;
const calls = 100_000;

test.each<[string, number, number, JitOptions]>([
  ["small arrays", 4, calls, {}],
  ["small arrays, donated", 4, calls, { donateArgnums: 0 }],
  ["arrays that the compiler keeps", 1500, 3000, {}],
  ["arrays that the compiler keeps, donated", 1500, 3000, { donateArgnums: 0 }],
])("a loop without a pause: %s", { timeout: 180_000 }, (_name, n, count, options) => {
  const backend = cpu();
  useBackend(backend);
  const { step, start } = training(n, options);
  let p = start;
  let value = array(0);
  for (let i = 0; i < count / 10; i++) [value, p] = step(p, 1e-4);
  const before = memory(backend);
  for (let i = 0; i < count; i++) [value, p] = step(p, 1e-4);
  expectFlat(before, memory(backend), count * bytesOf(p));
  expect(Number.isFinite(value.item())).toBe(true);
  expect((backend.stats()["resident"] as number) > 0).toBe(n > 1000);
});

test("a loop that awaits its values", { timeout: 180_000 }, async () => {
  const backend = cpu();
  useBackend(backend);
  const { step, start } = training(4);
  let p = start;
  const run = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const [value, next] = step(p, 1e-4);
      p = next;
      await value.data();
      if (i % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await run(warm);
  const before = memory(backend);
  await run(calls);
  expectFlat(before, memory(backend), calls * bytesOf(p));
});

test.each<[string, number, JitOptions, boolean]>([
  ["", calls / 4, {}, false],
  [", donated", calls, { donateArgnums: 0 }, false],
  [", of functions that are made anew", 3000, {}, true],
])("large results in a loop without a pause%s", { timeout: 180_000 }, (_name, count, options, isNew) => {
  const backend = cpu();
  useBackend(backend);
  const n = 10_000;
  const f = (x: Tensor): Tensor => sub(x, mul(x, 1e-4));
  const decay = jit(f, options);
  let x = filled([n]);
  const run = (count: number): void => {
    for (let i = 0; i < count; i++) x = (isNew ? jit(f, options) : decay)(x);
  };
  run(4000); // each function has results of its own, and so many of them fill the budget
  const before = memory(backend);
  const { copiesIn, resident } = backend.stats();
  run(count);
  expectFlat(before, memory(backend), count * 4 * n);
  expect(backend.stats()).toMatchObject({ copiesIn, resident });
  expect(backend.stats()["evictions"] === 0).toBe(options.donateArgnums === 0);
  expect(x.dataSync().every((v) => Math.abs(v) <= 0.5)).toBe(true);
});

test("results that are kept move out of memory where it is full", { timeout: 180_000 }, () => {
  const backend = cpu();
  useBackend(backend);
  const n = 2 ** 18; // a MiB
  const x = array(new Float32Array(n).fill(1));
  const results = Array.from({ length: 160 }, (_, k) => jit((y: Tensor) => add(y, array([k])))(x));
  const { resident, evictions, shared } = backend.stats();
  expect(resident).toBeGreaterThan(100 * 2 ** 20);
  expect(resident).toBeLessThanOrEqual(2 ** 27);
  expect([evictions! > 0, shared]).toEqual([true, 159]);
  expect(results.map((y) => y.dataSync()[n - 1])).toEqual(results.map((_, k) => k + 1));
});
