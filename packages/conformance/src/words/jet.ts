// The reference that words of transformations are compared with: numbers with up to three independent infinitesimals, whose
// squares are zero. Evaluating a function on x + ε₁ gives its value and derivative, on x + ε₁ + ε₂ + ε₃ all mixed derivatives to
// the third. It shares nothing with the library: a list of 8 coefficients, indexed by the set of infinitesimals as bits.

export type Jet = readonly number[];

/** How many infinitesimals there are: the length of the longest word. */
export const infinitesimals = 3;
const size = 1 << infinitesimals;

export const constant = (value: number): Jet => Array.from({ length: size }, (_, i) => (i === 0 ? value : 0));

export const real = (x: Jet): number => x[0] as number;

export const add = (x: Jet, y: Jet): Jet => x.map((a, i) => a + (y[i] as number));

export const scale = (c: number, x: Jet): Jet => x.map((a) => c * a);

export const sub = (x: Jet, y: Jet): Jet => add(x, scale(-1, y));

/** A product keeps the pairs of disjoint sets: whatever has an infinitesimal twice is zero. */
export function mul(x: Jet, y: Jet): Jet {
  const out = new Array<number>(size).fill(0);
  for (let i = 0; i < size; i++) {
    if (x[i] === 0) continue;
    for (let j = 0; j < size; j++) if ((i & j) === 0) out[i | j] = (out[i | j] as number) + (x[i] as number) * (y[j] as number);
  }
  return out;
}

/** f(x) for a function given by its value and first three derivatives at the real part: its Taylor series, which ends there. */
export function smooth(x: Jet, derivatives: (at: number) => readonly [number, number, number, number]): Jet {
  const n = x.map((a, i) => (i === 0 ? 0 : a));
  const n2 = mul(n, n);
  const [f, f1, f2, f3] = derivatives(real(x));
  return add(add(constant(f), scale(f1, n)), add(scale(f2 / 2, n2), scale(f3 / 6, mul(n2, n))));
}

export const sin = (x: Jet): Jet => smooth(x, (a) => [Math.sin(a), Math.cos(a), -Math.sin(a), -Math.cos(a)]);
export const cos = (x: Jet): Jet => smooth(x, (a) => [Math.cos(a), -Math.sin(a), -Math.cos(a), Math.sin(a)]);
export const exp = (x: Jet): Jet => smooth(x, (a) => [Math.exp(a), Math.exp(a), Math.exp(a), Math.exp(a)]);
export const log = (x: Jet): Jet => smooth(x, (a) => [Math.log(a), 1 / a, -1 / a ** 2, 2 / a ** 3]);

/** The part with infinitesimal k, without it: the derivative in the direction that k stands for. */
export const derivative = (x: Jet, k: number): Jet => x.map((_, i) => ((i >> k) & 1 ? 0 : (x[i | (1 << k)] as number)));

/** The part without infinitesimal k. */
export const without = (x: Jet, k: number): Jet => x.map((a, i) => ((i >> k) & 1 ? 0 : a));

/** x·ε_k, for x without it. */
export const times = (x: Jet, k: number): Jet => x.map((_, i) => ((i >> k) & 1 ? (x[i & ~(1 << k)] as number) : 0));

/** x with no infinitesimals: what stopGradient leaves, at every level. */
export const stop = (x: Jet): Jet => constant(real(x));
