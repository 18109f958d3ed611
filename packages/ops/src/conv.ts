// The functions of convolution: in the terms of lax.conv_general_dilated, with short options, and transposed as in
// lax.conv_transpose.

import { ArgumentError, bind, type Shape, ShapeError, type Tensor, type TensorLike } from "@gradus/core";
import { reverse } from "./arrangement.js";
import { type ConvDimensionNumbers, convDimensionNumbers, type ConvLayouts, exchanged, spatialOf } from "./conv-dimensions.js";
import { convGeneralP } from "./convolution.js";
import { promoted } from "./promotion.js";
import { dilated, type Padding, type PaddingPair, paddingPairs, perAxis } from "./window-geometry.js";

export type { ConvDimensionNumbers, ConvLayouts, ConvSpec } from "./conv-dimensions.js";
export type { Padding, PaddingPair } from "./window-geometry.js";

/** Strides and dilations are per spatial axis, in the order of the kernel's layout; one number holds for all of them. */
export interface ConvGeneralOptions {
  /** The step from one window to the next, 1 unless given. */
  readonly windowStrides?: number | readonly number[];
  /** `"VALID"` unless given. */
  readonly padding?: Padding;
  /** How far apart the elements of lhs are placed, with zeros between them: 1 unless given. */
  readonly lhsDilation?: number | readonly number[];
  /** How far apart the elements of the kernel are placed: 1 unless given. */
  readonly rhsDilation?: number | readonly number[];
  /** Batch and features first, `["NCHW", "OIHW", "NCHW"]`, unless given. */
  readonly dimensionNumbers?: ConvLayouts | ConvDimensionNumbers;
  /** The features of lhs in so many groups, each convolved with its own part of the output features: 1 unless given. */
  readonly featureGroupCount?: number;
  /** The batch of lhs in so many groups, each convolved with its own part of the output features: 1 unless given. */
  readonly batchGroupCount?: number;
}

/**
 * The convolution of neural networks (the kernel is not reversed) of any layout and number of spatial axes; lhs and rhs are
 * promoted. Source: lax.conv_general_dilated, https://docs.jax.dev/en/latest/_autosummary/jax.lax.conv_general_dilated.html
 * @throws ShapeError where sizes do not fit @throws DTypeError for booleans @throws ArgumentError for layouts and group counts
 * @example convGeneral(array([[[1, 2, 3, 4]]]), array([[[1, 1]]]), { windowStrides: 2 }) // [[[3, 7]]]
 */
export function convGeneral(lhs: TensorLike, rhs: TensorLike, options: ConvGeneralOptions = {}): Tensor {
  return convolve(lhs, rhs, options, "convGeneral");
}

function convolve(lhs: TensorLike, rhs: TensorLike, options: ConvGeneralOptions, what: string): Tensor {
  const [x, k] = promoted([lhs, rhs], what) as [Tensor, Tensor];
  const dimensionNumbers = dimensionsOf(x, k, options.dimensionNumbers, what);
  const { windowStrides = 1, padding = "VALID", lhsDilation = 1, rhsDilation = 1, featureGroupCount = 1, batchGroupCount = 1 } = options;
  const [n, shape, window] = [x.ndim - 2, spatialOf(x.shape, dimensionNumbers.lhsSpec), spatialOf(k.shape, dimensionNumbers.rhsSpec)];
  const geometry = {
    window,
    strides: perAxis(windowStrides, n, what, "windowStrides"),
    baseDilation: perAxis(lhsDilation, n, what, "lhsDilation"),
    windowDilation: perAxis(rhsDilation, n, what, "rhsDilation"),
  };
  for (const [name, count] of [["featureGroupCount", featureGroupCount], ["batchGroupCount", batchGroupCount]] as const) {
    if (!Number.isInteger(count) || count < 1) throw new ArgumentError(`${what}: ${name} is ${count}; expected an integer of at least 1.`);
  }
  return bind(convGeneralP, [x, k], {
    windowStrides: geometry.strides,
    padding: paddingPairs(padding, shape, geometry, what),
    lhsDilation: geometry.baseDilation,
    rhsDilation: geometry.windowDilation,
    dimensionNumbers,
    featureGroupCount,
    batchGroupCount,
  });
}

function dimensionsOf(x: Tensor, k: Tensor, given: ConvLayouts | ConvDimensionNumbers | undefined, what: string): ConvDimensionNumbers {
  if (x.ndim < 2 || x.ndim !== k.ndim) {
    throw new ShapeError(`${what}: ${x.aval.toString()} with a kernel ${k.aval.toString()}: both need as many axes, at least 2: batch and features, of the kernel output and input features.`);
  }
  return convDimensionNumbers(given, x.ndim, what);
}

