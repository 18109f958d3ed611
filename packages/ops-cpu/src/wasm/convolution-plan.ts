// A convolution as matrix products: out[n, o, s] = Σ over (c, k) of lhs[n, c, place(s, k)]·rhs[o, c, k]. Along every spatial axis the
// place is linear in s and k, but for a dilated lhs, where only every d-th place has an element: there each phase of s has taps
// of its own, and no product with a zero is computed.

import type { Shape } from "@gradus/core";
import { rowMajor } from "@gradus/core";
import type { ConvGeneralParams } from "@gradus/ops";

export interface Convolution {
  readonly dtype: "float32" | "float64" | "int32" | "uint32";
  readonly lhs: Shape;
  readonly rhs: Shape;
  readonly out: Shape;
  readonly params: ConvGeneralParams;
}

/** An index that runs through `count` values, and its steps in the three arrays, in elements. */
export interface Index {
  readonly count: number;
  readonly lhs: number;
  readonly rhs: number;
  readonly out: number;
}

/** Where the elements of the arrays are that belong to the first values of all indices. */
type Start = Omit<Index, "count">;

/** Products over the same indices, from different starts. */
export interface Product {
  readonly places: readonly Index[];
  readonly features: readonly Index[];
  readonly summed: readonly Index[];
  readonly starts: readonly Start[];
}

export interface ConvolutionPlan {
  /** Zeros before and behind each axis of lhs that the windows reach into; undefined where they reach none. */
  readonly padding: readonly (readonly [low: number, high: number])[] | undefined;
  /** The shape of lhs with them. */
  readonly padded: Shape;
  readonly products: readonly Product[];
}

/** Outputs of one axis with the taps that meet elements: s = start + step·t, k likewise, at places that are linear in both. */
interface Phase {
  readonly out: { readonly start: number; readonly step: number; readonly count: number };
  readonly tap: { readonly start: number; readonly step: number; readonly count: number };
  readonly place: { readonly start: number; readonly perOut: number; readonly perTap: number };
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
const mod = (a: number, b: number): number => ((a % b) + b) % b;

function phasesOf(outs: number, window: number, stride: number, low: number, base: number, dilation: number): Phase[] {
  const outStep = base / gcd(stride, base);
  const tapStep = base / gcd(dilation, base);
  return Array.from({ length: Math.min(outStep, outs) }, (_, s) => {
    // The first tap that meets an element.
    let k = 0;
    while (k < Math.min(tapStep, window) && mod(s * stride + k * dilation - low, base) !== 0) k++;
    const meets = k < Math.min(tapStep, window);
    return {
      out: { start: s, step: outStep, count: Math.ceil((outs - s) / outStep) },
      tap: { start: k, step: tapStep, count: meets ? Math.ceil((window - k) / tapStep) : 0 },
      place: { start: meets ? (s * stride + k * dilation - low) / base : 0, perOut: (outStep * stride) / base, perTap: (tapStep * dilation) / base },
    };
  });
}

/** One of each list, in all ways. */
const product = <T>(lists: readonly (readonly T[])[]): T[][] => lists.reduce<T[][]>((all, list) => all.flatMap((tuple) => list.map((x) => [...tuple, x])), [[]]);

export function planConvolution({ lhs, rhs, out, params }: Convolution): ConvolutionPlan {
  const { windowStrides, padding, lhsDilation, rhsDilation, dimensionNumbers, featureGroupCount, batchGroupCount } = params;
  const { lhsSpec, rhsSpec, outSpec } = dimensionNumbers;
  const at = <T>(list: readonly T[], spec: readonly number[], i: number): T => list[spec[i] as number] as T;
  const axes = windowStrides.map((_, a) => a);
  const phases = axes.map((a) =>
    phasesOf(at(out, outSpec, a + 2), at(rhs, rhsSpec, a + 2), windowStrides[a] as number, (padding[a] as readonly [number, number])[0], lhsDilation[a] as number, rhsDilation[a] as number),
  );

  // What windows reach of each axis.
  const beyond = lhs.map((size, axis): readonly [number, number] => {
    let [least, most] = [0, size - 1];
    for (const { out: s, tap, place } of phases[lhsSpec.indexOf(axis) - 2] ?? []) {
      if (tap.count === 0) continue;
      least = Math.min(least, place.start);
      most = Math.max(most, place.start + (s.count - 1) * place.perOut + (tap.count - 1) * place.perTap);
    }
    return [-least, most - size + 1];
  });
  const padded = lhs.map((size, axis) => size + (beyond[axis] as readonly [number, number])[0] + (beyond[axis] as readonly [number, number])[1]);
  const [l, r, o] = [rowMajor(padded), rowMajor(rhs), rowMajor(out)];

  const groups = featureGroupCount * batchGroupCount;
  const [batch, input, outputs] = [at(lhs, lhsSpec, 0) / batchGroupCount, at(rhs, rhsSpec, 1), at(rhs, rhsSpec, 0) / groups];
  const products = product(phases).map((combination): Product => {
    const places = combination.map(({ out: s, place }, a): Index => ({ count: s.count, lhs: place.perOut * at(l, lhsSpec, a + 2), rhs: 0, out: s.step * at(o, outSpec, a + 2) }));
    const taps = combination.map(({ tap, place }, a): Index => ({ count: tap.count, lhs: place.perTap * at(l, lhsSpec, a + 2), rhs: tap.step * at(r, rhsSpec, a + 2), out: 0 }));
    let [lhsStart, rhsStart, outStart] = [0, 0, 0];
    combination.forEach(({ out: s, tap, place }, a) => {
      lhsStart += (place.start + (beyond[lhsSpec[a + 2] as number] as readonly [number, number])[0]) * at(l, lhsSpec, a + 2);
      rhsStart += tap.start * at(r, rhsSpec, a + 2);
      outStart += s.start * at(o, outSpec, a + 2);
    });
    const group = (g: number): Start => ({
      lhs: lhsStart + (featureGroupCount > 1 ? g * input * at(l, lhsSpec, 1) : g * batch * at(l, lhsSpec, 0)),
      rhs: rhsStart + g * outputs * at(r, rhsSpec, 0),
      out: outStart + g * outputs * at(o, outSpec, 1),
    });
    return {
      places: sorted([{ count: batch, lhs: at(l, lhsSpec, 0), rhs: 0, out: at(o, outSpec, 0) }, ...places], "out"),
      features: [{ count: outputs, lhs: 0, rhs: at(r, rhsSpec, 0), out: at(o, outSpec, 1) }],
      summed: sorted([{ count: input, lhs: at(l, lhsSpec, 1), rhs: at(r, rhsSpec, 1), out: 0 }, ...taps], "lhs"),
      starts: Array.from({ length: groups }, (_, g) => group(g)),
    };
  });
  return { padding: beyond.some(([low, high]) => low > 0 || high > 0) ? beyond : undefined, padded, products };
}

// The largest steps outermost, so that neighbours in memory are neighbours in tables.
const sorted = (indices: readonly Index[], by: "lhs" | "out"): Index[] => indices.filter(({ count }) => count !== 1).sort((x, y) => Math.abs(y[by]) - Math.abs(x[by]));
