// Creation, shapes and indexing: values as NumPy documents them, derivatives by differences.

import { ArgumentError, array, DTypeError, mul, reduceSum, ShapeError, type Tensor, useBackend } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { checkGrads } from "@gradus/conformance";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import * as np from "../src/index.js";

useBackend(cpu());

const f64 = (data: Parameters<typeof array>[0]): Tensor => array(data, { dtype: "float64" });
const i32 = (data: Parameters<typeof array>[0]): Tensor => array(data, { dtype: "int32" });
const m = f64([[1, 2, 3], [4, 5, 6]]);
const v = f64([1, 2, 3]);

const values: [string, () => Tensor, unknown][] = [
  ["eye", () => np.eye(2, 3, 1), [[0, 1, 0], [0, 0, 1]]],
  ["identity", () => np.identity(2), [[1, 0], [0, 1]]],
  ["arange", () => np.arange(4), [0, 1, 2, 3]],
  ["arange down", () => np.arange(3, 0, -1), [3, 2, 1]],
  ["arange of nothing", () => np.arange(3, 0), []],
  ["arange of fractions", () => np.arange(0, 1, 0.25), [0, 0.25, 0.5, 0.75]],
  ["linspace", () => np.linspace(0, 1, 5), [0, 0.25, 0.5, 0.75, 1]],
  ["linspace without its end", () => np.linspace(0, 1, 4, { endpoint: false }), [0, 0.25, 0.5, 0.75]],
  ["linspace of one", () => np.linspace(2, 3, 1), [2]],
  ["linspace of arrays", () => np.linspace(f64([0, 10]), f64([1, 20]), 3), [[0, 10], [0.5, 15], [1, 20]]],
  ["tri", () => np.tri(2, 3), [[1, 0, 0], [1, 1, 0]]],
  ["tril", () => np.tril(m), [[1, 0, 0], [4, 5, 0]]],
  ["triu", () => np.triu(m, 1), [[0, 2, 3], [0, 0, 6]]],
  ["diag of a vector", () => np.diag(f64([1, 2]), 1), [[0, 1, 0], [0, 0, 2], [0, 0, 0]]],
  ["diag below", () => np.diag(f64([1, 2]), -1), [[0, 0, 0], [1, 0, 0], [0, 2, 0]]],
  ["diag of a matrix", () => np.diag(m, 1), [2, 6]],
  ["diagonal", () => np.diagonal(m, -1), [4]],
  ["trace", () => np.trace(m), 6],
  ["zeros, ones, full", () => np.add(np.zeros([2]), np.add(np.ones([2]), np.full([2], 3))), [4, 4]],
  ["like", () => np.add(np.zerosLike(v), np.add(np.onesLike(v), np.fullLike(v, 3))), [4, 4, 4]],
  ["reshape", () => np.reshape(m, [3, -1]), [[1, 2], [3, 4], [5, 6]]],
  ["ravel", () => np.ravel(m), [1, 2, 3, 4, 5, 6]],
  ["transpose", () => np.transpose(m), [[1, 4], [2, 5], [3, 6]]],
  ["swapaxes", () => np.swapaxes(m, 0, -1), [[1, 4], [2, 5], [3, 6]]],
  ["stack", () => np.stack([v, v], 1), [[1, 1], [2, 2], [3, 3]]],
  ["concatenate", () => np.concatenate([v, v]), [1, 2, 3, 1, 2, 3]],
  ["split", () => np.split(m, 3, 1)[1] as Tensor, [[2], [5]]],
  ["expandDims", () => np.expandDims(v, [0, 2]), [[[1], [2], [3]]]],
  ["squeeze", () => np.squeeze(np.expandDims(v, [0, 2])), [1, 2, 3]],
  ["broadcastTo", () => np.broadcastTo(v, [2, 3]), [[1, 2, 3], [1, 2, 3]]],
  ["broadcastArrays", () => np.broadcastArrays(v, m)[0] as Tensor, [[1, 2, 3], [1, 2, 3]]],
  ["flip", () => np.flip(m, 1), [[3, 2, 1], [6, 5, 4]]],
  ["roll", () => np.roll(v, 1), [3, 1, 2]],
  ["roll back on an axis", () => np.roll(m, -1, 1), [[2, 3, 1], [5, 6, 4]]],
  ["roll of the flattened", () => np.roll(m, 2), [[5, 6, 1], [2, 3, 4]]],
  ["tile", () => np.tile(f64([1, 2]), [2, 2]), [[1, 2, 1, 2], [1, 2, 1, 2]]],
  ["tile with fewer", () => np.tile(m, 2), [[1, 2, 3, 1, 2, 3], [4, 5, 6, 4, 5, 6]]],
  ["repeat", () => np.repeat(v, 2), [1, 1, 2, 2, 3, 3]],
  ["repeat on an axis", () => np.repeat(m, 2, 0), [[1, 2, 3], [1, 2, 3], [4, 5, 6], [4, 5, 6]]],
  ["pad", () => np.pad(v, [1, 2], "constant", 9), [9, 1, 2, 3, 9, 9]],
  ["pad by the edge", () => np.pad(v, 2, "edge"), [1, 1, 1, 2, 3, 3, 3]],
  ["pad by reflection", () => np.pad(v, [3, 3], "reflect"), [2, 3, 2, 1, 2, 3, 2, 1, 2]],
  ["pad by symmetry", () => np.pad(v, [4, 2], "symmetric"), [3, 3, 2, 1, 1, 2, 3, 3, 2]],
  ["pad by wrapping", () => np.pad(v, [2, 4], "wrap"), [2, 3, 1, 2, 3, 1, 2, 3, 1]],
  ["pad of a matrix", () => np.pad(m, [[1, 0], [0, 1]], "edge"), [[1, 2, 3, 3], [1, 2, 3, 3], [4, 5, 6, 6]]],
  ["meshgrid", () => np.meshgrid([f64([1, 2]), v])[0] as Tensor, [[1, 2], [1, 2], [1, 2]]],
  ["meshgrid of rows", () => np.meshgrid([f64([1, 2]), v], "ij")[1] as Tensor, [[1, 2, 3], [1, 2, 3]]],
  ["searchsorted", () => np.searchsorted(v, f64([[0, 2], [2.5, 9]])), [[0, 1], [2, 3]]],
  ["searchsorted on the right", () => np.searchsorted(v, 2, "right"), 2],
  ["take", () => np.take(m, [0, -1], 1), [[1, 3], [4, 6]]],
  ["takeAlongAxis", () => np.takeAlongAxis(m, i32([[2, 0], [-1, 1]]), 1), [[3, 1], [6, 5]]],
  ["takeAlongAxis on the first", () => np.takeAlongAxis(m, i32([[1, 0, 1]]), 0), [[4, 2, 6]]],
  ["at.get", () => np.at(m, -1).get(), [4, 5, 6]],
  ["at.set of one", () => np.at(v, -1).set(9), [1, 2, 9]],
  ["at.set, the last counts", () => np.at(v, [0, 0, 2]).set(f64([7, 8, 9])), [8, 2, 9]],
  ["at.set of rows", () => np.at(m, [1]).set(0), [[1, 2, 3], [0, 0, 0]]],
  ["at.set of columns", () => np.at(m, [0, 2], 1).set(f64([[7, 8], [9, 10]])), [[7, 2, 8], [9, 5, 10]]],
  ["at.set out of range", () => np.at(v, [5]).set(9), [1, 2, 3]],
  ["at.set in integers", () => np.at(i32([1, 2]), 0).set(5), [5, 2]],
  ["at.add of a literal", () => np.at(v, 1).add(0.1), [1, 2.1, 3]],
  ["at.add", () => np.at(v, [0, 0, 2]).add(f64([7, 8, 9])), [16, 2, 12]],
  ["at.add of a row", () => np.at(m, 0).add(v), [[2, 4, 6], [4, 5, 6]]],
];
test.each(values)("%s", (_name, f, expected) => expect(f().js()).toEqual(expected));

