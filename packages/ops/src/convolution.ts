// Convolution as neural networks have it (cross-correlation: the kernel is not reversed), for any layout and number of spatial
// axes. It is linear in either operand, and its transposes are convolutions again.

import { type Aval, avalOf, bind, definePrimitive, DTypeError, isLinear, type Primitive, ShapeError, type Tensor, zerosOf } from "@gradus/core";
import { reverse } from "./arrangement.js";
import { alignBatch, shiftAxes } from "./batch-axis.js";
import { type ConvDimensionNumbers, type ConvSpec, exchanged, mergeAxis, spatialOf, splitAxis } from "./conv-dimensions.js";
import { dilated, type PaddingPair, transposedPadding, windowCounts } from "./window-geometry.js";

/** Strides, padding and dilations have one entry per spatial axis, in the order of the specs. */
export interface ConvGeneralParams {
  windowStrides: readonly number[];
  padding: readonly PaddingPair[];
  lhsDilation: readonly number[];
  rhsDilation: readonly number[];
  dimensionNumbers: ConvDimensionNumbers;
  /** The features of lhs in so many groups, each convolved with its own part of the output features. */
  featureGroupCount: number;
  /** The batch of lhs in so many groups, each convolved with its own part of the output features. */
  batchGroupCount: number;
}

/** out[n, o, s] = Σ over input features c of the group of o and places k of lhs[n, c, s·stride + k·rhsDilation − low]·rhs[o, c, k]. */
export const convGeneralP: Primitive<ConvGeneralParams> = /* @__PURE__ */ definePrimitive<ConvGeneralParams>("conv_general", {
  abstractEval([lhs, rhs], params) {
    const [x, k] = [lhs as Aval, rhs as Aval];
    return avalOf(convolvedShape(x, k, params), x.dtype, x.weak && k.weak);
  },
  multilinearIn: [0, 1],
  rules: {
    transpose: (ct: Tensor, [lhs, rhs], params) =>
      isLinear(lhs) ? [transposeLhs(ct, lhs.aval, rhs as Tensor, params), null] : [null, transposeRhs(ct, lhs as Tensor, (rhs as Tensor).aval, params)],
    batch([lhs, rhs], [axisL, axisR], params, axisSize) {
      const [x, k] = [lhs as Tensor, rhs as Tensor];
      const { dimensionNumbers, featureGroupCount, batchGroupCount } = params;
      const { lhsSpec, rhsSpec, outSpec } = dimensionNumbers;
      // The axis of one operand alone joins its batch, or its output features.
      if (axisR === null && batchGroupCount === 1) {
        const out = bind(convGeneralP, [merged(x, axisL as number, lhsSpec, 0), k], params);
        return [splitAxis(out, outSpec[0] as number, axisSize), outSpec[0] as number];
      }
      if (axisL === null && featureGroupCount === 1 && batchGroupCount === 1) {
        const out = bind(convGeneralP, [x, merged(k, axisR as number, rhsSpec, 0)], params);
        return [splitAxis(out, outSpec[1] as number, axisSize), outSpec[1] as number];
      }
      // Every example is a group, or as many groups as there were.
      const inBatch = batchGroupCount > 1;
      const left = merged(alignBatch(x, axisL ?? null, 0, axisSize), 0, lhsSpec, inBatch ? 0 : 1);
      const right = merged(alignBatch(k, axisR ?? null, 0, axisSize), 0, rhsSpec, 0);
      const groups = inBatch ? { ...params, batchGroupCount: batchGroupCount * axisSize } : { ...params, featureGroupCount: featureGroupCount * axisSize };
      return [splitAxis(bind(convGeneralP, [left, right], groups), outSpec[1] as number, axisSize), outSpec[1] as number];
    },
  },
});

// The batch axis of an operand merged into its axis spec[which].
function merged(x: Tensor, axis: number, spec: ConvSpec, which: 0 | 1): Tensor {
  return mergeAxis(x, axis, shiftAxes(spec, axis)[which] as number);
}

