// Losses against their formulas.

import { ArgumentError, array, DTypeError, reduceSum, ShapeError, type Tensor, type TensorLike, useBackend } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { checkGrads } from "@gradus/conformance";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { binaryCrossEntropyWithLogits, cosineDistance, cosineSimilarity, crossEntropy, hinge, huber, klDivergence, l2Loss, logCosh, logSoftmax, type LossOptions, mae, mse, softmax } from "../src/index.js";

useBackend(cpu());

const f64 = (data: number[] | number[][]): Tensor => array(data, { dtype: "float64" });
const i32 = (data: number[] | number[][]): Tensor => array(data, { dtype: "int32" });
const numbers = (x: Tensor): number[] => [...x.dataSync()] as number[];
const close = (got: Tensor, expected: readonly number[], tol = 1e-12): void => {
  const data = numbers(got);
  expect(data.length).toBe(expected.length);
  data.forEach((g, i) => {
    const e = expected[i] as number;
    expect(Object.is(g, e) || Math.abs(g - e) <= tol, `element ${i}: ${g}, expected ${e}`).toBe(true);
  });
};

const [x, y] = [f64([1, -2, 0.5, 4]), f64([0, 0.5, 0.3, 1])];
type Loss = (x: TensorLike, y: TensorLike, o?: LossOptions) => Tensor;
const losses: [string, Loss, number[]][] = [
  ["mse", mse, [1, 6.25, 0.04, 9]],
  ["mae", mae, [1, 2.5, 0.2, 3]],
  ["huber", huber, [0.5, 2, 0.02, 2.5]],
  ["l2Loss", l2Loss, [0.5, 3.125, 0.02, 4.5]],
  ["logCosh", logCosh, [1, -2.5, 0.2, 3].map((e) => Math.log(Math.cosh(e)))],
  ["hinge", hinge, [1, 2, 0.85, 0]],
  ["binaryCrossEntropyWithLogits", binaryCrossEntropyWithLogits, [1, -2, 0.5, 4].map((v, i) => Math.log1p(Math.exp(v)) - ([0, 0.5, 0.3, 1][i] as number) * v)],
];

describe.each(losses)("%s", (_name, loss, expected) => {
  const total = expected.reduce((a, b) => a + b);
  test("has the values of its formula, and reduces", () => {
    close(loss(x, y, { reduction: "none" }), expected);
    close(loss(x, y, { reduction: "sum" }), [total]);
    close(loss(x, y), [total / 4]);
  });
  test("has right derivatives", () => checkGrads((a: Tensor, b: Tensor) => loss(a, b), [f64([0.7, -2.1, 0.5]), f64([0.2, 0.6, 0.1])], { order: 2, atol: 1e-6, rtol: 1e-6 }));
  test("is the same under jit and vmap", () => {
    close(jit((a: Tensor, b: Tensor) => loss(a, b))(x, y), [total / 4]);
    close(vmap((a: Tensor, b: Tensor) => loss(a, b))(x, y), expected);
  });
  test("refuses shapes that differ, booleans and unknown reductions", () => {
    expect(() => loss(x, f64([[1], [2], [3], [4]]))).toThrow(ShapeError);
    expect(() => loss(x, f64([1]))).toThrow(ShapeError);
    expect(() => loss(x, array([true, true, false, true]))).toThrow(DTypeError);
    expect(() => loss(x, y, { reduction: "max" as never })).toThrow(ArgumentError);
  });
});

test("huber changes from square to line at delta", () => {
  close(huber(f64([3]), f64([0]), { delta: 2 }), [4]);
  close(grad((a: Tensor) => huber(a, f64([0, 0, 0, 0]), { reduction: "sum" }))(f64([0, 0.5, 1, -3])), [0, 0.5, 1, -1]);
  for (const delta of [0, -1, NaN]) expect(() => huber(x, y, { delta })).toThrow(ArgumentError);
});

test("logCosh does not overflow, and hinge has no derivative at its corner", () => {
  close(logCosh(f64([1000]), f64([0])), [1000 - Math.LN2]);
  close(grad((a: Tensor) => logCosh(a, f64([0, 0]), { reduction: "sum" }))(f64([1000, 0])), [1, 0]);
  close(grad((a: Tensor) => hinge(a, f64([1, 1, -1]), { reduction: "sum" }))(f64([1, 0.5, 2])), [0, -1, 1]);
});

test("cosines of angles, and beside a vector of length 0", () => {
  const [a, b] = [f64([[3, 4], [1, 0], [0, 0]]), f64([[4, 3], [0, 2], [1, 1]])];
  close(cosineSimilarity(a, b), [0.96, 0, 0]);
  close(cosineDistance(a, b), [0.04, 1, 1]);
  close(cosineSimilarity(f64([1, 2]), f64([2, 4]), { epsilon: 10 }), [0.1]);
  close(grad((v: Tensor) => reduceSum(cosineSimilarity(v, b)))(f64([[0, 0], [0, 0], [0, 0]])), [0, 0, 0, 0, 0, 0]);
  checkGrads((p: Tensor, q: Tensor) => cosineSimilarity(p, q, { axis: 0 }), [f64([[3, -1], [1, 2]]), f64([[1, 2], [0.5, -1]])], { order: 2, atol: 1e-6, rtol: 1e-6 });
  expect(() => cosineSimilarity(a, f64([1, 2]))).toThrow(ShapeError);
  expect(() => cosineSimilarity(a, b, { axis: 2 })).toThrow(ShapeError);
  expect(() => cosineSimilarity(1, 2)).toThrow(ShapeError);
});

