// Folds over axes: in several passes over parts of limited length, so that float32 rounds like a tree and many elements of a
// pass run side by side.

import type { Aval, DType, Shape, Traits } from "@gradus/core";
import { argmaxP, argminP, type AxisParams } from "@gradus/ops";
import { arg } from "@gradus/core/scalar";
import { type Device, placed, unraveled } from "./device.js";
import { formatOf, literal } from "./glsl-types.js";
import type { Kernel, KernelFamily, Operand } from "./kernel.js";
import { lowerBody } from "./lower.js";
import { merged, View, whole } from "./view.js";

const longest = 32; // elements folded one after the other in a pass over more than twice as many

type Reduce = NonNullable<Traits["reduce"]>;

/** The fold of an operand over axes. */
export function reduced(device: Device, { view, shape }: Operand, axes: readonly number[], out: Aval, { combine, init }: Reduce): View {
  const { dtype } = out;
  const picked = (list: readonly number[], over: boolean): number[] => list.filter((_, i) => axes.includes(i) === over);
  const join = `${lowerBody("join", combine(arg(0), arg(1)), [dtype, dtype], dtype)}`;
  const first = literal(init(dtype), dtype);
  let kept = merged(picked(shape, false), [picked(view.strides, false)]);
  let folded = merged(picked(shape, true), [picked(view.strides, true)]);
  let from = view;
  for (;;) {
    const n = folded.shape.reduce((a, d) => a * d, 1);
    const parts = n > 2 * longest ? Math.ceil(n / longest) : 1;
    const length = parts === 1 ? n : longest;
    const result = foldParts(device, from, kept, folded, { parts, length, count: n }, out.size, { dtype, join, first });
    if (from !== view) device.memory.release(from.storage);
    if (parts === 1) return whole(result.storage, out.shape);
    from = result;
    kept = { shape: [out.size], strides: [[parts]] };
    folded = { shape: [parts], strides: [[1]] };
  }
}

interface Walk {
  readonly shape: Shape;
  readonly strides: readonly (readonly number[])[];
}

// Element (i, part) of the result folds elements part·length, … of what belongs to i.
function foldParts(
  device: Device,
  { storage, offset }: View,
  kept: Walk,
  folded: Walk,
  { parts, length, count }: { parts: number; length: number; count: number },
  size: number,
  { dtype, join, first }: { dtype: DType; join: string; first: string },
): View {
  const [m, n] = [kept.shape.length, folded.shape.length];
  const ints = [offset, parts, length, count, ...kept.shape, ...(kept.strides[0] as number[]), ...folded.shape, ...(folded.strides[0] as number[])];
  const { scalar } = formatOf(dtype);
  const inner = 4 + 2 * m;
  const source = `${join}
int place(int i, int base) {
  ${unraveled(n, inner)}
  return ${["base", ...Array.from({ length: n }, (_, d) => `d${d} * p[${inner + n + d}]`)].join(" + ")};
}
${scalar} element(int index) {
  int i = index / p[1];
  int start = (index - i * p[1]) * p[2];
  int end = min(start + p[2], p[3]);
  ${unraveled(m, 4)}
  int base = ${placed(m, 4 + m, 0)};
  ${scalar} value = ${first};
  for (int j = start; j < end; j++) value = join(value, read0(place(j, base)));
  return value;
}`;
  const result = device.run({ out: dtype, size: size * parts, inputs: [storage], ints, source });
  return new View(result, [1]);
}

/** The index of the greatest element along an axis, or the least: the first of equals, and of the first NaN. */
const place =
  (better: ">" | "<"): Kernel<AxisParams> =>
  (device, [x], { axis }, [out]) => {
    const { shape, view, aval } = x!;
    const others = <T>(list: readonly T[]): T[] => list.filter((_, i) => i !== axis);
    const kept = merged(others(shape), [others(view.strides)]);
    const m = kept.shape.length;
    const ints = [view.offset, shape[axis] as number, view.strides[axis] as number, ...kept.shape, ...(kept.strides[0] as number[])];
    const { scalar } = formatOf(aval.dtype);
    const isBool = aval.dtype === "bool";
    const type = isBool ? "int" : scalar;
    const read = (at: string): string => (isBool ? `int(read0(${at}))` : `read0(${at})`);
    const stop = scalar === "float" ? "if (isnan(v)) return j;" : "";
    const source = `int element(int i) {
  ${unraveled(m, 3)}
  int base = ${placed(m, 3 + m, 0)};
  int best = 0;
  ${type} most = ${read("base")};
  for (int j = 0; j < p[1]; j++) {
    ${type} v = ${read("base + j * p[2]")};
    ${stop}
    if (v ${better} most) {
      best = j;
      most = v;
    }
  }
  return best;
}`;
    return whole(device.run({ out: "int32", size: out!.size, inputs: [view.storage], ints, source }), out!.shape);
  };

/** argmax and argmin; sums, products, extrema and logic follow from their declarations. */
export const reductions: KernelFamily = [
  [argmaxP, place(">")],
  [argminP, place("<")],
];
