// Discrete Fourier transforms over the last axes. There is no complex dtype: a complex array is a pair [re, im] of real
// arrays. As a map of such pairs each transform is linear, and its transpose is the transform with the opposite sign.

import {
  ArgumentError,
  array,
  type Aval,
  avalOf,
  bind,
  definePrimitive,
  DTypeError,
  instantiate,
  isFloat,
  isLinear,
  mul,
  type Primitive,
  ShapeError,
  type Tensor,
  type TensorLike,
  toTensor,
  type Zero,
  zerosOf,
} from "@gradus/core";
import { alignBatch } from "./batch-axis.js";

/** Between complex arrays there and back, from real ones to half of a spectrum, and from that to real ones. */
export type FftKind = "fft" | "ifft" | "rfft" | "irfft";

export interface FftParams {
  kind: FftKind;
  /** Of the transformed axes, which are the last ones, where the numbers are: those of a half spectrum are shorter. */
  lengths: readonly number[];
  /** What the sums are multiplied by. */
  scale: number;
}

/**
 * scale·Σ xₙ e^(∓2πi kn/N), − for fft and rfft, over the last axes. fft and ifft take and give (re, im); rfft takes re and gives
 * the first ⌊N/2⌋ + 1 entries of the last axis, irfft takes those. Other axes are transformed as by fft and ifft.
 */
export const fftP: Primitive<FftParams, "many"> = /* @__PURE__ */ definePrimitive<FftParams, "many">("fft", {
  multipleResults: true,
  abstractEval: (avals, params) => transformed(avals, params),
  linearIn: "all",
  rules: {
    transpose(cts: (Tensor | Zero)[], args, params) {
      const grads = transposed(cts.map((ct) => instantiate(ct)), params);
      return args.map((x, i) => (isLinear(x) ? (grads[i] as Tensor) : null));
    },
    batch(xs, axes, params, axisSize) {
      const outs = bind(fftP, xs.map((x, i) => alignBatch(x, axes[i] ?? null, 0, axisSize)), params);
      return [outs, outs.map(() => 0)];
    },
  },
});

const opposite: Record<FftKind, FftKind> = { fft: "ifft", ifft: "fft", rfft: "irfft", irfft: "rfft" };

// F is symmetric, so with x ↦ Fx on complex pairs the transpose is y ↦ F̄y: the other sign, the same scale. A half spectrum
// stands for its mirror image too, so entries that have one count half on the way to real numbers, and twice on the way back.
function transposed(cts: readonly Tensor[], params: FftParams): Tensor[] {
  const back = { ...params, kind: opposite[params.kind] };
  if (params.kind === "rfft") return bind(fftP, weighted(cts, params, 0.5), back);
  const outs = bind(fftP, cts, back);
  return params.kind === "irfft" ? weighted(outs, params, 2) : outs;
}

function weighted(spectrum: readonly Tensor[], { lengths }: FftParams, weight: number): Tensor[] {
  const n = lengths[lengths.length - 1] as number;
  const weights = Array.from({ length: halfOf(n) }, (_, k) => (k === 0 || 2 * k === n ? 1 : weight));
  return spectrum.map((x) => mul(x, array(weights, { dtype: x.dtype })));
}

const halfOf = (n: number): number => (n >> 1) + 1;

/** The lengths of the transformed axes of the operands. */
const inputLengths = ({ kind, lengths }: Pick<FftParams, "kind" | "lengths">): number[] =>
  lengths.map((n, i) => (kind === "irfft" && i === lengths.length - 1 ? halfOf(n) : n));

