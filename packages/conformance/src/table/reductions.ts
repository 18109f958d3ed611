// Rows of reductions, of argmax and argmin, and of dotGeneral.

import { type AnyPrimitive, type DType, dtypes, type Shape, type Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { at, type HostArray, indices } from "../host-array.js";
import type { Domain, Operand, Operation, Sample } from "../operation.js";
import { alone, everything, numbers, result, sample, structured, total } from "./structured.js";

type Combine = (values: readonly number[], dtype: DType) => number;
type Reduce = (x: Tensor, axes?: number | readonly number[]) => Tensor;

/** The elements that share all indices but those along `axes`, combined. */
function reduceHost(x: HostArray, axes: readonly number[], combine: Combine, dtype: DType = x.dtype): HostArray {
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const all = indices(x.shape);
  return result(kept.map((i) => x.shape[i] as number), dtype, (out) => combine(all.filter((index) => kept.every((i, k) => index[i] === out[k])).map((index) => at(x, index)), x.dtype));
}

function reduction(name: string, apply: Reduce, primitive: AnyPrimitive, domain: Domain, combine: Combine, extra: Partial<Sample> = {}): Operation {
  const over = (label: string, shape: Shape, axes: number | readonly number[] | undefined): Sample => {
    const list = axes === undefined ? shape.map((_, i) => i) : [axes].flat().map((a) => (a < 0 ? a + shape.length : a));
    return sample(`${name} ${label}`, (x) => apply(x as Tensor, axes), [shape], ([x]) => reduceHost(x!, list, combine), { ...extra, tolerance: { rtol: 1e-5, atol: 1e-6 } });
  };
  return structured(
    name,
    primitive,
    [
      over("of all", [2, 3], undefined),
      over("over axis 0", [2, 3], 0),
      over("over the last axis", [2, 3], -1),
      over("over axes 0 and 2", [2, 3, 2], [0, 2]),
      over("over no axis", [3], []),
      over("of 0-d", [], undefined),
      over("of one element", [1, 1], [1]),
      { ...over("of nothing", [0, 2], 0), ...(Number.isFinite(combine([], "float64")) ? {} : { except: { gradient: "the greatest and the least of nothing are infinite" } }) },
    ],
    alone(apply, domain, { derivative: extra.derivative ?? "real" }),
    { refuses: dtypes.filter((d) => !(extra.dtypes ?? numbers).includes(d)) },
  );
}

const product: Combine = (values, dtype) => (dtype === "int32" || dtype === "uint32" ? Number(BigInt.asIntN(32, values.reduce((a, b) => a * BigInt(b), 1n))) : values.reduce((a, b) => a * b, 1));
const least: Record<DType, number> = { float32: -Infinity, float64: -Infinity, int32: -(2 ** 31), uint32: 0, bool: 0, float0: 0 };
const greatest: Record<DType, number> = { float32: Infinity, float64: Infinity, int32: 2 ** 31 - 1, uint32: 2 ** 32 - 1, bool: 1, float0: 0 };
const bits: Partial<Sample> = { dtypes: ["int32", "uint32", "bool"], derivative: "zero" };
const all: Combine = (values, dtype) => values.reduce((a, b) => a & b, dtype === "bool" ? 1 : -1);

const zeros = sample("reduceProd with zeros", (x) => ops.reduceProd(x as Tensor, 1), [{ shape: [3, 3], values: [0, 2, 3, 0, 0, 3, 0.5, 2, 4] }], ([x]) => reduceHost(x!, [1], product), { dtypes: ["float32", "float64"] });
const special = (name: string, apply: Reduce, combine: Combine): Sample =>
  sample(`${name} with NaN and infinities`, (x) => apply(x as Tensor, 1), [{ shape: [4, 3], values: [NaN, 1, 2, 1, Infinity, 2, -Infinity, -1, 3, 0, -0, 0] }], ([x]) => reduceHost(x!, [1], combine), { dtypes: ["float32", "float64"], isEdge: true });
const withSamples = (row: Operation, ...more: Sample[]): Operation => ({ ...row, samples: [...row.samples, ...more] });

type Place = (x: Tensor, axis?: number | null) => Tensor;
function place(name: string, apply: Place, primitive: AnyPrimitive, beats: (a: number, b: number) => boolean): Operation {
  const first = (values: readonly number[]): number => values.reduce((best, v, i) => (!Number.isNaN(values[best]) && (Number.isNaN(v) || beats(v, values[best] as number)) ? i : best), 0);
  const along = (label: string, operand: Operand, axis: number | null, extra: Partial<Sample> = {}): Sample =>
    sample(
      `${name} ${label}`,
      (x) => apply(x as Tensor, axis),
      [operand],
      ([x]) => (axis === null ? { shape: [], dtype: "int32", data: [first(x!.data)] } : reduceHost(x!, [axis < 0 ? axis + x!.shape.length : axis], first, "int32")),
      { dtypes: everything, derivative: "zero", ...extra },
    );
  return structured(name, primitive, [
    along("flattened", { shape: [2, 3] }, null),
    along("along axis 0", { shape: [2, 3] }, 0),
    along("along the last axis", { shape: [2, 2, 3] }, -1),
    along("at ties", { shape: [4], values: [2, 5, 5, 2] }, 0),
    along("with NaN", { shape: [2, 3], values: [1, NaN, 3, NaN, Infinity, NaN] }, 1, { dtypes: ["float32", "float64"], isEdge: true }),
  ], alone(apply, "any", { result: "int32", derivative: "zero" }), { refuses: ["float0"] });
}

type Pairs = readonly [readonly number[], readonly number[]];
/** Σ over the contracted axes, index by index. */
function dotHost(a: HostArray, b: HostArray, contract: Pairs, batch: Pairs): HostArray {
  const free = (x: HostArray, side: 0 | 1): number[] => x.shape.map((_, i) => i).filter((i) => !contract[side].includes(i) && !batch[side].includes(i));
  const [freeA, freeB] = [free(a, 0), free(b, 1)];
  const size = (x: HostArray, axes: readonly number[]): number[] => axes.map((i) => x.shape[i] as number);
  const shape = [...size(a, batch[0]), ...size(a, freeA), ...size(b, freeB)];
  const summed = indices(size(a, contract[0]));
  return result(shape, a.dtype, (out) => {
    const index = (side: 0 | 1, freeAxes: readonly number[], from: number, c: readonly number[]): number[] => {
      const full: number[] = [];
      batch[side].forEach((axis, k) => (full[axis] = out[k] as number));
      freeAxes.forEach((axis, k) => (full[axis] = out[from + k] as number));
      contract[side].forEach((axis, k) => (full[axis] = c[k] as number));
      return full;
    };
    const nb = batch[0].length;
    return total(summed.map((c) => at(a, index(0, freeA, nb, c)) * at(b, index(1, freeB, nb + freeA.length, c))), a.dtype);
  });
}

const dot = (label: string, a: Shape, b: Shape, contract: Pairs, batch: Pairs = [[], []]): Sample =>
  sample(`dotGeneral ${label}`, (x, y) => ops.dotGeneral(x as Tensor, y as Tensor, { contract, batch }), [a, b], ([x, y]) => dotHost(x!, y!, contract, batch), { tolerance: { rtol: 1e-5, atol: 1e-6 } });

export const reductions: readonly Operation[] = [
  reduction("reduceSum", ops.reduceSum, ops.reduceSumP, "number", total),
  withSamples(reduction("reduceProd", ops.reduceProd, ops.reduceProdP, "number", product), zeros),
  withSamples(reduction("reduceMax", ops.reduceMax, ops.reduceMaxP, "any", (v, d) => v.reduce((a, b) => Math.max(a, b), least[d]), { dtypes: everything }), special("reduceMax", ops.reduceMax, (v) => Math.max(...v))),
  withSamples(reduction("reduceMin", ops.reduceMin, ops.reduceMinP, "any", (v, d) => v.reduce((a, b) => Math.min(a, b), greatest[d]), { dtypes: everything }), special("reduceMin", ops.reduceMin, (v) => Math.min(...v))),
  reduction("reduceAnd", ops.reduceAnd, ops.reduceAndP, "integer", all, bits),
  reduction("reduceOr", ops.reduceOr, ops.reduceOrP, "integer", (v) => v.reduce((a, b) => a | b, 0), bits),
  reduction("reduceXor", ops.reduceXor, ops.reduceXorP, "integer", (v) => v.reduce((a, b) => a ^ b, 0), bits),
  place("argmax", ops.argmax, ops.argmaxP, (a, b) => a > b),
  place("argmin", ops.argmin, ops.argminP, (a, b) => a < b),
  structured("dotGeneral", ops.dotGeneralP, [
    dot("matrix product", [2, 3], [3, 2], [[1], [0]]),
    dot("of transposed layouts", [3, 2], [2, 3], [[0], [1]]),
    dot("inner product", [3], [3], [[0], [0]]),
    dot("outer product", [2], [3], [[], []]),
    dot("with a batch axis", [2, 3, 2], [2, 2, 3], [[2], [1]], [[0], [0]]),
    dot("with a batch axis last", [3, 2, 2], [2, 3, 2], [[0], [1]], [[2], [0]]),
    dot("over two axes", [2, 3, 2], [3, 2, 2], [[1, 2], [0, 1]]),
    dot("over two crossed axes", [2, 3, 2], [2, 2, 3], [[1, 2], [2, 0]]),
    dot("of nothing", [2, 0], [0, 3], [[1], [0]]),
  ], { apply: (x, y) => ops.dotGeneral(x, y, { contract: [[], []] }), domain: "number", derivative: "real", operands: [{ shape: [3] }, { shape: [3] }] }, { refuses: ["bool", "float0"] }),
];

