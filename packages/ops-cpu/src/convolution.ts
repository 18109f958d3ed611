// The kernel family of convolutions: the elements under all windows are laid out as a matrix, some images at a time, and
// multiplied by the kernel. What padding and dilation leave out stays zero in that matrix.

import { type DType, rowMajor, type Shape, type TypedArray } from "@gradus/core";
import { convGeneralP, type ConvGeneralParams } from "@gradus/ops";
import { copied, copyInto, payloadOf } from "./copy.js";
import { type MatrixProduct, product as matrixProduct } from "./gemm.js";
import type { Kernel, KernelFamily } from "./kernel.js";
import { viewOf } from "./layout.js";
import { fresh } from "./storage.js";
import { View } from "./view.js";
import { runsOf } from "./window-runs.js";

// So many elements of windows are laid out at a time.
const chunk = 2 ** 20;

const product = (shape: Shape): number => shape.reduce((n, d) => n * d, 1);

/** How the matrix of windows lies in memory: the steps from image to image, and along features, places in the window and in the result. */
interface Steps {
  readonly image: number;
  readonly feature: number;
  readonly place: number;
  readonly row: number;
}

const convGeneral = (multiply: MatrixProduct): Kernel<ConvGeneralParams> => ([lhs, rhs], params, [out]) => {
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers;
  const { featureGroupCount, batchGroupCount } = params;
  const [x, k] = [viewOf(lhs!), viewOf(rhs!)];
  const pick = <T>(list: readonly T[], spec: readonly number[]): T[] => spec.map((i) => list[i] as T);
  const [images, features, ...counts] = pick(out!.shape, outSpec) as [number, number, ...number[]];
  const [, inputs, ...window] = pick(rhs!.shape, rhsSpec) as [number, number, ...number[]];
  const groups = featureGroupCount * batchGroupCount;
  const [perGroup, rows, places] = [features / groups, product(counts), product(window)];
  const depth = inputs * places;
  const result = fresh(out!.dtype, out!.size);
  // Features last, or so few windows that images go together: a row of the result for each window. Else a row for each feature.
  const byWindow = groups === 1 && (outSpec[1] === out!.ndim - 1 || rows < 32);
  const strides = byWindow ? [rows * features, 1, ...rowMajor(counts).map((s) => s * features)] : rowMajor([images, features, ...counts]);
  const payload = payloadOf(new View(result, outSpec.map((_, i) => strides[outSpec.indexOf(i)] as number)), out!.shape);
  if (out!.size === 0 || depth === 0) return payload;

  const source = new View(x.data, pick(x.strides, lhsSpec), x.offset);
  const together = byWindow ? Math.min(images, Math.max(1, Math.floor(chunk / (rows * depth)))) : 1;
  // Features next to each other in memory stay so; otherwise the longer runs are those of windows, or of places in them.
  const lastFeatures = source.strides[1] === 1 && inputs >= 8;
  const isTall = lastFeatures || places > rows;
  const steps: Steps = isTall
    ? { image: rows * depth, feature: lastFeatures ? 1 : places, place: lastFeatures ? inputs : 1, row: depth }
    : { image: rows, feature: places * together * rows, place: together * rows, row: 1 };
  const matrix = fresh(out!.dtype, together * rows * depth);
  const weights = kernelRows(new View(k.data, pick(k.strides, rhsSpec), k.offset), [features, inputs, ...window], lastFeatures, out!.dtype);
  const boxes = boxesOf(steps, source.strides.slice(2), pick(lhs!.shape, lhsSpec).slice(2), window, counts, params);
  for (let g = 0; g < groups; g++) {
    const kernel = { data: weights, at: g * perGroup * depth, kept: depth, contracted: 1 };
    const [stepN, stepC] = source.strides as [number, number];
    const start = source.offset + (featureGroupCount > 1 ? g * inputs * stepC : g * images * stepN);
    for (let n = 0; n < images; n += together) {
      const m = Math.min(together, images - n);
      for (const { to, from, toStrides, fromStrides, shape } of boxes) {
        copyInto(
          new View(matrix, [steps.image, steps.feature, ...toStrides], to),
          new View(source.data, [stepN, stepC, ...fromStrides], start + n * stepN + from),
          [m, inputs, ...shape],
        );
      }
      const windows = { data: matrix, at: 0, kept: isTall ? depth : 1, contracted: isTall ? 1 : together * rows };
      if (byWindow) multiply(result, n * rows * features, windows, kernel, m * rows, features, depth);
      else multiply(result, (n * features + g * perGroup) * rows, kernel, windows, perGroup, rows, depth);
    }
  }
  return payload;
};

// The kernel with one row for each output feature, its columns in the order of the matrix of windows.
function kernelRows(view: View, shape: Shape, lastFeatures: boolean, dtype: DType): TypedArray {
  const axes = shape.map((_, i) => i);
  const order = lastFeatures ? [0, ...axes.slice(2), 1] : axes;
  return copied(new View(view.data, order.map((i) => view.strides[i] as number), view.offset), { dtype, shape: order.map((i) => shape[i] as number), size: product(shape) });
}

/** Elements of windows that lie evenly in x and in the matrix. */
interface Box {
  readonly to: number;
  readonly from: number;
  /** Of spatial axes. */
  readonly toStrides: readonly number[];
  readonly fromStrides: readonly number[];
  readonly shape: Shape;
}

// The windows of one image and feature: for each place in the window the elements of all windows, or for each window all its
// places, whichever are fewer.
function boxesOf(steps: Steps, spatial: readonly number[], sizes: Shape, window: Shape, counts: Shape, { windowStrides, padding, lhsDilation, rhsDilation }: ConvGeneralParams): Box[] {
  const byPlace = product(window) <= product(counts);
  const [outer, inner] = byPlace ? [window, counts] : [counts, window];
  const [outerStep, innerStep] = byPlace ? [steps.place, steps.row] : [steps.row, steps.place];
  const [moves, reads] = byPlace ? [rhsDilation, windowStrides] : [windowStrides, rhsDilation];
  const innerStrides = rowMajor(inner).map((s) => s * innerStep);
  return runsOf({ outer, inner, moves, reads, low: padding.map(([low]) => low), dilation: lhsDilation, sizes }).map(({ runs, index }): Box => ({
    to: runs.reduce((at, r, a) => at + r.first * (innerStrides[a] as number), index * outerStep),
    from: runs.reduce((at, r, a) => at + r.from * (spatial[a] as number), 0),
    toStrides: runs.map((r, a) => r.step * (innerStrides[a] as number)),
    fromStrides: runs.map((r, a) => r.fromStep * (spatial[a] as number)),
    shape: runs.map((r) => r.count),
  }));
}

/** The family with a product of matrices of its own. */
export const convolutionBy = (multiply: MatrixProduct): KernelFamily => [[convGeneralP, convGeneral(multiply)]];

/** convGeneral, of which all convolutions are made. */
export const convolution: KernelFamily = /* @__PURE__ */ convolutionBy(matrixProduct);