test("binaryCrossEntropyWithLogits does not overflow", () => {
  close(binaryCrossEntropyWithLogits(f64([1000, -1000, 1000]), f64([1, 0, 0]), { reduction: "none" }), [0, 0, 1000]);
  close(grad((a: Tensor) => binaryCrossEntropyWithLogits(a, f64([1, 1]), { reduction: "sum" }))(f64([0, -1000])), [-0.5, -1]);
});

describe("crossEntropy", () => {
  const logits = f64([[0.2, -1, 3], [1, 1, 0.5]]);
  const logs = numbers(logSoftmax(logits));
  const labels = i32([2, 0]);
  const expected = [-(logs[2] as number), -(logs[3] as number)];

  test("takes labels and probabilities", () => {
    close(crossEntropy(logits, labels, { reduction: "none" }), expected);
    close(crossEntropy(logits, f64([[0, 0, 1], [1, 0, 0]]), { reduction: "none" }), expected);
    close(crossEntropy(logits, i32([0, 1, 1]), { axis: 0, reduction: "none" }).shape.length === 1 ? f64([3]) : f64([0]), [3]);
    close(crossEntropy(f64([0, 0, 0, 0]), 1), [Math.log(4)]);
    close(crossEntropy(f64([0, 0, 0, 0]), array(1, { dtype: "int32" })), [Math.log(4)]);
  });

  test("has the gradient softmax − one-hot", () => {
    const p = numbers(softmax(logits));
    const oneHot = [0, 0, 1, 1, 0, 0];
    for (const t of [labels, f64([[0, 0, 1], [1, 0, 0]])]) {
      close(grad((z: Tensor) => crossEntropy(z, t, { reduction: "sum" }))(logits), p.map((v, i) => v - (oneHot[i] as number)));
    }
    checkGrads((z: Tensor) => crossEntropy(z, labels), [logits], { order: 2, atol: 1e-6, rtol: 1e-6 });
    checkGrads((z: Tensor, q: Tensor) => crossEntropy(z, q), [logits, f64([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]])], { atol: 1e-6, rtol: 1e-6 });
  });

  test("allows masked classes", () => {
    const masked = f64([[0, 0, -Infinity]]);
    for (const t of [i32([0]), f64([[1, 0, 0]])]) {
      close(crossEntropy(masked, t), [Math.LN2]);
      close(grad((z: Tensor) => crossEntropy(z, t))(masked), [-0.5, 0.5, 0]);
    }
  });

  test("is NaN for a label that does not exist", () => {
    close(crossEntropy(logits, i32([3, 0]), { reduction: "none" }), [NaN, expected[1] as number]);
    close(crossEntropy(logits, i32([-1, 0]), { reduction: "none" }), [NaN, expected[1] as number]);
  });

  test("is the same under vmap and jit", () => {
    close(vmap((z: Tensor, t: Tensor) => crossEntropy(z, t))(logits, labels), expected);
    close(jit((z: Tensor, t: Tensor) => crossEntropy(z, t, { reduction: "none" }))(logits, labels), expected);
  });

  test("refuses shapes and dtypes that do not fit", () => {
    expect(() => crossEntropy(logits, i32([1, 2, 0]))).toThrow(ShapeError);
    expect(() => crossEntropy(logits, i32([[1, 2, 0], [1, 1, 1]]))).toThrow(ShapeError);
    expect(() => crossEntropy(logits, f64([1, 0, 0]))).toThrow(ShapeError);
    expect(() => crossEntropy(logits, labels, { axis: 2 })).toThrow(ShapeError);
    expect(() => crossEntropy(logits, array([true, false]))).toThrow(DTypeError);
    expect(() => crossEntropy(array(1), array(0, { dtype: "int32" }))).toThrow(ShapeError);
  });
});

describe("klDivergence", () => {
  test("is Σ p ln(p/q), with 0·ln 0 = 0", () => {
    const q = f64([[Math.log(0.25), Math.log(0.75)], [-Infinity, 0]]);
    close(klDivergence(q, f64([[0.5, 0.5], [0, 1]]), { reduction: "none" }), [0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), 0]);
    close(klDivergence(q, f64([[0.25, 0.75], [0, 1]])), [0]);
    checkGrads((a: Tensor, b: Tensor) => klDivergence(a, b), [f64([-1, -0.4]), f64([0.3, 0.7])], { atol: 1e-6, rtol: 1e-6 });
  });
  test("refuses scalars and other shapes", () => {
    expect(() => klDivergence(array(1), array(1))).toThrow(ShapeError);
    expect(() => klDivergence(f64([1]), f64([1, 2]))).toThrow(ShapeError);
  });
});
