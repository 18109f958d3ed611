// Convolutions: values by hand, derivatives by both operands, batches, errors.

import { ArgumentError, DTypeError, ShapeError, type Tensor } from "@gradus/core";
import { conv, convGeneral, convTranspose, dotGeneral, reverse, sin } from "@gradus/ops";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { bool, checkBatching, checkDerivatives, expectNear, f64, i32, pullback, values } from "./support.js";

test("values by hand", () => {
  expect(conv(f64([[[1, 2, 3, 4]]]), f64([[[1, 10]]])).js()).toEqual([[[21, 32, 43]]]);
  expect(conv(f64([[[1, 2, 3, 4]]]), f64([[[1, 10]]]), { padding: "same", strides: 2 }).js()).toEqual([[[21, 43]]]);
  expect(conv(f64([[[1, 2]]]), f64([[[1, 10, 100]]]), { inputDilation: 2, padding: [[2, 2]] }).js()).toEqual([[[100, 10, 201, 20, 2]]]);
  expect(conv(f64([[[1], [2]]]), f64([[[3]], [[5]]]), { groups: 2 }).js()).toEqual([[[3], [10]]]);
  expect(convGeneral(f64([[[1, 2]], [[3, 4]]]), f64([[[1]], [[10]]]), { batchGroupCount: 2 }).js()).toEqual([[[1, 2], [30, 40]]]);
  expect(convGeneral(i32([[[2 ** 30, 3]]]), i32([[[4, 1]]])).js()).toEqual([[[3]]]);
  expect(convTranspose(f64([[[1], [2]]]), f64([[[1]], [[10]]]), { strides: 2 }).js()).toEqual([[[10], [1], [20], [2]]]);
  expect(convTranspose(f64([[1, 2]]), f64([[1, 0, 3], [0, 1, 4]])).js()).toEqual([[1, 2, 11]]);
});

test("arrays that are not in the order of memory", () => {
  const [x, k] = [values([2, 3, 5]), values([4, 3, 2], 2)];
  const plain = convGeneral(x, k);
  expectNear(reverse(convGeneral(reverse(x, 2), reverse(k, 2)), 2), plain, 1e-14);
  expectNear(reverse(convGeneral(x, reverse(k, 0)), 1), plain, 1e-14);
});

test("a window of one element is a product of matrices", () => {
  const [x, k] = [values([40, 7]), values([5, 7], 2)];
  expectNear(conv(x, k), dotGeneral(x, k, { contract: [[1], [1]] }), 1e-14);
});

describe("derivatives of both orders in both modes", () => {
  const rows: [string, (x: Tensor, k: Tensor) => Tensor, number[], number[]][] = [
    ["strides, padding and groups", (x, k) => conv(sin(x), sin(k), { strides: [1, 2], padding: "same", groups: 2 }), [2, 4, 3, 4], [2, 2, 2, 3]],
    ["dilations", (x, k) => conv(x, k, { inputDilation: 2, dilation: 2, padding: [[2, 1]] }), [1, 2, 4], [3, 2, 2]],
    ["cropped, with a rest that no window reaches", (x, k) => convGeneral(x, sin(k), { windowStrides: 3, padding: [[-1, 0]] }), [1, 1, 9], [2, 1, 2]],
    ["groups of the batch", (x, k) => convGeneral(sin(x), k, { batchGroupCount: 2, padding: "SAME" }), [4, 2, 3], [4, 2, 2]],
    ["layouts", (x, k) => convGeneral(x, k, { dimensionNumbers: ["NHWC", "HWIO", "NHWC"], featureGroupCount: 2, windowStrides: [2, 1], lhsDilation: [1, 3] }), [2, 4, 3, 4], [2, 2, 2, 6]],
    ["transposed", (x, k) => convTranspose(x, k, { strides: 2, transposeKernel: true }), [1, 3, 2, 2], [3, 2, 3, 2]],
  ];
  test.each(rows)("%s", (_name, f, x, k) => checkDerivatives(f as never, [values(x), values(k, 2)]));
  test("convTranspose of a kernel is the transpose of its convolution", () => {
    const [x, k, ct] = [values([1, 6, 2]), values([3, 2, 4], 2), values([1, 3, 4], 3)];
    const last = ["NHC", "HIO", "NHC"] as const;
    const [wanted] = pullback((t) => convGeneral(t!, k, { windowStrides: 2, padding: "SAME", dimensionNumbers: last }), [x], ct);
    expectNear(convTranspose(ct, k, { strides: 2, padding: "SAME", transposeKernel: true }), wanted!, 1e-14);
  });
  test("of nothing", () => {
    expect(grad((k: Tensor) => dotGeneral(conv(values([1, 1, 2]), k), values([1, 1, 0]), { contract: [[0, 1, 2], [0, 1, 2]] }))(values([1, 1, 3])).js()).toEqual([[[0, 0, 0]]]);
  });
});

