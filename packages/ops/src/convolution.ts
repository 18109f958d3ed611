// Convolution, written with others: the elements of all windows side by side, contracted with the kernel. Its derivatives are
// those of slices and products.

import { ArgumentError, reshape, ShapeError, type Tensor, type TensorLike, transpose } from "@gradus/core";
import { stack } from "./arrangement.js";
import { dotGeneral } from "./contraction.js";
import { promoted } from "./promotion.js";
import { pad, type PadEntry } from "./slicing.js";
import { placeIn, placesIn, windowsOf, type WindowOptions } from "./window-places.js";

/** Per spatial axis, and the same along all of them if one number is given. */
export interface ConvOptions extends WindowOptions {
  /** Zeros between elements of x, so that they are so far apart: 1 unless given. Strides of a transposed convolution. */
  readonly inputDilation?: number | readonly number[];
  /** Into so many groups the channels are divided, each with kernels of its own. */
  readonly groups?: number;
}

/**
 * The convolution of neural networks (cross-correlation: the kernel is not reversed): x `[n, c, …spatial]` and a kernel
 * `[o, c/groups, …window]` give `[n, o, …]`, for any number of spatial axes. `dilation` spreads the kernel. x and kernel are
 * promoted. @throws ShapeError
 * @example convGeneral(array([[[1, 2, 3, 4]]]), array([[[1, 1]]])) // [[[3, 5, 7]]]
 */
export function convGeneral(x: TensorLike, kernel: TensorLike, { strides = 1, padding = "valid", dilation = 1, inputDilation = 1, groups = 1 }: ConvOptions = {}): Tensor {
  const [t, k] = promoted([x, kernel], "convGeneral") as [Tensor, Tensor];
  if (!Number.isInteger(groups) || groups < 1) throw new ArgumentError(`convGeneral: groups is ${groups}; expected an integer of at least 1.`);
  const [n, c] = t.shape as [number, number];
  const [o, perGroup, ...window] = k.shape as [number, number, ...number[]];
  if (t.ndim < 2 || k.ndim !== t.ndim || c !== perGroup * groups || o % groups !== 0) {
    throw new ShapeError(`convGeneral: ${t.aval.toString()} with a kernel ${k.aval.toString()} in ${groups} group(s); expected [n, c, …spatial] with [o, c/groups, …window], o a multiple of groups.`);
  }
  const spatial = <T>(given: T | readonly T[], other: T): T[] => [other, other, ...(Array.isArray(given) ? (given as readonly T[]) : window.map(() => given as T))];
  const spread = pad(t, 0, spatial(inputDilation, 1).map((d): PadEntry => [0, 0, d - 1]));
  const places = windowsOf(spread, [1, 1, ...window], {
    strides: spatial(strides, 1),
    dilation: spatial(dilation, 1),
    padding: typeof padding === "string" ? padding : [[0, 0], [0, 0], ...padding],
  }, "convGeneral");
  const padded = pad(spread, 0, places.padding);
  const out = places.counts.slice(2);
  // [n, groups, c/groups, places in the window, …out]
  const elements = stack(placesIn([1, 1, ...window]).map((place) => placeIn(padded, place, places)), 2);
  const size = elements.shape[2] as number;
  const products = dotGeneral(reshape(k, [groups, o / groups, perGroup, size]), reshape(elements, [n, groups, perGroup, size, ...out]), {
    contract: [[2, 3], [2, 3]],
    batch: [[0], [1]],
  });
  return reshape(transpose(products, [2, 0, 1, ...out.map((_, i) => i + 3)]), [n, o, ...out]);
}
