// Convolution: of any size by tiles, otherwise directly: every element of the result goes through its window in all input features of
// its group.

import { convGeneralP, type ConvGeneralParams } from "@gradus/ops";
import { isForTiles, tiledConvolution } from "./convolution-tiles.js";
import { unraveled } from "./device.js";
import { formatOf } from "./glsl-types.js";
import type { Kernel, KernelFamily } from "./kernel.js";
import { whole } from "./view.js";

// out[n, o, s] = Σ over input features c of the group of o and places w of lhs[n, c, s·stride + w·rhsDilation − low]·rhs[o, c, w]
const convGeneral: Kernel<ConvGeneralParams> = (device, [lhs, rhs], params, [out]) => {
  if (isForTiles(params, [lhs!, rhs!], out!)) return tiledConvolution(device, [lhs!, rhs!], params, out!);
  const { windowStrides, padding, lhsDilation, rhsDilation, featureGroupCount, batchGroupCount, dimensionNumbers } = params;
  const { lhsSpec, rhsSpec, outSpec } = dimensionNumbers;
  const { dtype, shape, size } = out!;
  const [x, k] = [lhs!, rhs!];
  const at = <T>(list: readonly T[], spec: readonly number[], i: number): T => list[spec[i] as number] as T;
  const inputs = at(k.shape, rhsSpec, 1);
  const images = at(shape, outSpec, 0);
  const perGroup = Math.max(at(shape, outSpec, 1) / (featureGroupCount * batchGroupCount), 1);
  const spatial = outSpec.slice(2).map((_, a) => a);
  const window = spatial.map((a) => at(k.shape, rhsSpec, a + 2));
  const places = window.reduce((n, d) => n * d, 1);
  const [stepN, stepC] = [at(x.view.strides, lhsSpec, 0), at(x.view.strides, lhsSpec, 1)];
  // Groups take their features of lhs, or their images.
  const ofGroup = featureGroupCount > 1 ? inputs * stepC : images * stepN;
  const ints = [x.view.offset, k.view.offset, stepN, stepC, ofGroup, perGroup, inputs, places, at(k.view.strides, rhsSpec, 0), at(k.view.strides, rhsSpec, 1)];
  const shapeAt = ints.push(...shape) - shape.length;
  const lines = spatial.map((a) => {
    const numbers = [
      window[a], windowStrides[a], rhsDilation[a], padding[a]?.[0], lhsDilation[a], at(x.shape, lhsSpec, a + 2), at(x.view.strides, lhsSpec, a + 2), at(k.view.strides, rhsSpec, a + 2),
    ] as number[];
    const p = ints.push(...numbers) - numbers.length;
    return `int w${a} = left % p[${p}]; left /= p[${p}]; int e${a} = d${outSpec[a + 2]} * p[${p + 1}] + w${a} * p[${p + 2}] - p[${p + 3}]; int j${a} = e${a} / p[${p + 4}];
    inside = inside && e${a} >= 0 && j${a} < p[${p + 5}] && j${a} * p[${p + 4}] == e${a}; from += j${a} * p[${p + 6}]; by += w${a} * p[${p + 7}];`;
  });
  const { scalar } = formatOf(dtype);
  const source = `${scalar} element(int i) {
  ${unraveled(shape.length, shapeAt)}
  int o = d${outSpec[1]};
  int left0 = p[0] + d${outSpec[0]} * p[2] + (o / p[5]) * p[4];
  int right0 = p[1] + o * p[8];
  ${scalar} sum = ${scalar}(0);
  for (int w = 0; w < p[7]; w++) {
    int left = w;
    int from = left0;
    int by = right0;
    bool inside = true;
    ${[...lines].reverse().join("\n    ")}
    if (inside) for (int c = 0; c < p[6]; c++) sum += read0(from + c * p[3]) * read1(by + c * p[9]);
  }
  return sum;
}`;
  return whole(device.run({ out: dtype, size, inputs: [x.view.storage, k.view.storage], ints, source }), shape);
};

/** convGeneral. */
export const convolution: KernelFamily = [[convGeneralP, convGeneral]];
