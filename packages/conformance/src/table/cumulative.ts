// Rows of cumulative sums, products and extrema: each entry combines all that come before it, index by index.

import { type AnyPrimitive, type DType, type Shape, type Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { at, type HostArray } from "../host-array.js";
import type { Operand, Operation, Sample } from "../operation.js";
import { alone, floats, result, sample, structured, total } from "./structured.js";

type Combine = (values: readonly number[], dtype: DType) => number;
type Cumulate = (x: Tensor, axis?: number | null, options?: ops.CumulativeOptions) => Tensor;

const soFar = (x: HostArray, axis: number, isReversed: boolean, combine: Combine): HostArray =>
  result(x.shape, x.dtype, (index) => {
    const [n, i] = [x.shape[axis] as number, index[axis] as number];
    const line = Array.from({ length: n }, (_, k) => at(x, index.map((j, a) => (a === axis ? k : j))));
    return combine(isReversed ? line.slice(i) : line.slice(0, i + 1), x.dtype);
  });

function cumulation(name: string, apply: Cumulate, primitive: AnyPrimitive, combine: Combine, isFloating = false): Operation {
  const along = (label: string, operand: Shape | Operand, axis: number, options: ops.CumulativeOptions = {}, extra: Partial<Sample> = {}): Sample =>
    sample(`${name} ${label}`, (x) => apply(x as Tensor, axis, options), [operand], ([x]) => soFar(x!, axis < 0 ? axis + x!.shape.length : axis, options.reverse === true, combine), {
      tolerance: { rtol: 1e-5, atol: 1e-6 },
      ...(isFloating && { dtypes: floats }),
      ...extra,
    });
  return structured(
    name,
    primitive,
    [
      along("along axis 0", [3, 2], 0),
      along("along the last axis", [2, 5], -1),
      along("along a middle axis from the end", [2, 4, 2], 1, { reverse: true }),
      along("of one element", [1], 0),
      along("of nothing", [0, 2], 0),
      along("with zeros", { shape: [2, 4], values: [2, 0, 3, 0.5, 0, -1, 0, 4] }, 1, {}, { dtypes: floats, ...(name.startsWith("cumm") ? { isEdge: true } : {}) }),
      along("with NaN and infinities", { shape: [4, 3], values: [NaN, 1, 2, 1, Infinity, 2, -Infinity, -1, 3, 0, 1, NaN] }, 1, {}, { dtypes: floats, isEdge: true }),
      sample(`${name} flattened`, (x) => apply(x as Tensor), [[2, 2]], ([x]) => soFar({ ...x!, shape: [4] }, 0, false, combine), { tolerance: { rtol: 1e-5, atol: 1e-6 }, ...(isFloating && { dtypes: floats }) }),
    ],
    alone((x) => apply(x), isFloating ? "real" : "number"),
    { refuses: isFloating ? ["int32", "uint32", "bool", "float0"] : ["bool", "float0"] },
  );
}

const product: Combine = (values, dtype) => (dtype === "int32" || dtype === "uint32" ? Number(BigInt.asIntN(32, values.reduce((a, b) => a * BigInt(b), 1n))) : values.reduce((a, b) => a * b, 1));

const logarithm: Combine = (values) => {
  const most = Math.max(...values);
  return Math.abs(most) === Infinity ? most : most + Math.log(values.reduce((sum, v) => sum + Math.exp(v - most), 0));
};

export const cumulative: readonly Operation[] = [
  cumulation("cumsum", ops.cumsum, ops.cumsumP, total),
  cumulation("cumprod", ops.cumprod, ops.cumprodP, product),
  cumulation("cummax", ops.cummax, ops.cummaxP, (values) => Math.max(...values)),
  cumulation("cummin", ops.cummin, ops.cumminP, (values) => Math.min(...values)),
  cumulation("cumlogsumexp", ops.cumlogsumexp, ops.cumlogsumexpP, logarithm, true),
];
