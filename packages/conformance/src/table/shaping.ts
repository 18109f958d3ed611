// Rows of the operations that move elements without computing: shapes, slices, padding, joining, and arrays from nothing.

import type { Shape, Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { at, type HostArray } from "../host-array.js";
import type { Operation, Sample } from "../operation.js";
import { alone, anything, composed, everything, numbers, result, sample, structured } from "./structured.js";

const moved = { dtypes: anything };
const same = (shape: Shape) => ([x]: readonly HostArray[]): HostArray => ({ ...x!, shape });
type One = (x: Tensor) => Tensor;

const keeping = (label: string, from: Shape, to: Shape, apply: One): Sample => sample(label, apply as Sample["apply"], [from], same(to), moved);
const picking = (label: string, from: Shape, to: Shape, apply: One, source: (index: number[]) => number[]): Sample =>
  sample(label, apply as Sample["apply"], [from], ([x]) => result(to, x!.dtype, (index) => at(x!, source(index))), moved);

const reshape = structured("reshape", ops.reshapeP, [
  keeping("reshape to one axis", [2, 3], [6], (x) => ops.reshape(x, [6])),
  keeping("reshape with -1", [2, 6], [3, 2, 2], (x) => ops.reshape(x, [3, -1, 2])),
  keeping("reshape of 0-d", [], [1, 1], (x) => ops.reshape(x, [1, 1])),
  keeping("reshape to 0-d", [1, 1], [], (x) => ops.reshape(x, [])),
  keeping("reshape of nothing", [0, 3], [3, 0, 2], (x) => ops.reshape(x, [3, 0, 2])),
  picking("reshape of a transposed view", [2, 3], [6], (x) => ops.reshape(ops.transpose(x), [6]), ([i]) => [i! % 2, Math.floor(i! / 2)]),
], alone((x) => ops.reshape(x, [-1, 1]), "any"));

const transpose = structured("transpose", ops.transposeP, [
  picking("transpose", [2, 3], [3, 2], (x) => ops.transpose(x), ([i, j]) => [j!, i!]),
  picking("transpose by a permutation", [2, 3, 4], [4, 2, 3], (x) => ops.transpose(x, [2, 0, 1]), ([i, j, k]) => [j!, k!, i!]),
  picking("transpose by negative axes", [2, 3, 1], [1, 3, 2], (x) => ops.transpose(x, [-1, 1, 0]), ([i, j, k]) => [k!, j!, i!]),
  keeping("transpose of 0-d", [], [], (x) => ops.transpose(x)),
  keeping("transpose of nothing", [0, 2], [2, 0], (x) => ops.transpose(x)),
], alone((x) => ops.transpose(x), "any"));

const broadcast = structured("broadcastTo", ops.broadcastP, [
    picking("broadcastTo along a new axis", [3], [2, 3], (x) => ops.broadcastTo(x, [2, 3]), ([, j]) => [j!]),
    picking("broadcastTo along an axis of 1", [2, 1], [2, 3], (x) => ops.broadcastTo(x, [2, 3]), ([i]) => [i!, 0]),
    picking("broadcastTo of 0-d", [], [2, 2], (x) => ops.broadcastTo(x, [2, 2]), () => []),
    picking("broadcastTo both ways", [3, 1], [2, 3, 2], (x) => ops.broadcastTo(x, [2, 3, 2]), ([, j]) => [j!, 0]),
    picking("broadcastTo nothing", [1, 2], [0, 2], (x) => ops.broadcastTo(x, [0, 2]), ([, j]) => [0, j!]),
    picking("broadcastInDim", [2], [2, 3], (x) => ops.broadcastInDim(x, [2, 3], [0]), ([i]) => [i!]),
    picking("broadcastInDim of two axes", [2, 3], [2, 2, 3], (x) => ops.broadcastInDim(x, [2, 2, 3], [0, 2]), ([i, , k]) => [i!, k!]),
], alone((x) => ops.broadcastTo(x, [2, 3]), "any"), { exports: ["broadcastTo", "broadcastInDim", "broadcastP"] });

const reverse = structured("reverse", ops.reverseP, [
  picking("reverse along axis 0", [3, 2], [3, 2], (x) => ops.reverse(x, 0), ([i, j]) => [2 - i!, j!]),
  picking("reverse along all axes", [2, 3], [2, 3], (x) => ops.reverse(x), ([i, j]) => [1 - i!, 2 - j!]),
  keeping("reverse of 0-d", [], [], (x) => ops.reverse(x)),
], alone((x) => ops.reverse(x), "any"));

const slice = structured(
  "slice",
  ops.sliceP,
  [
    picking("slice", [4, 3], [2, 2], (x) => ops.slice(x, [1, 0], [3, 2]), ([i, j]) => [i! + 1, j!]),
    picking("slice with strides", [7], [3], (x) => ops.slice(x, [1], [7], [2]), ([i]) => [1 + 2 * i!]),
    picking("slice with strides that do not reach the end", [6, 2], [2, 1], (x) => ops.slice(x, [0, 1], [4, 2], [3, 1]), ([i]) => [3 * i!, 1]),
    picking("slice of nothing", [3], [0], (x) => ops.slice(x, [1], [1]), ([i]) => [i! + 1]),
    picking("sliceAlong", [3, 4], [3, 2], (x) => ops.sliceAlong(x, 1, 0, 4, 3), ([i, j]) => [i!, 3 * j!]),
  ],
  "a slice has no 0-d operands but those that it leaves as they are",
  { exports: ["slice", "sliceP", "sliceAlong"] },
);

type Entry = readonly [number, number] | readonly [number, number, number];
function padding(label: string, from: Shape, config: readonly Entry[]): Sample {
  const to = from.map((d, i) => config[i]![0] + config[i]![1] + d + Math.max(d - 1, 0) * (config[i]![2] ?? 0));
  const back = (i: number, axis: number): number => (i - config[axis]![0]) / ((config[axis]![2] ?? 0) + 1);
  return sample(
    `pad ${label}`,
    (x, value) => ops.pad(x as Tensor, value as Tensor, config),
    [from, []],
    ([x, value]) =>
      result(to, x!.dtype, (index) => {
        const source = index.map(back);
        return source.every((s, k) => Number.isInteger(s) && s >= 0 && s < from[k]!) ? at(x!, source) : (value!.data[0] as number);
      }),
    { dtypes: everything },
  );
}
const pad = structured("pad", ops.padP, [
  padding("before and after", [2, 2], [[1, 0], [0, 2]]),
  padding("between", [3], [[1, 1, 2]]),
  padding("away", [4, 3], [[-1, 1], [0, -2]]),
  padding("away with elements between", [3, 2], [[-1, 2, 1], [1, -1, 1]]),
  padding("nothing", [0, 2], [[1, 1], [0, 0]]),
  padding("by nothing", [2], [[0, 0]]),
], { apply: (x, value) => ops.pad(x, value, [[1, 1]]), domain: "any", derivative: "real", operands: [{ shape: [3] }, { shape: [] }], at: [1] });

/** Element `index` of arrays joined along an axis. */
function joined(xs: readonly HostArray[], index: number[], axis: number): number {
  let i = index[axis] as number;
  for (const x of xs) {
    const n = x.shape[axis] as number;
    if (i < n) return at(x, index.map((v, k) => (k === axis ? i : v)));
    i -= n;
  }
  return NaN;
}
const joining = (label: string, shapes: readonly Shape[], axis: number, to: Shape): Sample =>
  sample(`concatenate ${label}`, (...xs) => ops.concatenate(xs, axis), shapes, (xs) => result(to, xs[0]!.dtype, (index) => joined(xs, index, axis < 0 ? axis + to.length : axis)), moved);
const concatenate = structured("concatenate", ops.concatenateP, [
  joining("along axis 0", [[2, 2], [1, 2]], 0, [3, 2]),
  joining("along the last axis", [[2, 1], [2, 2], [2, 1]], -1, [2, 4]),
  joining("of one", [[3]], 0, [3]),
  joining("with nothing", [[0, 2], [2, 2]], 0, [2, 2]),
], "0-d arrays have no axis to be joined along: see stack");

const iotaCase = (label: string, apply: () => Tensor, shape: Shape, dtype: HostArray["dtype"], axis: number): Sample =>
  sample(`iota ${label}`, apply, [], () => result(shape, dtype, (index) => index[axis] as number), { dtypes: [dtype], derivative: "zero" });
const noOperands = "it has no operands";
const iota: Operation = structured("iota", ops.iotaP, [
  iotaCase("of a length", () => ops.iota(4), [4], "int32", 0),
  iotaCase("along an axis", () => ops.iota([2, 3], "float32", 1), [2, 3], "float32", 1),
  iotaCase("in uint32", () => ops.iota([3, 2], "uint32", -2), [3, 2], "uint32", 0),
  iotaCase("of nothing", () => ops.iota(0), [0], "int32", 0),
], noOperands);

const constant = (label: string, apply: Sample["apply"], operands: readonly Shape[], value: number): Sample =>
  sample(label, apply, operands, (xs) => result([2, 3], xs[0]?.dtype ?? "float32", () => value), { dtypes: everything, derivative: "zero" });
const filled: Operation = {
  name: "full",
  exports: ["full", "fullP", "zeros", "ones", "fullLike", "zerosLike", "onesLike"],
  primitives: [],
  numbers: alone((x) => ops.fullLike(x, 1), "any", { derivative: "zero" }),
  samples: [
    constant("full", () => ops.full([2, 3], 2.5), [], 2.5),
    constant("zeros", () => ops.zeros([2, 3]), [], 0),
    constant("ones", () => ops.ones([2, 3]), [], 1),
    constant("fullLike", (x) => ops.fullLike(x as Tensor, 1), [[2, 3]], 1),
    constant("zerosLike", (x) => ops.zerosLike(x as Tensor), [[2, 3]], 0),
    constant("onesLike", (x) => ops.onesLike(x as Tensor), [[2, 3]], 1),
  ].map((s) => (s.operands.length === 0 ? { ...s, dtypes: ["float32"] } : s)),
};

export const shaping: readonly Operation[] = [
  reshape,
  transpose,
  broadcast,
  reverse,
  slice,
  pad,
  concatenate,
  iota,
  filled,
  composed("squeeze", [keeping("squeeze all", [1, 3, 1], [3], (x) => ops.squeeze(x)), keeping("squeeze one", [1, 3, 1], [1, 3], (x) => ops.squeeze(x, -1))], alone((x) => ops.squeeze(x), "any")),
  composed("expandDims", [keeping("expandDims first", [3], [1, 3], (x) => ops.expandDims(x, 0)), keeping("expandDims last", [2, 3], [2, 3, 1], (x) => ops.expandDims(x, -1))], alone((x) => ops.expandDims(x, 0), "any")),
  composed("moveAxis", [picking("moveAxis", [2, 3, 4], [3, 4, 2], (x) => ops.moveAxis(x, 0, 2), ([i, j, k]) => [k!, i!, j!])], "it takes tensors alone: transformations move axes with it"),
  composed("stack", [
    sample("stack", (x, y) => ops.stack([x as Tensor, y as Tensor]), [[3], [3]], (xs) => result([2, 3], xs[0]!.dtype, ([i, j]) => at(xs[i!]!, [j!])), moved),
    sample("stack along the last axis", (x, y) => ops.stack([x as Tensor, y as Tensor], -1), [[3], [3]], (xs) => result([3, 2], xs[0]!.dtype, ([i, j]) => at(xs[j!]!, [i!])), moved),
  ], { apply: (x, y) => ops.stack([x, y]), domain: "any", derivative: "real", operands: [{ shape: [] }, { shape: [] }] }),
  composed("split", [
    sample("split in equal parts", (x) => ops.split(x as Tensor, 2, 1), [[2, 4]], ([x]) => [0, 2].map((from) => result([2, 2], x!.dtype, ([i, j]) => at(x!, [i!, j! + from]))), { dtypes: numbers }),
    sample("split at indices", (x) => ops.split(x as Tensor, [1, 3]), [[4]], ([x]) => [[0, 1], [1, 3], [3, 4]].map(([from, to]) => result([to! - from!], x!.dtype, ([i]) => at(x!, [i! + from!]))), { dtypes: numbers }),
  ], "0-d arrays have no axis to be split along"),
  composed("unstack", [
    sample("unstack", (x) => ops.unstack(x as Tensor), [[2, 3]], ([x]) => [0, 1].map((i) => result([3], x!.dtype, ([j]) => at(x!, [i, j!]))), { dtypes: numbers }),
    sample("unstack along the last axis", (x) => ops.unstack(x as Tensor, -1), [[2, 3]], ([x]) => [0, 1, 2].map((j) => result([2], x!.dtype, ([i]) => at(x!, [i!, j]))), { dtypes: numbers }),
  ], "0-d arrays have no axis to be taken apart along"),
];
