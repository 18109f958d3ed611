// Reductions over sliding windows: every element of the result goes through its window.

import type { Aval, DType } from "@gradus/core";
import { add, arg, type Binary, max, min } from "@gradus/core/scalar";
import { reduceWindowMaxP, reduceWindowMinP, reduceWindowSumP, type WindowGeometry, windowPlaceP, type WindowPlaceParams } from "@gradus/ops";
import { unraveled } from "./device.js";
import { formatOf, literal } from "./glsl-types.js";
import type { Kernel, KernelFamily, Operand } from "./kernel.js";
import { lowerBody } from "./lower.js";
import { whole } from "./view.js";

const lowest: Partial<Record<DType, number>> = { int32: -(2 ** 31), uint32: 0, bool: 0 };
const highest: Partial<Record<DType, number>> = { int32: 2 ** 31 - 1, uint32: 2 ** 32 - 1, bool: 1 };

// Statements that go through the window of element i, with `at` the place of an element of x and `flat` its row-major index.
function throughWindow({ view, shape }: Operand, { window, strides, padding, baseDilation, windowDilation }: WindowGeometry, out: Aval, each: string): { ints: number[]; statements: string } {
  const ints = [view.offset, window.reduce((n, d) => n * d, 1), ...out.shape];
  const n = shape.length;
  const lines = shape.map((d, a) => {
    const k = ints.push(window[a] as number, strides[a] as number, padding[a]?.[0] ?? 0, baseDilation[a] as number, windowDilation[a] as number, d, view.strides[a] as number) - 7;
    return [a, `int w${a} = left % p[${k}]; left /= p[${k}]; int e${a} = d${a} * p[${k + 1}] + w${a} * p[${k + 4}] - p[${k + 2}]; int j${a} = e${a} / p[${k + 3}];
    inside = inside && e${a} >= 0 && j${a} < p[${k + 5}] && j${a} * p[${k + 3}] == e${a}; at += j${a} * p[${k + 6}];`] as const;
  });
  const flat = shape.reduce((text, _, a) => (a === 0 ? "j0" : `(${text}) * p[${(ints.length - 7 * (n - a)) + 5}] + j${a}`), "0");
  const statements = `${unraveled(n, 2)}
  for (int w = 0; w < p[1]; w++) {
    int left = w;
    int at = p[0];
    bool inside = true;
    ${lines.reverse().map(([, line]) => line).join("\n    ")}
    if (inside) {
      ${each.replace("FLAT", flat)}
    }
  }`;
  return { ints, statements };
}

const reduction =
  (body: Binary, init: (dtype: DType) => number): Kernel<WindowGeometry> =>
  (device, [x], geometry, [out]) => {
    const { dtype, size, shape } = out!;
    const { ints, statements } = throughWindow(x!, geometry, out!, "value = join(value, read0(at));");
    const { scalar } = formatOf(dtype);
    const source = `${lowerBody("join", body(arg(0), arg(1)), [dtype, dtype], dtype)}
${scalar} element(int i) {
  ${scalar} value = ${literal(init(dtype), dtype)};
  ${statements}
  return value;
}`;
    return whole(device.run({ out: dtype, size, inputs: [x!.view.storage], ints, source }), shape);
  };

// An element is kept while it compares as no worse than the next: NaN never does.
const windowPlace: Kernel<WindowPlaceParams> = (device, [x], params, [out]) => {
  const { scalar } = formatOf(x!.aval.dtype);
  const each = `${scalar} v = read0(at); if (place < 0 || !(best ${params.reduction === "max" ? ">=" : "<="} v)) { place = FLAT; best = v; }`;
  const { ints, statements } = throughWindow(x!, params, out!, each);
  const source = `int element(int i) {
  int place = -1;
  ${scalar} best = ${scalar}(0);
  ${statements}
  return place;
}`;
  return whole(device.run({ out: "int32", size: out!.size, inputs: [x!.view.storage], ints, source }), out!.shape);
};

/** reduceWindowSum, reduceWindowMax, reduceWindowMin, and the places of the extrema. */
export const windows: KernelFamily = [
  [reduceWindowSumP, /* @__PURE__ */ reduction(add, () => 0)],
  [reduceWindowMaxP, /* @__PURE__ */ reduction(max, (dtype) => lowest[dtype] ?? -Infinity)],
  [reduceWindowMinP, /* @__PURE__ */ reduction(min, (dtype) => highest[dtype] ?? Infinity)],
  [windowPlaceP, windowPlace],
];
