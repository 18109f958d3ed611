// The losses of the models in plain float64 JavaScript, and their derivatives along the directions by central differences.

import { block, cnn, exampleWeight, heads, type Model, mlp, perExample, rnn } from "./data.js";

type Vector = Float64Array;
type Parameters = Readonly<Record<string, Vector>>;

/** n×k by k×m. */
function product(a: Vector, b: Vector, n: number, k: number, m: number): Vector {
  const out = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < k; p++) {
      const x = a[i * k + p] as number;
      for (let j = 0; j < m; j++) out[i * m + j]! += x * (b[p * m + j] as number);
    }
  }
  return out;
}

const plus = (a: Vector, b: Vector): Vector => a.map((v, i) => v + (b[i % b.length] as number));
const relu = (a: Vector): Vector => a.map((v) => Math.max(v, 0));
const mean = (a: Vector): number => a.reduce((s, v) => s + v, 0) / a.length;
const rows = (a: Vector, width: number, f: (row: Vector) => Vector): Vector => {
  const out = new Float64Array(a.length);
  for (let i = 0; i < a.length; i += width) out.set(f(a.subarray(i, i + width)), i);
  return out;
};
const softmax = (row: Vector): Vector => {
  const top = row.reduce((m, v) => Math.max(m, v), -Infinity);
  const e = row.map((v) => Math.exp(v - top));
  const total = e.reduce((s, v) => s + v, 0);
  return e.map((v) => v / total);
};
/** Mean 0 and variance 1. */
export const normalised = (row: Vector): Vector => {
  const m = mean(row);
  const deviation = Math.sqrt(mean(row.map((v) => (v - m) ** 2)) + 1e-5);
  return row.map((v) => (v - m) / deviation);
};

const input = (model: Model): [Vector, Vector] => [Float64Array.from(model.x.data), Float64Array.from(model.y.data)];

/** Mean cross entropy. */
function mlpLoss(p: Parameters): number {
  const [x, y] = input(mlp);
  const h1 = relu(plus(product(x, p["w1"]!, 128, 784, 512), p["b1"]!));
  const h2 = relu(plus(product(h1, p["w2"]!, 128, 512, 256), p["b2"]!));
  return crossEntropy(plus(product(h2, p["w3"]!, 128, 256, 10), p["b3"]!), y, 128);
}

/** n images of s×s×c by 3×3 windows a stride apart, padded so that every pixel, or every stride-th, is the centre of one. */
function convolution(x: Vector, k: Vector, n: number, s: number, c: number, o: number, stride: number): Vector {
  const t = s / stride;
  // "SAME": of two rows of padding the smaller part comes first, so with stride 2 none does.
  const before = stride === 1 ? 1 : 0;
  const out = new Float64Array(n * t * t * o);
  for (let b = 0; b < n; b++) {
    for (let i = 0; i < t; i++) {
      for (let j = 0; j < t; j++) {
        const to = ((b * t + i) * t + j) * o;
        for (let u = 0; u < 3; u++) {
          for (let v = 0; v < 3; v++) {
            const [p, q] = [i * stride + u - before, j * stride + v - before];
            if (p < 0 || q < 0 || p >= s || q >= s) continue;
            for (let f = 0; f < c; f++) {
              const value = x[((b * s + p) * s + q) * c + f] as number;
              const from = ((u * 3 + v) * c + f) * o;
              for (let g = 0; g < o; g++) out[to + g]! += value * (k[from + g] as number);
            }
          }
        }
      }
    }
  }
  return out;
}

const crossEntropy = (scores: Vector, y: Vector, examples: number): number => {
  const logs = rows(scores, 10, (row) => softmax(row).map(Math.log));
  return -logs.reduce((s, v, i) => s + v * (y[i] as number), 0) / examples;
};

/** Mean cross entropy. */
function cnnLoss(p: Parameters): number {
  const [x, y] = input(cnn);
  const h1 = relu(convolution(x, p["k1"]!, 32, 28, 1, 32, 1));
  const h2 = relu(convolution(h1, p["k2"]!, 32, 28, 32, 64, 2));
  const h3 = relu(plus(product(h2, p["w3"]!, 32, 14 * 14 * 64, 128), p["b3"]!));
  return crossEntropy(plus(product(h3, p["w4"]!, 32, 128, 10), p["b4"]!), y, 32);
}

