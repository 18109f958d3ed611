// Rows of sort, argsort and topK: the order by insertion, line by line.

import type { Shape, Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { at, type HostArray, indices } from "../host-array.js";
import type { Operand, Operation, Sample } from "../operation.js";
import { alone, composed, everything, floats, result, sample, structured } from "./structured.js";

const before = (a: number, b: number): boolean => a < b || (Number.isNaN(b) && !Number.isNaN(a));

/** For every index of an array, the index of the element that sorting puts there. */
function sources(keys: readonly HostArray[], axis: number, isDescending: boolean): (index: number[]) => number[] {
  const { shape } = keys[0] as HostArray;
  const n = shape[axis] as number;
  const along = (index: readonly number[], k: number): number[] => index.map((j, a) => (a === axis ? k : j));
  const orders = new Map<string, number[]>();
  for (const index of indices(shape.map((d, a) => (a === axis ? Math.min(d, 1) : d)))) {
    const order: number[] = [];
    const precedes = (a: number, b: number): boolean => {
      for (const key of keys) {
        const [x, y] = isDescending ? [at(key, along(index, b)), at(key, along(index, a))] : [at(key, along(index, a)), at(key, along(index, b))];
        if (before(x, y)) return true;
        if (before(y, x)) return false;
      }
      return false;
    };
    for (let k = 0; k < n; k++) {
      let place = order.length;
      while (place > 0 && precedes(k, order[place - 1] as number)) place--;
      order.splice(place, 0, k);
    }
    orders.set(along(index, 0).join(), order);
  }
  return (index) => along(index, (orders.get(along(index, 0).join()) as number[])[index[axis] as number] as number);
}

interface How {
  readonly axis?: number;
  readonly numKeys?: number;
  readonly descending?: boolean;
}

function sorting(label: string, operands: readonly (Shape | Operand)[], { axis = -1, numKeys = 1, descending = false }: How = {}, extra: Partial<Sample> = {}): Sample {
  const expected = (xs: readonly HostArray[]): HostArray[] => {
    const source = sources(xs.slice(0, numKeys), axis < 0 ? axis + xs[0]!.shape.length : axis, descending);
    return xs.map((x) => result(x.shape, x.dtype, (index) => at(x, source(index))));
  };
  return sample(`sort ${label}`, (...xs) => ops.sort(xs, axis, numKeys, { descending }), operands, expected, { dtypes: everything, ...extra });
}

const hard = { shape: [2, 6], values: [NaN, 1, -Infinity, 0, -0, 1, Infinity, NaN, -1, 0, 2, -0] };
const edge: Partial<Sample> = { dtypes: floats, isEdge: true };
const places = (x: HostArray, axis: number, isDescending: boolean, shape: Shape = x.shape): HostArray => {
  const source = sources([x], axis, isDescending);
  return result(shape, "int32", (index) => source(index)[axis] as number);
};
const arg = (label: string, operand: Shape | Operand, axis: number, descending = false, extra: Partial<Sample> = {}): Sample =>
  sample(`argsort ${label}`, (x) => ops.argsort(x as Tensor, axis, { descending }), [operand], ([x]) => places(x!, axis < 0 ? axis + x!.shape.length : axis, descending), { dtypes: everything, derivative: "zero", ...extra });
const top = (label: string, operand: Shape | Operand, k: number, extra: Partial<Sample> = {}): Sample =>
  sample(
    `topK ${label}`,
    (x) => ops.topK(x as Tensor, k),
    [operand],
    ([x]) => {
      const axis = x!.shape.length - 1;
      const source = sources([x!], axis, true);
      const shape = x!.shape.map((d, i) => (i === axis ? k : d));
      return [result(shape, x!.dtype, (index) => at(x!, source(index))), places(x!, axis, true, shape)];
    },
    { dtypes: everything, ...extra },
  );

export const sortings: readonly Operation[] = [
  structured(
    "sort",
    ops.sortP,
    [
      sorting("along the last axis", [[2, 5]]),
      sorting("along axis 0", [[4, 2]], { axis: 0 }),
      sorting("descending", [[2, 5]], { descending: true }),
      sorting("with a companion", [[2, 4], [2, 4]]),
      sorting("with an integer key", [{ shape: [6], dtype: "int32", values: [2, 1, 2, 0, 1, 2] }, [6]]),
      sorting("by two keys", [{ shape: [6], dtype: "int32", values: [1, 0, 1, 0, 1, 1] }, [6], [6]], { numKeys: 2 }),
      sorting("with NaN and zeros", [hard], {}, edge),
      sorting("descending with NaN and zeros", [hard], { descending: true }, edge),
      sorting("of one element", [[1]]),
      sorting("of nothing", [[0, 2]], { axis: 0 }),
      sorting("of lines of nothing", [[0, 2]], { axis: 1 }),
    ],
    alone((x) => ops.sort([ops.reshape(x, [-1])])[0] as Tensor, "any"),
    { refuses: ["float0"] },
  ),
  composed("argsort", [arg("along the last axis", [2, 5], -1), arg("along axis 0, descending", [4, 2], 0, true), arg("at ties", { shape: [5], values: [1, 0, 1, 0, 1] }, 0), arg("at ties, descending", { shape: [5], values: [1, 0, 1, 0, 1] }, 0, true), arg("with NaN and zeros", hard, 1, false, edge)], "it needs an axis, which a number has not"),
  structured(
    "topK",
    ops.topKP,
    [
      top("of three", [2, 5], 3),
      top("of few", [2, 20], 2),
      top("of none", [2, 3], 0),
      top("of all", [4], 4),
      top("of no lines", [0, 3], 2),
      top("at ties", { shape: [5], values: [1, 2, 1, 2, 2] }, 4, edge),
      top("at ties, of few", { shape: [40], values: [1, 2, 1, 2, 2, -0, 0] }, 4, edge),
      top("with NaN", hard, 2, edge),
      top("with NaN, of few", { shape: [30], values: [1, 5, NaN, -Infinity, 5, 3, Infinity, 2, 0, -0] }, 3, edge),
    ],
    "it needs an axis, which a number has not",
    { refuses: ["float0"] },
  ),
];
