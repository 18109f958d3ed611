// Convolutions of float32 by tiles, as products of matrices that are never laid out: rows are places of the result, and four features
// that are summed over lie in a texel; or rows are images that lie side by side, as in the gradient of a kernel.

import type { Aval } from "@gradus/core";
import type { ConvGeneralParams } from "@gradus/ops";
import { convolutionSource, numbers, type Rows } from "./convolution-source.js";
import type { Device } from "./device.js";
import { dense } from "./elementwise.js";
import type { Operand } from "./kernel.js";
import { byTiles, laidOut, tileRows } from "./matrix-product.js";
import type { Storage } from "./storage.js";
import { View } from "./view.js";

/** Elements in texels: steps of images (or features of the result), of features that are summed over, and of the spatial axes. */
interface Texels {
  readonly storage: Storage;
  readonly start: number;
  readonly outer: number;
  readonly inner: number;
  readonly steps: readonly number[];
  /** Which of the two has its elements in texels. */
  readonly isAlong: boolean;
}

// The axes of an operand by their meaning: images or features of the result, features summed over, spatial ones.
function sorted({ view, shape }: Operand, spec: readonly number[]): { view: View; shape: number[] } {
  return { view: new View(view.storage, spec.map((a) => view.strides[a] as number), view.offset), shape: spec.map((a) => shape[a] as number) };
}

// As it lies, if its texels straddle nothing; along the features that are summed over, of those only whole texels.
function inPlace({ view: { storage, strides, offset }, shape }: { view: View; shape: readonly number[] }, isAlong: boolean): Texels | undefined {
  const [outer, inner, ...spatial] = strides as [number, number, ...number[]];
  const [one, other, length] = isAlong ? [inner, outer, shape[1] as number] : [outer, inner, 4];
  const isWhole = (step: number, size: number | undefined): boolean => size === 1 || step % 4 === 0;
  const fits = one === 1 && length % 4 === 0 && offset % 4 === 0 && isWhole(other, shape[isAlong ? 0 : 1]) && spatial.every((s, d) => isWhole(s, shape[d + 2]));
  if (!fits) return undefined;
  return { storage, start: offset / 4, outer: outer / 4, inner: inner / 4, steps: spatial.map((s) => s / 4), isAlong };
}

/** Whether tiles do it, and better than one element after the other. */
export function isForTiles({ featureGroupCount, batchGroupCount, dimensionNumbers: { rhsSpec } }: ConvGeneralParams, [, kernel]: readonly [Operand, Operand], { dtype, size }: Aval): boolean {
  const terms = kernel.aval.size / (kernel.shape[rhsSpec[0] as number] as number);
  return rhsSpec.length > 2 && dtype === "float32" && featureGroupCount === 1 && batchGroupCount === 1 && size * terms >= 2 ** 14;
}

/** out[n, o, s] = Σ over features c and places w of lhs[n, c, s·stride + w·rhsDilation − low]·rhs[o, c, w] */
export function tiledConvolution(device: Device, [x, kernel]: readonly [Operand, Operand], params: ConvGeneralParams, out: Aval): View {
  const { windowStrides, padding, lhsDilation, rhsDilation, dimensionNumbers } = params;
  const { lhsSpec, rhsSpec, outSpec } = dimensionNumbers;
  const [left, right] = [sorted(x, lhsSpec), sorted(kernel, rhsSpec)];
  const [images, depth] = left.shape as [number, number];
  const features = right.shape[0] as number;
  const spatial = outSpec.slice(2).map((a) => out.shape[a] as number);
  const places = spatial.reduce((n, d) => n * d, 1);
  const made: Storage[] = [];
  const bySide = depth > 1 && images > 1 ? sideBySide(left, right) : undefined;
  const of: Rows = bySide === undefined ? "places" : "images";
  const [a, b] = bySide ?? inTexels(device, left, right, made);
  const [count, m] = of === "places" ? [1, images * places] : [places, images];
  const sizes = { count, m, n: features };
  const rows = tileRows(device, sizes);
  const columns = Math.ceil(features / 4);
  const tall = Math.ceil(m / rows);
  const axes = spatial.map((size, d) => ({
    out: size,
    stride: windowStrides[d] as number,
    low: padding[d]?.[0] ?? 0,
    window: right.shape[d + 2] as number,
    dilation: rhsDilation[d] as number,
    gap: lhsDilation[d] as number,
    size: left.shape[d + 2] as number,
    left: a.steps[d] as number,
    right: b.steps[d] as number,
  }));
  const ints = numbers(
    { columns, depth: of === "places" ? Math.ceil(depth / 4) : depth, left: a.start, image: a.outer, feature: a.inner, tall, right: b.start, deep: b.inner, across: b.outer },
    axes,
  );
  const source = convolutionSource({ rows, of, rank: spatial.length, isAlong: b.isAlong, gaps: axes.map((d) => d.gap > 1) });
  const result = byTiles(device, { rows, inputs: [a.storage, b.storage], ints, source }, sizes);
  for (const storage of made) device.memory.release(storage);
  return placed(result, of === "places" ? [0, ...spatial.map((_, d) => d + 2), 1] : [...spatial.map((_, d) => d + 2), 0, 1], outSpec, out);
}