test("dtypes: whole numbers count in int32, the rest is float32 or as asked", () => {
  expect(np.arange(3).dtype).toBe("int32");
  expect(np.arange(0, 1, 0.5).dtype).toBe("float32");
  expect(np.arange(0, 2, 1, "float64").dtype).toBe("float64");
  expect(np.linspace(0, 1, 3, { dtype: "float64" }).dtype).toBe("float64");
  expect(np.eye(2, 2, 0, "int32").dtype).toBe("int32");
  expect(np.tril(array([[true, true], [true, true]])).js()).toEqual([[true, false], [true, true]]);
  expect(np.diag(array([true])).js()).toEqual([[true]]);
});

test("moveaxis puts axes where they belong", () => {
  const x = np.zeros([2, 3, 4, 5]);
  expect(np.moveaxis(x, 0, -1).shape).toEqual([3, 4, 5, 2]);
  expect(np.moveaxis(x, [0, 1], [-1, -2]).shape).toEqual([4, 5, 3, 2]);
  expect(np.moveaxis(x, [3, 0], [0, 1]).shape).toEqual([5, 2, 3, 4]);
  expect(np.diagonal(np.zeros([3, 4, 3]), 0, 0, 2).shape).toEqual([4, 3]);
  expect(np.diagonal(np.zeros([3, 4, 5]), 0, 2, 1).shape).toEqual([3, 4]);
  expect(np.diag(np.zeros([0])).shape).toEqual([0, 0]);
  expect(np.eye(0).shape).toEqual([0, 0]);
});

