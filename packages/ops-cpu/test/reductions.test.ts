import { array, type DType, ShapeError, type Tensor, transpose, useBackend } from "@gradus/core";
import { argmax, argmin, reduceAnd, reduceMax, reduceMin, reduceOr, reduceProd } from "@gradus/ops";
import { beforeEach, expect, test } from "vitest";
import { cpu } from "../src/index.js";
import { allDTypes, count, flat, indices, laidOut, numbers, stored, values } from "./layouts.js";

beforeEach(() => useBackend(cpu()));

const shapes = [[], [7], [3, 4], [2, 3, 4]];
const axesOf = (n: number): number[][] => [[], [0], [n - 1], Array.from({ length: n }, (_, i) => i)].filter((a) => a.every((i) => i >= 0 && i < n));

function folded(v: readonly number[], shape: readonly number[], axes: readonly number[], start: number, f: (a: number, b: number) => number): number[] {
  const kept = shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const outShape = kept.map((i) => shape[i] as number);
  const out: number[] = new Array<number>(count(outShape)).fill(start);
  indices(shape).forEach((index, k) => {
    const at = flat(kept.map((i) => index[i] as number), outShape);
    out[at] = f(out[at] as number, v[k] as number);
  });
  return out;
}

const cases: [string, (x: Tensor, axes: number[]) => Tensor, number, (a: number, b: number, dtype: DType) => number, readonly DType[]][] = [
  ["reduceMax", reduceMax, -Infinity, (a, b) => Math.max(a, b), allDTypes],
  ["reduceMin", reduceMin, Infinity, (a, b) => Math.min(a, b), allDTypes],
  ["reduceProd", reduceProd, 1, (a, b, dtype) => (dtype.includes("int") ? Math.imul(a, b) : a * b), numbers],
  ["reduceAnd", reduceAnd, -1, (a, b) => a & b, ["int32", "uint32", "bool"]],
  ["reduceOr", reduceOr, 0, (a, b) => a | b, ["int32", "uint32", "bool"]],
];
for (const [name, op, start, f, dtypes] of cases) {
  test(name, () => {
    for (const dtype of dtypes) {
      for (const shape of shapes) {
        for (const { layout, x, values: v } of laidOut(shape, dtype)) {
          for (const axes of axesOf(shape.length)) {
            const expected = folded(v, shape, axes, start, (a, b) => f(a, b, dtype)).map((a) => stored(dtype, a));
            expect(values(op(x, axes)), `${layout} ${x.aval} ${axes}`).toEqual(expected);
          }
        }
      }
    }
  });
}

test("extrema of nothing, and of NaN", () => {
  const none = (dtype: DType): Tensor => array([], { dtype });
  expect(reduceMax(none("float32")).item()).toBe(-Infinity);
  expect(reduceMin(none("float64")).item()).toBe(Infinity);
  expect(reduceMax(none("int32")).item()).toBe(-(2 ** 31));
  expect(reduceMin(none("uint32")).item()).toBe(2 ** 32 - 1);
  expect(reduceAnd(none("bool")).item<boolean>()).toBe(true);
  expect(reduceProd(none("float32")).item()).toBe(1);
  expect(values(reduceMax(array([[1, NaN], [3, 4]]), 1))).toEqual([NaN, 4]);
  expect(values(reduceMax(array([[1, NaN], [3, 4]]), 0))).toEqual([3, NaN]);
  expect(reduceMin(array([NaN, 1])).item()).toBeNaN();
});

test("argmax and argmin along every axis of every layout", () => {
  for (const dtype of allDTypes) {
    for (const shape of [[7], [3, 4], [2, 3, 4]]) {
      for (const { layout, x, values: v } of laidOut(shape, dtype)) {
        for (let axis = 0; axis < shape.length; axis++) {
          const outShape = shape.filter((_, i) => i !== axis);
          const lines = indices(outShape).map((index) => {
            const at = (j: number): number => flat([...index.slice(0, axis), j, ...index.slice(axis)], shape);
            return Array.from({ length: shape[axis] as number }, (_, j) => v[at(j)] as number);
          });
          expect(argmax(x, axis).dtype).toBe("int32");
          expect(values(argmax(x, axis)), `${layout} ${x.aval} ${axis}`).toEqual(lines.map((l) => l.indexOf(Math.max(...l))));
          expect(values(argmin(x, axis)), `${layout} ${x.aval} ${axis}`).toEqual(lines.map((l) => l.indexOf(Math.min(...l))));
        }
      }
    }
  }
});

test("ties give the first index, and a NaN wins", () => {
  expect(argmax(array([1, 3, 3])).item()).toBe(1);
  expect(argmin(array([2, 1, 1])).item()).toBe(1);
  expect(argmax(array([1, NaN, 5, NaN])).item()).toBe(1);
  expect(argmin(array([1, NaN, -5])).item()).toBe(1);
  expect(argmax(array([-Infinity, -Infinity])).item()).toBe(0);
  expect(values(argmax(transpose(array([[1, 5], [7, 2]])), 0))).toEqual([1, 0]);
  expect(argmax(array([[1, 9], [3, 4]])).item()).toBe(1);
  expect(() => argmax(array([]))).toThrow(ShapeError);
});
