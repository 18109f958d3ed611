// array(): from JS data to tensors, copied, checked, converted.

import { beforeEach, describe, expect, test } from "vitest";
import { ArgumentError, array, type DType, DTypeError, full, NoBackendError, scalarTensor, avalOf, ShapeError, stack, toTensor, useBackend, withBackend } from "../src/index.js";
import { ToyBackend } from "./toy-backend.js";

beforeEach(() => useBackend(new ToyBackend()));

describe("array", () => {
  test.each<[unknown, string, unknown]>([
    [1.5, "f32[]", 1.5],
    [true, "bool[]", true],
    [[1, 2], "f32[2]", [1, 2]],
    [[[1, 2, 3], [4, 5, 6]], "f32[2,3]", [[1, 2, 3], [4, 5, 6]]],
    [[], "f32[0]", []],
    [[[], []], "f32[2,0]", [[], []]],
    [[true, false], "bool[2]", [true, false]],
    [[true, 2], "f32[2]", [1, 2]],
    [[[[true]]], "bool[1,1,1]", [[[true]]]],
    [new Float32Array([1, 2]), "f32[2]", [1, 2]],
    [new Float64Array([0.1]), "f64[1]", [0.1]],
    [new Int32Array([-1]), "i32[1]", [-1]],
    [new Uint32Array([2 ** 32 - 1]), "u32[1]", [2 ** 32 - 1]],
  ])("%j is %s", (data, aval, values) => {
    const x = array(data as never);
    expect([x.aval.toString(), x.js()]).toEqual([aval, values]);
  });

  test.each<[unknown, object, string, unknown]>([
    [[1.7, -1.7, 300], { dtype: "int32" }, "i32[3]", [1, -1, 300]],
    [[0, 2, NaN], { dtype: "bool" }, "bool[3]", [false, true, true]],
    [[true, false], { dtype: "float64" }, "f64[2]", [1, 0]],
    [-1, { dtype: "uint32" }, "u32[]", 2 ** 32 - 1],
    [2, { dtype: "bool" }, "bool[]", true],
    [0.1, { dtype: "float64" }, "f64[]", 0.1],
    [0.1, {}, "f32[]", Math.fround(0.1)],
    [[1, 2, 3, 4], { shape: [2, 2] }, "f32[2,2]", [[1, 2], [3, 4]]],
    [[[1, 2], [3, 4]], { shape: [4] }, "f32[4]", [1, 2, 3, 4]],
    [5, { shape: [1, 1] }, "f32[1,1]", [[5]]],
    [[5], { shape: [] }, "f32[]", 5],
    [new Float32Array([5]), { shape: [] }, "f32[]", 5],
    [new Uint8Array([1, 0]), { dtype: "bool" }, "bool[2]", [true, false]],
    [new Uint8Array([7]), { dtype: "int32" }, "i32[1]", [7]],
    [new Float64Array([1.5, 2.5]), { dtype: "float32", shape: [2, 1] }, "f32[2,1]", [[1.5], [2.5]]],
    [new Int32Array([0, 5]), { dtype: "bool" }, "bool[2]", [false, true]],
    [[], { shape: [0, 3] }, "f32[0,3]", []],
  ])("%j with %j is %s", (data, options, aval, values) => {
    const x = array(data as never, options);
    expect([x.aval.toString(), x.js()]).toEqual([aval, values]);
  });

  test("copies on the way in and out, with and without alias of another dtype", () => {
    const data = new Float32Array([1, 2]);
    const x = array(data);
    data[0] = 9;
    expect(x.js()).toEqual([1, 2]);
    const out = x.dataSync();
    out[0] = 9;
    expect(x.js()).toEqual([1, 2]);
    const y = array(data, { dtype: "float64", alias: true });
    data[0] = 5;
    expect(y.js()).toEqual([9, 2]);
  });

  test("takes subarrays as what they show", () => {
    expect(array(new Float32Array([1, 2, 3, 4]).subarray(1, 3)).js()).toEqual([2, 3]);
  });

  test("keeps −0, NaN, infinities and subnormals", () => {
    const data = [-0, NaN, Infinity, -Infinity, 2 ** -149];
    expect([...array(data).dataSync()].map((v, i) => Object.is(v, data[i]))).toEqual(data.map(() => true));
    expect(Object.is(array(-0).item(), -0)).toBe(true);
    expect(Object.is(array(-0, { dtype: "int32" }).item(), 0)).toBe(true);
  });

  const bad: [string, unknown, object | undefined, new (m: string) => Error, RegExp][] = [
    ["ragged rows", [[1, 2], [3]], undefined, ShapeError, /ragged data.*\[2\].*\[1\]/],
    ["mixed depth", [1, [2]], undefined, ShapeError, /ragged/],
    ["mixed depth, deeper", [[[1]], [2]], undefined, ShapeError, /ragged/],
    ["text in it", [1, "2"], undefined, ArgumentError, /an entry is the string "2", expected numbers or booleans/],
    ["null in it", [1, null], undefined, ArgumentError, /an entry is null/],
    ["a hole in it", [1, undefined], undefined, ArgumentError, /an entry is undefined/],
    ["bigints", [1n], undefined, ArgumentError, /an entry is a bigint/],
    ["an object", { a: 1 }, undefined, ArgumentError, /got an object with keys a/],
    ["text", "12", undefined, ArgumentError, /got the string "12"/],
    ["null", null, undefined, ArgumentError, /got null/],
    ["nothing", undefined, undefined, ArgumentError, /got undefined/],
    ["a set", new Set([1]), undefined, ArgumentError, /array: expected numbers, nested arrays or a typed array/],
    ["a typed array of bytes without dtype", new Uint8Array(2), undefined, DTypeError, /Uint8Array has no dtype of its own.*name one/],
    ["half words", new Int16Array(2), undefined, DTypeError, /Int16Array/],
    ["big integers", new BigInt64Array(2), { dtype: "int32" }, ArgumentError, /BigInt64Array/],
    ["big integers without dtype", new BigUint64Array(2), undefined, TypeError, /BigUint64Array/],
    ["a DataView", new DataView(new ArrayBuffer(8)), undefined, ArgumentError, /DataView/],
    ["a DataView with dtype", new DataView(new ArrayBuffer(8)), { dtype: "int32" }, ArgumentError, /DataView/],
    ["a shape of another size", [1, 2, 3], { shape: [2, 2] }, ShapeError, /3 elements do not fill the shape \[2,2\] of 4/],
    ["one value for many", 5, { shape: [2] }, ShapeError, /one value does not fill the shape \[2\]; use full/],
    ["a shape that is none", [1, 2], { shape: [-1] }, ShapeError, /an array of whole numbers/],
    ["a dtype that is none", [1], { dtype: "f32" }, DTypeError, /"f32" is no dtype/],
    ["a scalar of a dtype that is none", 1, { dtype: "double" }, DTypeError, /"double" is no dtype/],
    ["float0 data", [1], { dtype: "float0" }, DTypeError, /float0 tensors hold no data/],
    ["a float0 scalar", 1, { dtype: "float0" }, DTypeError, /float0 tensors hold no data/],
  ];
  test.each(bad)("refuses %s", (_name, data, options, kind, message) => {
    expect(() => array(data as never, options)).toThrow(kind);
    expect(() => array(data as never, options)).toThrow(message);
  });

  test("refuses tensors, alone or as entries, and says what joins them", () => {
    expect(() => array(array(1))).toThrow(/is a tensor already; use reshape or cast/);
    expect(() => array([array(1), array(2)] as never)).toThrow(/an entry is a tensor; join tensors with stack or concatenate/);
  });

  test("needs a backend for arrays, not for scalars", () => {
    const kept = stack.backend;
    stack.backend = null;
    try {
      expect(array(1).item()).toBe(1);
      expect(() => array([1])).toThrow(NoBackendError);
      expect(() => array([1])).toThrow(/array: no backend is in place\. Install @gradus\/ops-cpu.*useBackend\(cpu\(\)\)/);
      expect(withBackend(new ToyBackend(), () => array([1]).js())).toEqual([1]);
    } finally {
      stack.backend = kept;
    }
  });
});

