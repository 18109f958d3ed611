// Rows of convolutions: sums of products, element by element.

import type { Shape, Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { at, type HostArray, indices } from "../host-array.js";
import type { Operation, Sample } from "../operation.js";
import { composed, result, sample, structured, total } from "./structured.js";

/** The attributes with everything written out; one entry per spatial axis. */
interface Slide {
  readonly strides?: readonly number[];
  readonly low?: readonly number[];
  readonly dilation?: readonly number[];
  readonly spread?: readonly number[];
  readonly groups?: number;
  readonly batchGroups?: number;
  /** Layouts, batch and features first unless given. */
  readonly layouts?: readonly [lhs: string, rhs: string, out: string];
}

const spatialLetters = "xyz";

/** An element by named axes: those of `layout`. */
const named = (a: HostArray, layout: string, index: Readonly<Record<string, number>>): number => at(a, Array.from(layout).map((letter) => index[letter] as number));

/** out[n, o, s] = Σ lhs[n, c, (s·stride + k·dilation − low)/spread]·rhs[o, c, k], with features and batch in groups. */
function convolved(x: HostArray, k: HostArray, to: Shape, { strides, low, dilation, spread, groups = 1, batchGroups = 1, layouts }: Slide): HostArray {
  const spatial = Array.from(spatialLetters.slice(0, to.length - 2));
  const [left, right, out] = layouts ?? [`NC${spatial.join("")}`, `OI${spatial.join("")}`, `NC${spatial.join("")}`];
  const size = (a: HostArray | Shape, layout: string, letter: string): number => ("shape" in a ? a.shape : a)[layout.indexOf(letter)] as number;
  const perGroup = size(k, right, "I");
  const [images, features] = [size(to, out, "N"), size(to, out, "C")];
  return result(to, x.dtype, (index) => {
    const o = Object.fromEntries(Array.from(out).map((letter, i) => [letter, index[i] as number])) as Record<string, number>;
    const group = Math.floor((o["C"] as number) / (features / (groups * batchGroups)));
    const terms = indices([perGroup, ...spatial.map((letter) => size(k, right, letter))]).map(([c, ...place]) => {
      const source = place.map((p, i) => (o[spatial[i] as string]! * (strides?.[i] ?? 1) + p * (dilation?.[i] ?? 1) - (low?.[i] ?? 0)) / (spread?.[i] ?? 1));
      const inside = source.every((p, i) => Number.isInteger(p) && p >= 0 && p < size(x, left, spatial[i] as string));
      if (!inside) return 0;
      const names = (list: readonly number[]): Record<string, number> => Object.fromEntries(spatial.map((letter, i) => [letter, list[i] as number]));
      const n = o["N"]! + (batchGroups > 1 ? group * images : 0);
      return named(x, left, { N: n, C: (groups > 1 ? group * perGroup : 0) + c!, ...names(source) }) * named(k, right, { O: o["C"]!, I: c!, ...names(place) });
    });
    return total(terms, x.dtype);
  });
}

const near = { tolerance: { rtol: 1e-5, atol: 1e-5 } };
const general = (label: string, x: Shape, kernel: Shape, to: Shape, options: ops.ConvGeneralOptions = {}, slide: Slide = {}): Sample =>
  sample(`convGeneral ${label}`, (t, k) => ops.convGeneral(t as Tensor, k as Tensor, options), [x, kernel], ([t, k]) => convolved(t!, k!, to, slide), near);
const short = (label: string, x: Shape, kernel: Shape, to: Shape, options: ops.ConvOptions = {}, slide: Slide = {}): Sample =>
  sample(`conv ${label}`, (t, k) => ops.conv(t as Tensor, k as Tensor, options), [x, kernel], ([t, k]) => convolved(t!, k!, to, slide), near);
const transposed = (label: string, x: Shape, kernel: Shape, to: Shape, options: ops.ConvTransposeOptions, slide: Slide): Sample =>
  sample(`convTranspose ${label}`, (t, k) => ops.convTranspose(t as Tensor, k as Tensor, options), [x, kernel], ([t, k]) => convolved(t!, k!, to, slide), near);

const needsAxes = "its operands need axes, which numbers have not";
const nhwc = ["NyxC", "yxIO", "NyxC"] as const;
const last = ["NxC", "xIO", "NxC"] as const;

export const convolution: readonly Operation[] = [
  structured(
    "convGeneral",
    ops.convGeneralP,
    [
      general("of one axis", [2, 1, 5], [1, 1, 3], [2, 1, 3]),
      general("of channels", [1, 2, 3, 4], [3, 2, 2, 2], [1, 3, 2, 3]),
      general("with strides", [1, 1, 5, 4], [1, 1, 2, 2], [1, 1, 2, 2], { windowStrides: 2 }, { strides: [2, 2] }),
      general("padded to the same, the odd one first", [1, 1, 4], [1, 1, 2], [1, 1, 4], { padding: "SAME_LOWER" }, { low: [1] }),
      general("padded unevenly", [1, 1, 3], [1, 1, 2], [1, 1, 5], { padding: [[2, 1]] }, { low: [2] }),
      general("cropped", [1, 1, 6], [1, 1, 2], [1, 1, 2], { padding: [[-1, -2]] }, { low: [-1] }),
      general("dilated", [1, 1, 6], [1, 1, 2], [1, 1, 3], { rhsDilation: 3 }, { dilation: [3] }),
      general("of a dilated array, with strides", [1, 1, 4], [2, 1, 2], [1, 2, 4], { lhsDilation: [3], windowStrides: 2, padding: [[-1, 0]] }, { spread: [3], strides: [2], low: [-1] }),
      general("in layouts", [1, 3, 2, 2], [2, 2, 2, 3], [1, 2, 1, 3], { dimensionNumbers: nhwc }, { layouts: nhwc }),
      general("in crossed layouts", [2, 3, 2, 1], [2, 2, 2, 2], [2, 1, 1, 2], { dimensionNumbers: ["CyxN", "xIyO", "CxNy"] }, { layouts: ["CyxN", "xIyO", "CxNy"] }),
      general("of many features, which are last", [1, 3, 9], [2, 9, 2], [1, 2, 2], { dimensionNumbers: last }, { layouts: last }),
      general("in groups of features", [2, 4, 3], [2, 2, 2], [2, 2, 2], { featureGroupCount: 2 }, { groups: 2 }),
      general("in groups of the batch", [4, 2, 3], [6, 2, 2], [2, 6, 2], { batchGroupCount: 2 }, { batchGroups: 2 }),
      general("with a window of all", [2, 1, 3, 3], [2, 1, 3, 3], [2, 2, 1, 1]),
      general("of three axes", [1, 1, 2, 2, 3], [1, 1, 1, 2, 2], [1, 1, 2, 1, 2]),
      general("without spatial axes", [2, 3], [2, 3], [2, 2]),
      general("that does not fit", [1, 1, 2], [1, 1, 3], [1, 1, 0]),
      general("of no features", [1, 0, 3], [2, 0, 2], [1, 2, 2]),
    ],
    needsAxes,
    { refuses: ["bool", "float0"] },
  ),
  composed(
    "conv",
    [
      short("padded to the same", [1, 1, 4], [1, 1, 3], [1, 1, 4], { padding: "same" }, { low: [1] }),
      short("transposed", [1, 1, 3], [2, 1, 2], [1, 2, 6], { inputDilation: 2, padding: [[1, 1]] }, { spread: [2], low: [1] }),
      short("depthwise", [1, 3, 5], [3, 1, 2], [1, 3, 2], { groups: 3, strides: 2, dilation: [2] }, { groups: 3, strides: [2], dilation: [2] }),
    ],
    needsAxes,
  ),
  composed(
    "convTranspose",
    [
      transposed("to stride times the size", [1, 3, 1], [3, 1, 2], [1, 6, 2], { strides: 2 }, { layouts: last, spread: [2], low: [2] }),
      transposed("to all that is reached", [1, 2, 1], [2, 1, 2], [1, 6, 2], { strides: 3, padding: "VALID" }, { layouts: last, spread: [3], low: [1] }),
      transposed("padded, in layouts", [1, 2, 2], [2, 1, 3], [1, 1, 5], { strides: 2, padding: [[2, 2]], dimensionNumbers: ["NCx", "IOx", "NCx"] }, { layouts: ["NCx", "IOx", "NCx"], spread: [2], low: [2] }),
    ],
    needsAxes,
  ),
];
