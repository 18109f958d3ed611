// The kernels whose share of a ceiling is named: compiled programs of one operation or few, what each gives, and what bounds it.

import { add, array, cpu, dispose, dotGeneral, exp, jit, log, mul, neg, randomBits, reduceSum, sin, sub, tanh, type Tensor, threefry2x32, transpose, withBackend } from "gradus";
import { fractions, matrix, ramp } from "../inputs.js";
import { type Ceiling, hasFma, productPeak, streamPeak, transposePeak } from "./ceilings.js";

/** A compiled program with its arguments. */
export interface Kernel {
  /** One run, its result freed. */
  readonly call: () => unknown;
  readonly values: () => ArrayLike<number>;
}

/** What bounds a kernel: a loop that is timed beside it, or nanoseconds that a prototype took on another machine. */
export type Bound = { readonly loop: () => Ceiling } | { readonly noted: number };

export interface KernelRow {
  readonly title: string;
  /** Floating-point operations of a run, or elements: what its rate, or its time, is told by. */
  readonly flops?: number;
  readonly elements?: number;
  readonly bound: Bound;
  /** The shares of the ceiling that it must, and should, reach. */
  readonly must: number;
  readonly good: number;
  readonly make: () => Kernel;
  readonly size: number;
  /** An element of the result, in float64. */
  readonly at: (i: number) => number;
  /** Largest error accepted, relative to the largest element. */
  readonly tolerance?: number;
}

/** A kernel on two threads beside the same on one. */
export interface SharedRow extends Pick<KernelRow, "title" | "size" | "at" | "tolerance"> {
  readonly one: () => Kernel;
  readonly two: () => Kernel;
}

const kernel = (f: (...xs: Tensor[]) => Tensor | readonly Tensor[], ...xs: Tensor[]): Kernel => {
  const g = jit(f);
  const values = (): ArrayLike<number> => {
    const result = g(...xs) as Tensor | Tensor[];
    return Array.isArray(result) ? result.flatMap((y) => Array.from(y.dataSync())) : result.dataSync();
  };
  return { call: () => dispose(g(...xs)), values };
};
const square = (size: number, seed: number): Tensor => array(matrix(size, seed), { shape: [size, size] });
const entry = (size: number, seed: number, i: number, j: number): number => Math.fround(Math.sin(seed + 1.7 * (i * size + j)));
const dot = (size: number, f: (k: number) => number): number => {
  let sum = 0;
  for (let k = 0; k < size; k++) sum += f(k);
  return sum;
};

/** Products of two matrices; `first` or `second` is transposed. */
function product(size: number, must: number, good: number, layout: "plain" | "first" | "second" = "plain"): KernelRow {
  const [p, q] = [Number(layout !== "first"), Number(layout === "second")];
  const f = (a: Tensor, b: Tensor): Tensor => dotGeneral(a, b, { contract: [[p], [q]] });
  const a = (i: number, k: number): number => (layout === "first" ? entry(size, 1, k, i) : entry(size, 1, i, k));
  const b = (k: number, j: number): number => (layout === "second" ? entry(size, 2, j, k) : entry(size, 2, k, j));
  return {
    title: `${layout === "first" ? "AᵀB" : layout === "second" ? "ABᵀ" : "matrix product"}, ${size}×${size}`,
    flops: 2 * size ** 3,
    bound: { loop: productPeak },
    must, good,
    make: () => kernel(f, square(size, 1), square(size, 2)),
    size: size * size,
    at: (n) => dot(size, (k) => a(Math.floor(n / size), k) * b(k, n % size)),
    tolerance: 1e-4,
  };
}

const third = (size: number): Float32Array => fractions(size).map((v) => 1 - 2 * v);

/** x·y + z. */
const fused = (size: number, title: string): KernelRow => ({
  title: `x·y + z, ${title}`,
  elements: size,
  bound: { loop: () => streamPeak(3, true, 4 * size) },
  must: 0.75, good: 0.9,
  make: () => kernel((x, y, z) => add(mul(x, y), z), array(ramp(size)), array(fractions(size)), array(third(size))),
  size,
  at: (i) => (-3 + (6 * i) / (size - 1)) * (i / size) + (1 - (2 * i) / size),
});