describe("vmap agrees with a loop, with any operand batched", () => {
  const [x, k] = [values([3, 4, 2, 4]), values([3, 4, 4, 2], 2)];
  const rows: [string, Parameters<typeof convGeneral>[2], number[], number[]][] = [
    ["plain", { padding: "SAME" }, [3, 4, 2, 4], [3, 4, 2, 2]],
    ["groups of features", { featureGroupCount: 2 }, [3, 4, 2, 4], [3, 4, 1, 2]],
    ["groups of the batch", { batchGroupCount: 2 }, [3, 4, 2, 4], [3, 4, 2, 2]],
    ["layouts", { dimensionNumbers: ["CNW", "IWO", "WCN"] }, [3, 2, 4, 4], [3, 2, 2, 4]],
  ];
  test.each(rows)("%s", (_name, options, left, right) => {
    const [a, b] = [values(left), values(right, 2)];
    checkBatching((t, s) => convGeneral(t!, s!, options), [a, b], [0, 0]);
    checkBatching((t) => convGeneral(t!, values(right.slice(1), 3), options), [a], [0]);
    checkBatching((s) => convGeneral(values(left.slice(1), 3), s!, options), [b], [0]);
  });
  test("along other axes", () => {
    checkBatching((a, b) => conv(a!, b!), [x, k], [3, 1]);
    checkBatching((a) => conv(a!, values([2, 3, 2])), [values([2, 3, 4, 5])], [2]);
  });
});

test("errors", () => {
  const x = values([1, 2, 4]);
  expect(() => convGeneral(x, values([1, 1, 2]))).toThrow(/2 features in 1 group\(s\) are no 1 features/);
  expect(() => convGeneral(x, values([1, 2]))).toThrow(ShapeError);
  expect(() => convGeneral(values([3]), values([3]))).toThrow(ShapeError);
  expect(() => convGeneral(x, values([3, 1, 2]), { featureGroupCount: 2 })).toThrow(/3 output features cannot be divided into 2 groups/);
  expect(() => convGeneral(x, values([2, 2, 2]), { batchGroupCount: 2 })).toThrow(/a batch of 1 cannot be divided/);
  expect(() => convGeneral(values([2, 2, 4]), values([4, 1, 2]), { batchGroupCount: 2, featureGroupCount: 2 })).toThrow(/cannot both be more than 1/);
  expect(() => convGeneral(x, values([1, 2, 0]))).toThrow(/window \[0\] of the kernel is empty/);
  expect(() => convGeneral(x, values([1, 2, 2]), { windowStrides: [1, 1] })).toThrow(ShapeError);
  expect(() => convGeneral(x, values([1, 2, 2]), { rhsDilation: 0 })).toThrow(ShapeError);
  expect(() => convGeneral(x, values([1, 2, 2]), { padding: [[1, 0.5]] })).toThrow(ShapeError);
  expect(() => convGeneral(bool([[[true]]]), bool([[[true]]]))).toThrow(DTypeError);
  for (const options of [{ featureGroupCount: 0 }, { batchGroupCount: 1.5 }, { padding: "full" }, { padding: "SAME", lhsDilation: 2 }, { dimensionNumbers: ["NCW", "OIW"] }, { dimensionNumbers: ["NCW", "OIH", "NCW"] }, { dimensionNumbers: { lhsSpec: [0, 1, 1], rhsSpec: [0, 1, 2], outSpec: [0, 1, 2] } }]) {
    expect(() => convGeneral(x, values([1, 2, 2]), options as never)).toThrow(ArgumentError);
  }
  expect(() => conv(x, values([1, 2, 2]), { groups: 0 })).toThrow(ArgumentError);
  expect(() => convTranspose(x, values([1, 4, 2]), { padding: "SAME_LOWER" })).toThrow(ArgumentError);
});