/** Per spatial axis, and the same along all of them if one number is given. */
export interface ConvOptions {
  /** The step from one window to the next, 1 unless given. */
  readonly strides?: number | readonly number[];
  /** `"VALID"` unless given. */
  readonly padding?: Padding;
  /** How far apart the elements of the kernel are placed: 1 unless given. */
  readonly dilation?: number | readonly number[];
  /** How far apart the elements of x are placed: 1 unless given. */
  readonly inputDilation?: number | readonly number[];
  /** Into so many groups the features are divided, each with kernels of its own. */
  readonly groups?: number;
  /** Batch and features first unless given. */
  readonly dimensionNumbers?: ConvLayouts | ConvDimensionNumbers;
}

/**
 * {@link convGeneral} with short names: x `[n, c, …spatial]` and a kernel `[o, c/groups, …window]` give `[n, o, …]`.
 * @throws ShapeError @throws DTypeError @throws ArgumentError
 * @example conv(array([[[1, 2, 3, 4]]]), array([[[1, 1]]]), { padding: "SAME" }) // [[[3, 5, 7, 4]]]
 */
export function conv(x: TensorLike, kernel: TensorLike, { strides = 1, padding = "VALID", dilation = 1, inputDilation = 1, groups = 1, dimensionNumbers }: ConvOptions = {}): Tensor {
  const general = { windowStrides: strides, padding, rhsDilation: dilation, lhsDilation: inputDilation, featureGroupCount: groups };
  return convolve(x, kernel, dimensionNumbers === undefined ? general : { ...general, dimensionNumbers }, "conv");
}

export interface ConvTransposeOptions {
  /** How many elements of the result each element of lhs stands for, 1 unless given. */
  readonly strides?: number | readonly number[];
  /** That of the convolution which this one transposes: `"SAME"` gives stride times the size, the default; or pairs for the dilated lhs. */
  readonly padding?: Padding;
  readonly rhsDilation?: number | readonly number[];
  /** Features last, `["NHWC", "HWIO", "NHWC"]`, unless given. */
  readonly dimensionNumbers?: ConvLayouts | ConvDimensionNumbers;
  /** Takes the kernel of the convolution that is transposed: its window is reversed, its features exchanged. */
  readonly transposeKernel?: boolean;
}

/**
 * A convolution with fractional strides (a deconvolution): lhs, its elements a stride apart, convolved with the kernel; promoted.
 * Source: lax.conv_transpose, https://docs.jax.dev/en/latest/_autosummary/jax.lax.conv_transpose.html
 * @throws ShapeError @throws DTypeError @throws ArgumentError
 * @example convTranspose(array([[[1], [2]]]), array([[[1]], [[10]]]), { strides: 2 }) // [[[10], [1], [20], [2]]]
 */
export function convTranspose(lhs: TensorLike, rhs: TensorLike, { strides = 1, padding = "SAME", rhsDilation = 1, dimensionNumbers, transposeKernel = false }: ConvTransposeOptions = {}): Tensor {
  const what = "convTranspose";
  const [x, k] = promoted([lhs, rhs], what) as [Tensor, Tensor];
  const numbers = dimensionsOf(x, k, dimensionNumbers ?? featuresLast(x.ndim), what);
  const n = x.ndim - 2;
  const [steps, gaps] = [perAxis(strides, n, what, "strides"), perAxis(rhsDilation, n, what, "rhsDilation")];
  const window = spatialOf(k.shape, numbers.rhsSpec);
  return convolve(x, transposeKernel ? reverse(k, numbers.rhsSpec.slice(2)) : k, {
    padding: typeof padding === "string" ? paddingOfTranspose(padding, window, steps, gaps) : padding,
    lhsDilation: steps,
    rhsDilation: gaps,
    dimensionNumbers: transposeKernel ? { ...numbers, rhsSpec: exchanged(numbers.rhsSpec) } : numbers,
  }, what);
}

function featuresLast(ndim: number): ConvDimensionNumbers {
  const spatial = Array.from({ length: Math.max(ndim - 2, 0) }, (_, i) => i + 1);
  const lhsSpec = [0, ndim - 1, ...spatial];
  return { lhsSpec, rhsSpec: [ndim - 1, ndim - 2, ...spatial.map((i) => i - 1)], outSpec: lhsSpec };
}

// What makes the result as long as the input of the convolution was: d·stride for SAME, d·stride + max(extent − stride, 0) for VALID.
function paddingOfTranspose(padding: string, window: Shape, strides: readonly number[], dilation: readonly number[]): PaddingPair[] {
  const kind = padding.toUpperCase();
  if (kind !== "SAME" && kind !== "VALID") throw new ArgumentError(`convTranspose: padding is "${padding}"; expected "SAME", "VALID" or pairs of integers.`);
  return window.map((k, i): PaddingPair => {
    const [extent, stride] = [dilated(k, dilation[i] as number), strides[i] as number];
    const total = extent + stride - 2 + (kind === "VALID" ? Math.max(extent - stride, 0) : 0);
    const before = kind === "VALID" || stride > extent - 1 ? extent - 1 : Math.ceil(total / 2);
    return [before, total - before];
  });
}