describe("toTensor and full", () => {
  test("a number becomes a weak float that keeps its double, a boolean a bool", () => {
    const x = toTensor(0.1, "op");
    expect([x.aval.toString(), x.item()]).toEqual(["~f32[]", 0.1]);
    expect([toTensor(true, "op").aval.toString(), toTensor(true, "op").item<boolean>()]).toEqual(["bool[]", true]);
    expect(toTensor(x, "op")).toBe(x);
  });
  test.each<[unknown, RegExp]>([
    [undefined, /op: expected a tensor or a JS number, got undefined \(is a return or an argument missing\?\)/],
    [null, /got null/],
    [[1], /got a JS array \(wrap data in array/],
    [new Float32Array(1), /got a typed array \(wrap it: array\(data\)\)/],
    ["1", /got the string "1"/],
    [() => 0, /got the function \(anonymous\)/],
    [Math.sin, /got the function sin/],
    [{ x: 1 }, /got an object with keys x/],
    [{}, /got an object with keys \(none\)/],
    [1n, /got a bigint/],
    [Symbol("s"), /got a symbol/],
  ])("%s is no tensor", (x, message) => {
    expect(() => toTensor(x, "op")).toThrow(ArgumentError);
    expect(() => toTensor(x, "op")).toThrow(message);
  });
  test("scalarTensor rounds to its dtype, unless weak", () => {
    expect((["float32", "float64", "int32", "uint32", "bool"] as DType[]).map((d) => scalarTensor(-1.7, avalOf([], d)).item())).toEqual([Math.fround(-1.7), -1.7, -1, 2 ** 32 - 1, true]);
    expect(scalarTensor(0.1, avalOf([], "float32", true)).item()).toBe(0.1);
  });
  test("full repeats one value, of the dtype given or its own", () => {
    expect([full([2], 1.5).aval, full([2], true).aval, full([], 3, "int32").aval, full([0], 1).aval].map(String)).toEqual(["f32[2]", "bool[2]", "i32[]", "f32[0]"]);
    expect(full([2, 1], 1.9, "int32").js()).toEqual([[1], [1]]);
    expect(() => full([2], 1, "float16" as DType)).toThrow(DTypeError);
  });
});
