// The workloads: what each is called, what Gradus is asked to reach, and what the result is, computed here in plain
// float64 JavaScript by formulas of their own, so that agreement is with mathematics and not with one of the libraries.

import { chain, fractions, matrix, point, ramp } from "./inputs.js";

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

function product(size: number): Float64Array {
  const [a, b] = [matrix(size, 1), matrix(size, 2)];
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      for (let j = 0; j < size; j++) out[i * size + j]! += (a[i * size + k] as number) * (b[k * size + j] as number);
    }
  }
  return out;
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
} satisfies Record<string, Workload>;

export type WorkloadName = keyof typeof workloads;

/** The names of the workloads, in order. */
export const workloadNames = Object.keys(workloads) as WorkloadName[];

/** A workload by name. */
export const workload = (name: WorkloadName): Workload => workloads[name];
