// Convolutions of vectors, and the windows that signals are cut with.

import { ArgumentError, array, reshape, ShapeError, type Tensor, type TensorLike } from "@gradus/core";
import { convGeneral, reverse } from "@gradus/ops";
import { floats } from "./operand.js";

/** All n + m − 1 sums, the middle ones as many as the longer vector has entries, or those of complete overlap. */
export type ConvolveMode = "full" | "same" | "valid";

// Σₖ x[k + i]·y[k] for the shifts of a mode, the longer vector being x.
function slid(x: Tensor, y: Tensor, mode: ConvolveMode, what: string): Tensor {
  const m = y.size;
  const half = m >> 1;
  const sides: Record<ConvolveMode, [number, number]> = { full: [m - 1, m - 1], same: [half, m - 1 - half], valid: [0, 0] };
  const padding = sides[mode];
  if (padding === undefined) throw new ArgumentError(`${what}: the mode is ${String(mode)}, expected "full", "same" or "valid".`);
  return reshape(convGeneral(reshape(x, [1, 1, x.size]), reshape(y, [1, 1, m]), { padding: [padding] }), [x.size + padding[0] + padding[1] - m + 1]);
}

function vectors(x: TensorLike, y: TensorLike, what: string): [Tensor, Tensor] {
  const [a, b] = floats([x, y], what) as [Tensor, Tensor];
  for (const t of [a, b]) if (t.ndim !== 1 || t.size === 0) throw new ShapeError(`${what}: ${t.aval.toString()} is no vector with an entry.`);
  return [a, b];
}

/** The convolution Σₖ x[k]·y[i − k] of vectors, as floats. @throws ShapeError unless both are vectors with an entry @throws ArgumentError for another mode */
export function convolve(x: TensorLike, y: TensorLike, mode: ConvolveMode = "full"): Tensor {
  const [a, b] = vectors(x, y, "convolve");
  const [long, short] = a.size >= b.size ? [a, b] : [b, a];
  return slid(long, reverse(short), mode, "convolve");
}

/** The correlation Σₖ x[k + i]·y[k] of vectors, as floats. @throws ShapeError unless both are vectors with an entry @throws ArgumentError for another mode */
export function correlate(x: TensorLike, y: TensorLike, mode: ConvolveMode = "valid"): Tensor {
  const [a, b] = vectors(x, y, "correlate");
  return a.size >= b.size ? slid(a, b, mode, "correlate") : reverse(slid(b, a, mode, "correlate"));
}

function wave(n: number, what: string, f: (turn: number) => number): Tensor {
  if (!Number.isInteger(n) || n < 0) throw new ArgumentError(`${what}: the number of entries is ${String(n)}, and has to be a whole number.`);
  return array(n === 1 ? [1] : Array.from({ length: n }, (_, i) => f(i / (n - 1))), { dtype: "float32" });
}

/** ½ − ½cos over one period, float32. @throws ArgumentError unless n is a whole number */
export const hanning = (n: number): Tensor => wave(n, "hanning", (t) => 0.5 - 0.5 * Math.cos(2 * Math.PI * t));

/** 0.54 − 0.46cos over one period, float32. @throws ArgumentError unless n is a whole number */
export const hamming = (n: number): Tensor => wave(n, "hamming", (t) => 0.54 - 0.46 * Math.cos(2 * Math.PI * t));

/** 0.42 − 0.5cos + 0.08cos of double frequency, float32. @throws ArgumentError unless n is a whole number */
export const blackman = (n: number): Tensor => wave(n, "blackman", (t) => 0.42 - 0.5 * Math.cos(2 * Math.PI * t) + 0.08 * Math.cos(4 * Math.PI * t));

/** A triangle from 0 to 1 and back, float32. @throws ArgumentError unless n is a whole number */
export const bartlett = (n: number): Tensor => wave(n, "bartlett", (t) => 1 - Math.abs(2 * t - 1));