function transformed(avals: readonly Aval[], { kind, lengths }: FftParams): Aval[] {
  const [x, im] = avals as [Aval, Aval | undefined];
  if ((im === undefined) !== (kind === "rfft") || avals.length > 2) throw new ArgumentError(`fft: ${kind} takes ${kind === "rfft" ? "one real array" : "a pair [re, im]"}, and was given ${avals.length} operand(s).`);
  for (const a of avals) if (!isFloat(a.dtype)) throw new DTypeError(`fft: ${a.toString()} is not accepted here, expected floats: cast(x, "float32").`);
  if (im !== undefined && (im.dtype !== x.dtype || im.shape !== x.shape)) {
    throw new (im.dtype === x.dtype ? ShapeError : DTypeError)(`fft: the parts ${x.toString()} and ${im.toString()} of a complex array must have one shape and dtype.`);
  }
  if (lengths.length === 0 || lengths.length > x.ndim || lengths.some((n) => !(Number.isInteger(n) && n > 0))) {
    throw new ShapeError(`fft: ${x.toString()} has no last axes of the lengths [${lengths}]: one at least, and none of 0.`);
  }
  const wanted = inputLengths({ kind, lengths });
  const lead = x.ndim - wanted.length;
  if (wanted.some((n, i) => x.shape[lead + i] !== n)) throw new ShapeError(`fft: ${x.toString()} must have the last axes [${wanted}] for an ${kind} of the lengths [${lengths}]: pad or slice it first.`);
  const last = lengths[lengths.length - 1] as number;
  const shape = [...x.shape.slice(0, lead), ...lengths.slice(0, -1), kind === "rfft" ? halfOf(last) : last];
  const out = avalOf(shape, x.dtype);
  return kind === "irfft" ? [out] : [out, out];
}

/** A complex array: its real and its imaginary part, of one shape and dtype. */
export type ComplexPair = readonly [re: TensorLike, im: TensorLike];

export interface FftOptions<K extends FftKind = FftKind> {
  /** `"fft"` unless given. */
  readonly kind?: K;
  /** Of the transformed axes, the last ones: of the last axis alone unless given, for `"irfft"` then the even one of the two that fit. */
  readonly lengths?: readonly number[];
}

/**
 * The discrete Fourier transform Σ xₙ e^(−2πi kn/N) over the last axes, of any lengths: `[f[…,n], f[…,n]]` to the same. A single
 * array is real. `"ifft"` is the inverse, divided by N; `"rfft"` takes a real `f[…,n]` and gives the first ⌊n/2⌋ + 1 entries
 * of its spectrum, `"irfft"` takes those and gives `f[…,n]`, whatever the imaginary part of entries that are their own mirror
 * image. Linear, so it is its own derivative. @throws ShapeError where the lengths are not those of the operands, or are 0
 * @throws DTypeError unless both parts are floats of one dtype @throws ArgumentError for an unknown kind, or a pair for `"rfft"`
 * @example fft(array([1, 0, 0, 0])) // [[1, 1, 1, 1], [0, 0, 0, 0]]
 */
export function fft(x: ComplexPair | TensorLike, options?: FftOptions<"fft" | "ifft" | "rfft">): [re: Tensor, im: Tensor];
export function fft(x: ComplexPair | TensorLike, options: FftOptions<"irfft">): Tensor;
export function fft(x: ComplexPair | TensorLike, { kind = "fft", lengths }: FftOptions = {}): [re: Tensor, im: Tensor] | Tensor {
  if (opposite[kind] === undefined) throw new ArgumentError(`fft: the kind is ${String(kind)}, expected one of ${Object.keys(opposite).join(", ")}.`);
  const isPair = Array.isArray(x);
  if (isPair && (x.length !== 2 || kind === "rfft")) throw new ArgumentError(`fft: ${kind === "rfft" ? "rfft takes one real array" : `a complex array is a pair [re, im]`}, and was given ${x.length}.`);
  const re = toTensor(isPair ? (x as ComplexPair)[0] : (x as TensorLike), "fft");
  const im = isPair ? toTensor((x as ComplexPair)[1], "fft") : zerosOf(re.aval);
  if (re.ndim === 0) throw new ShapeError(`fft: ${re.aval.toString()} has no axis to transform: reshape(x, [1]).`);
  const last = re.shape[re.ndim - 1] as number;
  const dims = lengths ?? [kind === "irfft" ? 2 * (last - 1) : last];
  const scale = kind === "ifft" || kind === "irfft" ? 1 / dims.reduce((n, d) => n * d, 1) : 1;
  const outs = bind(fftP, kind === "rfft" ? [re] : [re, im], { kind, lengths: dims, scale });
  return kind === "irfft" ? (outs[0] as Tensor) : (outs as [Tensor, Tensor]);
}
