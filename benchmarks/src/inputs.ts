// The numbers that every library is given, and the sizes of the workloads.

/** The argument of the scalar workloads. */
export const point = 0.5;

/** `size` numbers from −3 to 3. */
export const ramp = (size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => -3 + (6 * i) / (size - 1));

/** `size` numbers from 0 to 1. */
export const fractions = (size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => i / size);

/** A size×size matrix of numbers that no symmetry helps. */
export const matrix = (size: number, seed: number): Float32Array =>
  Float32Array.from({ length: size * size }, (_, i) => Math.sin(seed + 1.7 * i));

/** Repetitions of the four operations of a chain: y ← cos(0.9·(sin y + x)). */
export const chain = { scalar: 25, array: 5 } as const;

/** The leaves of the first argument of the jit call with many leaves. */
export const leaves = ["a", "b", "c", "d", "e", "f"] as const;

/** `size` < 100003 different whole numbers in no order. */
export const shuffled = (size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => (i * 7919) % 100003);
