// The workloads: what each is called, what Gradus is asked to reach, and what the result is, computed here in plain
// float64 JavaScript by formulas of their own, so that agreement is with mathematics and not with one of the libraries.

import { chain, fractions, matrix, point, ramp, shuffled } from "./inputs.js";
import { ofRows, reference, rosenbrockHessian } from "./models/reference.js";

export interface Workload {
  readonly title: string;
  /** Nanoseconds that Gradus must and should take; `later` marks targets of compiled programs and kernels to come. */
  readonly target?: { readonly must?: number; readonly good?: number; readonly later?: boolean };
  /** Floating-point operations of an iteration, where a rate says more than a time. */
  readonly flops?: number;
  readonly expected: () => ArrayLike<number>;
  /** Largest error accepted, relative to the largest element. */
  readonly tolerance?: number;
}

const [ns, us, ms] = [1, 1e3, 1e6];
const one = (value: number) => () => [value];
const ten = (f: (x: number) => number) => () => Array.from(ramp(10), f);
const w1 = (x: number): number => Math.tanh(1.5 * x + 0.3) * Math.sin(x) + Math.exp(-x * x);

/** d/dx of y ← cos(0.9·(sin y + x)), repeated from y = x, by dy ← −sin(u)·0.9·(cos y·dy + 1). */
function chainDerivative(x: number, repetitions: number): number {
  let [y, dy] = [x, 1];
  for (let i = 0; i < repetitions; i++) {
    const u = 0.9 * (Math.sin(y) + x);
    dy = -Math.sin(u) * 0.9 * (Math.cos(y) * dy + 1);
    y = Math.cos(u);
  }
  return dy;
}

/** A matrix with rows and columns exchanged. */
function transposed(a: ArrayLike<number>, size: number): Float64Array {
  return Float64Array.from(a, (_, i) => a[(i % size) * size + Math.floor(i / size)] as number);
}

function product(size: number, layout: "plain" | "first" | "second" = "plain"): Float64Array {
  const [first, second] = [matrix(size, 1), matrix(size, 2)];
  const a = layout === "first" ? transposed(first, size) : first;
  const b = layout === "second" ? transposed(second, size) : second;
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      for (let j = 0; j < size; j++) out[i * size + j]! += (a[i * size + k] as number) * (b[k * size + j] as number);
    }
  }
  return out;
}

/** What a reduction makes of the lines of a 2048×2048 matrix. */
function lines(axis: 0 | 1, f: (a: number, b: number) => number, start: number): Float64Array {
  const out = new Float64Array(2048).fill(start);
  matrix(2048, 1).forEach((v, i) => {
    const at = axis === 0 ? i % 2048 : Math.floor(i / 2048);
    out[at] = f(out[at] as number, v);
  });
  return out;
}

const sum = (a: number, b: number): number => a + b;
const line = (): Float32Array => matrix(317, 1).slice(0, 1e5);
const gemm = (size: number): { target: Workload["target"] & object; flops: number } => ({ target: { good: (2 * size ** 3) / 37, later: true }, flops: 2 * size ** 3 });

function gathered(): Float32Array {
  const table = matrix(800, 1);
  return Float32Array.from({ length: 64e5 }, (_, i) => table[((Math.floor(i / 64) * 7919) % 10000) * 64 + (i % 64)] as number);
}