/** The shape of a convolution. @throws ShapeError @throws DTypeError */
function convolvedShape(x: Aval, k: Aval, { windowStrides, padding, lhsDilation, rhsDilation, dimensionNumbers, featureGroupCount, batchGroupCount }: ConvGeneralParams): number[] {
  const of = `conv_general: ${x.toString()} with a kernel ${k.toString()}`;
  if (x.dtype !== k.dtype || x.dtype === "bool" || x.dtype === "float0") throw new DTypeError(`${of}: both must be numbers of one dtype: use cast.`);
  const { lhsSpec, rhsSpec, outSpec } = dimensionNumbers;
  if (x.ndim < 2 || x.ndim !== k.ndim) throw new ShapeError(`${of}: both need as many axes, at least 2: batch and features, of the kernel output and input features.`);
  const size = (shape: readonly number[], spec: ConvSpec, i: 0 | 1): number => shape[spec[i] as number] as number;
  const [n, c, o, perGroup] = [size(x.shape, lhsSpec, 0), size(x.shape, lhsSpec, 1), size(k.shape, rhsSpec, 0), size(k.shape, rhsSpec, 1)];
  if (featureGroupCount > 1 && batchGroupCount > 1) throw new ShapeError(`${of}: featureGroupCount ${featureGroupCount} and batchGroupCount ${batchGroupCount} cannot both be more than 1.`);
  const groups = featureGroupCount * batchGroupCount;
  if (c !== perGroup * featureGroupCount) throw new ShapeError(`${of}: ${c} features in ${featureGroupCount} group(s) are no ${perGroup} features, which the kernel takes.`);
  if (o % groups !== 0 || n % batchGroupCount !== 0) throw new ShapeError(`${of}: ${o % groups !== 0 ? `${o} output features` : `a batch of ${n}`} cannot be divided into ${groups} groups.`);
  const window = spatialOf(k.shape, rhsSpec);
  if (window.includes(0)) throw new ShapeError(`${of}: the window [${window}] of the kernel is empty.`);
  const counts = windowCounts(spatialOf(x.shape, lhsSpec), { window, strides: windowStrides, padding, baseDilation: lhsDilation, windowDilation: rhsDilation });
  const sizes = [n / batchGroupCount, o, ...counts];
  return outSpec.map((_, i) => sizes[outSpec.indexOf(i)] as number);
}

// d/dlhs: the cotangent, its elements a stride apart, convolved with the kernel reversed and its features exchanged.
function transposeLhs(ct: Tensor, lhs: Aval, rhs: Tensor, params: ConvGeneralParams): Tensor {
  const { windowStrides, padding, lhsDilation, rhsDilation, dimensionNumbers, featureGroupCount, batchGroupCount } = params;
  const { lhsSpec, rhsSpec, outSpec } = dimensionNumbers;
  const groups = featureGroupCount * batchGroupCount;
  const [sizes, window, outs] = [spatialOf(lhs.shape, lhsSpec), spatialOf(rhs.shape, rhsSpec), spatialOf(ct.shape, outSpec)];
  // Each group takes its output features, which are the input now, to its own input features.
  const [o, i] = rhsSpec as [number, number];
  const kernel = groups === 1 ? rhs : mergeAxis(splitAxis(rhs, o, groups), o, i > o ? i + 1 : i);
  const reversed = reverse(kernel, rhsSpec.slice(2));
  const geometry = { window, strides: windowStrides, padding, baseDilation: lhsDilation, windowDilation: rhsDilation };
  const out = bind(convGeneralP, [ct, reversed], {
    windowStrides: lhsDilation,
    padding: transposedPadding(sizes, outs, geometry),
    lhsDilation: windowStrides,
    rhsDilation,
    dimensionNumbers: { lhsSpec: outSpec, rhsSpec: exchanged(rhsSpec), outSpec: lhsSpec },
    featureGroupCount: groups,
    batchGroupCount: 1,
  });
  if (batchGroupCount === 1) return out;
  // The groups are among the features, and belong to the batch.
  const [n, c] = lhsSpec as [number, number];
  return mergeAxis(splitAxis(out, c, batchGroupCount), c, n > c ? n + 1 : n);
}

// d/drhs: lhs convolved with the cotangent as a kernel, batch and features exchanged; strides and dilations change places.
function transposeRhs(ct: Tensor, lhs: Tensor, rhs: Aval, params: ConvGeneralParams): Tensor {
  if (ct.size === 0 || lhs.size === 0) return zerosOf(rhs);
  const { windowStrides, padding, lhsDilation, rhsDilation, dimensionNumbers, featureGroupCount, batchGroupCount } = params;
  const { lhsSpec, rhsSpec, outSpec } = dimensionNumbers;
  const [sizes, window, outs] = [spatialOf(lhs.shape, lhsSpec), spatialOf(rhs.shape, rhsSpec), spatialOf(ct.shape, outSpec)];
  const back = padding.map(([low], a): PaddingPair => {
    const covered = dilated(outs[a] as number, windowStrides[a] as number) + dilated(window[a] as number, rhsDilation[a] as number) - 1;
    return [low, covered - dilated(sizes[a] as number, lhsDilation[a] as number) - low];
  });
  return bind(convGeneralP, [lhs, ct], {
    windowStrides: rhsDilation,
    padding: back,
    lhsDilation,
    rhsDilation: windowStrides,
    dimensionNumbers: { lhsSpec: exchanged(lhsSpec), rhsSpec: exchanged(outSpec), outSpec: exchanged(rhsSpec) },
    featureGroupCount: batchGroupCount,
    batchGroupCount: featureGroupCount,
  });
}