/** Mean squared distance of the block's output from y. */
function blockLoss(p: Parameters): number {
  const [x, y] = input(block);
  const [batch, length, width] = [4, 64, 128];
  const { count, size } = heads;
  const n = rows(x, width, normalised);
  const [q, k, v] = ["wq", "wk", "wv"].map((w) => product(n, p[w]!, batch * length, width, width)) as [Vector, Vector, Vector];
  const mixed = new Float64Array(x.length);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < count; h++) {
      const at = (t: number, j: number): number => (b * length + t) * width + h * size + j;
      for (let t = 0; t < length; t++) {
        const scores = new Float64Array(length);
        for (let s = 0; s < length; s++) for (let j = 0; j < size; j++) scores[s]! += ((q[at(t, j)] as number) * (k[at(s, j)] as number)) / Math.sqrt(size);
        const weights = softmax(scores);
        for (let s = 0; s < length; s++) for (let j = 0; j < size; j++) mixed[at(t, j)]! += (weights[s] as number) * (v[at(s, j)] as number);
      }
    }
  }
  const attended = plus(x, product(mixed, p["wo"]!, batch * length, width, width));
  const hidden = relu(product(rows(attended, width, normalised), p["w1"]!, batch * length, width, 512));
  const out = plus(attended, product(hidden, p["w2"]!, batch * length, 512, width));
  return mean(out.map((o, i) => (o - (y[i] as number)) ** 2));
}

/** The squared errors of the examples, weighted. */
function perExampleLoss(p: Parameters): number {
  const [x, y] = input(perExample);
  const h = plus(product(x, p["w1"]!, 128, 64, 64), p["b1"]!).map(Math.tanh);
  const out = product(h, p["w2"]!, 128, 64, 1);
  return out.reduce((s, o, i) => s + exampleWeight(i) * (o - (y[i] as number)) ** 2, 0);
}

/** Mean squared distance of the last state from y. */
function rnnLoss(p: Parameters): number {
  const [x, y] = input(rnn);
  let h = new Float64Array(16 * 64);
  for (let t = 0; t < 50; t++) {
    const xt = product(x.subarray(t * 1024, (t + 1) * 1024), p["wx"]!, 16, 64, 64);
    h = plus(plus(xt, product(h, p["wh"]!, 16, 64, 64)), p["b"]!).map(Math.tanh) as Float64Array<ArrayBuffer>;
  }
  return mean(h.map((v, i) => (v - (y[i] as number)) ** 2));
}

function lossAndSlope(model: Model, loss: (p: Parameters) => number): number[] {
  const at = (step: number): number =>
    loss(Object.fromEntries(Object.entries(model.parameters).map(([name, { data, direction }]) => [name, Float64Array.from(data, (v, i) => v + step * (direction[i] as number))])));
  const h = 1e-6;
  return [at(0), (at(h) - at(-h)) / (2 * h)];
}

/** The loss and the derivative along the directions, for each model. */
export const reference = {
  mlp: (): number[] => lossAndSlope(mlp, mlpLoss),
  cnn: (): number[] => lossAndSlope(cnn, cnnLoss),
  block: (): number[] => lossAndSlope(block, blockLoss),
  perExample: (): number[] => lossAndSlope(perExample, perExampleLoss),
  rnn: (): number[] => lossAndSlope(rnn, rnnLoss),
} as const;

/** Σ 100(xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²: its Hessian, row by row. */
export function rosenbrockHessian(x: ArrayLike<number>): Float64Array {
  const n = x.length;
  const out = new Float64Array(n * n);
  for (let i = 0; i + 1 < n; i++) {
    const [a, b] = [x[i] as number, x[i + 1] as number];
    out[i * n + i]! += 1200 * a * a - 400 * b + 2;
    out[(i + 1) * n + i + 1]! += 200;
    out[i * n + i + 1] = out[(i + 1) * n + i] = -400 * a;
  }
  return out;
}

/** softmax, logsumexp and normalisation of rows. */
export const ofRows = {
  softmax: (a: ArrayLike<number>, width: number): Float64Array => rows(Float64Array.from(a), width, softmax),
  normalised: (a: ArrayLike<number>, width: number): Float64Array => rows(Float64Array.from(a), width, normalised),
  logsumexp: (a: ArrayLike<number>, width: number): number[] =>
    Array.from({ length: a.length / width }, (_, i) => Math.log(Float64Array.from(Array.prototype.slice.call(a, i * width, (i + 1) * width)).reduce((s, v) => s + Math.exp(v), 0))),
} as const;
