// np.fft. There is no complex dtype: a complex array is a pair [re, im] of real arrays of one shape. Functions that NumPy
// gives complex results return such a pair, those that take complex arrays take a pair, or one array that is real; irfft,
// hfft and the shifts of real arrays return one tensor. Multiply pairs with the products of their parts.

import { asList, ArgumentError, array, bind, broadcastShapes, broadcastTo, cast, castUnlessSame, neg, normalizeAxis, ShapeError, type Tensor, type TensorLike, toTensor, transpose } from "@gradus/core";
import { type ComplexPair, type FftKind, fftP, pad, sliceAlong } from "@gradus/ops";
import { roll } from "./shape.js";

export type { ComplexPair } from "@gradus/ops";

/** A complex array as it is returned: its real and its imaginary part. */
export type Complex = [re: Tensor, im: Tensor];
export type ComplexLike = ComplexPair | TensorLike;

/** Which direction is divided: `"backward"`, the inverse, by n; `"forward"`, the other, by n; `"ortho"`, both by √n. */
export type Norm = "backward" | "ortho" | "forward";

type Axes = readonly number[] | null | undefined;
const isPair = (x: ComplexLike): x is ComplexPair => Array.isArray(x);

// The parts as floats of one dtype and shape.
function parts(x: ComplexLike, what: string): Tensor[] {
  if (isPair(x) && x.length !== 2) throw new ArgumentError(`${what}: a complex array is a pair [re, im], and this is an array of ${(x as readonly unknown[]).length}: array(data) makes a tensor.`);
  const given = (isPair(x) ? x : [x]).map((part) => toTensor(part, what));
  const dtype = given.some((t) => t.dtype === "float64") ? "float64" : "float32";
  const floats = given.map((t) => castUnlessSame(t, { dtype, weak: false }));
  const shape = floats.map((t) => t.shape).reduce((a, b) => (a === b ? a : broadcastShapes(a, b, what)));
  return floats.map((t) => broadcastTo(t, shape));
}

// The first n entries of an axis, zeros where there are fewer.
function resized(x: Tensor, axis: number, n: number): Tensor {
  const length = x.shape[axis] as number;
  if (length === n) return x;
  return length > n ? sliceAlong(x, axis, 0, n) : pad(x, 0, x.shape.map((_, i): [number, number] => [0, i === axis ? n - length : 0]));
}

function scaleOf(norm: Norm, isInverse: boolean, size: number, what: string): number {
  if (norm === "ortho") return 1 / Math.sqrt(size);
  if (norm !== "backward" && norm !== "forward") throw new ArgumentError(`${what}: the norm is ${String(norm)}, expected "backward", "ortho" or "forward".`);
  return (norm === "backward") === isInverse ? 1 / size : 1;
}

interface How {
  readonly kind: FftKind;
  readonly s: Axes;
  readonly axes: Axes;
  readonly norm: Norm | undefined;
  readonly what: string;
  /** hfft and ihfft divide in the other direction. */
  readonly isInverse?: boolean;
}

// Along the axes named, the last of which is the real one: to the end, transformed, and back.
function transformed(x: ComplexLike, { kind, s, axes, norm = "backward", what, isInverse = kind === "ifft" || kind === "irfft" }: How): Tensor[] {
  let given = parts(x, what);
  const { ndim, aval } = given[0] as Tensor;
  const named = axes ?? Array.from({ length: s?.length ?? ndim }, (_, i) => i - (s?.length ?? ndim));
  const places = asList(named, `${what}: the axes`).map((a) => normalizeAxis(a, ndim, what));
  if (new Set(places).size !== places.length) throw new ShapeError(`${what}: the axes [${named}] name one axis twice.`);
  if (s && s.length !== places.length) throw new ShapeError(`${what}: ${s.length} lengths for ${places.length} axes.`);
  if (places.length === 0) throw new ShapeError(`${what}: ${aval.toString()} has no axis to transform: reshape(x, [1]).`);
  const lengths = places.map((a, i) => s?.[i] ?? (kind === "irfft" && i === places.length - 1 ? 2 * ((aval.shape[a] as number) - 1) : (aval.shape[a] as number)));
  if (lengths.some((n) => !(Number.isInteger(n) && n > 0))) throw new ShapeError(`${what}: there is nothing to transform in lengths [${lengths}] of ${aval.toString()}: they have to be positive whole numbers.`);
  if (kind === "rfft" && given.length === 2) throw new ArgumentError(`${what} takes a real array, and was given a pair: use fft.`);
  if (kind !== "rfft" && given.length === 1) given = [given[0] as Tensor, cast(array(0), (given[0] as Tensor).dtype)].map((t) => broadcastTo(t, aval.shape));
  const lead = ndim - places.length;
  const perm = [...aval.shape.map((_, i) => i).filter((i) => !places.includes(i)), ...places];
  const ready = given.map((t) =>
    lengths.reduce((y, n, i) => resized(y, lead + i, kind === "irfft" && i === places.length - 1 ? (n >> 1) + 1 : n), transpose(t, perm)),
  );
  const scale = scaleOf(norm, isInverse, lengths.reduce((a, b) => a * b, 1), what);
  return bind(fftP, ready, { kind, lengths, scale }).map((t) => transpose(t, perm.map((_, i) => perm.indexOf(i))));
}

