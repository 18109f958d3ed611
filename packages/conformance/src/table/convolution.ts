// Rows of convolutions: sums of products, element by element.

import type { Shape, Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { at, indices } from "../host-array.js";
import type { Operation, Sample } from "../operation.js";
import { composed, result, sample, total } from "./structured.js";

/** The attributes with everything written out. */
interface Slide {
  readonly strides?: readonly number[];
  readonly low?: readonly number[];
  readonly dilation?: readonly number[];
  readonly spread?: readonly number[];
}

function convolving(label: string, x: Shape, kernel: Shape, to: Shape, options: ops.ConvOptions = {}, { strides, low, dilation, spread }: Slide = {}): Sample {
  const [o, perGroup, ...window] = kernel as [number, number, ...number[]];
  const groups = options.groups ?? 1;
  return sample(
    `convGeneral ${label}`,
    (t, k) => ops.convGeneral(t as Tensor, k as Tensor, options),
    [x, kernel],
    ([t, k]) =>
      result(to, t!.dtype, ([n, channel, ...out]) => {
        const first = Math.floor(channel! / (o / groups)) * perGroup;
        const terms = indices([perGroup, ...window]).map(([c, ...place]) => {
          const position = place.map((p, i) => out[i]! * (strides?.[i] ?? 1) + p * (dilation?.[i] ?? 1) - (low?.[i] ?? 0));
          const source = position.map((p, i) => p / (spread?.[i] ?? 1));
          const inside = source.every((p, i) => Number.isInteger(p) && p >= 0 && p < x[i + 2]!);
          return inside ? at(t!, [n!, first + c!, ...source]) * at(k!, [channel!, c!, ...place]) : 0;
        });
        return total(terms, t!.dtype);
      }),
    { tolerance: { rtol: 1e-5, atol: 1e-5 } },
  );
}

export const convolution: readonly Operation[] = [
  composed(
    "convGeneral",
    [
      convolving("of one axis", [2, 1, 5], [1, 1, 3], [2, 1, 3]),
      convolving("of channels", [1, 2, 3, 4], [3, 2, 2, 2], [1, 3, 2, 3]),
      convolving("with strides", [1, 1, 5, 4], [1, 1, 2, 2], [1, 1, 2, 2], { strides: 2 }, { strides: [2, 2] }),
      convolving("padded to the same", [1, 1, 4], [1, 1, 3], [1, 1, 4], { padding: "same" }, { low: [1] }),
      convolving("padded unevenly", [1, 1, 3], [1, 1, 2], [1, 1, 5], { padding: [[2, 1]] }, { low: [2] }),
      convolving("dilated", [1, 1, 6], [1, 1, 2], [1, 1, 3], { dilation: [3] }, { dilation: [3] }),
      convolving("transposed", [1, 1, 3], [2, 1, 2], [1, 2, 6], { inputDilation: 2, padding: [[1, 1]] }, { spread: [2], low: [1] }),
      convolving("in groups", [2, 4, 3], [2, 2, 2], [2, 2, 2], { groups: 2 }),
      convolving("depthwise", [1, 3, 4], [3, 1, 2], [1, 3, 3], { groups: 3 }),
      convolving("without spatial axes", [2, 3], [2, 3], [2, 2]),
    ],
    "its operands need axes, which numbers have not",
  ),
];
