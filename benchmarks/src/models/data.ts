// What the models compute with: parameters, inputs and targets of fixed numbers, and for each parameter a direction. A gradient is
// compared with mathematics by its product with that direction, which is a derivative that needs no gradient to be known.

export interface Leaf {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  readonly direction: Float32Array;
}

const size = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

/** Numbers between ±scale without a pattern that helps. */
export const spread = (shape: readonly number[], seed: number, scale = 1): Float32Array =>
  Float32Array.from({ length: size(shape) }, (_, i) => scale * Math.sin(seed + 1.7 * i + 0.0013 * i * (i % 89)));

/** A parameter, scaled by the length of its first axis. */
const leaf = (seed: number, shape: readonly number[], scale = 1.5 / Math.sqrt(shape[0] as number)): Leaf => ({
  shape,
  data: spread(shape, seed, scale),
  direction: spread(shape, seed + 0.5),
});

/** Inputs, targets and parameters of a model. */
export interface Model {
  readonly x: { readonly shape: readonly number[]; readonly data: Float32Array };
  readonly y: { readonly shape: readonly number[]; readonly data: Float32Array };
  readonly parameters: Readonly<Record<string, Leaf>>;
}

const oneHot = (rows: number, classes: number): Float32Array =>
  Float32Array.from({ length: rows * classes }, (_, i) => (i % classes === (7 * Math.floor(i / classes)) % classes ? 1 : 0));

/** 784-512-256-10 with relu, batch 128. */
export const mlp: Model = {
  x: { shape: [128, 784], data: spread([128, 784], 1) },
  y: { shape: [128, 10], data: oneHot(128, 10) },
  parameters: {
    w1: leaf(2, [784, 512]),
    b1: leaf(3, [512], 0.1),
    w2: leaf(4, [512, 256]),
    b2: leaf(5, [256], 0.1),
    w3: leaf(6, [256, 10]),
    b3: leaf(7, [10], 0.1),
  },
};

/** Digits of 28×28, batch 32: convolutions 3×3×32 and 3×3×64 with stride 2, layers of 128 and 10, with relu between. Features last. */
export const cnn: Model = {
  x: { shape: [32, 28, 28, 1], data: spread([32, 28, 28, 1], 41) },
  y: { shape: [32, 10], data: oneHot(32, 10) },
  parameters: {
    k1: leaf(42, [3, 3, 1, 32], 0.4),
    k2: leaf(43, [3, 3, 32, 64], 0.08),
    w3: leaf(44, [14 * 14 * 64, 128]),
    b3: leaf(45, [128], 0.1),
    w4: leaf(46, [128, 10]),
    b4: leaf(47, [10], 0.1),
  },
};

/** A transformer block: batch 4, 64 tokens of 128 numbers, 4 heads, a hidden layer of 512. */
export const block: Model = {
  x: { shape: [4, 64, 128], data: spread([4, 64, 128], 11) },
  y: { shape: [4, 64, 128], data: spread([4, 64, 128], 12) },
  parameters: {
    wq: leaf(13, [128, 128]),
    wk: leaf(14, [128, 128]),
    wv: leaf(15, [128, 128]),
    wo: leaf(16, [128, 128]),
    w1: leaf(17, [128, 512]),
    w2: leaf(18, [512, 128]),
  },
};

/** Its heads, and the numbers of each. */
export const heads = { count: 4, size: 32 } as const;

/** A layer of 64 tanh and a scalar output, 128 examples one by one. */
export const perExample: Model = {
  x: { shape: [128, 64], data: spread([128, 64], 21) },
  y: { shape: [128], data: spread([128], 22) },
  parameters: { w1: leaf(23, [64, 64]), b1: leaf(24, [64], 0.1), w2: leaf(25, [64]) },
};

/** How much each example's gradient counts where they are compared. */
export const exampleWeight = (i: number): number => Math.cos(i);

/** A recurrent network: 50 steps, batch 16, 64 inputs, 64 hidden. */
export const rnn: Model = {
  x: { shape: [50, 16, 64], data: spread([50, 16, 64], 31) },
  y: { shape: [16, 64], data: spread([16, 64], 32) },
  parameters: { wx: leaf(33, [64, 64], 0.05), wh: leaf(34, [64, 64]), b: leaf(35, [64], 0.1) },
};

/** Σ over parameters of ⟨gradient, direction⟩. */
export function alongDirection(model: Model, gradients: Readonly<Record<string, ArrayLike<number>>>): number {
  let sum = 0;
  for (const [name, { direction }] of Object.entries(model.parameters)) {
    const g = gradients[name] as ArrayLike<number>;
    for (let i = 0; i < direction.length; i++) sum += (g[i] as number) * (direction[i] as number);
  }
  return sum;
}