const line = (n: number | null | undefined): Axes => (n === undefined || n === null ? undefined : [n]);

/**
 * The discrete Fourier transform Σ xₖ e^(−2πi jk/n) along an axis, cut or filled with zeros to n entries if n is given.
 * @throws ShapeError for an axis out of range, or of nothing @throws ArgumentError for another norm
 * @example const [re, im] = np.fft.fft(array([0, 1, 0, 0])); // [1, 0, -1, 0], [0, -1, 0, 1]
 */
export const fft = (x: ComplexLike, n?: number | null, axis = -1, norm?: Norm): Complex => transformed(x, { kind: "fft", s: line(n), axes: [axis], norm, what: "fft" }) as Complex;

/** The inverse of {@link fft}. @throws ShapeError for an axis out of range, or of nothing @throws ArgumentError for another norm */
export const ifft = (x: ComplexLike, n?: number | null, axis = -1, norm?: Norm): Complex => transformed(x, { kind: "ifft", s: line(n), axes: [axis], norm, what: "ifft" }) as Complex;

/** {@link fft} of a real array: the first ⌊n/2⌋ + 1 entries, of which the others are the conjugates. @throws ShapeError @throws ArgumentError for a pair, or another norm */
export const rfft = (x: TensorLike, n?: number | null, axis = -1, norm?: Norm): Complex => transformed(x, { kind: "rfft", s: line(n), axes: [axis], norm, what: "rfft" }) as Complex;

/** The inverse of {@link rfft}: n real numbers, 2(m − 1) for m entries unless n is given. @throws ShapeError @throws ArgumentError for another norm */
export const irfft = (x: ComplexLike, n?: number | null, axis = -1, norm?: Norm): Tensor => transformed(x, { kind: "irfft", s: line(n), axes: [axis], norm, what: "irfft" })[0] as Tensor;

/** {@link fft} along several axes: all of them, or the last ones if lengths s are given. @throws ShapeError @throws ArgumentError for another norm */
export const fftn = (x: ComplexLike, s?: Axes, axes?: Axes, norm?: Norm): Complex => transformed(x, { kind: "fft", s, axes, norm, what: "fftn" }) as Complex;

/** The inverse of {@link fftn}. @throws ShapeError @throws ArgumentError for another norm */
export const ifftn = (x: ComplexLike, s?: Axes, axes?: Axes, norm?: Norm): Complex => transformed(x, { kind: "ifft", s, axes, norm, what: "ifftn" }) as Complex;

/** {@link rfft} along the last of the axes, {@link fft} along the others. @throws ShapeError @throws ArgumentError for a pair, or another norm */
export const rfftn = (x: TensorLike, s?: Axes, axes?: Axes, norm?: Norm): Complex => transformed(x, { kind: "rfft", s, axes, norm, what: "rfftn" }) as Complex;

/** The inverse of {@link rfftn}. @throws ShapeError @throws ArgumentError for another norm */
export const irfftn = (x: ComplexLike, s?: Axes, axes?: Axes, norm?: Norm): Tensor => transformed(x, { kind: "irfft", s, axes, norm, what: "irfftn" })[0] as Tensor;

const plane = [-2, -1];
/** {@link fftn} along two axes. @throws ShapeError @throws ArgumentError for another norm */
export const fft2 = (x: ComplexLike, s?: Axes, axes: Axes = plane, norm?: Norm): Complex => transformed(x, { kind: "fft", s, axes, norm, what: "fft2" }) as Complex;

