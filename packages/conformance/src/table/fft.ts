// The row of fft: sums of the definition, term by term.

import type { Shape, Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { at, type HostArray, indices } from "../host-array.js";
import type { Operand, Operation, Sample } from "../operation.js";
import { floats, result, sample, structured } from "./structured.js";

/** Σ over all indices of the last k axes of x·e^(∓2πi Σ k·n/N), a part of it. */
function spectrum([re, im]: readonly [HostArray, HostArray], k: number, sign: 1 | -1, lengths: readonly number[]): (index: readonly number[]) => [re: number, im: number] {
  const lead = re.shape.length - k;
  return (index) => {
    let [a, b] = [0, 0];
    for (const n of indices(lengths)) {
      const turn = lengths.reduce((sum, d, i) => sum + (((index[lead + i] as number) * (n[i] as number)) % d) / d, 0);
      const [c, s] = [Math.cos(2 * Math.PI * turn), sign * Math.sin(2 * Math.PI * turn)];
      const place = [...index.slice(0, lead), ...n];
      const [x, y] = [at(re, place), at(im, place)];
      a += x * c - y * s;
      b += x * s + y * c;
    }
    return [a, b];
  };
}

const zeros = (x: HostArray): HostArray => ({ ...x, data: x.data.map(() => 0) });

// The whole of a spectrum whose last axis is half there: elsewhere it is the conjugate of its mirror image.
function whole([re, im]: readonly [HostArray, HostArray], lengths: readonly number[]): [HostArray, HostArray] {
  const lead = re.shape.length - lengths.length;
  const n = lengths[lengths.length - 1] as number;
  const shape = [...re.shape.slice(0, -1), n];
  const entry = (index: readonly number[]): [number, number] => {
    const last = index[index.length - 1] as number;
    const mirror = index.map((j, i) => (i < lead ? j : (shape[i]! - j) % shape[i]!));
    if (last === 0 || 2 * last === n) {
      // Both images are there, and only their Hermitian part counts.
      return [(at(re, index) + at(re, mirror)) / 2, (at(im, index) - at(im, mirror)) / 2];
    }
    return 2 * last < n ? [at(re, index), at(im, index)] : [at(re, mirror), -at(im, mirror)];
  };
  return [result(shape, "float64", (index) => entry(index)[0]), result(shape, "float64", (index) => entry(index)[1])];
}

const size = (lengths: readonly number[]): number => lengths.reduce((n, d) => n * d, 1);
const pair = (x: HostArray, shape: Shape, entry: (index: number[]) => [number, number], scale = 1): HostArray[] =>
  [0, 1].map((part) => result(shape, x.dtype, (index) => scale * (entry(index)[part] as number)));

const complex = (kind: "fft" | "ifft", shape: Shape, lengths: readonly number[], extra: Partial<Sample> = {}): Sample =>
  sample(`${kind} of [${shape}], ${lengths.length} axes`, (re, im) => ops.fft([re as Tensor, im as Tensor], { kind, lengths }), [shape, shape], ([re, im]) =>
    pair(re!, shape, spectrum([re!, im!], lengths.length, kind === "fft" ? -1 : 1, lengths), kind === "fft" ? 1 : 1 / size(lengths)), { dtypes: floats, ...extra });

const real = (operand: Shape | Operand, lengths: readonly number[]): Sample =>
  sample(`rfft of ${lengths.join("×")}`, (x) => ops.fft(x as Tensor, { kind: "rfft", lengths }), [operand], ([x]) =>
    pair(x!, [...x!.shape.slice(0, -1), (lengths[lengths.length - 1]! >> 1) + 1], spectrum([x!, zeros(x!)], lengths.length, -1, lengths)), { dtypes: floats });

const toReal = (shape: Shape, lengths: readonly number[]): Sample =>
  sample(`irfft to ${lengths.join("×")}`, (re, im) => ops.fft([re as Tensor, im as Tensor], { kind: "irfft", lengths }), [shape, shape], ([re, im]) => {
    const entry = spectrum(whole([re!, im!], lengths), lengths.length, 1, lengths);
    return result([...shape.slice(0, -1), lengths[lengths.length - 1]!], re!.dtype, (index) => entry(index)[0] / size(lengths));
  }, { dtypes: floats });

export const fourier: readonly Operation[] = [
  structured(
    "fft",
    ops.fftP,
    [
      complex("fft", [2, 6], [6]),
      complex("fft", [8], [8]),
      complex("fft", [1], [1]),
      complex("fft", [37], [37]),
      complex("fft", [2, 3, 4], [3, 4]),
      complex("fft", [0, 4], [4]),
      complex("ifft", [2, 5], [5]),
      complex("ifft", [3, 2], [3, 2]),
      real([2, 6], [6]),
      real([5], [5]),
      real([3, 4], [3, 4]),
      toReal([2, 4], [6]),
      toReal([3], [5]),
      toReal([3, 3], [3, 4]),
      toReal([1], [1]),
    ],
    "its operands are arrays with an axis to transform",
    { refuses: ["int32", "uint32", "bool", "float0"] },
  ),
];
