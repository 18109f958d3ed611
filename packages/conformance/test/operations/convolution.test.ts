// convGeneral: values by hand, derivatives by both operands, batches, errors.

import { ArgumentError, ShapeError } from "@gradus/core";
import { convGeneral, sin } from "@gradus/ops";
import { expect, test } from "vitest";
import { checkBatching, checkDerivatives, f64, values } from "./support.js";

test("values by hand", () => {
  expect(convGeneral(f64([[[1, 2, 3, 4]]]), f64([[[1, 10]]])).js()).toEqual([[[21, 32, 43]]]);
  expect(convGeneral(f64([[[1, 2, 3, 4]]]), f64([[[1, 10]]]), { padding: "same", strides: 2 }).js()).toEqual([[[21, 43]]]);
  expect(convGeneral(f64([[[1, 2]]]), f64([[[1, 10, 100]]]), { inputDilation: 2, padding: [[2, 2]] }).js()).toEqual([[[100, 10, 201, 20, 2]]]);
  expect(convGeneral(f64([[[1], [2]]]), f64([[[3]], [[5]]]), { groups: 2 }).js()).toEqual([[[3], [10]]]);
});

test("derivatives of both orders in both modes", () => {
  checkDerivatives((x, k) => convGeneral(sin(x!), sin(k!), { strides: [1, 2], padding: "same", groups: 2 }), [values([2, 4, 3, 4]), values([2, 2, 2, 3], 2)]);
  checkDerivatives((x, k) => convGeneral(x!, k!, { inputDilation: 2, dilation: 2, padding: [[2, 1]] }), [values([1, 2, 4]), values([3, 2, 2], 2)]);
});

test("vmap agrees with a loop, with any operand batched", () => {
  const [x, k] = [values([3, 2, 2, 4]), values([3, 2, 2, 2], 2)];
  checkBatching((a, b) => convGeneral(a!, b!), [x, k], [0, 0]);
  checkBatching((a) => convGeneral(a!, values([2, 2, 2])), [x], [0]);
  checkBatching((b) => convGeneral(values([2, 2, 4]), b!), [k], [0]);
});

test("errors", () => {
  const x = values([1, 2, 4]);
  expect(() => convGeneral(x, values([1, 1, 2]))).toThrow(ShapeError);
  expect(() => convGeneral(x, values([1, 2]))).toThrow(ShapeError);
  expect(() => convGeneral(x, values([3, 1, 2]), { groups: 2 })).toThrow(ShapeError);
  expect(() => convGeneral(x, values([1, 2, 2]), { groups: 0 })).toThrow(ArgumentError);
  expect(() => convGeneral(x, values([1, 2, 2]), { strides: [1, 1] })).toThrow(ShapeError);
});