/** The inverse of {@link fft2}. @throws ShapeError @throws ArgumentError for another norm */
export const ifft2 = (x: ComplexLike, s?: Axes, axes: Axes = plane, norm?: Norm): Complex => transformed(x, { kind: "ifft", s, axes, norm, what: "ifft2" }) as Complex;

/** {@link rfftn} along two axes. @throws ShapeError @throws ArgumentError for a pair, or another norm */
export const rfft2 = (x: TensorLike, s?: Axes, axes: Axes = plane, norm?: Norm): Complex => transformed(x, { kind: "rfft", s, axes, norm, what: "rfft2" }) as Complex;

/** The inverse of {@link rfft2}. @throws ShapeError @throws ArgumentError for another norm */
export const irfft2 = (x: ComplexLike, s?: Axes, axes: Axes = plane, norm?: Norm): Tensor => transformed(x, { kind: "irfft", s, axes, norm, what: "irfft2" })[0] as Tensor;

const conjugate = ([re, im]: readonly Tensor[]): Complex => [re as Tensor, neg(im as Tensor)];

/** The real spectrum of a signal whose negative half is the conjugate of the other: n numbers, 2(m − 1) unless given. @throws ShapeError @throws ArgumentError for another norm */
export function hfft(x: ComplexLike, n?: number | null, axis = -1, norm?: Norm): Tensor {
  const pair = isPair(x) ? conjugate(parts(x, "hfft")) : x;
  return transformed(pair, { kind: "irfft", s: line(n), axes: [axis], norm, what: "hfft", isInverse: false })[0] as Tensor;
}

/** The inverse of {@link hfft}. @throws ShapeError @throws ArgumentError for a pair, or another norm */
export const ihfft = (x: TensorLike, n?: number | null, axis = -1, norm?: Norm): Complex =>
  conjugate(transformed(x, { kind: "rfft", s: line(n), axes: [axis], norm, what: "ihfft", isInverse: true }));

function frequencies(n: number, d: number, isHalf: boolean, what: string): Tensor {
  if (!(Number.isInteger(n) && n > 0)) throw new ArgumentError(`${what}: the length is ${String(n)}, and has to be a positive whole number.`);
  if (!(Number.isFinite(d) && d !== 0)) throw new ArgumentError(`${what}: the distance of samples is ${String(d)}, and has to be a number other than 0.`);
  return array(Array.from({ length: isHalf ? (n >> 1) + 1 : n }, (_, k) => (isHalf || 2 * k < n ? k : k - n) / (n * d)));
}

/** The frequencies of the entries of a spectrum of n, of samples d apart: 0, 1, … −1 by n·d, float32. @throws ArgumentError */
export const fftfreq = (n: number, d = 1): Tensor => frequencies(n, d, false, "fftfreq");

/** The frequencies of half a spectrum: 0, 1, … by n·d, float32. @throws ArgumentError */
export const rfftfreq = (n: number, d = 1): Tensor => frequencies(n, d, true, "rfftfreq");

function shifted(x: ComplexLike, axes: number | Axes, by: (n: number) => number, what: string): Tensor | Complex {
  const shift = (given: TensorLike): Tensor => {
    const t = toTensor(given, what);
    const list = typeof axes === "number" ? [axes] : asList(axes ?? t.shape.map((_, i) => i), `${what}: the axes`);
    return list.reduce((y: Tensor, a) => roll(y, by(t.shape[normalizeAxis(a, t.ndim, what)] as number), a), t);
  };
  return isPair(x) ? [shift(x[0]), shift(x[1])] : shift(x);
}

/** The frequency 0 moved from the start of axes, all of them unless given, to their middle. @throws ShapeError for an axis out of range */
export function fftshift(x: TensorLike, axes?: number | Axes): Tensor;
export function fftshift(x: ComplexPair, axes?: number | Axes): Complex;
export function fftshift(x: ComplexLike, axes?: number | Axes): Tensor | Complex {
  return shifted(x, axes, (n) => n >> 1, "fftshift");
}

/** The inverse of {@link fftshift}. @throws ShapeError for an axis out of range */
export function ifftshift(x: TensorLike, axes?: number | Axes): Tensor;
export function ifftshift(x: ComplexPair, axes?: number | Axes): Complex;
export function ifftshift(x: ComplexLike, axes?: number | Axes): Tensor | Complex {
  return shifted(x, axes, (n) => -(n >> 1), "ifftshift");
}
