// The kernel of Fourier transforms: one line after the other, in doubles. Lengths of small prime factors go by the mixed radix
// algorithm (Stockham's form, which needs no reordering), others by Bluestein's, as a convolution of a power of two.

import { fftP, type FftParams } from "@gradus/ops";
import type { Kernel, KernelFamily } from "./kernel.js";
import { viewOf } from "./layout.js";
import { contiguous, forEachLine, type Line } from "./lines.js";
import { fresh } from "./storage.js";

/** Complex numbers of one line. */
interface Numbers {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Transforms a line in place by e^(−2πi kn/N). */
type Transform = (x: Numbers) => void;

const numbers = (n: number): Numbers => ({ re: new Float64Array(n), im: new Float64Array(n) });

/** cos and sin of 2πk/n, 0 ≤ k < n, exact at multiples of an eighth: angles are taken from the nearest axis. */
function circle(k: number, n: number): [cos: number, sin: number] {
  const quarter = Math.floor((4 * k) / n + 0.5);
  const angle = (2 * Math.PI * (k - (quarter * n) / 4)) / n;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return quarter % 4 === 0 ? [c, s] : quarter % 4 === 1 ? [-s, c] : quarter % 4 === 2 ? [-c, -s] : [s, -c];
}

/** e^(−2πi k/n) for all k. */
function roots(n: number): Numbers {
  const w = numbers(n);
  for (let k = 0; k < n; k++) {
    const [c, s] = circle(k, n);
    w.re[k] = c;
    w.im[k] = -s;
  }
  return w;
}

/** Butterflies of a prime cost its square: above this Bluestein's three transforms cost less. */
const greatestRadix = 31;

function factors(n: number): number[] {
  const list: number[] = [];
  for (let p = 4, rest = n; rest > 1; ) {
    if (rest % p === 0) {
      list.push(p);
      rest /= p;
    } else p = p === 4 ? 2 : p === 2 ? 3 : p * p > rest ? rest : p + 2;
  }
  return list;
}

/** The transform of lines of n. */
function transformOf(n: number): Transform {
  const list = factors(n);
  return list.some((p) => p > greatestRadix) ? bluestein(n) : mixedRadix(n, list);
}

// Source: Van Loan, "Computational frameworks for the fast Fourier transform", SIAM 1992, section 1.7
function mixedRadix(n: number, radices: readonly number[]): Transform {
  const w = roots(n);
  const spare = numbers(n);
  const passes = radices.map((p) => (p === 4 ? butterflies4 : p === 2 ? butterflies2 : butterflies(p)));
  return (x) => {
    let [from, to] = [x, spare];
    let stride = 1; // so many transforms are interleaved
    passes.forEach((pass, i) => {
      pass(from, to, w, n, stride);
      [from, to] = [to, from];
      stride *= radices[i] as number;
    });
    if (from !== x) {
      x.re.set(from.re);
      x.im.set(from.im);
    }
  };
}

// One pass: transforms of p elements that are n/p apart, then the twiddle factors. Element (j, k) of the result at j·p + k.
type Pass = (from: Numbers, to: Numbers, w: Numbers, n: number, stride: number) => void;

const butterflies2: Pass = ({ re: a, im: b }, { re: c, im: d }, w, n, stride) => {
  const half = n / 2;
  for (let j = 0; j < half; j += stride) {
    const wr = w.re[j] as number;
    const wi = w.im[j] as number;
    for (let q = 0; q < stride; q++) {
      const i = j + q;
      const k = 2 * j + q;
      const xr = a[i] as number;
      const xi = b[i] as number;
      const yr = a[i + half] as number;
      const yi = b[i + half] as number;
      c[k] = xr + yr;
      d[k] = xi + yi;
      c[k + stride] = (xr - yr) * wr - (xi - yi) * wi;
      d[k + stride] = (xr - yr) * wi + (xi - yi) * wr;
    }
  }
};

const butterflies4: Pass = ({ re: a, im: b }, { re: c, im: d }, w, n, stride) => {
  const quarter = n / 4;
  for (let j = 0; j < quarter; j += stride) {
    const w1r = w.re[j] as number;
    const w1i = w.im[j] as number;
    const w2r = w.re[2 * j] as number;
    const w2i = w.im[2 * j] as number;
    const w3r = w.re[3 * j] as number;
    const w3i = w.im[3 * j] as number;
    for (let q = 0; q < stride; q++) {
      const i = j + q;
      const k = 4 * j + q;
      const sr = (a[i] as number) + (a[i + 2 * quarter] as number);
      const si = (b[i] as number) + (b[i + 2 * quarter] as number);
      const dr = (a[i] as number) - (a[i + 2 * quarter] as number);
      const di = (b[i] as number) - (b[i + 2 * quarter] as number);
      const tr = (a[i + quarter] as number) + (a[i + 3 * quarter] as number);
      const ti = (b[i + quarter] as number) + (b[i + 3 * quarter] as number);
      const er = (a[i + quarter] as number) - (a[i + 3 * quarter] as number);
      const ei = (b[i + quarter] as number) - (b[i + 3 * quarter] as number);
      c[k] = sr + tr;
      d[k] = si + ti;
      // −i·e is (ei, −er)
      c[k + stride] = (dr + ei) * w1r - (di - er) * w1i;
      d[k + stride] = (dr + ei) * w1i + (di - er) * w1r;
      c[k + 2 * stride] = (sr - tr) * w2r - (si - ti) * w2i;
      d[k + 2 * stride] = (sr - tr) * w2i + (si - ti) * w2r;
      c[k + 3 * stride] = (dr - ei) * w3r - (di + er) * w3i;
      d[k + 3 * stride] = (dr - ei) * w3i + (di + er) * w3r;
    }
  }
};

// Of any odd radix: sums and differences of the legs r and p − r, which have the same cosine and opposite sines.
function butterflies(p: number): Pass {
  const half = (p - 1) / 2;
  const { re: cosines, im: sines } = roots(p);
  const [sr, si, dr, di] = [0, 0, 0, 0].map(() => new Float64Array(half + 1)) as [Float64Array, Float64Array, Float64Array, Float64Array];
  return ({ re: a, im: b }, { re: c, im: d }, w, n, stride) => {
    const part = n / p;
    const store = (to: number, at: number, re: number, im: number): void => {
      const wr = w.re[at] as number;
      const wi = w.im[at] as number;
      c[to] = re * wr - im * wi;
      d[to] = re * wi + im * wr;
    };
    for (let j = 0; j < part; j += stride) {
      for (let q = 0; q < stride; q++) {
        const first = j + q;
        const xr = a[first] as number;
        const xi = b[first] as number;
        let totalR = xr;
        let totalI = xi;
        for (let r = 1; r <= half; r++) {
          const low = first + r * part;
          const high = first + (p - r) * part;
          totalR += sr[r] = (a[low] as number) + (a[high] as number);
          totalI += si[r] = (b[low] as number) + (b[high] as number);
          dr[r] = (a[low] as number) - (a[high] as number);
          di[r] = (b[low] as number) - (b[high] as number);
        }
        const out = p * j + q;
        c[out] = totalR;
        d[out] = totalI;
        for (let k = 1; k <= half; k++) {
          let evenR = xr;
          let evenI = xi;
          let oddR = 0;
          let oddI = 0;
          for (let r = 1, turn = k; r <= half; r++) {
            const cosine = cosines[turn] as number;
            const sine = sines[turn] as number;
            evenR += (sr[r] as number) * cosine;
            evenI += (si[r] as number) * cosine;
            oddR -= (di[r] as number) * sine;
            oddI += (dr[r] as number) * sine;
            turn += k;
            if (turn >= p) turn -= p;
          }
          store(out + k * stride, j * k, evenR + oddR, evenI + oddI);
          store(out + (p - k) * stride, j * (p - k), evenR - oddR, evenI - oddI);
        }
      }
    }
  };
}

// With 2kn = k² + n² − (k − n)² the transform is a convolution with the chirp e^(πi k²/N).
// Source: Bluestein, "A linear filtering approach to the computation of discrete Fourier transform", 1970, https://doi.org/10.1109/TAU.1970.1162132
function bluestein(n: number): Transform {
  const m = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const inner = mixedRadix(m, factors(m));
  const chirp = numbers(n);
  const kernel = numbers(m);
  // k² mod 2n, from one to the next by 2k + 1.
  for (let k = 0, square = 0; k < n; square = (square + 2 * k + 1) % (2 * n), k++) {
    [chirp.re[k], chirp.im[k]] = circle(square, 2 * n) as [number, number];
    for (const at of k === 0 ? [0] : [k, m - k]) {
      kernel.re[at] = (chirp.re[k] as number) / m;
      kernel.im[at] = (chirp.im[k] as number) / m;
    }
  }
  inner(kernel);
  const work = numbers(m);
  return ({ re, im }) => {
    work.re.fill(0, n);
    work.im.fill(0, n);
    for (let k = 0; k < n; k++) {
      const [c, s] = [chirp.re[k] as number, chirp.im[k] as number];
      work.re[k] = (re[k] as number) * c + (im[k] as number) * s;
      work.im[k] = (im[k] as number) * c - (re[k] as number) * s;
    }
    inner(work);
    for (let k = 0; k < m; k++) {
      const [a, b, c, d] = [work.re[k] as number, work.im[k] as number, kernel.re[k] as number, kernel.im[k] as number];
      // The inverse transform is that of the conjugate, conjugated.
      work.re[k] = a * c - b * d;
      work.im[k] = -(a * d + b * c);
    }
    inner(work);
    for (let k = 0; k < n; k++) {
      const [a, b, c, s] = [work.re[k] as number, -(work.im[k] as number), chirp.re[k] as number, chirp.im[k] as number];
      re[k] = a * c + b * s;
      im[k] = b * c - a * s;
    }
  };
}

const fourier: Kernel<FftParams> = (args, { kind, lengths, scale }, outs) => {
  const { dtype, shape } = outs[0]!;
  const first = shape.length - lengths.length;
  const last = shape.length - 1;
  const from = args[0]!.shape;
  const isInverse = kind === "ifft" || kind === "irfft";
  // All elements as doubles, of the shape of the operands until the last axis is transformed.
  const load = (i: number): Float64Array => {
    const to = new Float64Array(args[0]!.size);
    const x = args[i];
    if (x) {
      const source = viewOf(x);
      forEachLine(from, last, [contiguous(to, from), source], ([o, e]) => {
        for (let k = 0; k < (from[last] as number); k++) to[o!.at + k * o!.step] = source.data[e!.at + k * e!.step] as number;
      });
    }
    return to;
  };
  let [re, im] = [load(0), load(1)];
  if (!isInverse) [re, im] = lastAxis(re, im);
  for (let axis = first; axis < last; axis++) {
    const n = lengths[axis - first] as number;
    const now = isInverse ? from : shape;
    if (n > 1) alongAxis(now, axis, [re, im], [re, im], n);
  }
  if (isInverse) [re, im] = lastAxis(re, im);
  return (kind === "irfft" ? [re] : [re, im]).map((part) => {
    const result = fresh(dtype, part.length);
    for (let i = 0; i < part.length; i++) result[i] = (part[i] as number) * scale;
    return result;
  });

  function lastAxis(x: Float64Array, y: Float64Array): [Float64Array, Float64Array] {
    const size = outs[0]!.size;
    const to: [Float64Array, Float64Array] = size === x.length ? [x, y] : [new Float64Array(size), new Float64Array(size)];
    alongAxis(from, last, [x, y], to, lengths[lengths.length - 1] as number);
    return to;
  }

  // Transforms of n along an axis; a line that is shorter is half a spectrum, and of one that has to be the first part stays.
  function alongAxis(dims: readonly number[], axis: number, x: [Float64Array, Float64Array], to: [Float64Array, Float64Array], n: number): void {
    const transform = transformOf(n);
    const line = numbers(n);
    const given = dims[axis] as number;
    const kept = axis === last ? (shape[last] as number) : n;
    const outDims = dims.map((d, i) => (i === axis ? kept : d));
    // The inverse is the transform with re and im exchanged, on both sides.
    const parts: Numbers = isInverse ? { re: line.im, im: line.re } : line;
    forEachLine(dims, axis, [contiguous(x[0], dims), contiguous(to[0], outDims)], ([e, o]) => {
      const { at, step } = e as Line;
      for (let k = 0; k < given; k++) {
        line.re[k] = x[0][at + k * step] as number;
        line.im[k] = x[1][at + k * step] as number;
      }
      if (kind === "irfft" && axis === last) mirrored(line, n);
      transform(parts);
      for (let k = 0; k < kept; k++) {
        to[0][o!.at + k * o!.step] = line.re[k] as number;
        to[1][o!.at + k * o!.step] = line.im[k] as number;
      }
    });
  }
};

// The whole spectrum of real numbers: entry n − k is the conjugate of entry k, and one that is its own mirror image is real.
function mirrored({ re, im }: Numbers, n: number): void {
  im[0] = 0;
  if (n % 2 === 0) im[n / 2] = 0;
  for (let k = 1; 2 * k < n; k++) {
    re[n - k] = re[k] as number;
    im[n - k] = -(im[k] as number);
  }
}

/** fft. */
export const fft: KernelFamily = [[fftP, fourier]];