const linear: [string, (x: Tensor) => Tensor][] = [
  ["tril", (x) => np.tril(x)],
  ["triu", (x) => np.triu(x)],
  ["diagonal", (x) => np.diagonal(x)],
  ["trace", (x) => np.trace(x)],
  ["diag", (x) => np.diag(np.ravel(x), 1)],
  ["roll", (x) => np.roll(x, 2)],
  ["tile", (x) => np.tile(x, [2, 2])],
  ["repeat", (x) => np.repeat(x, 3, 1)],
  ["pad", (x) => np.pad(x, [2, 1], "reflect")],
  ["takeAlongAxis", (x) => np.takeAlongAxis(x, i32([[2, 2], [0, 1]]), 1)],
  ["linspace", (x) => np.linspace(x, mul(x, 3), 4)],
  ["at.set", (x) => np.at(x, [0, 0], 1).set(mul(np.take(x, [1, 2], 1), 5))],
  ["at.add", (x) => np.at(x, [1, 1]).add(mul(x, 2))],
  ["at.get", (x) => np.at(x, 1, 1).get()],
];
describe.each(linear)("%s", (_name, f) => {
  test("has right derivatives in both modes", () => checkGrads(f, [m]));
  test("is the same under jit and vmap", () => {
    const expected = f(m).js();
    expect(jit(f)(m).js()).toEqual(expected);
    expect(vmap(f)(np.stack([m, m])).js()).toEqual([expected, expected]);
  });
});

test("the gradient of at.set goes to the update that won, and past it to what is kept", () => {
  const [dx, du] = grad((x: Tensor, u: Tensor) => reduceSum(np.at(x, [0, 0]).set(u)), { argnums: [0, 1] })(v, f64([7, 8])) as unknown as [Tensor, Tensor];
  expect(dx.js()).toEqual([0, 1, 1]);
  expect(du.js()).toEqual([0, 1]);
});

const bad: [string, () => unknown, new (message: string) => Error][] = [
  ["arange by 0", () => np.arange(0, 1, 0), ArgumentError],
  ["arange to ∞", () => np.arange(Infinity), ArgumentError],
  ["linspace of −1", () => np.linspace(0, 1, -1), ArgumentError],
  ["linspace of shapes", () => np.linspace(f64([1, 2]), v, 2), ShapeError],
  ["tril of a vector", () => np.tril(v), ShapeError],
  ["triu of a vector", () => np.triu(v), ShapeError],
  ["diag of a scalar", () => np.diag(1), ShapeError],
  ["diagonal of one axis", () => np.diagonal(m, 0, 1, -1), ShapeError],
  ["trace of a vector", () => np.trace(v), ShapeError],
  ["reshape", () => np.reshape(m, [4, -1]), ShapeError],
  ["reshape with two open", () => np.reshape(m, [-1, -1]), ShapeError],
  ["moveaxis", () => np.moveaxis(m, 2, 0), ShapeError],
  ["moveaxis lists", () => np.moveaxis(m, [0, 1], [0]), ShapeError],
  ["swapaxes", () => np.swapaxes(m, 0, 2), ShapeError],
  ["expandDims twice", () => np.expandDims(v, [0, 0]), ShapeError],
  ["split", () => np.split(m, 2, 1), ShapeError],
  ["broadcastArrays", () => np.broadcastArrays(v, f64([1, 2])), ShapeError],
  ["roll by a half", () => np.roll(v, 0.5), ArgumentError],
  ["roll on an axis", () => np.roll(v, 1, 1), ShapeError],
  ["tile", () => np.tile(v, -1), ArgumentError],
  ["repeat", () => np.repeat(v, 1.5), ArgumentError],
  ["repeat on an axis", () => np.repeat(v, 2, 1), ShapeError],
  ["pad of pairs", () => np.pad(m, [[1, 1]]), ShapeError],
  ["pad by a mode", () => np.pad(v, 1, "mirror" as never), ArgumentError],
  ["pad of nothing", () => np.pad(f64([]), 1, "edge"), ShapeError],
  ["takeAlongAxis of shapes", () => np.takeAlongAxis(m, i32([[1]]), 1), ShapeError],
  ["takeAlongAxis of floats", () => np.takeAlongAxis(m, m, 1), DTypeError],
  ["takeAlongAxis of an axis", () => np.takeAlongAxis(m, i32([[1], [1]]), 2), ShapeError],
  ["at of a scalar", () => np.at(f64(1), 0), ShapeError],
  ["at a float", () => np.at(v, f64([1])), DTypeError],
  ["at.set of a fraction among integers", () => np.at(i32([1]), 0).set(0.5), DTypeError],
  ["at.set of a shape", () => np.at(v, [0, 1]).set(v), ShapeError],
  ["at.add of a shape", () => np.at(v, [0, 1]).add(v), ShapeError],
  ["meshgrid of a matrix", () => np.meshgrid([m]), ShapeError],
  ["meshgrid by another name", () => np.meshgrid([v], "yx" as never), ArgumentError],
  ["searchsorted in a matrix", () => np.searchsorted(m, 1), ShapeError],
  ["searchsorted on a side", () => np.searchsorted(v, 1, "up" as never), ArgumentError],
  ["no tensor", () => np.ravel([1, 2] as never), ArgumentError],
];
test.each(bad)("refuses %s", (_name, f, error) => expect(f).toThrow(error));