// A result whose axes lie in some order of (image, feature, spatial …), seen as it is asked for.
function placed(storage: Storage, order: readonly number[], outSpec: readonly number[], { shape }: Aval): View {
  const strides = new Array<number>(shape.length).fill(0);
  let step = 1;
  for (const meaning of [...order].reverse()) {
    const axis = outSpec[meaning] as number;
    strides[axis] = step;
    step *= shape[axis] as number;
  }
  return new View(storage, strides);
}

type Sorted = ReturnType<typeof sorted>;

// Images beside each other in the operand, and features of the result in the kernel: nothing is moved.
function sideBySide(left: Sorted, right: Sorted): readonly [Texels, Texels] | undefined {
  const [a, b] = [inPlace(left, false), inPlace(right, false)];
  return a !== undefined && b !== undefined && inPlace(left, true) === undefined ? [a, b] : undefined;
}

// Features that are summed over beside each other; of the kernel, those of the result will do as well. What lies otherwise is moved.
function inTexels(device: Device, left: Sorted, right: Sorted, made: Storage[]): readonly [Texels, Texels] {
  const [depth, features] = [left.shape[1] as number, right.shape[0] as number];
  const wide = 4 * Math.ceil(depth / 4);
  const axes = left.shape.slice(2).map((_, d) => d + 2);
  const product = (dims: readonly number[]): number => dims.reduce((n, d) => n * d, 1);
  const a = inPlace(left, true) ?? moved(device, left, [0, ...axes, 1], [1, product(left.shape) / depth, depth], [product(left.shape) / depth, wide], made);
  const there = wide === depth ? (inPlace(right, false) ?? inPlace(right, true)) : undefined;
  const b = there ?? moved(device, right, [...axes, 1, 0], [product(right.shape.slice(2)), depth, features], [wide, 4 * Math.ceil(features / 4)], made);
  return [a, b];
}

// Axes in another order, seen as matrices that are filled up with zeros to whole texels.
function moved(device: Device, { view, shape }: Sorted, order: readonly number[], [count, height, width]: [number, number, number], [tall, wide]: [number, number], made: Storage[]): Texels {
  const turned = new View(view.storage, order.map((i) => view.strides[i] as number), view.offset);
  const dims = order.map((i) => shape[i] as number);
  const inOrder = dense(device, turned, dims, dims.reduce((n, d) => n * d, 1)).storage;
  const isCopy = inOrder !== view.storage;
  let storage = inOrder;
  if (wide !== width || tall !== height) {
    made.push((storage = laidOut(device, new View(inOrder, [height * width, width, 1]), [count, height, width], [tall, wide])));
  }
  if (isCopy) made.push(inOrder);
  // Steps in texels of the axes in their meaning.
  const sizes = dims.map((d, i) => (i === dims.length - 1 ? wide : i === dims.length - 2 && count > 1 ? tall : d));
  const steps = new Array<number>(shape.length).fill(0);
  let step = 1;
  for (let i = order.length - 1; i >= 0; i--) {
    steps[order[i] as number] = step / 4;
    step *= sizes[i] as number;
  }
  const [outer, inner, ...spatial] = steps as [number, number, ...number[]];
  return { storage, start: 0, outer, inner, steps: spatial, isAlong: order[order.length - 1] === 1 };
}