/** Eight operations on two arrays. */
const chain = (x: Tensor, y: Tensor): Tensor => add(mul(sub(mul(add(mul(x, y), x), 0.5), y), sub(x, 1.5)), mul(y, y));
const chainOf = (x: number, y: number): number => ((x * y + x) * 0.5 - y) * (x - 1.5) + y * y;

/** A function of one array; nanoseconds an element where a ceiling, a must and a good were noted for it. */
const elementary = (title: string, f: (x: Tensor) => Tensor, of: (x: number) => number, data: Float32Array, [ceiling, must, good]: readonly [number, number, number]): KernelRow => ({
  title: `${title}, n = 1e5`,
  elements: 1e5,
  bound: { noted: 1e5 * ceiling },
  must: ceiling / must, good: ceiling / good,
  make: () => kernel(f, array(data)),
  size: 1e5,
  at: (i) => of(data[i] as number),
});

const total = (size: number, title: string, must: number, good: number): KernelRow => ({
  title: `sum, ${title}`,
  elements: size,
  bound: { loop: () => streamPeak(1, false, 4 * size) },
  must, good,
  make: () => kernel((x) => reduceSum(x), array(fractions(size))),
  size: 1,
  at: () => (size - 1) / 2,
});

const [side, bytes] = [1024, 4 * 1024 * 1024];
const alongAxis = (axis: 0 | 1): KernelRow => ({
  title: `sum of 1024² along axis ${axis}`,
  elements: side * side,
  bound: { loop: () => streamPeak(1, false, bytes) },
  must: 0.13 / 0.45, good: 0.13 / 0.2,
  make: () => kernel((x) => reduceSum(x, axis), square(side, 1)),
  size: side,
  at: (n) => dot(side, (k) => (axis === 0 ? entry(side, 1, k, n) : entry(side, 1, n, k))),
  tolerance: 1e-4,
});

const rotated = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** Both words of Threefry-2x32-20 for the counter (0, n): Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011). */
function threefry(key: readonly [number, number], n: number): [number, number] {
  const keys = [...key, 0x1bd11bda ^ key[0] ^ key[1]] as [number, number, number];
  const rotations = [[13, 15, 26, 6], [17, 29, 16, 24]] as const;
  let [x, y] = [keys[0], (n + keys[1]) | 0];
  for (let block = 0; block < 5; block++) {
    for (const by of rotations[block % 2] as readonly number[]) {
      x = (x + y) | 0;
      y = rotated(y, by) ^ x;
    }
    x = (x + (keys[(block + 1) % 3] as number)) | 0;
    y = (y + (keys[(block + 2) % 3] as number) + block + 1) | 0;
  }
  return [x >>> 0, y >>> 0];
}

const key = [17, 42] as const;
const words = (data: Uint32Array): Tensor => array(data, { dtype: "uint32" });
/** Positive numbers from all of float32 but its ends. */
const positive = ramp(1e5).map((v) => 10 ** (10 * v));

