// Which axis of a convolution's operands and result means what, from layout strings such as "NHWC".

import { ArgumentError, reshape, type Tensor, transpose } from "@gradus/core";

/** Axes of one array: batch and features (of a kernel: output and input features), then the spatial ones in common order. */
export type ConvSpec = readonly number[];

export interface ConvDimensionNumbers {
  readonly lhsSpec: ConvSpec;
  readonly rhsSpec: ConvSpec;
  readonly outSpec: ConvSpec;
}

/** Layouts of lhs, rhs and result: `N` batch and `C` features, of rhs `O` and `I`, and any other letters for spatial axes. */
export type ConvLayouts = readonly [lhs: string, rhs: string, out: string];

const naturals = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** The axes that layouts name; batch and features come first unless given. @throws ArgumentError naming `what` */
export function convDimensionNumbers(given: ConvLayouts | ConvDimensionNumbers | undefined, ndim: number, what: string): ConvDimensionNumbers {
  if (given === undefined) return { lhsSpec: naturals(ndim), rhsSpec: naturals(ndim), outSpec: naturals(ndim) };
  if (!Array.isArray(given)) {
    const { lhsSpec, rhsSpec, outSpec } = given as ConvDimensionNumbers;
    for (const spec of [lhsSpec, rhsSpec, outSpec]) {
      if (!Array.isArray(spec) || spec.length !== ndim || naturals(ndim).some((i) => !spec.includes(i))) {
        throw new ArgumentError(`${what}: dimensionNumbers has the axes [${String(spec)}], and needs every one of ${ndim} axes once.`);
      }
    }
    return { lhsSpec, rhsSpec, outSpec };
  }
  const [lhs, rhs, out] = given as ConvLayouts;
  const spatial = (layout: string, letters: string): string[] => Array.from(layout).filter((c) => !letters.includes(c));
  const order = spatial(String(rhs), "OI");
  const axes = (layout: string, letters: string): ConvSpec => {
    const own = typeof layout === "string" ? spatial(layout, letters) : [];
    const fits = typeof layout === "string" && layout.length === ndim && new Set(layout).size === ndim && own.length === ndim - 2 && order.every((c) => own.includes(c));
    if (!fits) {
      throw new ArgumentError(`${what}: the layouts [${given.map((s) => JSON.stringify(s)).join(", ")}] do not fit arrays of ${ndim} axes; expected the letters ${letters[0]} and ${letters[1]} and the same ${ndim - 2} others in each, as in ["NHWC", "HWIO", "NHWC"].`);
    }
    return Array.from(letters).concat(order).map((c) => layout.indexOf(c));
  };
  return { lhsSpec: axes(lhs, "NC"), rhsSpec: axes(rhs, "OI"), outSpec: axes(out, "NC") };
}

/** The spatial sizes of a shape. */
export const spatialOf = (shape: readonly number[], spec: ConvSpec): number[] => spec.slice(2).map((i) => shape[i] as number);

/** The same layout with batch and features exchanged. */
export const exchanged = ([first, second, ...spatial]: ConvSpec): ConvSpec => [second as number, first as number, ...spatial];

/** An axis split in two, of which the outer one has length n. */
export const splitAxis = (x: Tensor, axis: number, n: number): Tensor => reshape(x, [...x.shape.slice(0, axis), n, (x.shape[axis] as number) / n, ...x.shape.slice(axis + 1)]);

/** One axis merged into another, as its outer part. */
export function mergeAxis(x: Tensor, from: number, into: number): Tensor {
  const others = naturals(x.ndim).filter((i) => i !== from);
  const at = others.indexOf(into);
  const moved = transpose(x, [...others.slice(0, at), from, ...others.slice(at)]);
  const merged = (x.shape[from] as number) * (x.shape[into] as number);
  return reshape(moved, [...moved.shape.slice(0, at), merged, ...moved.shape.slice(at + 2)]);
}
