// Rows of elementwise operations with something of their own: static exponents, predicates, dtypes as attributes, bits.

import { type DType, dtypes, isFloat, type Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { at, build, type HostArray } from "../host-array.js";
import type { Operation, Sample } from "../operation.js";
import { elementwise } from "./elementwise.js";

const floats: readonly DType[] = ["float32", "float64"];

/** x to a whole power, by repeated multiplication: exact in integers, which wrap around. */
function wholePower(x: number, n: number, isWhole: boolean): number {
  if (isWhole) return Number(BigInt.asIntN(32, BigInt(x) ** BigInt(n)));
  let product = 1;
  for (let i = 0; i < Math.abs(n); i++) product *= x;
  return n < 0 ? 1 / product : product;
}

const integerPowRow = (n: number): Operation => ({
  ...elementwise(`integerPow to ${n}`, (x) => ops.integerPow(x as Tensor, n), ops.integerPowP, {
    domain: n < 0 ? "real" : "number",
    operands: [{ intervals: [[-2, -0.4], [0.4, 2]] }],
    reference: (x) => wholePower(x!, n, false),
    integer: (x) => wholePower(x!, n, true),
    tolerance: { rtol: 1e-6, atol: 0 },
  }),
  exports: ["integerPow", "integerPowP"],
});

/** The neighbour of x towards y, from the bits: floats of one sign are ordered as their bits are as integers. */
function neighbour(x: number, y: number, dtype: DType): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  const view = new DataView(new ArrayBuffer(8));
  const wide = dtype === "float64";
  if (x === y) return y;
  if (x === 0) return Math.sign(y - x) * (wide ? 2 ** -1074 : 2 ** -149);
  if (wide) view.setFloat64(0, x);
  else view.setFloat32(0, x);
  const outwards = y > x === x > 0;
  if (wide) view.setBigInt64(0, view.getBigInt64(0) + (outwards ? 1n : -1n));
  else view.setInt32(0, view.getInt32(0) + (outwards ? 1 : -1));
  return wide ? view.getFloat64(0) : view.getFloat32(0);
}

const nextafterRow = elementwise("nextafter", ops.nextafter, ops.nextafterP, { domain: "float", derivative: "none", operands: [{}, {}], reference: () => NaN });
const nextafter: Operation = {
  ...nextafterRow,
  samples: nextafterRow.samples.map((s): Sample => ({
    ...s,
    expected(xs) {
      const { shape, dtype, data } = (s.expected as (xs: readonly HostArray[]) => HostArray)(xs);
      const value = (x: HostArray, index: number[]): number => at(x, index.slice(shape.length - x.shape.length).map((i, k) => (x.shape[k] === 1 ? 0 : i)));
      return { shape, dtype, data: data.length === 0 ? [] : build(shape, (index) => neighbour(value(xs[0]!, index), value(xs[1]!, index), dtype)) };
    },
  })),
};

const selectRow = elementwise("select", ops.select, ops.selectP, {
  domain: "any",
  operands: [{ dtype: "bool" }, {}, {}],
  reference: (p, x, y) => (p !== 0 ? x! : y!),
});

const convert = (v: number, from: DType, to: DType): number => {
  if (to === "bool") return v !== 0 ? 1 : 0;
  if (to === "int32" || to === "uint32") {
    const whole = BigInt.asIntN(32, BigInt(isFloat(from) ? Math.trunc(v) : v));
    return Number(to === "uint32" ? BigInt.asUintN(32, whole) : whole);
  }
  return to === "float32" ? Math.fround(v) : v;
};
const everyDType = dtypes.filter((d) => d !== "float0");
const castSamples = everyDType.flatMap((to): Sample[] => {
  const sample = (from: readonly DType[], derivative: Sample["derivative"]): Sample => ({
    name: `cast to ${to}`,
    apply: (x) => ops.cast(x as Tensor, to),
    operands: [{ shape: [2, 3], intervals: to === "uint32" ? [[1.2, 7.8]] : [[-7.8, -1.2], [1.2, 7.8]] }],
    dtypes: from,
    derivative,
    expected: ([x]) => ({ shape: [2, 3], dtype: to, data: x!.data.map((v) => convert(v, x!.dtype, to)) }),
  });
  return isFloat(to) ? [sample(floats, "real"), sample(everyDType.filter((d) => !isFloat(d)), "zero")] : [sample(everyDType, "zero")];
});

export const special: readonly Operation[] = [
  ...[-3, -1, 0, 1, 2, 5].map(integerPowRow),
  { ...elementwise("square", ops.square, ops.integerPowP, { domain: "number", operands: [{}], reference: (x) => x! * x!, integer: (x) => wholePower(x!, 2, true) }), exports: ["square"] },
  nextafter,
  { ...selectRow, exports: [...selectRow.exports, "where"] },
  // The reason for its zero is that of the dtype, so it belongs to the equation and not to the primitive.
  {
    name: "cast",
    exports: ["cast", "castP", "astype"],
    primitives: [],
    samples: castSamples,
    refuses: ["float0"],
    numbers: { apply: (x) => ops.cast(x, "float64"), domain: "any", result: "float64", derivative: "real", operands: [{ shape: [3] }] },
  },
];