/** In the order of the report. */
export const kernelRows: readonly KernelRow[] = [
  product(64, 0.65, 0.9),
  ...[256, 512, 1024].map((size) => product(size, 0.75, 0.9)),
  product(2048, 0.7, 0.85),
  product(511, 0.65, 0.85),
  product(512, 0.65, 0.85, "first"),
  product(512, 0.65, 0.85, "second"),
  {
    title: "matrix by vector, 1024²",
    elements: side * side,
    bound: { loop: () => streamPeak(1, false, bytes) },
    must: 0.134 / 0.19, good: 0.134 / 0.15,
    make: () => kernel((a, x) => dotGeneral(a, x, { contract: [[1], [0]] }), square(side, 1), array(ramp(side))),
    size: side,
    at: (n) => dot(side, (k) => entry(side, 1, n, k) * (-3 + (6 * k) / (side - 1))),
    tolerance: 1e-4,
  },
  fused(1e5, "n = 1e5"),
  fused(1e6, "n = 1e6"),
  fused(1e7, "n = 1e7"),
  {
    title: "a chain of 8 operations, n = 1e6",
    elements: 1e6,
    bound: { loop: () => streamPeak(2, true, 4e6) },
    must: 0.43 / 0.65, good: 0.43 / 0.48,
    make: () => kernel(chain, array(ramp(1e6)), array(fractions(1e6))),
    size: 1e6,
    at: (i) => chainOf(-3 + (6 * i) / (1e6 - 1), i / 1e6),
  },
  elementary("exp", (x) => exp(x), Math.exp, ramp(1e5), hasFma ? [0.7, 1, 0.8] : [1, 1.4, 1.1]),
  elementary("log", (x) => log(x), Math.log, positive, [1.65, 2.3, 1.8]),
  elementary("tanh", (x) => tanh(x), Math.tanh, ramp(1e5), [1.85, 2.6, 2]),
  elementary("sin", (x) => sin(x), Math.sin, ramp(1e5), [1.5, 2.1, 1.65]),
  total(1e5, "n = 1e5", 0.048 / 0.08, 0.048 / 0.055),
  total(1e6, "n = 1e6", 0.13 / 0.18, 0.13 / 0.14),
  alongAxis(1),
  alongAxis(0),
  {
    title: "2·xᵀ of 1024²",
    elements: side * side,
    bound: { loop: () => transposePeak(side) },
    must: 0.98 / 1.4, good: 0.98 / 1.05,
    make: () => kernel((x) => mul(transpose(x), 2), square(side, 1)),
    size: side * side,
    at: (n) => 2 * entry(side, 1, n % side, Math.floor(n / side)),
  },
  {
    title: "Threefry, both words of 1e5 counters",
    elements: 2e5,
    bound: { noted: 2 * 2e5 },
    must: 2 / 2.5,
    good: 2 / 1.5,
    make: () => kernel((k, i) => threefry2x32(k, mul(i, 0), i), words(Uint32Array.from(key)), words(Uint32Array.from({ length: 1e5 }, (_, i) => i))),
    size: 2e5,
    at: (n) => threefry(key, n % 1e5)[Math.floor(n / 1e5)] as number,
  },
  {
    title: "random bits of 1e5 numbers, two words for each",
    elements: 1e5,
    bound: { noted: 2 * 2e5 },
    must: 2 / 2.5,
    good: 2 / 1.5,
    make: () => kernel((k) => randomBits(k, [1e5]), words(Uint32Array.from(key))),
    size: 1e5,
    at: (n) => {
      const [a, b] = threefry(key, n);
      return (a ^ b) >>> 0;
    },
  },
];

const w1 = (x: Tensor): Tensor => add(mul(tanh(add(mul(x, 1.5), 0.3)), sin(x)), exp(neg(mul(x, x))));

/** The kernels that threads share, for a backend of two. */
export function sharedRows(two: ReturnType<typeof cpu>): readonly SharedRow[] {
  const both = (title: string, size: number, at: (i: number) => number, make: () => Kernel): SharedRow => ({
    title, size, at, tolerance: 1e-4,
    one: make,
    two: () => {
      const { call, values } = withBackend(two, make);
      return { call: () => withBackend(two, call), values: () => withBackend(two, values) };
    },
  });
  const products = [512, 1024].map((size) => {
    const { title, make, size: elements, at } = product(size, 1, 1);
    return both(title, elements, at, make);
  });
  const x = ramp(1e6);
  return [
    ...products,
    both("exp, n = 1e6", 1e6, (i) => Math.exp(x[i] as number), () => kernel((v) => exp(v), array(x))),
    both("tanh(1.5x+.3)·sin x + exp(−x²), n = 1e6", 1e6, (i) => {
      const v = x[i] as number;
      return Math.tanh(1.5 * v + 0.3) * Math.sin(v) + Math.exp(-v * v);
    }, () => kernel(w1, array(x))),
  ];
}

/** A loop of that many elements. */
export const smallKernel = (size: number): Kernel => kernel((x) => exp(x), array(ramp(size)));

/** What is wrong with a result, at its ends and at 64 places between; undefined where it agrees. */
export function wrongIn(values: ArrayLike<number>, { size, at, tolerance = 1e-5 }: Pick<KernelRow, "size" | "at" | "tolerance">): string | undefined {
  if (values.length !== size) return `${values.length} elements, expected ${size}`;
  const places = [...Array.from({ length: Math.min(size, 64) }, (_, i) => Math.floor((i * size) / Math.min(size, 64))), size - 1];
  const want = places.map(at);
  const scale = Math.max(...want.map(Math.abs));
  const bad = places.findIndex((place, i) => !(Math.abs((values[place] as number) - (want[i] as number)) <= tolerance * scale));
  return bad < 0 ? undefined : `element ${places[bad]} is ${values[places[bad] as number]}, expected ${want[bad]}`;
}