/** In the order of the report. */
export const workloads = {
  "sin, scalar": { title: "sin(x), scalar", target: { must: 150 * ns, good: 50 * ns }, expected: one(Math.sin(point)) },
  "add, scalar": { title: "add(x, y), scalars", target: { must: 150 * ns, good: 50 * ns }, expected: one(2 * point) },
  "mul by a number": { title: "mul(x, 2), scalar", target: { must: 150 * ns, good: 60 * ns }, expected: one(2 * point) },
  "sin, length 10": { title: "sin(x), length 10", target: { must: 250 * ns, good: 100 * ns }, expected: ten(Math.sin) },
  "add, length 10": { title: "add(x, y), length 10", target: { must: 250 * ns, good: 100 * ns }, expected: ten((x) => 2 * x) },
  "read, length 10": { title: "x.dataSync(), length 10: no operation", expected: ten((x) => x) },
  "jvp of sin·cos": { title: "jvp(sin·cos), scalar", target: { must: 1 * us, good: 0.4 * us }, expected: one(Math.cos(2 * point)) },
  "grad of sin·cos": { title: "grad(sin·cos), scalar", target: { must: 2 * us, good: 0.7 * us }, expected: one(Math.cos(2 * point)) },
  "second derivative of sin·cos": { title: "grad(grad(sin·cos)), scalar", target: { must: 6 * us, good: 2 * us }, expected: one(-2 * Math.sin(2 * point)) },
  "third derivative of x·sin x": {
    title: "third derivative of x·sin x",
    target: { must: 10 * us, good: 6 * us },
    expected: one(-3 * Math.sin(point) - point * Math.cos(point)),
  },
  "grad of a chain, scalar": { title: "grad of a chain of 100 operations, scalar", target: { must: 20 * us }, expected: one(chainDerivative(point, chain.scalar)) },
  "grad of a chain, length 10": {
    title: "grad of a chain of 20 operations, length 10",
    target: { good: 12 * us },
    expected: ten((x) => chainDerivative(x, chain.array)),
    tolerance: 1e-4,
  },
  "jit call, scalar": { title: "call of jit(sin), scalar", target: { must: 1 * us, good: 0.15 * us }, expected: one(Math.sin(point)) },
  "jit call, 7 leaves": { title: "call of a jitted product, 7 leaves", target: { must: 2 * us, good: 0.4 * us }, expected: one(point * point) },
  "jit of grad of sin·cos": { title: "jit(grad(sin·cos)), scalar", target: { good: 0.15 * us, later: true }, expected: one(Math.cos(2 * point)) },
  "W1, 1e3": { title: "tanh(1.5x+.3)·sin x + exp(−x²), n = 1e3", target: { good: 5 * us, later: true }, expected: () => Array.from(ramp(1e3), w1) },
  "W1, 1e5": { title: "the same, n = 1e5", target: { good: 0.55 * ms, later: true }, expected: () => Array.from(ramp(1e5), w1) },
  "W1, 1e6": { title: "the same, n = 1e6", target: { good: 5.5 * ms, later: true }, expected: () => Array.from(ramp(1e6), w1) },
  "sum, 1e6": { title: "sum, n = 1e6", target: { must: 0.18 * ms, good: 0.14 * ms, later: true }, expected: () => [fractions(1e6).reduce((a, x) => a + x, 0)] },
  "matmul, 64": { title: "matrix product, 64×64", target: { good: (2 * 64 ** 3) / 33, later: true }, flops: 2 * 64 ** 3, expected: () => product(64) },
  "matmul, 256": { title: "matrix product, 256×256", target: { good: (2 * 256 ** 3) / 37, later: true }, flops: 2 * 256 ** 3, expected: () => product(256) },
  "matmul, 511": { title: "matrix product, 511×511", ...gemm(511), expected: () => product(511) },
  "matmul, 512": { title: "matrix product, 512×512", ...gemm(512), expected: () => product(512) },
  "matmul, 512, first transposed": { title: "AᵀB, 512×512", ...gemm(512), expected: () => product(512, "first") },
  "matmul, 512, second transposed": { title: "ABᵀ, 512×512", ...gemm(512), expected: () => product(512, "second") },
  "matmul, 1024": { title: "matrix product, 1024×1024", ...gemm(1024), expected: () => product(1024), tolerance: 1e-4 },
  "W1 jit, 1e3": { title: "tanh(1.5x+.3)·sin x + exp(−x²), n = 1e3, jit", target: { good: 5 * us, later: true }, expected: () => Array.from(ramp(1e3), w1) },
  "W1 jit, 1e5": { title: "the same, n = 1e5, jit", target: { good: 0.55 * ms, later: true }, expected: () => Array.from(ramp(1e5), w1) },
  "W1 jit, 1e6": { title: "the same, n = 1e6, jit", target: { good: 5.5 * ms, later: true }, expected: () => Array.from(ramp(1e6), w1) },
  "W1 jit, 1e6, nothing freed": { title: "the same, nothing freed", expected: () => Array.from(ramp(1e6), w1) },
  "MLP step": { title: "MLP 784-512-256-10, batch 128, SGD step", flops: 0.31e9, expected: reference.mlp, tolerance: 1e-3 },
  "MLP step, jit": { title: "the same, jit", target: { good: 8.2 * ms, later: true }, flops: 0.31e9, expected: reference.mlp, tolerance: 1e-3 },
  "CNN step, jit": { title: "CNN 3×3×32, 3×3×64 /2, 128, 10, batch 32, SGD step, jit", target: { good: 28 * ms, later: true }, flops: 0.76e9, expected: reference.cnn, tolerance: 1e-3 },
  "transformer block": { title: "transformer block, value and gradient", flops: 0.33e9, expected: reference.block, tolerance: 1e-3 },
  "transformer block, jit": { title: "the same, jit", target: { good: 10 * ms, later: true }, flops: 0.33e9, expected: reference.block, tolerance: 1e-3 },
  "Hessian of Rosenbrock, 32, jit": { title: "Hessian of Rosenbrock, n = 32, jit", target: { good: 10 * us, later: true }, expected: () => rosenbrockHessian(ramp(32)) },
  "Hessian of Rosenbrock, 100, jit": { title: "Hessian of Rosenbrock, n = 100, jit", target: { good: 30 * us, later: true }, expected: () => rosenbrockHessian(ramp(100)) },
  "gradients of examples, jit": { title: "gradients of 128 examples, 64-64-1, jit", target: { good: 0.8 * ms, later: true }, expected: reference.perExample, tolerance: 1e-3 },
  "RNN": { title: "RNN, 50 steps, hidden 64, batch 16, value and gradient", expected: reference.rnn, tolerance: 1e-3 },
  "RNN, jit": { title: "the same, jit", target: { good: 1.2 * ms, later: true }, expected: reference.rnn, tolerance: 1e-3 },
  "softmax of rows, jit": { title: "softmax, rows of 1024², jit", target: { good: 1.6 * ms, later: true }, expected: () => ofRows.softmax(matrix(1024, 1), 1024) },
  "logsumexp of rows, jit": { title: "logsumexp, rows of 1024², jit", target: { good: 1.5 * ms, later: true }, expected: () => ofRows.logsumexp(matrix(1024, 1), 1024) },
  "normalised rows, jit": { title: "layer norm, rows of 1024², jit", target: { good: 0.9 * ms, later: true }, expected: () => ofRows.normalised(matrix(1024, 1), 1024) },
  "sum of all, jit": { title: "sum of 2048², jit", target: { good: 0.6 * ms, later: true }, expected: () => [matrix(2048, 1).reduce(sum, 0)], tolerance: 1e-3 },
  "sum along axis 0, jit": { title: "sum of 2048² along axis 0, jit", target: { good: 0.6 * ms, later: true }, expected: () => lines(0, sum, 0), tolerance: 1e-4 },
  "sum along axis 1, jit": { title: "sum of 2048² along axis 1, jit", target: { good: 0.6 * ms, later: true }, expected: () => lines(1, sum, 0), tolerance: 1e-4 },
  "max along axis 1, jit": { title: "max of 2048² along axis 1, jit", target: { good: 0.6 * ms, later: true }, expected: () => lines(1, Math.max, -Infinity) },
  "transposed, doubled, jit": { title: "2·xᵀ of 2048², jit", target: { good: 5 * ms, later: true }, expected: () => transposed(matrix(2048, 1), 2048).map((v) => 2 * v) },
  "cumsum, jit": {
    title: "cumsum, n = 1e5, jit",
    target: { good: 0.15 * ms, later: true },
    expected: () => {
      let total = 0;
      return Array.from(line(), (v) => (total += v));
    },
    tolerance: 1e-3,
  },
  "argsort, jit": {
    title: "argsort, n = 1e5, jit",
    target: { good: 7.5 * ms, later: true },
    expected: () => {
      const x = shuffled(1e5);
      return Array.from(x.keys()).sort((i, j) => (x[i] as number) - (x[j] as number) || i - j);
    },
  },
  "rows gathered, jit": {
    title: "1e5 rows of 64 gathered, jit",
    target: { good: 3 * ms, later: true },
    expected: gathered,
  },
  "rows gathered, jit, nothing freed": { title: "the same, nothing freed", expected: gathered },
  "W1 jit, 1e5, 2 threads": { title: "tanh(1.5x+.3)·sin x + exp(−x²), n = 1e5, jit, 2 threads", target: { must: (0.55 / 1.6) * ms, good: (0.55 / 1.85) * ms, later: true }, expected: () => Array.from(ramp(1e5), w1) },
  "W1 jit, 1e6, 2 threads": { title: "the same, n = 1e6, jit, 2 threads", target: { must: (5.5 / 1.6) * ms, good: (5.5 / 1.85) * ms, later: true }, expected: () => Array.from(ramp(1e6), w1) },
  "matmul jit, 512, 2 threads": { title: "matrix product, 512×512, jit, 2 threads", target: { must: (2 * 512 ** 3) / 70, later: true }, flops: 2 * 512 ** 3, expected: () => product(512) },
  "matmul jit, 1024, 2 threads": { title: "matrix product, 1024×1024, jit, 2 threads", target: { must: (2 * 1024 ** 3) / 70, later: true }, flops: 2 * 1024 ** 3, expected: () => product(1024), tolerance: 1e-4 },
  "MLP step, jit, 2 threads": { title: "MLP 784-512-256-10, batch 128, SGD step, jit, 2 threads", flops: 0.31e9, expected: reference.mlp, tolerance: 1e-3 },
} satisfies Record<string, Workload>;

export type WorkloadName = keyof typeof workloads;

/** The names of the workloads, in order. */
export const workloadNames = Object.keys(workloads) as WorkloadName[];

/** A workload by name. */
export const workload = (name: WorkloadName): Workload => workloads[name];
