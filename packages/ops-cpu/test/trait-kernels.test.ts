// What follows from traits: slices, reversals and all folds run on a backend to which no family of kernels was given.

import { array, type DType, type Tensor, withBackend } from "@gradus/core";
import { reduceAnd, reduceMax, reduceMin, reduceOr, reduceProd, reverse, slice, transpose } from "@gradus/ops";
import { describe, expect, test } from "vitest";
import { eagerCpu } from "../src/eager.js";

const x = [[1, -2, 3], [4, 5, -6]];
const i = (values: Parameters<typeof array>[0], dtype: DType): Tensor => array(values, { dtype });
const cases: [string, () => Tensor, unknown][] = [
  ["slice", () => slice(array(x), [0, 1], [2, 3]), [[-2, 3], [5, -6]]],
  ["slice with strides", () => slice(array(x), [0, 0], [2, 3], [1, 2]), [[1, 3], [4, -6]]],
  ["slice of a view", () => slice(transpose(array(x)), [1, 0], [3, 2], [1, 1]), [[-2, 5], [3, -6]]],
  ["an empty slice", () => slice(array(x), [1, 2], [1, 3]), []],
  ["reverse", () => reverse(array(x), 1), [[3, -2, 1], [-6, 5, 4]]],
  ["reverse of a reversed slice", () => reverse(slice(reverse(array(x)), [0, 0], [2, 2]), 0), [[3, -2], [-6, 5]]],
  ["reduceProd", () => reduceProd(array(x), 1), [-6, -120]],
  ["reduceProd wraps around", () => reduceProd(i([65537, 65537], "int32")), 131073],
  ["reduceMax", () => reduceMax(array(x), 0), [4, 5, 3]],
  ["reduceMax with NaN", () => reduceMax(array([1, NaN, 2])), NaN],
  ["reduceMax of nothing", () => reduceMax(i([], "int32")), -(2 ** 31)],
  ["reduceMin", () => reduceMin(array(x), 1), [-2, -6]],
  ["reduceMin of nothing", () => reduceMin(i([], "uint32")), 2 ** 32 - 1],
  ["reduceMin of booleans", () => reduceMin(i([true, false], "bool")), false],
  ["reduceAnd", () => reduceAnd(i([[true, true], [true, false]], "bool"), 1), [true, false]],
  ["reduceAnd of bits", () => reduceAnd(i([7, 13], "uint32")), 5],
  ["reduceAnd of nothing", () => reduceAnd(i([], "uint32")), 2 ** 32 - 1],
  ["reduceOr", () => reduceOr(i([[false, false], [true, false]], "bool"), 1), [false, true]],
  ["reduceOr of bits", () => reduceOr(i([1, 4], "int32")), 5],
];

describe("without families", () => {
  test.each(cases)("%s", (_name, run, expected) => expect(withBackend(eagerCpu(), () => run().js())).toEqual(expected));
});
